//! The way from a value to a leaf below it, written `spec.ports[0].name`.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Segment {
    Key(Arc<str>),
    Index(u32),
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Path(Vec<Segment>);

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{0}` is not a path such as `spec.ports[0]`")]
pub struct PathError(String);

impl Path {
    pub fn root() -> Path {
        Path::default()
    }

    pub fn key(key: impl Into<Arc<str>>) -> Path {
        Path(vec![Segment::Key(key.into())])
    }

    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    pub fn push(&mut self, segment: Segment) {
        self.0.push(segment);
    }

    pub fn pop(&mut self) -> Option<Segment> {
        self.0.pop()
    }

    /// Whether this path is `other` or leads to something that contains it.
    pub fn covers(&self, other: &Path) -> bool {
        other.0.starts_with(&self.0)
    }

    /// Whether this path, as written in a schema, matches: `[]` there, kept as the key `[]`, stands for any index,
    /// `*` for any key, and a pattern covers what lies below it.
    pub fn matches(&self, path: &Path) -> bool {
        self.0.len() <= path.0.len()
            && self.0.iter().zip(&path.0).all(|(pattern, segment)| match (pattern, segment) {
                (Segment::Key(key), Segment::Index(_)) => &**key == "[]",
                (Segment::Key(key), Segment::Key(_)) if &**key == "*" => true,
                (pattern, segment) => pattern == segment,
            })
    }
}

impl FromIterator<Segment> for Path {
    fn from_iter<I: IntoIterator<Item = Segment>>(segments: I) -> Path {
        Path(segments.into_iter().collect())
    }
}

fn is_bare(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|char| char.is_alphanumeric() || matches!(char, '_' | '-' | '*' | '$' | '/'))
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Key(key) if &**key == "[]" => f.write_str("[]")?,
                Segment::Key(key) => {
                    if at > 0 {
                        f.write_str(".")?;
                    }
                    if is_bare(key) { f.write_str(key)? } else { write!(f, "{key:?}")? }
                }
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Path {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Path, PathError> {
        let wrong = || PathError(text.to_owned());
        let mut segments = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix('[') {
                let (index, after) = after.split_once(']').ok_or_else(wrong)?;
                segments.push(match index {
                    "" => Segment::Key("[]".into()),
                    digits => Segment::Index(digits.parse().map_err(|_| wrong())?),
                });
                rest = after;
                continue;
            }
            if !segments.is_empty() {
                rest = rest.strip_prefix('.').ok_or_else(wrong)?;
            }
            let (key, after) = if rest.starts_with('"') { quoted(rest) } else { bare(rest) }.ok_or_else(wrong)?;
            segments.push(Segment::Key(key.into()));
            rest = after;
        }
        Ok(Path(segments))
    }
}

fn bare(text: &str) -> Option<(String, &str)> {
    let end = text.find(['.', '[']).unwrap_or(text.len());
    is_bare(&text[..end]).then(|| (text[..end].to_owned(), &text[end..]))
}

/// Reads a key as `Debug` writes a string.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut chars = text.char_indices().skip(1);
    let mut key = String::new();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return Some((key, &text[at + 1..])),
            '\\' => match chars.next()?.1 {
                'n' => key.push('\n'),
                't' => key.push('\t'),
                'r' => key.push('\r'),
                '0' => key.push('\0'),
                'u' => {
                    let hex: String = chars.by_ref().map(|(_, char)| char).take_while(|&char| char != '}').collect();
                    key.push(char::from_u32(u32::from_str_radix(hex.strip_prefix('{')?, 16).ok()?)?);
                }
                other => key.push(other),
            },
            other => key.push(other),
        }
    }
    None
}

crate::codec::text_serde!(Path);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_back_as_it_was_written() {
        for text in ["", "a", "a.b[0].c", "[1]", r#"a."b.c"[2]"#, r#""q\"uo\n\u{7f}te""#, "ports[].name", "labels.*"] {
            assert_eq!(text.parse::<Path>().unwrap().to_string(), text);
        }
        for text in ["a..b", "a[", "a[x]", "a b", ".a", r#""open"#] {
            assert!(text.parse::<Path>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_pattern_covers_what_lies_below() {
        let path = |text: &str| text.parse::<Path>().unwrap();
        assert!(path("ports[].name").matches(&path("ports[3].name")));
        assert!(path("labels.*").matches(&path("labels.team.x")));
        assert!(!path("labels.team").matches(&path("labels")));
        assert!(path("a").covers(&path("a.b")) && !path("a.b").covers(&path("a")));
    }
}
