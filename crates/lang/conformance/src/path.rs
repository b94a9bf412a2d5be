//! Paths as assertions write them: `a.b`, `items.0`, `"quoted".c`, `_h$pkg`, `_h$(mod.test@v0:pkg).c`.

use cue_eval::{Label, Session};
use cue_syntax::ast::{self, File};

/// One step from a value to a part of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    /// A field or definition by an identifier.
    Name(String),
    /// A field by a string.
    Text(String),
    Index(u32),
    /// A field that only the package of that identity sees.
    Hidden {
        name: String,
        owner: String,
    },
}

/// The identity of files without a package clause.
pub(crate) const ANONYMOUS: &str = "_";

impl Step {
    /// The step that a label of a file takes; none if the label is not static.
    pub(crate) fn of_label(file: &File, label: ast::Label, owner: &str) -> Option<Step> {
        match label {
            ast::Label::Ident(text) => Some(Step::identifier(file.text(text), owner)),
            ast::Label::String { value, .. } => Some(Step::Text(file.text(value).to_string())),
            _ => None,
        }
    }

    fn identifier(name: &str, owner: &str) -> Step {
        if name.starts_with('_') {
            Step::Hidden { name: name.to_owned(), owner: owner.to_owned() }
        } else {
            Step::Name(name.to_owned())
        }
    }

    /// The step of an identifier in an assertion, where `$` tells whose a hidden field is.
    pub(crate) fn of_assertion(name: &str) -> Step {
        if !name.starts_with('_') {
            return Step::Name(name.to_owned());
        }
        let (name, owner) = match name.split_once('$') {
            None => (name, ANONYMOUS.to_owned()),
            Some((name, owner)) => match owner.strip_prefix('(').and_then(|owner| owner.strip_suffix(')')) {
                Some(exact) => (name, exact.to_owned()),
                None => (name, format!(":{owner}")),
            },
        };
        Step::Hidden { name: name.to_owned(), owner }
    }

    pub(crate) fn label(&self, session: &mut Session) -> Label {
        match self {
            Step::Name(name) => session.label(name, ""),
            Step::Text(text) => session.string_label(text),
            Step::Index(index) => Label::index(*index),
            Step::Hidden { name, owner } => session.label(name, owner),
        }
    }
}

/// Reads a path of an assertion.
pub(crate) fn parse(path: &str) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    for segment in segments(path) {
        let segment = segment.trim();
        if segment.is_empty() {
            return Err(format!("no path: {path:?}"));
        }
        if let Ok(index) = segment.parse::<u32>() {
            steps.push(Step::Index(index));
        } else if let Some(text) = segment.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
            steps.push(Step::Text(text.to_owned()));
        } else {
            let (name, indices) = segment.split_once('[').unwrap_or((segment, ""));
            steps.push(Step::of_assertion(name));
            for index in indices.split('[').filter(|index| !index.is_empty()) {
                let digits = index.trim_end_matches(']');
                steps.push(Step::Index(digits.parse().map_err(|_| format!("no index: {segment:?}"))?));
            }
        }
    }
    Ok(steps)
}

/// Splits at dots outside of quotes and parentheses.
fn segments(path: &str) -> Vec<&str> {
    let (mut found, mut start, mut depth, mut is_quoted) = (Vec::new(), 0, 0i32, false);
    for (at, byte) in path.bytes().enumerate() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'(' => depth += 1,
            b')' => depth -= 1,
            b'.' if depth <= 0 && !is_quoted => {
                found.push(&path[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(&path[start..]);
    found
}

/// The steps as text, for people.
pub(crate) fn display(steps: &[Step]) -> String {
    let texts: Vec<String> = steps
        .iter()
        .map(|step| match step {
            Step::Name(name) | Step::Hidden { name, .. } => name.clone(),
            Step::Text(text) => format!("{text:?}"),
            Step::Index(index) => index.to_string(),
        })
        .collect();
    texts.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_in_quotes_and_in_owners_do_not_split() {
        let hidden = |name: &str, owner: &str| Step::Hidden { name: name.to_owned(), owner: owner.to_owned() };
        let name = |name: &str| Step::Name(name.to_owned());
        assert_eq!(parse("a.0.b"), Ok(vec![name("a"), Step::Index(0), name("b")]));
        assert_eq!(parse("a[1].b"), Ok(vec![name("a"), Step::Index(1), name("b")]));
        assert_eq!(parse("\"a.b\".#D"), Ok(vec![Step::Text("a.b".to_owned()), name("#D")]));
        assert_eq!(parse("_x.y"), Ok(vec![hidden("_x", "_"), name("y")]));
        assert_eq!(parse("_x$p"), Ok(vec![hidden("_x", ":p")]));
        assert_eq!(parse("_x$(m.test@v0:p).c"), Ok(vec![hidden("_x", "m.test@v0:p"), name("c")]));
        assert!(parse("a..b").is_err());
    }
}
