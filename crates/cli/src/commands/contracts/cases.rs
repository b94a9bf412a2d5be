//! Cases that someone wrote down: what a mapping is given, and what it makes of that.

use std::path::{Path, PathBuf};

use strata_base::{Diagnostic, Sources};
use strata_contracts::{Library, codes, trial};
use strata_model::reading::{self, Syntax};

use crate::error::CommandError;
use crate::exit::Exit;
use crate::project::unreadable;

const FOLDER: &str = "cases";

#[derive(Debug, Default)]
pub(super) struct Cases {
    pub(super) run: usize,
    pub(super) updated: usize,
    pub(super) different: Vec<Different>,
}

/// A case that came out otherwise than it was written down.
#[derive(Debug)]
pub(super) struct Different {
    pub(super) mapping: String,
    pub(super) message: String,
    pub(super) place: String,
}

/// Runs `cases/CONTRACT/PROVIDER/NAME` below a folder.
pub(super) fn run(folder: &Path, library: &Library, update: bool) -> Result<Cases, CommandError> {
    let mut cases = Cases::default();
    for contract in folders(&folder.join(FOLDER))? {
        for provider in folders(&contract)? {
            for case in folders(&provider)? {
                cases.run += 1;
                one(library, [&contract, &provider].map(|path| name(path)), &case, update, &mut cases)?;
            }
        }
    }
    Ok(cases)
}

fn one(
    library: &Library,
    [contract, provider]: [String; 2],
    case: &Path,
    update: bool,
    cases: &mut Cases,
) -> Result<(), CommandError> {
    let Some(mapping) = library.mapping(&contract, &provider) else {
        let message = format!("`{}` is a case of `{contract}` on `{provider}`, which nothing maps", case.display());
        return Err(CommandError::plain(Exit::Validation, Diagnostic::error(codes::TRIAL, message)));
    };
    let (input, output) = (case.join("in.yaml"), case.join("out.yaml"));
    let text = std::fs::read_to_string(&input).map_err(|error| unreadable(&input, &error))?;
    let mut sources = Sources::new();
    let file = sources.add(input.display().to_string(), text);
    let data = reading::data(&sources, file, Syntax::Yaml);
    let data = data.map_err(|problems| CommandError::new(Exit::Validation, problems, sources))?;
    let actual = trial::case(library, mapping, &data);
    let expected = match std::fs::read_to_string(&output) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(unreadable(&output, &error)),
    };
    if expected.as_ref() == Some(&actual) {
        return Ok(());
    }
    if update {
        std::fs::write(&output, &actual).map_err(|error| unreadable(&output, &error))?;
        cases.updated += 1;
        return Ok(());
    }
    let message = match &expected {
        None => "nothing is written down yet: `--update` does it".to_owned(),
        Some(expected) => first_difference(expected, &actual),
    };
    let place = output.display().to_string();
    cases.different.push(Different { mapping: format!("{contract} on {provider}"), message, place });
    Ok(())
}

/// The first line that differs.
fn first_difference(expected: &str, actual: &str) -> String {
    let (mut wanted, mut got) = (expected.lines(), actual.lines());
    let mut line = 0;
    loop {
        line += 1;
        match (wanted.next(), got.next()) {
            (Some(wanted), Some(got)) if wanted == got => {}
            (wanted, got) => {
                let told =
                    |line: Option<&str>| line.map_or_else(|| "the end".to_owned(), |line| format!("`{}`", line.trim()));
                return format!("line {line} is {}, not {}", told(got), told(wanted));
            }
        }
    }
}

/// The folders in a folder, sorted; none where there is no such folder.
fn folders(folder: &Path) -> Result<Vec<PathBuf>, CommandError> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| unreadable(folder, &error))? {
        let path = entry.map_err(|error| unreadable(folder, &error))?.path();
        if path.is_dir() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}
