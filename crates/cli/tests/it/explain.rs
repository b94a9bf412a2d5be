//! What `strata explain` names is what decides: for every leaf of every example the text at the place that is named is
//! changed, in the document, a template, a parameter, a contract, a mapping or a constraint; then the leaf is another.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::examples::example;
use crate::project::Project;

/// Each document, with the options that it needs on the simulated cloud.
const DOCUMENTS: [(&str, &str, &str); 6] = [
    ("quickstart", "stack.yaml", ""),
    ("production", "platform.yaml", " --provider local --set app.image=shop:1"),
    ("template", "shop.yaml", ""),
    ("drift", "stack.yaml", ""),
    ("pull-request", "stack.yaml", ""),
    ("docker", "stack.yaml", " --provider local --set app.image=shop:1"),
];

const EMBEDDED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../contracts/cue");

/// An example beside a copy of the contracts and mappings that it uses: its `database` is a `database_own`.
struct Stage {
    project: Project,
    options: String,
}

/// A property of a capability or of a resource.
struct Leaf {
    value: String,
    /// Where it was decided, and where it is bounded by what.
    place: String,
    bounds: Vec<(String, String)>,
}

/// By their paths.
type Leaves = BTreeMap<String, Leaf>;

impl Stage {
    fn of(example_name: &str, file: &str, options: &str) -> Stage {
        let project = example(example_name, &format!("explain-{example_name}"));
        let mut names = Vec::new();
        for package in ["contracts", "local"] {
            let target = project.0.join("own").join(package);
            std::fs::create_dir_all(&target).unwrap();
            for path in files(&Path::new(EMBEDDED).join(package)) {
                let name = path.file_stem().unwrap().to_str().unwrap();
                // There can be one of each provider only.
                if name == "provider" {
                    continue;
                }
                names.push(name.to_owned());
                let text =
                    std::fs::read_to_string(&path).unwrap().replace("strata.dev/contracts", "user.invalid/contracts");
                let text = text.replace(&format!("name:  \"{name}\""), &format!("name:  \"{name}_own\""));
                let text = text.replace(&format!("contract: \"{name}\""), &format!("contract: \"{name}_own\""));
                std::fs::write(target.join(path.file_name().unwrap()), text).unwrap();
            }
        }
        for folder in [project.0.clone(), project.0.join("templates")] {
            for path in files(&folder).into_iter().filter(|path| path.extension().is_some_and(|end| end == "yaml")) {
                let mut text = std::fs::read_to_string(&path).unwrap();
                for name in &names {
                    for quote in ["", "\""] {
                        for end in [",", "\n", "}"] {
                            let from = format!("type: {quote}{name}{quote}{end}");
                            text = text.replace(&from, &format!("type: {quote}{name}_own{quote}{end}"));
                        }
                    }
                }
                std::fs::write(path, text).unwrap();
            }
        }
        Stage { project, options: format!(" {file} --contracts own{options}") }
    }

    /// All leaves of all capabilities and resources; `None` where the document is refused.
    fn leaves(&self, options: &str) -> Option<Leaves> {
        let ran = self.project.ran(&format!("explain .{options} -o json"));
        if ran.code != 0 {
            return None;
        }
        let told: Value = serde_json::from_str(&ran.out).unwrap();
        let text = |of: &Value, key: &str| of[key].as_str().unwrap_or_default().to_owned();
        let leaf = |leaf: &Value| {
            let bounds = leaf["bounds"].as_array().into_iter().flatten();
            let bounds = bounds.map(|bound| (text(bound, "bound"), text(bound, "place"))).collect();
            (text(leaf, "path"), Leaf { value: text(leaf, "value"), place: text(leaf, "place"), bounds })
        };
        Some(told.as_array().unwrap().iter().map(leaf).collect())
    }

    /// What becomes of the leaves when the text at a place is another.
    fn changed(&self, place: &str, other: &dyn Fn(&str, usize) -> Option<String>) -> Option<Leaves> {
        let (file, line, column) = position(place).unwrap_or_else(|| panic!("`{place}` is no place"));
        if let Some(parameter) = place.strip_prefix("--set ") {
            let name = parameter.split(':').next().unwrap();
            return self.leaves(&self.options.replace(&format!("{name}="), &format!("{name}=other")));
        }
        let path = self.project.0.join(&file);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("{place} can be changed by nobody"));
        let start = text.split_inclusive('\n').take(line - 1).map(str::len).sum::<usize>() + column - 1;
        let changed = other(&text, start).unwrap_or_else(|| panic!("nothing stands at {place}"));
        std::fs::write(&path, changed).unwrap();
        let leaves = self.leaves(&self.options);
        std::fs::write(&path, text).unwrap();
        leaves
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let files = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    files.collect()
}

