//! Replacement texts: `$1`, `${name}`, `$$`.

use crate::regex::{Captures, Regex};

pub(crate) enum Part<'a> {
    Literal(&'a str),
    /// A group by its number, and by its name if that is no number.
    Group(Option<usize>, &'a str),
}

/// Splits a template. A `$` that names nothing stands for itself.
pub(crate) fn parts(template: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some((before, behind)) = rest.split_once('$') {
        parts.push(Part::Literal(before));
        if let Some(behind) = behind.strip_prefix('$') {
            parts.push(Part::Literal("$"));
            rest = behind;
        } else if let Some((name, behind)) = group_name(behind) {
            parts.push(Part::Group(number(name), name));
            rest = behind;
        } else {
            parts.push(Part::Literal("$"));
            rest = behind;
        }
    }
    parts.push(Part::Literal(rest));
    parts
}

/// Reads `name` or `{name}`: the longest run of letters, digits and underscores.
fn group_name(text: &str) -> Option<(&str, &str)> {
    let braced = text.strip_prefix('{');
    let inner = braced.unwrap_or(text);
    let end = inner.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(inner.len());
    let (name, rest) = inner.split_at(end);
    if name.is_empty() {
        return None;
    }
    if braced.is_some() { rest.strip_prefix('}').map(|rest| (name, rest)) } else { Some((name, rest)) }
}

fn number(name: &str) -> Option<usize> {
    let plain = name.bytes().all(|b| b.is_ascii_digit()) && (name.len() == 1 || !name.starts_with('0'));
    plain.then(|| name.parse().unwrap_or(usize::MAX))
}

impl Regex {
    /// Appends the template with its groups filled in by a match in `text`. Groups that took no part are empty.
    pub(crate) fn expand(&self, parts: &[Part<'_>], text: &str, captures: &Captures, into: &mut String) {
        for part in parts {
            match part {
                Part::Literal(literal) => into.push_str(literal),
                Part::Group(Some(index), _) => into.push_str(captures.get(*index).map_or("", |range| &text[range])),
                Part::Group(None, name) => {
                    let named = self.group_names().enumerate().filter(|(_, group)| *group == Some(name));
                    let range = named.filter_map(|(index, _)| captures.get(index)).next();
                    into.push_str(range.map_or("", |range| &text[range]));
                }
            }
        }
    }
}
