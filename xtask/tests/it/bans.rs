use std::path::Path;
use std::process::Command;

use cue_txtar::Archive;

use crate::check::lay_out;

/// A crate that does all that is forbidden, under the real lists: clippy names every line with the reason.
#[test]
fn banned_calls_are_refused_where_they_are_banned() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text = std::fs::read_to_string("tests/banned.txtar").unwrap();
    for list in ["clippy.toml", "crates/lang/clippy.toml"] {
        let mut archive = Archive::parse(&text);
        archive.set("clippy.toml", std::fs::read_to_string(root.join(list)).unwrap());
        let folder = lay_out(&format!("banned/{}", list.replace('/', "-")), &[&archive]);
        let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(["clippy", "--quiet", "--offline", "--message-format", "short"])
            .current_dir(&folder)
            .env_remove("RUSTFLAGS")
            .env("CARGO_TARGET_DIR", folder.join("target"))
            .output()
            .unwrap();
        let refused = String::from_utf8_lossy(&output.stderr);
        assert!(!refused.contains("refer to"), "a path of {list} does not exist:\n{refused}");

        let source = archive.text("src/lib.rs").unwrap();
        for (at, line) in source.lines().enumerate() {
            let (code, mark) = line.split_once("// ").unwrap_or((line, ""));
            let expected = mark == "everywhere" || (mark == "pure" && list.contains("lang"));
            let place = format!("src/lib.rs:{}:", at + 1);
            let actual = refused.lines().any(|line| line.starts_with(&place) && line.contains("disallowed"));
            assert_eq!(actual, expected, "{list}: {}\n{refused}", code.trim());
        }
    }
}
