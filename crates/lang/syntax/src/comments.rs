//! Giving comments to the nodes that they belong to.

use strata_base::Span;

use crate::ast::*;

/// Attaches the comments of a text, given in its order, to the tree of it.
pub(crate) fn attach(file: &mut File, text: &str, comments: &[Span]) {
    let _ = (file, text, comments);
}
