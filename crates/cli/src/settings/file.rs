//! The two settings files: where they are, and what stands in them.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use strata_base::{Diagnostic, FileId, Span};
use toml::de::{DeTable, DeValue};

use super::{File, Origin};
use crate::codes;
use crate::error::CommandError;
use crate::exit::Exit;

/// The file of a project; the nearest one from the working folder upwards.
const PROJECT_FILE: &str = "strata.toml";

/// One `key = value` of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_span: Span,
    pub(super) value: String,
    /// It is written as a text, and not as a number or a list.
    pub(super) is_text: bool,
    pub(super) value_span: Span,
}

/// The files that there are.
pub(super) fn find() -> Result<Vec<File>, CommandError> {
    let mut files = Vec::new();
    let here = std::env::current_dir().unwrap_or_default();
    for (at, folder) in here.ancestors().enumerate() {
        // In the working folder itself the short name is what people expect to read.
        let path = if at == 0 { PathBuf::from(PROJECT_FILE) } else { folder.join(PROJECT_FILE) };
        if let Some(text) = read(&path)? {
            files.push(File { name: path.display().to_string(), text, origin: Origin::ProjectFile });
            break;
        }
    }
    if let Some(path) = user_file()
        && let Some(text) = read(&path)?
    {
        files.push(File { name: path.display().to_string(), text, origin: Origin::UserFile });
    }
    Ok(files)
}

/// `strata/config.toml` in the XDG folder for configuration. A relative XDG folder is void, as its specification says.
fn user_file() -> Option<PathBuf> {
    let folder = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let config = folder("XDG_CONFIG_HOME").or_else(|| folder("HOME").map(|home| home.join(".config")))?;
    Some(config.join("strata/config.toml"))
}

fn read(path: &Path) -> Result<Option<String>, CommandError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => {
            let message = format!("cannot read the settings file `{}`: {error}", path.display());
            Err(CommandError::plain(Exit::Error, Diagnostic::error(codes::READ, message)))
        }
    }
}

/// What a file says, in its order; the first mistake where it is not TOML.
pub(super) fn entries(file: FileId, text: &str) -> Result<Vec<Entry>, Box<Diagnostic>> {
    let table = DeTable::parse(text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        let message = error.message().split_whitespace().collect::<Vec<_>>().join(" ");
        Diagnostic::error(codes::SETTINGS_SYNTAX, message).at(Span::new(file, span.start, span.end))
    })?;
    let span = |range: std::ops::Range<usize>| Span::new(file, range.start, range.end);
    let entries = table.get_ref().iter().map(|(key, value)| Entry {
        key: key.get_ref().to_string(),
        key_span: span(key.span()),
        is_text: matches!(value.get_ref(), DeValue::String(_)),
        value: match value.get_ref() {
            DeValue::String(word) => word.to_string(),
            _ => text[value.span()].to_owned(),
        },
        value_span: span(value.span()),
    });
    let mut entries: Vec<Entry> = entries.collect();
    entries.sort_by_key(|entry| entry.key_span);
    Ok(entries)
}
