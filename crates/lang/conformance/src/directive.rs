//! What an attribute asserts.

use cue_data::Kinds;

use crate::attribute::{Item, split};
use crate::path::{self, Step};

/// One attribute, understood.
#[derive(Clone, Debug)]
pub(crate) struct Directive {
    /// The word with its suffix: `eq`, `err:todo`.
    pub(crate) name: String,
    /// It describes what should hold one day.
    pub(crate) is_todo: bool,
    /// It counts for the evaluator of this name only.
    pub(crate) version: Option<String>,
    /// It holds although it should not: a known mistake of the original.
    pub(crate) is_incorrect: bool,
    /// The part of the field that is meant.
    pub(crate) at: Vec<Step>,
    pub(crate) check: Check,
}

#[derive(Clone, Debug)]
pub(crate) enum Check {
    /// The field is there.
    Present,
    /// The text of the expected value.
    Equal(String),
    Error(ErrorSpec),
    Kind(Kinds),
    Closed(bool),
    Allows {
        expected: bool,
        selector: Selector,
    },
    /// With the number of orders, if it is told.
    Permute(Option<usize>),
    ShareId(String),
    /// What the original's printer of its inside prints.
    Inside,
    /// Everything else about the field is expected to fail.
    Todo,
    /// Nothing that could fail.
    Note,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Selector {
    AnyString,
    AnyIndex,
    Step(Step),
}

/// What is said about an error.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(crate) struct ErrorSpec {
    /// Any of these; all if there is none.
    pub(crate) codes: Vec<String>,
    pub(crate) contains: Option<String>,
    /// Something below has it, not necessarily the value itself.
    pub(crate) any: bool,
    pub(crate) path: Option<String>,
    pub(crate) positions: Option<Vec<Position>>,
    pub(crate) arguments: Vec<String>,
    pub(crate) errors: Vec<ErrorSpec>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Position {
    /// The file, where the line is absolute.
    pub(crate) file: Option<String>,
    /// From the start of the file, or from the line of the field.
    pub(crate) line: i64,
    pub(crate) column: u32,
}

/// The evaluator whose versioned assertions are ours.
const VERSION: &str = "v3";

impl Directive {
    pub(crate) fn parse(body: &str) -> Result<Directive, String> {
        let items = split(body);
        let first = &items[0];
        let name = if first.key.is_empty() { first.value() } else { first.key.clone() };
        let (word, suffix) = match name.split_once(':') {
            Some((word, suffix)) => (word, Some(suffix.to_owned())),
            None => (name.as_str(), None),
        };
        let is_todo = suffix.as_deref() == Some("todo");
        let version = suffix.filter(|_| !is_todo);
        let rest = &items[1..];
        // An error spec may hold `at` itself, but it always means the same.
        let at = match rest.iter().find(|item| item.key == "at") {
            Some(item) if word != "shareID" => path::parse(&item.value())?,
            Some(item) => path::parse(&item.value()).unwrap_or_default(),
            None => Vec::new(),
        };
        let is_incorrect = rest.iter().any(|item| item.key.is_empty() && item.raw == "incorrect");
        let check = Check::parse(word, first, rest)?;
        Ok(Directive { name, is_todo, version, is_incorrect, at, check })
    }

