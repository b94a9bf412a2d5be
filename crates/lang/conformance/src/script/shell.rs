//! What a script may do: run our command, look at what it said, and move files about.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use cue_regex::Regex;

use super::Program;
use super::line::{Expect, Line, Word};

/// The state between two lines.
pub(super) struct Shell<'a> {
    program: &'a Program,
    deadline: Duration,
    /// What the script may touch.
    work: PathBuf,
    /// Where it is.
    folder: PathBuf,
    variables: BTreeMap<String, String>,
    stdin: String,
    stdout: String,
    stderr: String,
}

impl<'a> Shell<'a> {
    pub(super) fn new(work: &Path, program: &'a Program, deadline: Duration) -> Shell<'a> {
        let folder = work.to_string_lossy().into_owned();
        let variables = [
            ("HOME", format!("{folder}/.home")),
            ("WORK", folder.clone()),
            ("TMPDIR", format!("{folder}/.tmp")),
            ("CUE_CACHE_DIR", format!("{folder}/.tmp/cache")),
            ("CUE_CONFIG_DIR", format!("{folder}/.tmp/config")),
            ("/", "/".to_owned()),
            (":", ":".to_owned()),
            ("$", "$".to_owned()),
        ];
        Shell {
            program,
            deadline,
            work: work.to_owned(),
            folder: work.to_owned(),
            variables: variables.map(|(name, value)| (name.to_owned(), value)).into(),
            stdin: String::new(),
            stdout: String::new(),
            stderr: String::new(),
        }
    }

    /// Does what a line says; false where the script ends there. An error where the line does not hold.
    pub(super) fn obey(&mut self, line: &Line) -> Result<bool, String> {
        if !line.conditions.iter().all(|condition| holds(condition)) {
            return Ok(true);
        }
        let pattern_at =
            if line.words.get(1).is_some_and(|word| self.expand(word, false).starts_with("-count=")) { 2 } else { 1 };
        let command = line.words.first().map(|word| self.expand(word, false)).unwrap_or_default();
        let is_pattern = |index: usize| matches!(command.as_str(), "stdout" | "stderr" | "grep") && index == pattern_at;
        let words: Vec<String> =
            line.words.iter().enumerate().map(|(index, word)| self.expand(word, is_pattern(index))).collect();
        let arguments: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
        if matches!(command.as_str(), "skip" | "stop") {
            return Ok(false);
        }
        let result = self.run(&command, &arguments);
        match (result, line.expect) {
            (Ok(Ok(())), Expect::Success | Expect::Either) | (Ok(Err(_)), Expect::Failure | Expect::Either) => Ok(true),
            (Ok(Ok(())), Expect::Failure) => Err(format!("{} succeeds and should not", words.join(" "))),
            (Ok(Err(problem)), Expect::Success) => Err(format!("{}: {problem}", words.join(" "))),
            // What a script cannot do here is no failure that it may ask for.
            (Err(problem), _) => Err(problem),
        }
    }

    /// Runs a command: an outer error where it cannot be run, an inner one where it fails.
    fn run(&mut self, command: &str, arguments: &[&str]) -> Result<Result<(), String>, String> {
        Ok(match (command, arguments) {
            ("exec", ["cue", arguments @ ..]) => self.exec(arguments)?,
            ("exec", ["cat", paths @ ..]) => {
                let texts: Result<Vec<String>, String> = paths.iter().map(|path| self.read(path)).collect();
                texts.map(|texts| self.stdout = texts.concat())
            }
            ("stdout", arguments) => matches(&self.stdout, arguments),
            ("stderr", arguments) => matches(&self.stderr, arguments),
            ("grep", [arguments @ .., path]) => self.read(path).and_then(|text| matches(&text, arguments)),
            ("cmp", [a, b]) => self.compare(a, b, false),
            ("cmpenv", [a, b]) => self.compare(a, b, true),
            ("stdin", [path]) => self.read(path).map(|text| self.stdin = text),
            ("env", assignments) => {
                for assignment in assignments {
                    if let Some((name, value)) = assignment.split_once('=') {
                        self.variables.insert(name.to_owned(), value.to_owned());
                    }
                }
                Ok(())
            }
            ("cd", [path]) => {
                let folder = self.inside(path)?;
                if !folder.is_dir() {
                    return Ok(Err("no such folder".to_owned()));
                }
                self.folder = folder;
                Ok(())
            }
            ("exists", paths) => {
                let mut paths = paths.iter().filter(|path| **path != "-readonly");
                paths.find(|path| !self.folder.join(path).exists()).map_or(Ok(()), |path| Err(format!("no {path}")))
            }
            ("mkdir", paths) => self.each(paths, |path| std::fs::create_dir_all(path)),
            ("rm", paths) => {
                self.each(
                    paths,
                    |path| {
                        if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) }
                    },
                )
            }
            ("mv", [from, to]) => {
                std::fs::rename(self.inside(from)?, self.inside(to)?).map_err(|error| error.to_string())
            }
            ("cp", [sources @ .., to]) => self.copy(sources, to),
            ("chmod", _) => Ok(()),
            (command, _) => return Err(format!("this runner has no {command}")),
        })
    }

    /// A path of a script, which may not lead out of its folder.
    fn inside(&self, path: &str) -> Result<PathBuf, String> {
        let mut whole = PathBuf::new();
        for component in self.folder.join(path).components() {
            match component {
                Component::ParentDir => _ = whole.pop(),
                Component::CurDir => {}
                component => whole.push(component),
            }
        }
        if whole.starts_with(&self.work) { Ok(whole) } else { Err(format!("{path} leads out of the folder")) }
    }

    fn each(&self, paths: &[&str], act: impl Fn(&Path) -> std::io::Result<()>) -> Result<(), String> {
        let mut paths = paths.iter();
        paths.try_for_each(|path| act(&self.inside(path)?).map_err(|error| format!("{path}: {error}")))
    }

    fn copy(&self, sources: &[&str], to: &str) -> Result<(), String> {
        let to = self.inside(to)?;
        for source in sources {
            let target =
                if to.is_dir() { to.join(Path::new(source).file_name().unwrap_or_default()) } else { to.clone() };
            let text = match *source {
                "stdout" | "stderr" => self.read(source)?.into_bytes(),
                path => std::fs::read(self.inside(path)?).map_err(|error| format!("{path}: {error}"))?,
            };
            std::fs::write(target, text).map_err(|error| format!("{source}: {error}"))?;
        }
        Ok(())
    }

    fn read(&self, path: &str) -> Result<String, String> {
        match path {
            "stdout" => Ok(self.stdout.clone()),
            "stderr" => Ok(self.stderr.clone()),
            path => std::fs::read(self.inside(path)?)
                .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
                .map_err(|error| format!("{path}: {error}")),
        }
    }

    fn compare(&self, a: &str, b: &str, expands: bool) -> Result<(), String> {
        let (got, wanted) = (self.read(a)?, self.read(b)?);
        let wanted = if expands { self.substitute(&wanted, false) } else { wanted };
        if got == wanted {
            return Ok(());
        }
        let differing = got.lines().zip(wanted.lines()).position(|(a, b)| a != b);
        let at = differing.unwrap_or_else(|| got.lines().count().min(wanted.lines().count()));
        let line = |text: &str| text.lines().nth(at).unwrap_or("nothing").to_owned();
        Err(format!("line {} is {:?}, expected {:?}", at + 1, line(&got), line(&wanted)))
    }

    /// Runs the program that stands for `cue`.
    fn exec(&mut self, arguments: &[&str]) -> Result<Result<(), String>, String> {
        let visible = self.variables.iter().filter(|(name, _)| name.chars().all(|c| c.is_alphanumeric() || c == '_'));
        let mut child = Command::new(&self.program.file)
            .args(&self.program.words)
            .args(arguments)
            .current_dir(&self.folder)
            .env_clear()
            .envs(visible)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot start {}: {error}", self.program.file.display()))?;
        let input = std::mem::take(&mut self.stdin);
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(mut stdin), Some(mut stdout), Some(mut stderr)) = pipes else {
            return Err("the process has no pipes".to_owned());
        };
        let (sender, receiver) = mpsc::channel();
        let said = std::thread::scope(|scope| {
            let words = scope.spawn(move || all_of(&mut stderr));
            scope.spawn(move || _ = sender.send(all_of(&mut stdout)));
            // A command that does not read its input closes it.
            _ = stdin.write_all(input.as_bytes());
            drop(stdin);
            let data = receiver.recv_timeout(self.deadline);
            if data.is_err() {
                _ = child.kill();
            }
            data.ok().map(|data| (data, words.join().unwrap_or_default()))
        });
        let status = child.wait().map_err(|error| format!("cannot wait for the process: {error}"))?;
        let Some((stdout, stderr)) = said else { return Err("timed out".to_owned()) };
        (self.stdout, self.stderr) = (stdout, stderr);
        match status.code() {
            Some(0) => Ok(Ok(())),
            Some(_) => Ok(Err(first_line(&self.stderr))),
            None => Err(format!("crashed: {}", first_line(&self.stderr))),
        }
    }

    fn expand(&self, word: &Word, is_pattern: bool) -> String {
        word.iter()
            .map(|(piece, is_quoted)| if *is_quoted { piece.clone() } else { self.substitute(piece, is_pattern) })
            .collect()
    }

    /// Puts values in the place of `$NAME` and `${NAME}`; `${NAME@R}` and values in patterns stand for themselves.
    fn substitute(&self, text: &str, is_pattern: bool) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            out.push_str(before);
            let (name, after) = match after.strip_prefix('{').and_then(|braced| braced.split_once('}')) {
                Some(found) => found,
                None => after.split_at(after.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(after.len())),
            };
            let (name, is_literal) = name.strip_suffix("@R").map_or((name, false), |name| (name, true));
            let value = self.variables.get(name).map_or("", String::as_str);
            if is_literal || is_pattern {
                out.push_str(&literal(value));
            } else {
                out.push_str(value);
            }
            rest = after;
        }
        out + rest
    }
}

