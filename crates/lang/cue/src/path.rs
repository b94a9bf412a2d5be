//! Paths of values: `a.b[0]."c d".#Def`.

use std::fmt;
use std::str::FromStr;

use cue_syntax::ast::{Expr, ExprId, File, SelectorLabel};
use cue_syntax::quote;
use strata_base::FileId;

/// The way from a value to one below it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Path(Vec<Step>);

/// One step of a path.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Step {
    /// A regular field.
    Field(String),
    /// A definition or a hidden field, with its `#` or `_`.
    Special(String),
    Index(u32),
}

/// A text that is no path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoPath(String);

impl std::error::Error for NoPath {}

impl fmt::Display for NoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a path such as `a.b[0].\"c d\"`", self.0)
    }
}

impl Path {
    pub fn new(steps: impl IntoIterator<Item = Step>) -> Path {
        Path(steps.into_iter().collect())
    }

    /// Regular fields by their names.
    pub fn fields<'a>(names: impl IntoIterator<Item = &'a str>) -> Path {
        names.into_iter().map(|name| Step::Field(name.to_owned())).collect()
    }

    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Step> for Path {
    fn from_iter<I: IntoIterator<Item = Step>>(steps: I) -> Path {
        Path(steps.into_iter().collect())
    }
}

impl FromStr for Path {
    type Err = NoPath;

    /// An index may stand behind a dot too, as messages write it.
    fn from_str(text: &str) -> Result<Path, NoPath> {
        let refused = || NoPath(text.to_owned());
        if text.is_empty() {
            return Ok(Path::default());
        }
        let bracketed = dotted_indices(text);
        let (file, root, problems) = cue_syntax::parse_expr(FileId::NONE, &bracketed);
        if !problems.is_empty() {
            return Err(refused());
        }
        steps(&file, root).map(Path).ok_or_else(refused)
    }
}

/// `a.0.b` as `a[0].b`. What stands between quotes stays.
fn dotted_indices(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_quotes = false;
    for part in text.split_inclusive(['.', '"']) {
        let is_index = |part: &str| {
            let digits = part.trim_end_matches('.');
            !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !in_quotes && out.ends_with('.') && is_index(part) {
            out.pop();
            out.push_str(&format!("[{}]{}", part.trim_end_matches('.'), if part.ends_with('.') { "." } else { "" }));
        } else {
            out.push_str(part);
        }
        in_quotes ^= part.ends_with('"');
    }
    out
}

fn steps(file: &File, root: ExprId) -> Option<Vec<Step>> {
    let mut found = Vec::new();
    let mut at = root;
    loop {
        match file.expr(at) {
            Expr::Ident(name) => {
                found.push(named(file.text(name)));
                break;
            }
            Expr::String { value, .. } => {
                found.push(Step::Field(file.text(value).to_string()));
                break;
            }
            Expr::Selector { operand, label, .. } => {
                found.push(match label {
                    SelectorLabel::Ident(name) => named(file.text(name)),
                    SelectorLabel::String(name) => Step::Field(file.text(name).to_string()),
                    _ => return None,
                });
                at = operand;
            }
            Expr::Index { operand, index } => {
                found.push(match file.expr(index) {
                    Expr::Int(digits) => Step::Index(file.text(digits).parse().ok()?),
                    Expr::String { value, .. } => Step::Field(file.text(value).to_string()),
                    _ => return None,
                });
                at = operand;
            }
            _ => return None,
        }
    }
    found.reverse();
    Some(found)
}

fn named(name: &str) -> Step {
    if name.starts_with(['#', '_']) { Step::Special(name.to_owned()) } else { Step::Field(name.to_owned()) }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.0.iter().enumerate() {
            let dot = if index > 0 { "." } else { "" };
            match step {
                Step::Field(name) if quote::is_plain_label(name) => write!(f, "{dot}{name}")?,
                Step::Field(name) => write!(f, "{dot}{}", quote::string(name))?,
                Step::Special(name) => write!(f, "{dot}{name}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_as_they_are_written() {
        let table = [
            ("a.b", "a.b"),
            ("a.0.b", "a[0].b"),
            ("a[0][1].\"c d\"", "a[0][1].\"c d\""),
            ("\"x.0.y\".z", "\"x.0.y\".z"),
            ("#D._h.$ref", "#D._h.$ref"),
            ("a[\"b\"]", "a.b"),
            ("", ""),
        ];
        for (text, shown) in table {
            assert_eq!(text.parse::<Path>().map(|path| path.to_string()).as_deref(), Ok(shown), "{text}");
        }
        for text in ["a.", "a + b", "a[b]", "a[-1]", "1", "f(x)", "a[1:2]"] {
            assert!(text.parse::<Path>().is_err(), "{text}");
        }
    }
}
