//! `strata local`

use std::path::PathBuf;
use std::time::Duration;

use clap::{Subcommand, ValueEnum};
use serde::Serialize;
use strata_base::Diagnostic;
use strata_model::{ObjectId, Path, TypeName, Value, codec};
use strata_provider_local::{Admin, Answer, Condition, Meddle, Object, Place, Settings, World, WorldError, types};

use crate::App;
use crate::columns::columns;
use crate::error::{CommandError, Outcome};
use crate::exit::Exit;
use crate::project;
use crate::ui::Ui;

/// Look at the simulated cloud of the project, and change it by hand
///
/// What is done here happens behind the back of `plan` and `apply`, as it would in a real cloud by somebody else: to try
/// what drift looks like, and what happens when calls fail.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// List all objects, with their owners
    List,
    /// Print all that the cloud knows about an object
    Get { object: String },
    /// List the types of objects that there are
    Types,
    /// Change an attribute of an object
    Set {
        object: String,
        /// Which attribute, such as `tags.team` or `ports[0]`
        path: Path,
        /// JSON; what is none is taken for a text
        value: String,
        #[command(flatten)]
        later: Later,
    },
    /// Remove an attribute of an object
    Unset {
        object: String,
        /// Which attribute, such as `tags.team` or `ports[0]`
        path: Path,
        #[command(flatten)]
        later: Later,
    },
    /// Delete an object
    Delete {
        object: String,
        #[command(flatten)]
        later: Later,
    },
    /// Put another object of the same content in the place of one
    Replace {
        object: String,
        #[command(flatten)]
        later: Later,
    },
    /// Say how well an object is
    Health {
        object: String,
        health: Health,
        /// What is the matter with it
        #[arg(long, value_name = "TEXT", default_value = "it was told to be so")]
        because: String,
        #[command(flatten)]
        later: Later,
    },
    /// Make an object that nobody manages
    Make {
        /// Such as `local.bucket`
        kind: String,
        /// A JSON object
        #[arg(default_value = "{}")]
        properties: String,
        #[arg(long, default_value = "main")]
        account: String,
        #[arg(long, default_value = "main")]
        region: String,
    },
    /// Print the rules by which calls are slow, fail or drift, or read them from a file
    Rules {
        /// JSON, or TOML if its name ends so; it replaces all rules
        file: Option<PathBuf>,
    },
    /// Print what the process of the cloud says of itself
    Process,
    /// End the process of the cloud; the next call starts it again
    Stop,
}

#[derive(clap::Args, Debug)]
struct Later {
    /// Let it happen by itself after that time, as in `30s` or `5m`
    #[arg(long, value_name = "TIME", value_parser = project::duration)]
    after: Option<Duration>,
}

#[derive(Clone, Copy, ValueEnum, Debug)]
enum Health {
    Healthy,
    Degraded,
    Unhealthy,
}

