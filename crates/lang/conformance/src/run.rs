//! A folder of archives: each in a process of its own, with a deadline, so that whatever happens to one is told as its
//! failure and harms no other.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use cue_eval::Cancel;
use cue_txtar::Archive;
use serde::{Deserialize, Serialize};

use crate::archive::{self, Answers, LIMITS};
use crate::census;
use crate::orders::{self, Order};
use crate::script::{self, Program, ScriptResult};

/// The argument that makes the program answer for one archive: its text on the input, the result on the output.
pub const ALONE: &str = "--alone";

/// What an archive was asked, and what it answered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ArchiveResult {
    /// The path below the folder.
    pub name: String,
    pub answers: Answers,
    pub orders: Vec<Order>,
}

/// The archives below a folder that hold inline tests, with their texts, by name.
pub fn find(folder: &Path, only: Option<&str>) -> Result<Vec<(String, String)>, String> {
    let mut found = archives(folder, only)?;
    found.retain(|(_, text)| {
        let archive = Archive::parse(text);
        !census::is_excluded(&archive) && !census::entries(&archive).is_empty()
    });
    Ok(found)
}

/// The archives below a folder that are scripts, with their texts, by name.
pub fn find_scripts(folder: &Path, only: Option<&str>) -> Result<Vec<(String, String)>, String> {
    let mut found = archives(folder, only)?;
    found.retain(|(_, text)| {
        let archive = Archive::parse(text);
        script::is_script(&archive) && census::entries(&archive).is_empty()
    });
    Ok(found)
}

fn archives(folder: &Path, only: Option<&str>) -> Result<Vec<(String, String)>, String> {
    let mut found = Vec::new();
    let mut todo = vec![folder.to_owned()];
    while let Some(path) = todo.pop() {
        let told = |error: std::io::Error| format!("cannot read {}: {error}", path.display());
        if path.is_dir() {
            for entry in std::fs::read_dir(&path).map_err(told)? {
                todo.push(entry.map_err(told)?.path());
            }
        } else if path.extension().is_some_and(|extension| extension == "txtar") {
            let name = relative(folder, &path);
            if only.is_none_or(|only| name.contains(only)) {
                let bytes = std::fs::read(&path).map_err(told)?;
                found.push((name, String::from_utf8_lossy(&bytes).into_owned()));
            }
        }
    }
    found.sort();
    Ok(found)
}

fn relative(folder: &Path, path: &Path) -> String {
    let below: PathBuf = path.strip_prefix(folder).unwrap_or(path).components().collect();
    below.to_string_lossy().replace('\\', "/")
}

/// Runs archives, as many at once as there are processors, and gives the results in the order of the archives.
/// `program` is what answers for one archive, and may take that long.
pub fn run(archives: &[(String, String)], program: &Path, deadline: Duration) -> Vec<ArchiveResult> {
    each(archives, |name, text| run_apart(name, text, program, deadline))
}

/// Runs scripts likewise, with a program in the place of `cue`.
pub fn run_scripts(scripts: &[(String, String)], program: &Program, deadline: Duration) -> Vec<ScriptResult> {
    each(scripts, |name, text| script::run(name, text, program, deadline))
}

fn each<T: Clone + Send>(archives: &[(String, String)], job: impl Fn(&str, &str) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<Option<T>>> = Mutex::new(vec![None; archives.len()]);
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some((name, text)) = archives.get(index) else { break };
                    let result = job(name, text);
                    results.lock().unwrap_or_else(PoisonError::into_inner)[index] = Some(result);
                }
            });
        }
    });
    results.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().flatten().collect()
}

/// Runs one archive here and now.
pub fn run_here(name: &str, text: &str) -> ArchiveResult {
    let cancel = Cancel::new();
    ArchiveResult {
        name: name.to_owned(),
        answers: archive::ask(text, LIMITS, &cancel),
        orders: orders::ask(text, LIMITS, &cancel),
    }
}

/// Runs one archive in a process of its own.
fn run_apart(name: &str, text: &str, program: &Path, deadline: Duration) -> ArchiveResult {
    let result = converse(text, program, deadline).and_then(|output| {
        serde_json::from_str(&output).map_err(|error| format!("answered what cannot be read: {error}"))
    });
    match result {
        Ok(result) => ArchiveResult { name: name.to_owned(), ..result },
        Err(problem) => ArchiveResult {
            name: name.to_owned(),
            answers: archive::unasked_text(text, &problem),
            orders: if text.contains(orders::MARK) { vec![Order::unasked(&problem)] } else { Vec::new() },
        },
    }
}

/// Gives a text to a process and returns what it says, unless it takes too long or fails.
fn converse(text: &str, program: &Path, deadline: Duration) -> Result<String, String> {
    let mut child = Command::new(program)
        .arg(ALONE)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot start {}: {error}", program.display()))?;
    let (sender, receiver) = mpsc::channel();
    let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (Some(mut input), Some(mut output), Some(mut words)) = pipes else {
        return Err("the process has no pipes".to_owned());
    };
    std::thread::scope(|scope| {
        let listener = scope.spawn(move || {
            let mut said = String::new();
            // A process that was killed leaves half a word.
            _ = words.read_to_string(&mut said);
            said
        });
        scope.spawn(move || {
            let mut said = String::new();
            _ = output.read_to_string(&mut said);
            _ = sender.send(said);
        });
        // It may fail before it has read everything; its status tells.
        _ = input.write_all(text.as_bytes());
        drop(input);
        match receiver.recv_timeout(deadline) {
            Ok(said) => match ended(&mut child) {
                Ok(true) => Ok(said),
                Ok(false) => Err(format!("crashed: {}", last_words(&listener.join().unwrap_or_default()))),
                Err(problem) => Err(problem),
            },
            Err(RecvTimeoutError::Disconnected) => Err("it ended without an answer".to_owned()),
            Err(RecvTimeoutError::Timeout) => {
                _ = child.kill();
                _ = child.wait();
                Err("timed out".to_owned())
            }
        }
    })
}

fn ended(child: &mut Child) -> Result<bool, String> {
    child.wait().map(|status| status.success()).map_err(|error| format!("cannot wait for the process: {error}"))
}

/// What a process said before it crashed, on one line.
fn last_words(said: &str) -> String {
    let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).take(3).collect();
    lines.join(" ")
}
