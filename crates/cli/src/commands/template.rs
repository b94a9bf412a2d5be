//! `strata template`

use std::path::PathBuf;

use clap::Subcommand;
use cue_encode::{Limit, json, yaml};
use serde::Serialize;
use strata_base::{Diagnostic, Sources, Span};
use strata_front::Templates;
use strata_front::templates::Template;

use crate::columns::columns;
use crate::error::{CommandError, Outcome};
use crate::exit::Exit;
use crate::project::{Given, templates_of};
use crate::ui::Ui;
use crate::{App, codes};

/// Look at templates, and at what they become
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// List all templates, with their versions and parameters
    List(Where),
    /// Tell the parameters of a template
    Show {
        /// Its name; behind an `@` the version, as in `shop@^1.2`
        #[arg(value_name = "NAME[@VERSION]")]
        name: String,

        #[command(flatten)]
        r#where: Where,
    },
    /// Print the capabilities that a template becomes with parameters
    Resolve {
        /// Its name; behind an `@` the version, as in `shop@^1.2`
        #[arg(value_name = "NAME[@VERSION]")]
        name: String,

        #[command(flatten)]
        given: Given,
    },
}

/// Where templates are.
#[derive(clap::Args, Debug)]
struct Where {
    /// A folder with templates (can be repeated); `templates` beside the document of the project if there are none
    #[arg(long, value_name = "FOLDER")]
    templates: Vec<PathBuf>,
}

#[derive(Serialize, Debug)]
struct Row<'a> {
    name: &'a str,
    version: String,
    description: &'a str,
    parameters: Vec<Parameter<'a>>,
    digest: String,
}

#[derive(Serialize, Debug)]
struct Parameter<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    required: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    validation: Option<&'a str>,
    description: &'a str,
}

pub(crate) fn run(ui: &mut Ui, app: &App, args: &Args) -> Outcome {
    let mut sources = Sources::new();
    match &args.command {
        Command::List(at) => {
            let templates = read(&at.templates, app, &mut sources)?;
            let rows: Vec<Row<'_>> = templates.all().map(row).collect();
            ui.answer(&rows, |rows| list(rows))?;
        }
        Command::Show { name, r#where } => {
            let templates = read(&r#where.templates, app, &mut sources)?;
            ui.answer(&row(find(&templates, name)?), show)?;
        }
        Command::Resolve { name, given } => {
            let templates = read(given.templates(), app, &mut sources)?;
            let template = find(&templates, name)?;
            let mut problems = Vec::new();
            let values = given.values(&mut sources, &mut problems)?;
            let environment = |name: &str| std::env::var(name).ok();
            let filled = match problems.is_empty() {
                true => template.fill(&values, Span::NONE, &environment),
                false => Err(problems),
            };
            let filled = filled.map_err(|problems| CommandError::new(Exit::Validation, problems, sources))?;
            let data = &filled.capabilities;
            let unwritable = |error: cue_encode::WriteError| {
                CommandError::plain(Exit::Error, Diagnostic::error(codes::WRITE, error.to_string()))
            };
            let text = yaml::to_string(data, data.root(), Limit::default()).map_err(unwritable)?;
            let tree =
                json::to_string(data, data.root(), json::Layout::Compact, Limit::default()).map_err(unwritable)?;
            let tree: serde_json::Value = serde_json::from_str(&tree).unwrap_or_default();
            ui.answer(&tree, |_| text)?;
        }
    }
    Ok(Exit::Done)
}

/// The templates of folders, or of the folder beside the document of the project.
fn read(folders: &[PathBuf], app: &App, sources: &mut Sources) -> Result<Templates, CommandError> {
    let beside = app.settings.document().unwrap_or_default();
    let own = [beside.parent().map_or_else(|| PathBuf::from("templates"), |folder| folder.join("templates"))];
    let given = if folders.is_empty() { &own[..] } else { folders };
    let (mut templates, mut problems) = (Templates::default(), Vec::new());
    for folder in given {
        templates_of(folder, sources, &mut templates, &mut problems).map_err(|mut error| {
            if folders.is_empty() {
                let hints = error.diagnostics.iter_mut().map(|told| &mut told.hints);
                hints.for_each(|hints| hints.push("name the folder with templates: --templates FOLDER".to_owned()));
            }
            error
        })?;
    }
    if problems.is_empty() {
        return Ok(templates);
    }
    Err(CommandError::new(Exit::Validation, problems, std::mem::take(sources)))
}

fn find<'t>(templates: &'t Templates, name: &str) -> Result<&'t Template, CommandError> {
    let (name, version) = name.split_once('@').unwrap_or((name, "latest"));
    templates
        .find((name, Span::NONE), (version, Span::NONE))
        .map_err(|problem| CommandError::plain(Exit::NotFound, *problem))
}

fn row(template: &Template) -> Row<'_> {
    let parameter = |parameter: &'_ strata_front::templates::Parameter| -> Option<serde_json::Value> {
        let (data, node) = template.default(parameter)?;
        let text = json::to_string(data, node, json::Layout::Compact, Limit::default()).ok()?;
        serde_json::from_str(&text).ok()
    };
    let parameters = template.parameters.iter().map(|known| Parameter {
        name: &known.name,
        kind: known.kind.name(),
        required: known.required,
        default: parameter(known),
        validation: known.rule(),
        description: &known.about,
    });
    Row {
        name: &template.name,
        version: template.version.to_string(),
        description: &template.about,
        parameters: parameters.collect(),
        digest: template.digest.to_string(),
    }
}

fn list(rows: &[Row<'_>]) -> String {
    let cells: Vec<[String; 4]> = rows
        .iter()
        .map(|row| {
            let names: Vec<&str> = row.parameters.iter().map(|parameter| parameter.name).collect();
            [row.name.to_owned(), row.version.clone(), names.join(" "), row.description.to_owned()]
        })
        .collect();
    columns(&cells.iter().map(|row| row.each_ref().map(String::as_str)).collect::<Vec<_>>())
}

fn show(row: &Row<'_>) -> String {
    let mut text = format!("{} {}\n", row.name, row.version);
    if !row.description.is_empty() {
        text += &format!("{}\n", row.description);
    }
    let cells: Vec<[String; 4]> = row
        .parameters
        .iter()
        .map(|parameter| {
            let need = match &parameter.default {
                Some(default) => format!("default {default}"),
                None if parameter.required => "required".to_owned(),
                None => "optional".to_owned(),
            };
            let rule = parameter.validation.map(|rule| format!("must satisfy `{rule}`"));
            let about = [rule, Some(parameter.description.to_owned()).filter(|text| !text.is_empty())];
            let about: Vec<String> = about.into_iter().flatten().collect();
            [format!("  {}", parameter.name), parameter.kind.to_owned(), need, about.join("; ")]
        })
        .collect();
    text + &columns(&cells.iter().map(|row| row.each_ref().map(String::as_str)).collect::<Vec<_>>())
}
