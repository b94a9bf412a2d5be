//! Errors of the evaluator in contracts and mappings, in the words of whoever writes those.

use cue_eval::{Bottom, ErrorId, Session};
use strata_base::{Span, nearest};
use strata_model::{Measure, Phase};

use crate::fidelity::Fidelity;
use crate::shape::{Kind, Literal, Shape, listed};

#[derive(Debug)]
pub(crate) struct Mistake {
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

/// What each of several has, by the field of a contract or a mapping that they stand in.
const FIELDS: [(&str, &[&str]); 4] = [
    ("nodes", &["type", "props", "phase", "retain", "protect", "after", "#attrs", "#secrets"]),
    ("problems", &["path", "message", "fix", "severity"]),
    ("gaps", &["level", "note", "instead", "unless", "sensitive", "where", "without"]),
    ("dimensions", &["path", "unit", "each", "times"]),
];

/// Tells an error below a field of a package; of a unit that met it the shape is known.
pub(crate) fn mistake(session: &Session, error: ErrorId, spec: Option<&Shape>) -> Mistake {
    let info = session.error_info(error);
    let (path, message) = (session.path_of(info.vertex), session.message(error));
    // The first part is the name of the field, which is what the place shows.
    let path = path.split_once('.').map_or("", |(_, rest)| rest);
    let message = message.rsplit_once(": field not allowed").map_or(&*message, |_| "field not allowed");
    let (above, name) = path.rsplit_once('.').unwrap_or(("", path));
    if info.close_check || message == "field not allowed" {
        let part = above.split('.').next().unwrap_or_default();
        let known = match part == "gaps" && above.contains(".where.") {
            true => &["below", "above"][..],
            false => FIELDS.iter().find(|(field, _)| *field == part).map_or(&[][..], |(_, known)| known),
        };
        let near = nearest(name, known.iter().copied()).map(|near| format!("did you mean `{near}`?"));
        let all = || (!known.is_empty()).then(|| format!("it has {}", known.join(", ")));
        return Mistake { message: format!("`{above}` has no field `{name}`"), hint: near.or_else(all) };
    }
    let words = if above == "place" { above } else { name };
    if let Some(words) = allowed(words).filter(|_| is_conflict(message)) {
        return Mistake { message: format!("`{path}`: must be {words}"), hint: None };
    }
    let hint = match is_output(session, info) {
        true => Some("what can be read of a node is what its `#attrs` and `#secrets` list".to_owned()),
        false => hint(message, spec),
    };
    let is_told = path.is_empty() || message.contains(path);
    Mistake { message: if is_told { message.to_owned() } else { format!("`{path}`: {message}") }, hint }
}

/// Whether an error is about something behind the `#out` of a node.
fn is_output(session: &Session, info: &Bottom) -> bool {
    let sources = session.program().sources();
    let before = |span: &Span| {
        sources.get(span.file).is_some_and(|source| source.text()[..span.start as usize].ends_with("#out."))
    };
    info.format.starts_with("undefined field") && info.spans.iter().any(before)
}

fn is_conflict(message: &str) -> bool {
    message.starts_with("conflicting values") || message.contains(" in empty disjunction")
}

/// What fields whose values are a few words may be.
fn allowed(name: &str) -> Option<String> {
    let words: Vec<&str> = match name {
        "kind" => vec!["component"],
        "tier" => vec!["1", "2", "3"],
        "phase" => Phase::ALL.map(Phase::name).to_vec(),
        "level" => {
            Fidelity::ALL.map(Fidelity::name).into_iter().filter(|name| *name != Fidelity::Full.name()).collect()
        }
        "unit" => Measure::ALL.map(Measure::name).to_vec(),
        "retain" => vec!["keep", "snapshot"],
        "severity" => vec!["error", "warning"],
        "per" => vec!["unit", "release"],
        "place" => vec!["account_id", "credentials", "region"],
        _ => return None,
    };
    let words: Vec<Literal> = words.into_iter().map(|word| Literal::Text(word.into())).collect();
    Some(listed(words.iter(), "or"))
}

/// What to do about it, where that can be said.
fn hint(message: &str, spec: Option<&Shape>) -> Option<String> {
    if message.contains("known only later") || message.contains("interpolation") && message.contains("{$") {
        return Some("text is made of what is known later by `$join`; nothing else may look at it".to_owned());
    }
    if message.starts_with("cannot reference optional field") {
        return Some("it may not be there: ask for it by `if x != _|_ {…}`".to_owned());
    }
    let name = message.strip_prefix("undefined field: ")?;
    let mut names = Vec::new();
    if let Some(spec) = spec {
        names_in(spec, &mut names);
    }
    nearest(name, names.iter().copied()).map(|near| format!("did you mean `{near}`?"))
}

/// The names of all properties. Contracts are nested a few levels deep, so the walk may recurse.
fn names_in<'a>(shape: &'a Shape, names: &mut Vec<&'a str>) {
    match &shape.kind {
        Kind::List(element) => names_in(element, names),
        Kind::Struct(fields) => {
            for field in fields.all() {
                names.push(&field.name);
                names_in(&field.shape, names);
            }
            fields.patterns.iter().for_each(|pattern| names_in(&pattern.shape, names));
        }
        _ => {}
    }
}