/// A pattern that matches a text and nothing else.
fn literal(text: &str) -> String {
    text.chars().flat_map(|c| r"\.+*?()|[]{}^$".contains(c).then_some('\\').into_iter().chain([c])).collect()
}

fn all_of(pipe: &mut impl Read) -> String {
    let mut bytes = Vec::new();
    // What came before the pipe broke is what was said.
    _ = pipe.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or("").to_owned()
}

/// Whether a text matches a pattern, as often as it should.
fn matches(text: &str, arguments: &[&str]) -> Result<(), String> {
    let (count, pattern) = match arguments {
        [pattern] => (None, pattern),
        [count, pattern] => (count.strip_prefix("-count=").and_then(|count| count.parse::<usize>().ok()), pattern),
        _ => return Err("one pattern is needed".to_owned()),
    };
    let regex = Regex::new(&format!("(?m){pattern}")).map_err(|error| error.to_string())?;
    let found = regex.find_all(text, usize::MAX).len();
    match count {
        Some(count) if found != count => Err(format!("found {found} times")),
        None if found == 0 => Err(format!("not in {:?}", text.chars().take(200).collect::<String>())),
        _ => Ok(()),
    }
}

/// Conditions are about the machine: ours is a Unix without other programs.
fn holds(condition: &str) -> bool {
    let (condition, negated) = condition.strip_prefix('!').map_or((condition, false), |rest| (rest, true));
    let is = matches!(condition, "unix" | "linux" | "symlink") || condition.starts_with("go1.");
    is != negated
}
