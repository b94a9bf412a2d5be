//! Patterns over folders: `./...`, `./a/.../b`.

use crate::files::{EntryKind, Files};
use crate::path;

/// Whether a path matches a pattern, in which `...` stands for anything. `a/...` matches `a` too.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    let name = if pattern.ends_with("/...") { format!("{name}/") } else { name.to_owned() };
    let mut pieces = pattern.split("...");
    let Some(first) = pieces.next() else { return false };
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else { return rest.is_empty() };
    for piece in pieces {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// A folder and all below it that may hold packages, in order: not those that start with `.` or `_`, not test data, not
/// `cue.mod`, and not other modules.
pub(crate) fn folders(files: &dyn Files, top: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![top.to_owned()];
    while let Some(folder) = open.pop() {
        let Ok(mut entries) = files.list(&folder) else { continue };
        entries.sort();
        for entry in entries.into_iter().rev().filter(|entry| entry.kind == EntryKind::Folder) {
            let inner = path::join(&folder, &entry.name);
            let is_hidden = entry.name.starts_with(['.', '_']) || entry.name == "testdata" || entry.name == "cue.mod";
            if !is_hidden && files.kind(&path::join(&inner, "cue.mod")).is_none() {
                open.push(inner);
            }
        }
        found.push(folder);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn three_dots_stand_for_anything() {
        for (pattern, name, expected) in [
            ("...", "a/b", true),
            ("a/...", "a", true),
            ("a/...", "a/b/c", true),
            ("a/...", "ab", false),
            ("a/.../c", "a/b/c", true),
            ("a/.../c", "a/c", false),
            (".../c", "a/b/c", true),
            ("a", "a", true),
            ("a", "ab", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }
}
