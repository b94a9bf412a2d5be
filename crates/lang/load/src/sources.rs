//! Reading files, each once.

use std::sync::Arc;

use cue_data::{Builder, Data};
use cue_encode::ReadOptions;
use cue_syntax::ParseOptions;
use cue_syntax::experiments::Version;
use rustc_hash::FxHashMap;
use strata_base::{Diagnostic, FileId, Sources, Span};

use crate::arguments::{Format, extension};
use crate::files::{EntryKind, FileError, Files};
use crate::instance::{DataFile, SourceFile};
use crate::{codes, path};

/// A file of CUE and what is wrong with its text.
#[derive(Clone, Debug)]
pub(crate) struct ParsedFile {
    pub(crate) source: SourceFile,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

pub(crate) struct Reader<'a> {
    pub(crate) files: &'a dyn Files,
    pub(crate) sources: &'a mut Sources,
    /// Names of texts are told as seen from here.
    pub(crate) folder: String,
    pub(crate) without_comments: bool,
    parsed: FxHashMap<String, Arc<ParsedFile>>,
    listed: FxHashMap<String, Arc<[(String, Format)]>>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(
        files: &'a dyn Files,
        sources: &'a mut Sources,
        folder: String,
        without_comments: bool,
    ) -> Reader<'a> {
        let (parsed, listed) = Default::default();
        Reader { files, sources, folder, without_comments, parsed, listed }
    }

    /// A path for people.
    pub(crate) fn display(&self, path: &str) -> String {
        if path == "-" { path.to_owned() } else { path::relative(&self.folder, path) }
    }

    /// The files of a folder of which the format is known, by name. Each package looks into all folders around it, so
    /// they are listed once.
    pub(crate) fn documents(&mut self, folder: &str) -> Arc<[(String, Format)]> {
        if let Some(known) = self.listed.get(folder) {
            return Arc::clone(known);
        }
        let mut entries = self.files.list(folder).unwrap_or_default();
        entries.sort();
        let files = entries.into_iter().filter(|entry| entry.kind == EntryKind::File);
        let documents: Arc<[(String, Format)]> = files
            .filter_map(|entry| {
                extension(&entry.name).and_then(Format::of_extension).map(|format| (entry.name, format))
            })
            .collect();
        self.listed.insert(folder.to_owned(), Arc::clone(&documents));
        documents
    }

    fn bytes(&self, path: &str) -> Result<Vec<u8>, Box<Diagnostic>> {
        let bytes = if path == "-" { self.files.standard_input() } else { self.files.read(path) };
        bytes.map_err(|error| {
            let path = self.display(path);
            let message = match error {
                FileError::Missing => format!("cannot read {path}: no such file or directory"),
                FileError::Other(why) => format!("cannot read {path}: {why}"),
            };
            Box::new(Diagnostic::error(codes::READ, message))
        })
    }

    /// Adds a text. What is no UTF-8 is told, and replaced.
    fn text(&mut self, path: &str, problems: &mut Vec<Diagnostic>) -> Result<(FileId, Arc<str>), Box<Diagnostic>> {
        let bytes = self.bytes(path)?;
        let (text, bad): (Arc<str>, Option<usize>) = match String::from_utf8(bytes) {
            Ok(text) => (text.into(), None),
            Err(error) => {
                let bad = error.utf8_error().valid_up_to();
                (String::from_utf8_lossy(error.as_bytes()).into(), Some(bad))
            }
        };
        let id = self.sources.add(self.name(path), Arc::clone(&text));
        if let Some(at) = bad {
            let span = Span::new(id, at, at + char::REPLACEMENT_CHARACTER.len_utf8());
            problems.push(Diagnostic::error(codes::ENCODING, "illegal UTF-8 encoding").at(span));
        }
        Ok((id, text))
    }

    fn name(&self, path: &str) -> String {
        self.display(path)
    }

    /// A file of CUE.
    pub(crate) fn parse(&mut self, path: &str, version: Option<Version>) -> Result<Arc<ParsedFile>, Box<Diagnostic>> {
        if let Some(known) = self.parsed.get(path) {
            return Ok(Arc::clone(known));
        }
        let mut diagnostics = Vec::new();
        let (id, text) = self.text(path, &mut diagnostics)?;
        let options = ParseOptions { version, without_comments: self.without_comments };
        let parsed = cue_syntax::parse(id, &text, &options);
        diagnostics.extend(parsed.diagnostics);
        let source =
            SourceFile { id, path: path.into(), syntax: Arc::new(parsed.file), experiments: parsed.experiments };
        let parsed = Arc::new(ParsedFile { source, diagnostics });
        self.parsed.insert(path.to_owned(), Arc::clone(&parsed));
        Ok(parsed)
    }

    /// The place of a file as a whole, if it was parsed.
    pub(crate) fn start_of(&self, path: &str) -> Span {
        self.parsed.get(path).map_or(Span::NONE, |parsed| Span::new(parsed.source.id, 0, 0))
    }

    /// A file of data. What is wrong is added to the problems.
    pub(crate) fn data(
        &mut self,
        path: &str,
        format: Format,
        options: &ReadOptions,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<DataFile> {
        let documents = if format == Format::Binary {
            self.bytes(path).map(|bytes| {
                let id = self.sources.add(self.name(path), "");
                (id, vec![single(|builder| _ = builder.bytes(bytes, Span::new(id, 0, 0)))])
            })
        } else {
            self.text(path, problems).map(|(id, text)| {
                let read = match format {
                    Format::Json => cue_encode::json::read(id, &text, options).map(|data| vec![data]),
                    Format::JsonLines => cue_encode::json::read_stream(id, &text, options),
                    Format::Yaml => cue_encode::yaml::read(id, &text, options),
                    Format::Text | Format::Cue | Format::Binary => {
                        let span = Span::new(id, 0, text.len());
                        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
                        Ok(vec![single(|builder| _ = builder.string(text, span))])
                    }
                };
                (
                    id,
                    read.unwrap_or_else(|more| {
                        problems.extend(more);
                        Vec::new()
                    }),
                )
            })
        };
        match documents {
            Ok((id, documents)) => Some(DataFile { id, path: path.into(), format, documents }),
            Err(problem) => {
                problems.push(*problem);
                None
            }
        }
    }
}

fn single(add: impl FnOnce(&mut Builder)) -> Data {
    let mut builder = Builder::new();
    add(&mut builder);
    builder.finish()
}
