//! Where results go, and in which form.

use std::fs::File;
use std::io::{ErrorKind, Write};

use cue::{Diagnostics, Evaluation, Layout, OutputLimit, Target, TextOptions};
use cue_data::Node;
use strata_base::Diagnostic;

use super::pieces::{Escaped, Pieces};
use crate::args::Format;
use crate::codes;
use crate::error::Outcome;
use crate::exit::Exit;
use crate::ui::Ui;

/// Where results go, and in which form
#[derive(clap::Args, Debug)]
pub(super) struct Output {
    /// The form: cue, json, yaml, text or binary
    #[arg(long, value_name = "FORM")]
    out: Option<String>,

    /// The file to write, `-` for standard output; its extension says the form
    #[arg(short = 'o', long, value_name = "FILE")]
    outfile: Option<String>,

    /// Overwrite a file that is there
    #[arg(short, long)]
    force: bool,

    // `-o` is that of `cue` here; the option of every command keeps its long name.
    #[arg(id = "output", long = "output", value_name = "FORMAT", hide = true)]
    _output: Option<Format>,
}

/// The forms of results.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Form {
    Cue,
    Json(Layout),
    Yaml,
    /// The value is one string.
    Text,
    /// The value is one string or byte string.
    Binary,
}

/// Results that are put together before they go out: nothing of them is seen if one is wrong.
#[derive(Debug)]
pub(super) struct Results {
    form: Form,
    file: Option<String>,
    force: bool,
    /// JSON is written so that it can stand in HTML.
    pub(super) escape: bool,
    pieces: Pieces,
    count: usize,
}

impl Output {
    /// Where to and how; `usual` if nothing is said.
    pub(super) fn open(&self, usual: Form) -> Result<Results, String> {
        let (mut form, mut file) = (None, None);
        if let Some(text) = &self.outfile {
            let (prefix, path) = match text.split_once(':') {
                Some((prefix, path)) => (Some(prefix), path),
                None => (None, text.as_str()),
            };
            form = match (prefix, path.rsplit_once('.')) {
                (Some(prefix), _) => Some(named(prefix)?),
                (None, _) if path == "-" || self.out.is_some() => None,
                (None, Some((_, extension))) => Some(of_extension(extension)?),
                (None, None) => return Err(format!("no encoding specified for file {path:?}")),
            };
            file = (path != "-").then(|| path.to_owned());
        }
        if let Some(out) = &self.out {
            form = Some(named(out.trim_end_matches(':'))?);
        }
        Ok(Results {
            form: form.unwrap_or(usual),
            file,
            force: self.force,
            escape: false,
            pieces: Pieces::default(),
            count: 0,
        })
    }
}

/// What may be added to the name of a form; not every form heeds it.
const WORDS: [&str; 6] = ["compact", "data", "graph", "dag", "schema", "indentSequences"];

/// `json`, `json+compact`, `cue`
fn named(words: &str) -> Result<Form, String> {
    let mut parts = words.split('+');
    let name = parts.next().unwrap_or_default();
    let words: Vec<&str> = parts.collect();
    if let Some(unknown) = words.iter().find(|word| !WORDS.contains(word)) {
        return Err(format!("unknown filetype {unknown}"));
    }
    let is_compact = words.contains(&"compact");
    Ok(match name {
        "cue" => Form::Cue,
        "json" if is_compact => Form::Json(Layout::Compact),
        "json" => Form::Json(Layout::EXPORT),
        "jsonl" => Form::Json(Layout::Compact),
        "yaml" => Form::Yaml,
        "text" => Form::Text,
        "binary" => Form::Binary,
        other => return Err(format!("unknown filetype {other}")),
    })
}

fn of_extension(extension: &str) -> Result<Form, String> {
    match extension {
        "jsonl" | "ldjson" | "ndjson" => named("jsonl"),
        "yml" => named("yaml"),
        "txt" => named("text"),
        "cue" | "json" | "yaml" => named(extension),
        other => Err(format!("unknown file extension .{other}")),
    }
}

impl Results {
    pub(super) fn form(&self) -> Form {
        self.form
    }

    /// Adds one value, in the form that was asked for; `name` stands above CUE where there are several.
    pub(super) fn add(
        &mut self,
        evaluation: &mut Evaluation,
        target: Target,
        options: &TextOptions<'_>,
        header: Option<&str>,
        limit: OutputLimit,
    ) -> Result<(), Diagnostics> {
        let mut text = Pieces::default();
        match self.form {
            Form::Cue => text = Pieces::from(evaluation.text(target, options)?),
            Form::Json(layout) if self.escape => {
                evaluation.write_json(target, &mut Escaped(&mut text), layout, limit)?;
            }
            Form::Json(layout) => evaluation.write_json(target, &mut text, layout, limit)?,
            Form::Yaml => {
                if self.count > 0 {
                    text.push(b"---\n");
                }
                evaluation.write_yaml(target, &mut text, limit)?;
            }
            Form::Text => {
                let data = evaluation.data(target)?;
                match data.node(data.root()) {
                    Node::String(value) => text = Pieces::from(format!("{value}\n")),
                    _ => return Err(unfit("text", "string")),
                }
            }
            Form::Binary => {
                let data = evaluation.data(target)?;
                match data.node(data.root()) {
                    Node::String(value) => text.push(value.as_bytes()),
                    Node::Bytes(bytes) => text.push(bytes),
                    _ => return Err(unfit("binary", "string or bytes")),
                }
            }
        }
        if let Some(header) = header {
            self.pieces.push(format!("{header}\n").as_bytes());
        }
        self.pieces.append(text);
        self.count += 1;
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Hands all of it out.
    pub(super) fn close(self, ui: &mut Ui) -> Outcome {
        let Some(path) = &self.file else { return ui.bytes(self.pieces.iter()).map(|()| Exit::Done) };
        let is_regular = std::fs::metadata(path).is_ok_and(|found| found.is_file());
        if is_regular && !self.force {
            return super::fail(ui, &format!("error writing {path:?}: file already exists"));
        }
        match File::create(path).and_then(|mut file| self.pieces.iter().try_for_each(|piece| file.write_all(piece))) {
            Ok(()) => Ok(Exit::Done),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                super::fail(ui, &format!("open {path}: no such file or directory"))
            }
            Err(error) => super::fail(ui, &format!("error writing {path:?}: {error}")),
        }
    }
}

fn unfit(form: &str, wanted: &str) -> Diagnostics {
    vec![Diagnostic::error(codes::USAGE, format!("--out {form} takes a value of type {wanted} only"))]
}
