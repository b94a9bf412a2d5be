//! `strata build`

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde::Serialize;
use strata_base::Diagnostic;
use strata_model::{Address, SecretRef};
use strata_ports::{Secret, SecretError, Secrets};
use strata_provider_compose::emit::{self, Vault};
use strata_provider_compose::made_up;
use strata_store_secrets::FileSecrets;

use crate::error::{CommandError, Outcome};
use crate::exit::Exit;
use crate::project::{DocumentArgs, Places};
use crate::ui::Ui;
use crate::{App, codes, show};

/// Write a document as files that need nothing of ours
///
/// What the provider `compose` serves becomes a Compose file for each environment; `docker compose up` brings it up. Secrets
/// stay outside of it: they are variables, listed in `.env.example`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(flatten)]
    document: DocumentArgs,

    /// Write into that folder instead of printing
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,

    /// Write the secrets too, into `.env`, which only you can read
    #[arg(long, requires = "out")]
    with_secrets: bool,
}

/// A file that was made. What is in it is told where it was not written.
#[derive(Serialize, Debug)]
struct Made {
    path: PathBuf,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip)]
    secret: bool,
}

#[derive(Serialize, Debug)]
struct Answer<'a> {
    files: Vec<Made>,
    fidelity: Vec<show::fidelity::Row<'a>>,
}

pub(crate) fn run(ui: &mut Ui, app: &App, args: &Args) -> Outcome {
    let document = args.document.read(ui, app)?;
    let files = emit::emit(&document.graph)
        .map_err(|problems| CommandError::new(Exit::Validation, problems, document.sources.clone()))?;
    if files.is_empty() {
        let problem = Diagnostic::error(codes::NO_FILES, "nothing of this document can be written as files");
        return Err(CommandError::plain(Exit::Validation, problem.hint("serve it by Docker: `--provider compose`")));
    }
    let vault = if args.with_secrets { Some(Keys(Places::of(app)?.open_secrets())) } else { None };
    let several = files.len() > 1;
    let mut made = Vec::new();
    for file in &files {
        let folder = if several { PathBuf::from(&file.project) } else { PathBuf::new() };
        made.push(Made { path: folder.join("compose.yaml"), text: Some(file.yaml.clone()), secret: false });
        if file.variables.is_empty() {
            continue;
        }
        let empty: Vec<_> = file.variables.iter().map(|variable| (variable, None)).collect();
        made.push(Made { path: folder.join(".env.example"), text: Some(emit::dotenv(&empty)), secret: false });
        if let Some(vault) = &vault {
            let mut filled = Vec::with_capacity(file.variables.len());
            for variable in &file.variables {
                filled.push((variable, Some(variable.open(vault).map_err(|error| unopened(&error))?)));
            }
            made.push(Made { path: folder.join(".env"), text: Some(emit::dotenv(&filled)), secret: true });
        }
    }
    let others = document.graph.nodes.values().filter(|node| !emit::writes(node)).count();
    if others > 0 {
        ui.say(&format!("warning: {others} resources of other providers are not written"));
    }
    ui.say(show::fidelity::text(&document.fidelity).trim_end());
    if let Some(folder) = &args.out {
        for file in &mut made {
            write(&folder.join(&file.path), file.text.take().unwrap_or_default().as_bytes(), file.secret)?;
            file.path = folder.join(&file.path);
        }
    }
    let answer = Answer { files: made, fidelity: show::fidelity::rows(&document.fidelity) };
    ui.answer(&answer, |answer| text(&answer.files))?;
    Ok(Exit::Done)
}

/// The Compose files themselves, or what was written.
fn text(files: &[Made]) -> String {
    let yaml = files.iter().filter(|file| file.path.ends_with("compose.yaml"));
    let texts: Vec<&str> = yaml.filter_map(|file| file.text.as_deref()).collect();
    if texts.is_empty() {
        return files.iter().map(|file| format!("{}\n", file.path.display())).collect();
    }
    texts.join("---\n")
}

/// Secrets as they are kept here.
struct Keys(FileSecrets);

impl Vault for Keys {
    fn get(&self, secret: &SecretRef) -> Result<Secret, SecretError> {
        self.0.get(secret)
    }

    fn made_up(&self, address: &Address) -> Result<Secret, SecretError> {
        made_up(&|text: &str| self.0.fingerprint(text), address)
    }
}

fn unopened(error: &SecretError) -> CommandError {
    CommandError::plain(Exit::Error, Diagnostic::error(codes::NO_SECRET, error.to_string()))
}

/// Writes a file anew. A secret one is nobody else's from its first byte on.
fn write(path: &Path, bytes: &[u8], secret: bool) -> Result<(), CommandError> {
    let wrong = |error: std::io::Error| {
        let message = format!("cannot write `{}`: {error}", path.display());
        CommandError::plain(Exit::Error, Diagnostic::error(codes::WRITE, message))
    };
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o755).create(folder).map_err(wrong)?;
    }
    if secret && path.exists() {
        std::fs::remove_file(path).map_err(wrong)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(if secret { 0o600 } else { 0o644 });
    options.open(path).and_then(|mut file| file.write_all(bytes)).map_err(wrong)
}
