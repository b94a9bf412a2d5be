//! Every code that some crate uses has a long text.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[test]
fn every_code_in_the_tree_is_explained() {
    let uses = codes(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")));
    assert!(uses.contains_key("E0006"), "the search finds no code of which it is known that it is there");
    for (code, file) in &uses {
        let Some((_, title, text)) = strata_cli::explain(code) else {
            panic!(
                "{code} in crates/{} has no text; add its table to TABLES in crates/cli/src/codes.rs",
                file.display()
            )
        };
        assert!(!title.is_empty() && text.len() > title.len(), "the text of {code} says no more than its title");
    }
}

#[test]
fn a_code_that_is_not_there_is_not_explained() {
    assert!(strata_cli::explain("E9999").is_none());
}

/// All `Code("E….")` in the sources under a folder, with the file where each was seen.
fn codes(root: &Path) -> BTreeMap<String, PathBuf> {
    let (mut folders, mut found) = (vec![root.to_owned()], BTreeMap::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            // Only what ships: a test may make up a code.
            let is_shipped = !path.ends_with("tests") && !path.ends_with("tests.rs");
            if path.is_dir() && is_shipped && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") && is_shipped {
                let text = std::fs::read_to_string(&path).unwrap();
                let shipped = text.split("#[cfg(test)]").next().unwrap_or_default();
                for piece in shipped.split("Code(\"").skip(1) {
                    let code = piece.split('"').next().unwrap_or_default();
                    if code.len() == 5 && code.starts_with('E') && code[1..].bytes().all(|b| b.is_ascii_digit()) {
                        found.insert(code.to_owned(), path.strip_prefix(root).unwrap().to_owned());
                    }
                }
            }
        }
    }
    found
}
