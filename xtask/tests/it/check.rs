use std::path::{Path, PathBuf};

use cue_txtar::Archive;

/// Each case changes files of the sound workspace in `tests/sound.txtar`.
#[test]
fn problems_of_a_workspace() {
    let sound = std::fs::read_to_string("tests/sound.txtar").unwrap();
    strata_fixtures::suite("tests/suites/check", |case| {
        let root = lay_out(&case.name, &[&Archive::parse(&sound), &case.archive]);
        let problems = xtask::check(&root).unwrap_or_else(|error| vec![format!("cannot check: {error}")]);
        let root = root.canonicalize().unwrap();
        let told: String = problems.iter().map(|problem| format!("{problem}\n")).collect();
        vec![("problems".to_owned(), told.replace(&*root.to_string_lossy(), "ROOT"))]
    });
}

/// Not a case of the suite: an archive cannot hold a long file in few lines.
#[test]
fn a_long_file_needs_a_reason() {
    let sound = std::fs::read_to_string("tests/sound.txtar").unwrap();
    let mut archive = Archive::parse(&sound);
    archive.set("crates/low/src/long.rs", "//\n".repeat(801));
    let root = lay_out("long", &[&archive]);
    let problems = xtask::check(&root).unwrap();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].starts_with("crates/low/src/long.rs has 801 lines, more than 800; split it"), "{problems:?}");

    let listed = format!(
        "{}\n## Long files\n| File | Why |\n|---|---|\n| `crates/low/src/long.rs` | a table |\n",
        archive.text("docs/architecture.md").unwrap()
    );
    archive.set("docs/architecture.md", listed);
    assert_eq!(xtask::check(&lay_out("long", &[&archive])).unwrap(), [""; 0]);
}

pub(crate) fn lay_out(name: &str, archives: &[&Archive<'_>]) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("xtask").join(name);
    if root.exists() {
        std::fs::remove_dir_all(&root).unwrap();
    }
    for section in archives.iter().flat_map(|archive| &archive.sections) {
        let file = root.join(&*section.name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, &*section.text).unwrap();
    }
    root
}
