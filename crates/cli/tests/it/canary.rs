//! I6: a secret is in nothing that a command writes, except the store of secrets, which is encrypted, and the sink.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const CANARY: &str = "canary-hunter2";

const DOCUMENT: &str = "
graph: 1
provider: local
partitions:
- context: acme/prod
  tier: 2
  nodes:
    db: {type: local.x.db, properties: {sensitive: {password: {$secret: {store: vault, key: db}}}}}
    web:
      type: local.x.web
      properties: {url: {$join: ['pg://', {$ref: {address: db, attr: sensitive.password}}, '@db']}}
  outputs:
    password: {value: {$ref: {address: db, attr: sensitive.password}}}
";

fn run(folder: &Path, arguments: &[&str], input: &str) -> String {
    let mut child = Command::new(env!("CARGO_BIN_EXE_strata"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder.join("home"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    String::from_utf8(text).unwrap()
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => files(&entry.path(), found),
            kind if kind.is_file() => found.push(entry.path()),
            _ => {}
        }
    }
}

#[test]
fn a_secret_is_in_no_file_and_no_output() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("canary");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("home")).unwrap();
    fs::write(folder.join("graph.yaml"), DOCUMENT).unwrap();
    let mut told = run(&folder, &["secret", "set", "vault:db"], CANARY);
    for arguments in [
        &["plan", "graph.yaml", "-v", "--out", "plan.json"][..],
        &["apply", "plan.json", "--json", "-v"],
        &["plan", "graph.yaml", "--refresh"],
        &["status", "-o", "json"],
        &["show", "acme/prod/-/db/main", "-o", "json"],
        &["outputs", "acme/prod", "-o", "json"],
        &["drift", "--json"],
        &["state", "export"],
        &["state", "history", "acme/prod", "-o", "json"],
        &["destroy", "graph.yaml", "-y", "-v"],
    ] {
        let text = run(&folder, arguments, "");
        assert!(!text.contains("error["), "{arguments:?}: {text}");
        told += &text;
    }
    assert!(told.contains("acme/prod/-/web/main"), "the commands did something");
    assert!(!told.contains(CANARY), "{told}");
    let mut all = Vec::new();
    files(&folder, &mut all);
    assert!(all.iter().any(|path| path.ends_with("store.db")), "{all:?}");
    for path in all {
        let bytes = fs::read(&path).unwrap();
        let found = bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes());
        assert!(!found, "{} holds the secret", path.display());
    }
}