pub(crate) fn run(ui: &mut Ui, app: &App, args: &Args) -> Outcome {
    let world = project::world(app)?;
    let meddle = |ui: &mut Ui, object: &str, later: &Later, change| {
        let after_ms = later.after.map(|after| u64::try_from(after.as_millis()).unwrap_or(u64::MAX));
        let object = ObjectId(object.into());
        ask(&world, Admin::Meddle { object, after_ms, change }).and_then(|answer| show(ui, answer))
    };
    match &args.command {
        Command::List => show(ui, ask(&world, Admin::Objects)?)?,
        Command::Get { object } => {
            let objects = match ask(&world, Admin::Objects)? {
                Answer::Objects(objects) => objects,
                _ => Vec::new(),
            };
            let found = objects.into_iter().find(|known| *known.id.0 == **object);
            let found = found.ok_or_else(|| refused(format!("there is no object {object}"), Exit::NotFound))?;
            ui.answer(&found, pretty)?;
        }
        Command::Types => ui.answer(&types(), |types| {
            columns(&types.iter().map(|(name, about)| [&**name, about]).collect::<Vec<_>>())
        })?,
        Command::Set { object, path, value, later } => {
            let (path, value) = (path.clone(), json_or_text(value));
            meddle(ui, object, later, Meddle::Set { path, value })?;
        }
        Command::Unset { object, path, later } => meddle(ui, object, later, Meddle::Unset { path: path.clone() })?,
        Command::Delete { object, later } => meddle(ui, object, later, Meddle::Delete)?,
        Command::Replace { object, later } => meddle(ui, object, later, Meddle::Replace)?,
        Command::Health { object, health, because, later } => {
            let condition = match health {
                Health::Healthy => Condition::Healthy,
                Health::Degraded => Condition::Degraded(because.clone()),
                Health::Unhealthy => Condition::Unhealthy(because.clone()),
            };
            meddle(ui, object, later, Meddle::Health(condition))?;
        }
        Command::Make { kind, properties, account, region } => {
            let properties: Value = codec::from_json(properties.as_bytes())
                .map_err(|error| refused(format!("the properties are no JSON: {error}"), Exit::Validation))?;
            let place = Place { account: account.as_str().into(), region: region.as_str().into() };
            show(ui, ask(&world, Admin::Make { place, kind: TypeName::from(kind.as_str()), properties })?)?;
        }
        Command::Rules { file: None } => show(ui, ask(&world, Admin::Settings)?)?,
        Command::Rules { file: Some(file) } => show(ui, ask(&world, Admin::Configure(Box::new(rules(file)?)))?)?,
        Command::Process => show(ui, ask(&world, Admin::Status)?)?,
        Command::Stop => show(ui, ask(&world, Admin::Stop)?)?,
    }
    Ok(Exit::Done)
}

fn ask(world: &World, admin: Admin) -> Result<Answer, CommandError> {
    world.admin(admin).map_err(|error: WorldError| CommandError::plain(Exit::Error, error.diagnostic()))
}

fn show(ui: &mut Ui, answer: Answer) -> Result<(), CommandError> {
    match answer {
        Answer::Done => Ok(()),
        Answer::Object(object) => ui.answer(&object, |object| format!("{object}\n")),
        Answer::Settings(settings) => ui.answer(&settings, pretty),
        Answer::Status(status) => ui.answer(&status, pretty),
        Answer::Objects(objects) => ui.answer(&objects, |objects| table(objects)),
        Answer::Refused(why) => Err(refused(why, Exit::Error)),
    }
}

fn table(objects: &[Object]) -> String {
    let owner = |object: &Object| object.mark.as_ref().map_or("-".to_owned(), |mark| mark.address.to_string());
    let rows: Vec<[String; 4]> = objects
        .iter()
        .map(|object| {
            let place = format!("{}/{}", object.place.account, object.place.region);
            [object.id.to_string(), object.kind.to_string(), place, owner(object)]
        })
        .collect();
    columns(&rows.iter().map(|row| row.each_ref().map(String::as_str)).collect::<Vec<_>>())
}

fn pretty(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).map_or_else(|error| error.to_string(), |text| text + "\n")
}

fn json_or_text(text: &str) -> Value {
    codec::from_json(text.as_bytes()).unwrap_or_else(|_| Value::from(text))
}

fn rules(path: &std::path::Path) -> Result<Settings, CommandError> {
    let text = project::text(path)?;
    let wrong = |error: &str| format!("the rules of {} cannot be used: {}", path.display(), error.trim_end());
    if path.extension().is_some_and(|extension| extension == "toml") {
        let told = |error: &str| Diagnostic::error(strata_provider_local::codes::REFUSED, wrong(error));
        return project::toml(path, &text, told);
    }
    serde_json::from_str(&text).map_err(|error| refused(wrong(&error.to_string()), Exit::Validation))
}

fn refused(message: String, exit: Exit) -> CommandError {
    CommandError::plain(exit, Diagnostic::error(strata_provider_local::codes::REFUSED, message))
}
