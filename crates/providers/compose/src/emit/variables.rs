//! The secrets of a file, as variables.

use std::fmt::Write as _;

use strata_model::{Address, SecretRef, Value};
use strata_ports::{Secret, SecretError};

use super::text::Part;

/// A variable that the file needs, and what it stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Variable {
    pub name: String,
    pub(crate) parts: Vec<Part>,
}

/// Where secrets are opened.
pub trait Vault {
    fn get(&self, secret: &SecretRef) -> Result<Secret, SecretError>;

    /// The one that nobody gave; see [`crate::made_up`].
    fn made_up(&self, address: &Address) -> Result<Secret, SecretError>;
}

impl Variable {
    /// What it stands for, in words.
    pub fn about(&self) -> String {
        match &self.parts[..] {
            [part] => about(part),
            parts => {
                let secrets: Vec<String> =
                    parts.iter().filter(|part| !matches!(part, Part::Text(_))).map(about).collect();
                format!("a text that holds {}", secrets.join(" and "))
            }
        }
    }

    /// Its text. Only what writes it to where it is wanted has a reason to ask.
    pub fn open(&self, vault: &dyn Vault) -> Result<Secret, SecretError> {
        opened(&self.parts, vault).map(Secret::new)
    }
}

fn about(part: &Part) -> String {
    match part {
        Part::Text(_) => "a text".to_owned(),
        Part::Secret(secret) => format!("the secret `{}` of the store `{}`", secret.key, secret.store),
        Part::MadeUp(address) => format!("a password of your choice for {}", address.unit()),
        Part::Call(function, parts) => {
            let inner: Vec<String> = parts.iter().map(about).collect();
            format!("{}, as {}", inner.join(" and "), function.name())
        }
    }
}

/// The depth of expressions is limited, so the walk may recurse.
fn opened(parts: &[Part], vault: &dyn Vault) -> Result<String, SecretError> {
    let mut all = String::new();
    for part in parts {
        match part {
            Part::Text(text) => all += text,
            Part::Secret(secret) => all += vault.get(secret)?.expose(),
            Part::MadeUp(address) => all += vault.made_up(address)?.expose(),
            Part::Call(function, parts) => {
                let argument = Value::from(&*opened(parts, vault)?);
                // A text is what every function takes.
                all += &function.apply(&argument).unwrap_or_default();
            }
        }
    }
    Ok(all)
}

/// Variables as `docker compose` reads them from `.env`. Without their texts they are left for somebody to fill in.
pub fn dotenv(variables: &[(&Variable, Option<Secret>)]) -> String {
    let mut text = String::new();
    for (variable, secret) in variables {
        let _ = writeln!(text, "# {}", variable.about());
        let value = secret.as_ref().map_or_else(String::new, |secret| quoted(secret.expose()));
        let _ = writeln!(text, "{}={value}", variable.name);
    }
    text
}

fn quoted(text: &str) -> String {
    if text
        .chars()
        .all(|char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_' | '.' | '/' | ':' | '@' | '%' | '+'))
    {
        return text.to_owned();
    }
    let mut out = String::from("\"");
    for char in text.chars() {
        match char {
            '"' | '\\' | '$' => out.extend(['\\', char]),
            '\n' => out += "\\n",
            '\r' => out += "\\r",
            other => out.push(other),
        }
    }
    out + "\""
}
