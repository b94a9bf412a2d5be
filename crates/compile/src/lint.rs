//! Common mistakes that are no errors: told once, so that somebody who means it is not kept from it.

use cue_data::{Event, Node};
use strata_base::Diagnostic;

use crate::codes;
use crate::declare::Declared;

/// What names of secrets have in them.
const WORDS: [&str; 6] = ["password", "passwd", "secret", "token", "api_key", "apikey"];

/// Texts that stand in clear under a name that says that they are secrets.
pub(crate) fn lint(declared: &[Declared<'_>]) -> Vec<Diagnostic> {
    let mut warnings = Vec::new();
    for one in declared {
        let properties = &one.unit.properties;
        for step in properties.events(properties.root()) {
            let Event::Key(key) = step.event else { continue };
            let lower = key.to_ascii_lowercase();
            let is_named_so = WORDS.iter().any(|word| lower.contains(word));
            let Node::String(text) = properties.node(step.node) else { continue };
            if is_named_so && !text.is_empty() {
                let message = format!("`{key}` of `{}` looks like a secret, and stands in clear", one.unit.name);
                let warning = Diagnostic::warning(codes::LOOKS_SECRET, message).at(step.span);
                let hint = "keep it with `strata secret set STORE:KEY` and write `${secret:STORE:KEY}`";
                warnings.push(warning.conceal(properties.span(step.node)).hint(hint));
            }
        }
    }
    warnings
}
