//! `strata secret`

use std::io::Read;

use clap::Subcommand;
use strata_base::Diagnostic;
use strata_model::SecretRef;
use strata_ports::{Secret, SecretError, Secrets};

use crate::App;
use crate::codes;
use crate::error::{CommandError, Outcome};
use crate::exit::Exit;
use crate::project::{Places, told};
use crate::ui::Ui;

/// Keep the secrets of the project
///
/// They are in a file of their own, encrypted, whose key is in another place; `strata state where -o json` tells both.
/// Documents refer to them: `${secret:app:db-password}`, in a graph `{"$secret": {"store": "app", "key": "db-password"}}`.
/// A store whose name is a place, such as `acme/prod/-` or, for tier 1 alone, `acme/prod/-@1`, serves only what is there.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Set(Set),
    Issue(Issue),
    List(List),
    #[command(visible_alias = "revoke")]
    Rm(Rm),
}

/// Keep a secret, read from standard input
///
/// One line end after it is not part of it.
#[derive(clap::Args, Debug)]
struct Set {
    /// Its name, such as app:db-password
    #[arg(value_name = "STORE:KEY", value_parser = named)]
    name: SecretRef,
}

/// Make up a secret and keep it; nobody is shown it
///
/// A name that is taken is refused; with --rotate it gets another content, and what uses it is planned to follow.
#[derive(clap::Args, Debug)]
struct Issue {
    /// Its name, such as app:db-password
    #[arg(value_name = "STORE:KEY", value_parser = named)]
    name: SecretRef,

    /// Put another content in the place of the one that is kept
    #[arg(long)]
    rotate: bool,
}

/// List the names of the secrets that are kept
#[derive(clap::Args, Debug)]
struct List {
    /// Only those of this store
    #[arg(value_name = "STORE")]
    store: Option<String>,
}

/// Forget a secret, so that nothing can use it any more
#[derive(clap::Args, Debug)]
struct Rm {
    /// Its name, such as app:db-password
    #[arg(value_name = "STORE:KEY", value_parser = named)]
    name: SecretRef,
}

fn named(text: &str) -> Result<SecretRef, String> {
    match text.split_once(':') {
        Some((SecretRef::SINK, _)) => {
            Err("`outputs` is where runs keep what resources and outputs tell in secret".to_owned())
        }
        Some((store, key)) if !store.is_empty() && !key.is_empty() => {
            Ok(SecretRef { store: store.into(), key: key.into() })
        }
        _ => Err("a secret is named by its store and its key, as in `app:db-password`".to_owned()),
    }
}

pub(crate) fn run(ui: &mut Ui, app: &App, args: &Args) -> Outcome {
    let secrets = Places::of(app)?.open_secrets();
    let failed = |error: SecretError| match error {
        SecretError::NotFound(_) => CommandError { exit: Exit::NotFound, ..told(error.into()) },
        other => told(other.into()),
    };
    match &args.command {
        Command::Set(Set { name }) => {
            secrets.put(name, &given()?).map_err(failed)?;
            ui.say(&format!("Keeps {}:{}.", name.store, name.key));
        }
        Command::Issue(Issue { name, rotate }) => {
            let is_kept = match secrets.version(name) {
                Ok(_) => true,
                Err(SecretError::NotFound(_)) => false,
                Err(error) => return Err(failed(error)),
            };
            if is_kept != *rotate {
                let (what, hint) = match is_kept {
                    true => ("is kept already", "to give it another content: --rotate"),
                    false => ("is not kept, so it has no content to change", "without --rotate it is made"),
                };
                let message = format!("the secret {}:{} {what}", name.store, name.key);
                let problem = Diagnostic::error(codes::NO_SECRET, message).hint(hint);
                return Err(CommandError::plain(Exit::Validation, problem));
            }
            secrets.issue(name).map_err(failed)?;
            ui.say(&format!("Issued {}:{}.", name.store, name.key));
        }
        Command::List(List { store }) => {
            let names = secrets.all().map_err(failed)?;
            let wanted = |name: &SecretRef| store.as_deref().is_none_or(|store| store == &*name.store);
            let names: Vec<SecretRef> = names.into_iter().filter(wanted).collect();
            let told = |name: &SecretRef| format!("{}:{}", name.store, name.key);
            let all = |names: &Vec<SecretRef>| names.iter().map(told).collect();
            ui.list(&names, all, |names| names.iter().map(|name| told(name) + "\n").collect())?;
            ui.say_if(names.is_empty(), "no secret is kept");
        }
        Command::Rm(Rm { name }) => {
            // Removing is no error where nothing is, but who says a name means one that there is.
            secrets.version(name).map_err(failed)?;
            secrets.remove(name).map_err(failed)?;
            ui.say(&format!("Forgot {}:{}.", name.store, name.key));
        }
    }
    Ok(Exit::Done)
}

/// What stands on standard input.
fn given() -> Result<Secret, CommandError> {
    let refused = |message: String| CommandError::plain(Exit::Validation, Diagnostic::error(codes::NO_SECRET, message));
    let mut text = String::new();
    std::io::stdin()
        .lock()
        .read_to_string(&mut text)
        .map_err(|error| refused(format!("standard input cannot be read as text: {error}")))?;
    if let Some(line) = text.strip_suffix('\n') {
        text.truncate(line.strip_suffix('\r').unwrap_or(line).len());
    }
    if text.is_empty() {
        return Err(refused("there is nothing on standard input".to_owned()));
    }
    Ok(Secret::new(text))
}