fn position(place: &str) -> Option<(String, usize, usize)> {
    let mut parts = place.rsplitn(3, ':');
    let (column, line) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    Some((parts.next()?.to_owned(), line, column))
}

#[test]
fn changing_the_place_that_is_named_changes_the_leaf() {
    let (mut tried, mut refused, mut bounds) = (0, 0, BTreeSet::new());
    for (name, file, options) in DOCUMENTS {
        let stage = Stage::of(name, file, options);
        let mut by_place: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
        for (path, leaf) in stage.leaves(&stage.options).unwrap() {
            for (bound, place) in leaf.bounds.into_iter().filter(|bound| bounds.insert((name, bound.clone()))) {
                let tighter = |text: &str, start: usize| tighter(text, start, &bound);
                assert!(stage.changed(&place, &tighter).is_none(), "{name}: {path} is not bound at {place}");
            }
            by_place.entry(leaf.place).or_default().push((path, leaf.value));
        }
        for (place, leaves) in by_place {
            let now = stage.changed(&place, &different);
            for (path, value) in &leaves {
                let same = now.as_ref().and_then(|now| now.get(path)).is_some_and(|leaf| leaf.value == *value);
                assert!(!same, "{name}: {path} is {value} whatever stands at {place}");
            }
            tried += leaves.len();
            refused += if now.is_none() { leaves.len() } else { 0 };
        }
    }
    // What is refused was decided there, too, but shows less.
    assert!(tried > 300 && refused * 4 < tried, "{tried}, of which {refused} refused");
    assert!(bounds.len() > 1, "{bounds:?}");
}

/// The text with something else in the place of what stands there: another number, the other truth, another text; one more
/// in what is empty.
fn different(text: &str, start: usize) -> Option<String> {
    // A default in a contract stands behind its star.
    let start = if text[start..].starts_with('*') { start + 1 } else { start };
    let rest = &text[start..];
    let line = rest.find('\n').unwrap_or(rest.len());
    let (length, other) = match rest.chars().next()? {
        '{' => (1, "{other: 1, ".to_owned()),
        '[' if rest[..line].contains("]:") => (line, format!("{{other: \"1\", {}}}", &rest[..line])),
        '[' => (1, "[1, ".to_owned()),
        quote @ ('"' | '\'') => {
            let end = rest[1..].find(quote)? + 1;
            (end, format!("{quote}{}", another(&rest[1..end])))
        }
        digit if digit.is_ascii_digit() => {
            let end = rest.find(|char: char| !char.is_ascii_digit()).unwrap_or(rest.len());
            (end, another(&rest[..end]))
        }
        _ => {
            let is_word = |char: char| char.is_alphanumeric() || "_-.#:/".contains(char);
            let end = rest.find(|char| !is_word(char)).unwrap_or(rest.len());
            match &rest[..end] {
                "true" => (end, "false".to_owned()),
                "false" => (end, "true".to_owned()),
                word => (end, format!("\"{}\"", another(word))),
            }
        }
    };
    Some([&text[..start], &other, &text[start + length..]].concat())
}

/// One more than a number at the beginning, or another letter, not that of a reference.
fn another(text: &str) -> String {
    let digits = text.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.len());
    if let Ok(number) = text[..digits].parse::<u64>() {
        return format!("{}{}", number + 1, &text[digits..]);
    }
    if text.contains("${") {
        return format!("other{text}");
    }
    match text.find(char::is_alphanumeric) {
        Some(_) => text.replacen(char::is_alphanumeric, "q", 1),
        None => format!("{text}q"),
    }
}

/// The text with a bound that next to nothing keeps to.
fn tighter(text: &str, start: usize, bound: &str) -> Option<String> {
    let start = start + text[start..].find("value: ")? + "value: ".len();
    let end = start + text[start..].find([',', '}', '\n'])?;
    let least = if bound.starts_with("cpu") { "1m" } else { "1" };
    Some([&text[..start], least, &text[end..]].concat())
}
