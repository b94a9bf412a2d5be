//! A project whose folder cannot be written: what only reads works and tells what holds, the rest says why it does not.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::project::{Project, Ran, codes, ran};

const GRAPH: &str = "a: {type: local.x.t, properties: {size: 1}}\nb: {type: local.x.t}";
const READING: [&str; 14] = [
    "status",
    "state list",
    "state show a",
    "show a",
    "history acme/prod",
    "state history acme/prod",
    "outputs",
    "lock list",
    "plan g.yaml",
    "plan g.yaml --destroy -o json",
    "diff g.yaml",
    "graph g.yaml",
    "state export",
    "state verify",
];

/// A copy of a project that nobody may write, not even who runs these tests.
struct Protected(tempfile::TempDir);

impl Protected {
    /// Of the files of its store only those with these endings.
    fn of(project: &Project, kept: &[&str]) -> Protected {
        let folder = tempfile::tempdir().unwrap();
        copy(&project.0, &folder.path().join("project"), &|path| {
            path.extension().is_none_or(|ending| {
                !ending.to_string_lossy().starts_with("db") || kept.contains(&&*ending.to_string_lossy())
            })
        });
        let program = folder.path().join("strata");
        let built = Path::new(env!("CARGO_BIN_EXE_strata"));
        fs::hard_link(built, &program).or_else(|_| fs::copy(built, &program).map(drop)).unwrap();
        set_all(folder.path(), false);
        Protected(folder)
    }

    fn ran(&self, line: &str) -> Ran {
        let folder = self.0.path().join("project");
        let mut command = Command::new(self.0.path().join("strata"));
        command.args(line.split_whitespace()).current_dir(&folder).env_clear();
        command.env("HOME", folder.join("home")).env("STRATA_DATA", data(&folder));
        // Permissions are nothing to root.
        if rustix::process::geteuid().is_root() {
            command.uid(65534).gid(65534);
        }
        ran(&mut command)
    }
}

impl Drop for Protected {
    fn drop(&mut self) {
        set_all(self.0.path(), true);
    }
}

fn copy(from: &Path, to: &Path, is_wanted: &dyn Fn(&Path) -> bool) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
        if kind.is_dir() {
            copy(&path, &to.join(entry.file_name()), is_wanted);
        } else if kind.is_file() && is_wanted(&path) {
            fs::copy(&path, to.join(entry.file_name())).unwrap();
        }
    }
}

fn set_all(folder: &Path, writable: bool) {
    fs::set_permissions(folder, Permissions::from_mode(if writable { 0o755 } else { 0o555 })).unwrap();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap().is_dir() {
            true => set_all(&entry.path(), writable),
            // The program is the one that others run, too.
            false if entry.file_name() == "strata" => {}
            false => fs::set_permissions(entry.path(), Permissions::from_mode(0o444)).unwrap(),
        }
    }
}

/// The folder of the only store.
fn data(project: &Path) -> PathBuf {
    let mut folders = fs::read_dir(project.join("home/.local/share/strata")).unwrap();
    folders.next().unwrap().unwrap().path()
}

fn told(reader: impl Fn(&str) -> Ran) -> Vec<Ran> {
    READING.map(reader).into()
}

#[test]
fn a_store_at_rest_is_read() {
    let project = Project::new("read-only");
    project.graph("g.yaml", GRAPH);
    project.done("apply g.yaml -y");
    project.graph("g.yaml", &GRAPH.replace("size: 1", "size: 2"));
    let protected = Protected::of(&project, &["db"]);
    let read = told(|line| protected.ran(line));
    assert_eq!(read.iter().map(|ran| ran.code).collect::<Vec<_>>(), [0; READING.len()], "{read:?}");
    assert_eq!(read, told(|line| project.ran(line)));
}

/// A process died, and what it committed last stands in the log beside the store alone.
#[test]
fn what_stands_in_the_log_alone_is_read() {
    let project = Project::new("read-only-log");
    project.graph("g.yaml", GRAPH);
    project.rules(r#"{"latency": [{"when": {"operations": ["create"]}, "min_ms": 60000, "max_ms": 60000}]}"#);
    let mut watched = project.watched("apply g.yaml -y");
    watched.until("step_start", "a");
    watched.kill();
    let readers = [["db", "db-wal"].as_slice(), &["db", "db-wal", "db-shm"], &["db"]];
    let [alone, beside, without] = readers.map(|kept| Protected::of(&project, kept));
    let status = |protected: &Protected| protected.ran("status").out;
    assert!(project.run("status").1.contains("creating"));
    assert_eq!(status(&without), "Nothing is recorded.\n", "the log is what tells");
    for protected in [alone, beside] {
        let read = told(|line| protected.ran(line));
        assert_eq!(read, told(|line| project.ran(line)));
    }
}

#[test]
fn what_would_write_says_that_it_cannot() {
    let project = Project::new("read-only-write");
    project.graph("g.yaml", GRAPH);
    project.done("apply g.yaml -y");
    project.graph("g.yaml", &(GRAPH.replace("size: 1", "size: 2") + "\nc: {type: local.x.t}"));
    for kept in [["db"].as_slice(), &[]] {
        let protected = Protected::of(&project, kept);
        let mut lines = vec!["apply g.yaml -y", "plan g.yaml --out /dev/null", "apply g.yaml -y --json"];
        if !kept.is_empty() {
            lines.extend(["state forget a", "state mv a d", "refresh", "destroy g.yaml -y", "import c x g.yaml"]);
        }
        for line in lines {
            let Ran { code, err, out } = protected.ran(line);
            let is_told = codes(&err) == ["E2208"] || out.contains("E2208");
            assert!(code == 1 && is_told, "`{line}` of {kept:?}: {code} {err} {out}");
        }
    }
    let nothing = Protected::of(&project, &[]);
    assert_eq!((nothing.ran("status").out, nothing.ran("plan g.yaml").code), ("Nothing is recorded.\n".to_owned(), 0));
}
