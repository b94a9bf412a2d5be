//! What an `@embed` attribute asks for.

use cue_data::{Call, CallError, Limits, Value};
use cue_syntax::ast::Expr;
use strata_base::FileId;

use crate::arguments::Format;
use crate::path;

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Source {
    File(String),
    Glob(String),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Request {
    pub(super) source: Source,
    /// The word for it, if there is one.
    format: Option<String>,
    /// A pattern may match nothing.
    pub(super) allows_none: bool,
}

impl Request {
    pub(super) fn parse(body: &str) -> Result<Request, String> {
        let (mut file, mut glob, mut format, mut allows_none) = (None, None, None, false);
        for argument in arguments(body) {
            let (key, value) = match argument.split_once('=') {
                Some((key, value)) => (key.trim(), Some(unquoted(value.trim())?)),
                None => (argument.trim(), None),
            };
            match (key, value) {
                ("file", Some(value)) => file = Some(value),
                ("glob", Some(value)) => glob = Some(value),
                ("type", Some(value)) => format = Some(value),
                ("allowEmptyGlob", _) => allows_none = true,
                _ => {}
            }
        }
        if allows_none && glob.is_none() {
            return Err("allowEmptyGlob must be specified with a glob field".to_owned());
        }
        let source = match (file, glob) {
            (Some(_), Some(_)) => return Err("attribute cannot have both file and glob field".to_owned()),
            (None, None) => return Err("attribute must have file or glob field".to_owned()),
            (Some(file), None) => Source::File(normal(file)?),
            (None, Some(glob)) => Source::Glob(normal(glob)?),
        };
        Ok(Request { source, format, allows_none })
    }

    /// What the files hold, by the type that is given or by the extension.
    pub(super) fn format_of(&self, name: &str) -> Result<Format, String> {
        if let Some(format) = &self.format {
            return match format.as_str() {
                "jsonschema" | "openapi" | "textproto" | "toml" | "xml" => {
                    Err(format!("encoding {format:?} not (yet) supported"))
                }
                name => Format::of_name(name).ok_or_else(|| format!("unknown filetype {name}")),
            };
        }
        if let Source::Glob(pattern) = &self.source {
            let last = path::name(pattern);
            let is_open = match last.rsplit_once('.') {
                Some((_, extension)) => extension.is_empty() || extension.contains(['*', '?', '[', '\\']),
                None => true,
            };
            if is_open {
                return Err("extension not fully specified; type argument required".to_owned());
            }
        }
        if name.ends_with(".textproto") {
            let message = "encoding \"textproto\" not (yet) supported: requires support for schema-guided decoding";
            return Err(message.to_owned());
        }
        super::of_path(name)
    }
}

/// The arguments between commas that stand in no quotes.
fn arguments(body: &str) -> Vec<&str> {
    let (mut found, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, c) in body.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted => {
                found.push(&body[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(&body[start..]);
    found
}

/// A text that may be a string literal.
fn unquoted(text: &str) -> Result<String, String> {
    if !text.starts_with(['"', '#']) {
        return Ok(text.to_owned());
    }
    let (file, root, problems) = cue_syntax::parse_expr(FileId::NONE, text);
    match file.expr(root) {
        Expr::String { value, .. } if problems.is_empty() => Ok(file.text(value).to_string()),
        _ => Err(format!("invalid string {text}")),
    }
}

/// Only what is below the folder of the file, and spelt in one way.
fn normal(name: String) -> Result<String, String> {
    if name.starts_with('/') {
        return Err("only relative files are allowed".to_owned());
    }
    let clean = path::clean(&name);
    if clean == ".." || clean.starts_with("../") {
        return Err("cannot refer to parent directory".to_owned());
    }
    if clean != name {
        return Err(format!("path not normalized, use {clean:?} instead"));
    }
    Ok(name)
}

/// Whether a pattern matches a whole name, as `path.Match` of the library says.
pub(super) fn matches(pattern: &str, name: &str) -> Result<bool, String> {
    let function = cue_std::package("path").and_then(|package| package.function("Match"));
    let Some(function) = function else { return Ok(pattern == name) };
    let (limits, mut work) = (Limits::default(), 1_000_000);
    let arguments = [Value::String(pattern.into()), Value::String(name.into())];
    match function.invoke(&mut Call::new(&limits, &mut work), &arguments) {
        Ok(found) => Ok(matches!(found, Value::Bool(true))),
        Err(CallError::Message(why)) => Err(why),
        Err(CallError::Limit(limit)) => Err(limit.to_string()),
        Err(_) => Ok(false),
    }
}
