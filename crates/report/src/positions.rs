//! The form of the CUE tools: the message, then every place on a line of its own.

use strata_base::{Diagnostic, Sources};

use crate::clean;

/// `message:` and below it, indented, `file:line:column` for each place; the message alone where there is no place.
pub fn positions(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let labels = diagnostic.primary.iter().chain(&diagnostic.secondary);
    let places: Vec<String> = match diagnostic.primary {
        // What stands nowhere has reasons instead of places.
        None if diagnostic.secondary.iter().any(|label| !label.text.is_empty()) || !diagnostic.hints.is_empty() => {
            labels.map(|label| label.text.clone()).chain(diagnostic.hints.iter().cloned()).collect()
        }
        _ => labels.map(|label| sources.position(label.span)).filter(|at| !at.is_empty()).collect(),
    };
    let mut text = clean::block(&diagnostic.message).into_owned();
    if !places.is_empty() {
        text.push(':');
    }
    for place in places {
        text.push_str("\n    ");
        text.push_str(&clean::line(&place));
    }
    text
}
