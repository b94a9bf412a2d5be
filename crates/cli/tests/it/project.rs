//! A project in a folder of its own, driven by the command.

use std::io::{BufRead, BufReader, Lines};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::sync::Mutex;

use serde_json::Value;

/// A folder with a project, and the cloud of it, which ends with it.
pub(crate) struct Project(pub(crate) PathBuf, Mutex<Option<UnixStream>>);

/// How a command ended and what it printed.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Project {
    pub(crate) fn new(name: &str) -> Project {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder).unwrap();
        }
        std::fs::create_dir_all(folder.join("home")).unwrap();
        Project(folder, Mutex::default())
    }

    pub(crate) fn file(&self, name: &str, text: &str) {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// A graph document of one partition, tier 3 of acme/prod, with these nodes.
    pub(crate) fn graph(&self, name: &str, nodes: &str) {
        self.file(name, &partition("acme/prod", 3, nodes));
    }

    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_strata"));
        command.args(line.split_whitespace()).current_dir(&self.0).env_clear().env("HOME", self.0.join("home"));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs a command and gives the exit code and what it printed on standard output.
    pub(crate) fn run(&self, line: &str) -> (i32, String) {
        let Ran { code, out, .. } = self.ran(line);
        (code, out)
    }

    pub(crate) fn ran(&self, line: &str) -> Ran {
        ran(&mut self.command(line))
    }

    /// The same as somebody else.
    pub(crate) fn ran_as(&self, who: &str, line: &str) -> Ran {
        ran(self.command(line).env("STRATA_PRINCIPAL", who))
    }

    /// What a command printed that must do what it was asked for.
    pub(crate) fn done(&self, line: &str) -> String {
        let Ran { code, out, err } = self.ran(line);
        assert_eq!(code, 0, "`strata {line}`:\n{err}");
        out
    }

    /// What a command was refused for, as exit code and codes of errors.
    pub(crate) fn refused(&self, line: &str) -> (i32, Vec<String>) {
        let Ran { code, err, .. } = self.ran(line);
        (code, codes(&err))
    }

    pub(crate) fn json(&self, line: &str) -> Value {
        let (_, out) = self.run(&format!("{line} -o json"));
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("`strata {line}`: {error}: {out}"))
    }

    /// Each event of a command, in order.
    pub(crate) fn events(&self, line: &str) -> Vec<Value> {
        let (_, out) = self.run(&format!("{line} --json"));
        out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Starts a command whose events are looked at while it goes on.
    pub(crate) fn watched(&self, line: &str) -> Watched {
        let mut child = self.command(&format!("{line} --json")).spawn().unwrap();
        let events = BufReader::new(child.stdout.take().unwrap()).lines();
        Watched { child, events }
    }

    /// Kind and owner of each object of the cloud.
    pub(crate) fn objects(&self) -> Vec<[String; 3]> {
        let listed = self.json("local list");
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let object = |object: &Value| [text(&object["id"]), text(&object["kind"]), text(&object["mark"]["address"])];
        listed.as_array().unwrap().iter().map(object).collect()
    }

    /// The object that belongs to a unit.
    pub(crate) fn object(&self, unit: &str) -> String {
        let owned = |[_, _, owner]: &[String; 3]| owner.split('/').nth(3) == Some(unit);
        let found = self.objects().into_iter().find(owned);
        found.map(|[id, ..]| id).unwrap_or_else(|| panic!("{unit} has no object"))
    }

    /// How many calls the cloud has had from drivers since its process began. From now on that does not end by itself,
    /// so no count begins anew behind the back of a test.
    pub(crate) fn calls(&self) -> u64 {
        let calls = self.json("local process")["calls"].as_u64().unwrap();
        let store = self.json("state where")["store"].as_str().map(PathBuf::from).unwrap();
        let address = std::fs::read_to_string(store.with_file_name("world").join("address")).unwrap();
        *self.1.lock().unwrap() = Some(UnixStream::connect(address).unwrap());
        calls
    }

    /// Rules of the cloud, as JSON.
    pub(crate) fn rules(&self, rules: &str) {
        self.file("rules.json", rules);
        self.done("local rules rules.json");
    }

    /// The status of each resource, as `unit: status`.
    pub(crate) fn statuses(&self) -> Vec<String> {
        let report = self.json("status");
        let places = report["contexts"].as_array().unwrap();
        let rows = places.iter().flat_map(|place| place["resources"].as_array().unwrap());
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        rows.map(|row| format!("{}: {}", text(&row["address"]).split('/').nth(3).unwrap(), text(&row["status"])))
            .collect()
    }
}

/// A command that is under way.
pub(crate) struct Watched {
    pub(crate) child: Child,
    events: Lines<BufReader<ChildStdout>>,
}

impl Watched {
    /// Waits for an event of that type, about a unit where one is named, and gives it as JSON.
    pub(crate) fn until(&mut self, kind: &str, unit: &str) -> String {
        let is_it = |event: &String| {
            event.contains(&format!("\"type\":\"{kind}\"")) && (unit.is_empty() || event.contains(&format!("/{unit}/")))
        };
        self.events.by_ref().map(Result::unwrap).find(is_it).unwrap_or_else(|| panic!("it ended before {kind} {unit}"))
    }

    /// Waits for words that begin so.
    pub(crate) fn told(&mut self, words: &str) {
        let told = BufReader::new(self.child.stderr.as_mut().unwrap()).lines();
        assert!(told.map_while(Result::ok).any(|line| line.starts_with(words)), "it ended and said no `{words}`");
    }

    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Kills it at once.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// How it ends, the events that were still to come, and what it told in words.
    pub(crate) fn end(mut self) -> (ExitStatus, Vec<String>, String) {
        let events = self.events.by_ref().map_while(Result::ok).collect();
        let Output { status, stderr, .. } = self.child.wait_with_output().unwrap();
        (status, events, String::from_utf8(stderr).unwrap())
    }
}

/// Tries what must be done while something else goes on, which takes so many milliseconds. A machine that was too slow for
/// it, so that nothing can be said, is given more time.
pub(crate) fn within<T>(ms: u32, attempt: impl FnMut(u32) -> Option<T>) -> T {
    [ms, 5 * ms, 25 * ms].into_iter().find_map(attempt).expect("it cannot be done in that time")
}

impl Drop for Project {
    fn drop(&mut self) {
        let _ = self.command("local stop").output();
    }
}

pub(crate) fn partition(context: &str, tier: u8, nodes: &str) -> String {
    let nodes: String = nodes.lines().map(|line| format!("    {}\n", line.trim_end())).collect();
    format!("graph: 1\nprovider: local\npartitions:\n- context: {context}\n  tier: {tier}\n  nodes:\n{nodes}")
}

pub(crate) fn ran(command: &mut Command) -> Ran {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: status.code().unwrap_or(-1), out: text(stdout), err: text(stderr) }
}

/// The codes of the errors in what was told.
pub(crate) fn codes(err: &str) -> Vec<String> {
    let code = |line: &str| Some(line.strip_prefix("error[")?.split_once(']')?.0.to_owned());
    err.lines().filter_map(code).collect()
}