    /// Whether it is about this evaluator.
    pub(crate) fn is_active(&self) -> bool {
        self.version.as_deref().is_none_or(|version| version == VERSION)
    }
}

impl Check {
    fn parse(word: &str, first: &Item, rest: &[Item]) -> Result<Check, String> {
        let plain = || rest.iter().find(|item| item.key.is_empty() && item.raw != "incorrect");
        Ok(match word {
            "eq" => match plain() {
                Some(item) if !item.text.is_empty() => Check::Equal(item.text.clone()),
                // To be filled in; until then it says that the field is there.
                _ => Check::Present,
            },
            "err" => Check::Error(ErrorSpec::parse(rest)?),
            "kind" => {
                let mut kinds = Kinds::BOTTOM;
                for name in first.value().split('|') {
                    kinds = kinds | kind(name.trim())?;
                }
                Check::Kind(kinds)
            }
            "closed" => Check::Closed(first.key.is_empty() || first.value() != "false"),
            "allows" => {
                let expected = first.key.is_empty() || first.value() != "false";
                let Some(item) = plain() else { return Err("no selector".to_owned()) };
                let selector = match item.raw.as_str() {
                    "string" => Selector::AnyString,
                    "int" => Selector::AnyIndex,
                    raw => match path::parse(raw)?.as_slice() {
                        [step] => Selector::Step(step.clone()),
                        _ => return Err(format!("not one selector: {raw}")),
                    },
                };
                Check::Allows { expected, selector }
            }
            "permute" => {
                let count = rest.iter().find(|item| item.key == "count").map(Item::value);
                let count = count.filter(|count| !count.is_empty());
                Check::Permute(count.map(|count| count.parse().map_err(|_| format!("no count: {count}"))).transpose()?)
            }
            "shareID" => Check::ShareId(first.value()),
            "debugCheck" => Check::Inside,
            "todo" => Check::Todo,
            "skip" | "desc" | "debug" | "ignore" | "final" | "checkOrder" => Check::Note,
            "" => Check::Present,
            _ => return Err(format!("unknown directive {word:?}")),
        })
    }
}

fn kind(name: &str) -> Result<Kinds, String> {
    Ok(match name {
        "null" => Kinds::NULL,
        "bool" => Kinds::BOOL,
        "int" => Kinds::INT,
        "float" => Kinds::FLOAT,
        "number" => Kinds::NUMBER,
        "string" => Kinds::STRING,
        "bytes" => Kinds::BYTES,
        "list" => Kinds::LIST,
        "struct" => Kinds::STRUCT,
        "top" | "_" => Kinds::TOP,
        _ => return Err(format!("unknown kind {name:?}")),
    })
}

impl ErrorSpec {
    pub(crate) fn parse(items: &[Item]) -> Result<ErrorSpec, String> {
        let mut spec = ErrorSpec::default();
        for item in items {
            match item.key.as_str() {
                "code" => {
                    let value = item.value();
                    let list = value.trim().trim_start_matches('(').trim_end_matches(')');
                    spec.codes = list.split('|').map(|code| code.trim().to_owned()).collect();
                    spec.codes.retain(|code| !code.is_empty());
                }
                "contains" => spec.contains = Some(item.value()).filter(|text| !text.is_empty()),
                "path" => spec.path = Some(item.value()).filter(|path| !path.is_empty()),
                "pos" => spec.positions = Some(positions(&item.raw)?),
                "args" => {
                    let inner = bracketed(&item.raw, '[', ']')?;
                    spec.arguments = split(inner).into_iter().map(|item| item.text).collect();
                    spec.arguments.retain(|argument| !argument.is_empty());
                }
                "suberr" => spec.errors.push(ErrorSpec::parse(&split(bracketed(&item.raw, '(', ')')?))?),
                "" if item.raw == "any" => spec.any = true,
                "" if item.raw.starts_with("suberr(") => return Err(format!("no `=` in {:?}", item.raw)),
                "" | "at" | "hint" | "p" => {}
                key => return Err(format!("unknown option {key:?}")),
            }
        }
        Ok(spec)
    }

    /// Whether it says something about the words of the error.
    pub(crate) fn tells_words(&self) -> bool {
        self.contains.is_some() || !self.arguments.is_empty() || !self.errors.is_empty()
    }

    /// Whether it says something about the place of the error.
    pub(crate) fn tells_place(&self) -> bool {
        self.path.is_some() || self.positions.is_some() || self.errors.iter().any(ErrorSpec::tells_place)
    }
}

fn bracketed(text: &str, open: char, close: char) -> Result<&str, String> {
    text.trim()
        .strip_prefix(open)
        .and_then(|text| text.strip_suffix(close))
        .ok_or_else(|| format!("expected {open}…{close}, found {text:?}"))
}

fn positions(text: &str) -> Result<Vec<Position>, String> {
    let mut found = Vec::new();
    // Blanks separate as well as commas: some archives have both.
    for part in bracketed(text, '[', ']')?.split([',', ' ', '\n', '\t']).map(str::trim).filter(|part| !part.is_empty())
    {
        let wrong = || format!("no position: {part:?}");
        let numbers: Vec<&str> = part.split(':').collect();
        let (file, line, column) = match numbers.as_slice() {
            [line, column] => (None, line, column),
            [file, line, column] => (Some((*file).to_owned()), line, column),
            _ => return Err(wrong()),
        };
        let line = line.trim().parse().map_err(|_| wrong())?;
        let column = column.trim().parse().map_err(|_| wrong())?;
        found.push(Position { file, line, column });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_spec_is_read_with_its_parts() {
        let body = r#"err, code=(eval|cycle), at=a.b, contains="x", pos=[0:5, in.cue:3:1], suberr=(contains="y", args=[{a:1,b:2}, z])"#;
        let directive = Directive::parse(body).unwrap();
        assert_eq!(directive.at.len(), 2);
        let Check::Error(spec) = directive.check else { panic!("not an error") };
        assert_eq!(spec.codes, ["eval", "cycle"]);
        assert_eq!(spec.positions.as_ref().map(Vec::len), Some(2));
        assert_eq!(spec.errors[0].arguments, ["{a:1,b:2}", "z"]);
        assert!(spec.tells_words() && spec.tells_place());
    }

    #[test]
    fn suffixes_and_flags_are_seen() {
        let todo = Directive::parse("eq:todo, 3, incorrect").unwrap();
        assert!(todo.is_todo && todo.is_incorrect && todo.is_active());
        assert!(Directive::parse("eq:v3, 3").unwrap().is_active());
        assert!(!Directive::parse("eq:v2, 3").unwrap().is_active());
    }

    #[test]
    fn what_is_not_understood_is_told() {
        for body in ["frobnicate", "err, colour=red", "kind=foo", "allows", "err, pos=0:1", "permute, count=x"] {
            assert!(Directive::parse(body).is_err(), "{body:?}");
        }
    }
}
