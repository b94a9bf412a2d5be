//! `${…}` in texts: references to outputs of other units, as data.

use cue_data::{Builder, Data, Node};
use strata_base::{Diagnostic, Span};

use crate::codes;

/// A part of a text.
enum Part<'a> {
    Text(String),
    Output { unit: &'a str, output: &'a str },
}

/// A struct of properties with its texts resolved: one that is nothing but a reference becomes the reference, one that
/// holds references becomes a join of its parts.
pub(crate) fn resolve(data: &Data, root: cue_data::NodeId, problems: &mut Vec<Diagnostic>) -> Data {
    let mut builder = Builder::new();
    for step in data.events(root) {
        use cue_data::Event;
        match step.event {
            Event::BeginStruct => _ = builder.begin_struct(step.span),
            Event::BeginList => _ = builder.begin_list(step.span),
            Event::Key(key) => builder.key(key, step.span),
            Event::End => builder.end(Span::NONE),
            Event::Spelling(_) => {}
            Event::String(text) if text.contains("${") => match parts(text) {
                Ok(parts) => write(&parts, step.span, &mut builder),
                Err(wrong) => {
                    problems.push(Diagnostic::error(codes::REFERENCE, wrong).at(step.span));
                    builder.string(text, step.span);
                }
            },
            _ => leaf(data.node(step.node), step.span, &mut builder),
        }
    }
    builder.finish()
}

fn leaf(node: &Node, span: Span, builder: &mut Builder) {
    match node {
        Node::Bool(bool) => _ = builder.bool(*bool, span),
        Node::Number(number) => _ = builder.number(number.clone(), span),
        Node::String(text) => _ = builder.string(text.clone(), span),
        Node::Bytes(bytes) => _ = builder.bytes(bytes.clone(), span),
        Node::Null | Node::List(_) | Node::Struct(_) => _ = builder.null(span),
    }
}

fn write(parts: &[Part<'_>], span: Span, builder: &mut Builder) {
    if let [part] = parts {
        return one(part, span, builder);
    }
    builder.begin_struct(span);
    builder.key("$join", span);
    builder.begin_list(span);
    parts.iter().for_each(|part| one(part, span, builder));
    builder.end(Span::NONE);
    builder.end(Span::NONE);
}

fn one(part: &Part<'_>, span: Span, builder: &mut Builder) {
    match part {
        Part::Text(text) => _ = builder.string(text.as_str(), span),
        Part::Output { unit, output } => {
            builder.begin_struct(span);
            builder.key("$ref", span);
            builder.begin_struct(span);
            for (key, value) in [("unit", unit), ("attr", output)] {
                builder.key(key, span);
                builder.string(*value, span);
            }
            builder.end(Span::NONE);
            builder.end(Span::NONE);
        }
    }
}

fn parts(text: &str) -> Result<Vec<Part<'_>>, String> {
    let (mut parts, mut plain, mut rest) = (Vec::new(), String::new(), text);
    while let Some(at) = rest.find("${") {
        if let Some(before) = rest[..at].strip_suffix('$') {
            plain += before;
            plain += "${";
            rest = &rest[at + 2..];
            continue;
        }
        plain += &rest[..at];
        let Some((inner, after)) = rest[at + 2..].split_once('}') else {
            return Err(format!("`{}` has no end", &rest[at..]));
        };
        if !plain.is_empty() {
            parts.push(Part::Text(std::mem::take(&mut plain)));
        }
        parts.push(reference(inner)?);
        rest = after;
    }
    plain += rest;
    if !plain.is_empty() || parts.is_empty() {
        parts.push(Part::Text(plain));
    }
    Ok(parts)
}

/// What may not be the name of a unit, because it begins a reference of another kind.
pub(crate) fn is_reserved(name: &str) -> bool {
    matches!(name, "env" | "vault" | "app" | "tier1" | "tier2" | "tier3")
}

fn reference(inner: &str) -> Result<Part<'_>, String> {
    let word =
        |text: &str| !text.is_empty() && text.chars().all(|char| char.is_alphanumeric() || matches!(char, '-' | '_'));
    match inner.split_once('.') {
        Some((unit, output)) if word(unit) && word(output) && !is_reserved(unit) => Ok(Part::Output { unit, output }),
        _ => Err(format!("`${{{inner}}}` is not understood: expected an output of a capability, as in `${{db.url}}`")),
    }
}
