//! Secrets that must be nowhere, and how to look for them: as they are, and in each dress in which they could travel.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use strata_model::SecretRef;
use strata_ports::{SecretError, Secrets};
use strata_store_secrets::FileSecrets;

use crate::rig::Rig;

/// Which variable of the environment holds a secret.
pub const VARIABLE: &str = "TORTURE_TOKEN";
/// Characters in them are written in another way by JSON, URLs and YAML.
pub const FROM_ENVIRONMENT: &str = "canary \"env\" 7f3a/+%\\";
/// What the documents call `vault:db`, before and after it was changed.
pub const IN_VAULT: [&str; 2] = ["canary \"one\" c41b/+%\\", "canary \"two\" 09de/+%\\"];

/// Files in which a secret of the project is found in clear, with the words in which it was looked for. All that a project
/// has and all that its commands have said is looked through; only the file of keys may hold what opens secrets.
///
/// `earlier` are secrets that were in the sink once.
pub fn leaks(rig: &Rig, earlier: &BTreeSet<String>) -> io::Result<Vec<String>> {
    let mut secrets: Vec<String> = vec![FROM_ENVIRONMENT.to_owned()];
    secrets.extend(IN_VAULT.map(str::to_owned));
    secrets.extend(in_sink(rig)?.into_values());
    secrets.extend(earlier.iter().cloned());
    let needles = Needles::of(&secrets);
    let mut found = Vec::new();
    for file in files(rig.folder())? {
        let leaks = needles.found_in(&fs::read(&file)?).into_iter();
        let file = file.strip_prefix(rig.folder()).unwrap_or(&file).display();
        found.extend(leaks.map(|dress| format!("I6: {file} holds a secret, {dress}")));
    }
    Ok(found)
}

/// A secret that the process of the cloud was told when it was started. It outlives the command that has started it, and
/// whoever may look at processes reads its arguments and its environment.
pub fn told_to_processes(rig: &Rig) -> Vec<String> {
    let Some(world) = rig.world_process() else { return Vec::new() };
    let mut secrets: Vec<String> = vec![FROM_ENVIRONMENT.to_owned()];
    secrets.extend(IN_VAULT.map(str::to_owned));
    let needles = Needles::of(&secrets);
    let mut found = Vec::new();
    for told in ["cmdline", "environ"] {
        // It may have ended.
        let bytes = fs::read(format!("/proc/{world}/{told}")).unwrap_or_default();
        let leaks = needles.found_in(&bytes).into_iter();
        found.extend(leaks.map(|dress| format!("I6: the {told} of the cloud holds a secret, {dress}")));
    }
    found
}

/// All that is kept in the file of secrets, by name: what the user has given, and in the sink what the cloud has made up and
/// what was made of secrets.
pub fn in_sink(rig: &Rig) -> io::Result<BTreeMap<SecretRef, String>> {
    let secrets = FileSecrets::new(rig.secrets(), rig.key(), Box::new(|_| None));
    let names = secrets.all().map_err(io::Error::other)?;
    let text = |name: SecretRef| {
        let secret = secrets.get(&name)?;
        Ok((name, secret.expose().to_owned()))
    };
    names.into_iter().map(text).collect::<Result<_, _>>().map_err(|error: SecretError| io::Error::other(error))
}

/// Each way in which a secret could be written, once.
fn dresses(secrets: &[String]) -> BTreeMap<Vec<u8>, &'static str> {
    let mut needles = BTreeMap::new();
    // A text of a few characters is found everywhere.
    for secret in secrets.iter().filter(|secret| secret.len() >= 8) {
        let bytes = secret.as_bytes();
        let json = serde_json::Value::from(secret.as_str()).to_string();
        for (text, told) in [
            (STANDARD.encode(bytes), "in base64"),
            (STANDARD_NO_PAD.encode(bytes), "in base64 without padding"),
            (URL_SAFE_NO_PAD.encode(bytes), "in base64 for URLs"),
            (bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}")), "in hex"),
            (bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02X}")), "in hex"),
            (url_encoded(bytes), "URL-encoded"),
            (json.trim_matches('"').to_owned(), "in JSON"),
            (secret.clone(), "as it is"),
        ] {
            needles.insert(text.into_bytes(), told);
        }
    }
    needles
}

fn url_encoded(bytes: &[u8]) -> String {
    let mut text = String::new();
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

/// Secrets in all their dresses, to be looked for at once.
struct Needles {
    all: BTreeMap<Vec<u8>, &'static str>,
    /// Whether one begins with these two bytes; few places need a closer look.
    begins: Vec<bool>,
}

impl Needles {
    fn of(secrets: &[String]) -> Needles {
        let all = dresses(secrets);
        let mut begins = vec![false; 1 << 16];
        for needle in all.keys() {
            begins[pair(needle[0], needle[1])] = true;
        }
        Needles { all, begins }
    }

    /// In which dresses one is there.
    fn found_in(&self, bytes: &[u8]) -> BTreeSet<&'static str> {
        let mut found = BTreeSet::new();
        for at in (1..bytes.len()).map(|end| end - 1).filter(|&at| self.begins[pair(bytes[at], bytes[at + 1])]) {
            found.extend(self.all.iter().filter(|(needle, _)| bytes[at..].starts_with(needle)).map(|(_, dress)| dress));
        }
        found
    }
}

fn pair(first: u8, second: u8) -> usize {
    usize::from(first) << 8 | usize::from(second)
}

fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let (mut files, mut open) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                open.push(entry.path());
            } else if kind.is_file() {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_in_every_dress() {
        let needles = Needles::of(&[FROM_ENVIRONMENT.to_owned()]);
        let found = |text: &str| !needles.found_in(format!("x{text}y").as_bytes()).is_empty();
        assert!(found("canary \"env\" 7f3a/+%\\"));
        assert!(found("canary \\\"env\\\" 7f3a/+%\\\\"));
        assert!(found("canary%20%22env%22%207f3a%2F%2B%25%5C"));
        assert!(found("Y2FuYXJ5ICJlbnYiIDdmM2EvKyVc"));
        assert!(found("63616e6172792022656e76222037663361") || found("63616e6172792022656e762220376633612f2b255c"));
        assert!(!found("canary"));
    }
}
