//! Where in a file something stands, by the labels around it.

use cue_syntax::ast::{DeclId, DeclKind, Label};
use cue_syntax::quote;
use strata_base::Span;

use super::Lowering;

/// Of a longer path only the end is told.
const LONGEST: usize = 100;

impl Lowering<'_> {
    /// The labels of the fields around a place in the declaration that is being lowered, as in a path: `[]` for a pattern,
    /// `?` for a label that is computed. What stands in a label itself is not below it.
    pub(super) fn path(&self, place: Span) -> String {
        let mut labels = Vec::new();
        let mut around = self.current;
        while let Some(decl) = around {
            if labels.len() == LONGEST {
                labels.push("…".to_owned());
                break;
            }
            labels.extend(self.label_of(decl, place));
            around = self.around[decl.0 as usize];
        }
        labels.reverse();
        labels.join(".")
    }

    fn label_of(&self, decl: DeclId, place: Span) -> Option<String> {
        let DeclKind::Field(field) = self.file.decl(decl) else { return None };
        if self.file.expr_span(field.value).start > place.start {
            return None;
        }
        Some(match field.label {
            Label::Ident(text) => self.file.text(text).to_string(),
            Label::String { value, .. } => match &**self.file.text(value) {
                plain if quote::is_plain_label(plain) => plain.to_owned(),
                other => quote::string(other),
            },
            Label::Pattern(_) => "[]".to_owned(),
            Label::Dynamic(_) | Label::Interpolation(_) | Label::Bad => "?".to_owned(),
        })
    }
}
