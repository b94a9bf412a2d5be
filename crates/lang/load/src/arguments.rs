//! What is asked for: packages and files, by their spelling alone.

use crate::import_path::{ImportPath, is_name};

/// What a file holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Format {
    Cue,
    Json,
    /// JSON values one after the other.
    JsonLines,
    Yaml,
    /// The whole text is one string.
    Text,
    /// The whole file is one byte string.
    Binary,
}

/// A file argument: `a.cue`, `json: a`, `-`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct FileArgument {
    pub(crate) path: String,
    pub(crate) format: Format,
}

/// Arguments apart; the order within each group is kept.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Arguments {
    pub(crate) packages: Vec<String>,
    pub(crate) files: Vec<FileArgument>,
}

impl Format {
    /// By the extension of a file.
    pub(crate) fn of_extension(extension: &str) -> Option<Format> {
        match extension {
            "cue" => Some(Format::Cue),
            "json" => Some(Format::Json),
            "jsonl" | "ldjson" | "ndjson" => Some(Format::JsonLines),
            "yaml" | "yml" => Some(Format::Yaml),
            "txt" => Some(Format::Text),
            _ => None,
        }
    }

    pub(crate) fn of_name(name: &str) -> Option<Format> {
        match name {
            "cue" => Some(Format::Cue),
            "json" => Some(Format::Json),
            "jsonl" => Some(Format::JsonLines),
            "yaml" => Some(Format::Yaml),
            "text" => Some(Format::Text),
            "binary" => Some(Format::Binary),
            _ => None,
        }
    }
}

/// The extension with which a path ends, if any.
pub(crate) fn extension(path: &str) -> Option<&str> {
    let name = crate::path::name(path);
    match name.rsplit_once('.') {
        Some((_, extension)) if name != "." && name != ".." => Some(extension),
        _ => None,
    }
}

/// A prefix such as `json:` holds for the file behind the colon, or for all that follow if there is none.
pub(crate) fn split(arguments: &[String]) -> Result<Arguments, String> {
    let mut split = Arguments::default();
    let mut scope: Option<Format> = None;
    let mut is_pending = false;
    for argument in arguments {
        if !is_pending && is_package(argument) {
            split.packages.push(argument.clone());
            continue;
        }
        if let Some((names, path)) = argument.split_once(':') {
            let format = named_format(names)?;
            if path.is_empty() {
                (scope, is_pending) = (format, true);
            } else {
                split.files.push(FileArgument { path: path.to_owned(), format: format_of(path, format)? });
            }
            continue;
        }
        is_pending = false;
        split.files.push(FileArgument { path: argument.clone(), format: format_of(argument, scope)? });
    }
    if is_pending {
        return Err("missing file after a file type".to_owned());
    }
    Ok(split)
}

/// `json`, `data`, `yaml+data`: what a file holds, if the words say so.
fn named_format(names: &str) -> Result<Option<Format>, String> {
    let mut format = None;
    for name in names.split('+') {
        match Format::of_name(name) {
            Some(named) => format = Some(named),
            // These say how to take what a file holds, and are as the loader takes it anyway.
            None if matches!(name, "data" | "schema" | "graph") => {}
            None => return Err(format!("unknown filetype {}", name.split('=').next().unwrap_or(name))),
        }
    }
    Ok(format)
}

fn format_of(path: &str, scope: Option<Format>) -> Result<Format, String> {
    if path.is_empty() {
        return Err("empty file name".to_owned());
    }
    if let Some(format) = scope {
        return Ok(format);
    }
    if path == "-" {
        return Ok(Format::Cue);
    }
    let extension = extension(path).filter(|extension| !extension.is_empty());
    match extension.map(|extension| (extension, Format::of_extension(extension))) {
        Some((_, Some(format))) => Ok(format),
        Some((extension, None)) => Err(format!("unknown file extension .{extension}")),
        None => Err(format!("no encoding specified for file {path:?}")),
    }
}

/// Whether an argument is a package: it has no extension, or says which package of a folder.
fn is_package(argument: &str) -> bool {
    match argument {
        "." | ".." => return true,
        "" | "-" => return false,
        _ => {}
    }
    let path = ImportPath::parse(argument);
    if path.is_named {
        return !path.path.contains(':') && path.path != "-" && (is_name(&path.name) || path.path.contains('/'));
    }
    if let Some(version) = &path.version {
        return !version.contains('/');
    }
    extension(argument).is_none_or(|extension| extension.trim_start_matches('.').is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(arguments: &[&str]) -> String {
        let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
        match split(&arguments) {
            Ok(Arguments { packages, files }) => {
                let files: Vec<String> = files.iter().map(|file| format!("{}={:?}", file.path, file.format)).collect();
                format!("{} | {}", packages.join(" "), files.join(" "))
            }
            Err(message) => message,
        }
    }

    #[test]
    fn packages_and_files_are_told_apart_by_their_spelling() {
        let table: [(&[&str], &str); 16] = [
            (&["."], ". | "),
            (&["./a/...", "x.cue", "a.b/c@v1:d"], "./a/... a.b/c@v1:d | x.cue=Cue"),
            (&["./a:b", ":p"], "./a:b :p | "),
            (&["-"], " | -=Cue"),
            (&["yaml:", "-"], " | -=Yaml"),
            (&["json:./a", "b.yml"], "json:./a | b.yml=Yaml"),
            (&["json:", "a.x", "b.cue"], " | a.x=Json b.cue=Json"),
            (&["a.jsonl", "a.txt", "./..."], "./... | a.jsonl=JsonLines a.txt=Text"),
            (&["data: x.json"], " |  x.json=Json"),
            (&["yaml+data:x.y"], " | x.y=Yaml"),
            (&["strings"], "strings | "),
            (&["a.foo"], "unknown file extension .foo"),
            (&["foo:a/b.c"], "unknown filetype foo"),
            (&["json:"], "missing file after a file type"),
            (&["json:", "noext"], " | noext=Json"),
            (&[""], "empty file name"),
        ];
        for (arguments, expected) in table {
            assert_eq!(show(arguments), expected, "{arguments:?}");
        }
    }
}
