//! A compiled pattern and what can be asked of it.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use regex_automata::meta;

use crate::error::{Error, ErrorKind};
use crate::parser;
use crate::template;

/// How many bytes the compiled program may take.
const MAX_PROGRAM_BYTES: usize = 32 << 20;

/// A compiled regular expression. Cloning shares it; threads may use it together.
#[derive(Clone, Debug)]
pub struct Regex {
    pattern: Arc<str>,
    names: Arc<[Option<String>]>,
    matcher: meta::Regex,
}

/// Where the groups of one match lie, in bytes. Group 0 is the whole match.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Captures(Vec<Option<Range<usize>>>);

impl Captures {
    /// Where a group lies; nothing if it took no part in the match or does not exist.
    pub fn get(&self, group: usize) -> Option<Range<usize>> {
        self.0.get(group).cloned().flatten()
    }

    pub fn iter(&self) -> impl Iterator<Item = Option<Range<usize>>> + '_ {
        self.0.iter().cloned()
    }
}

/// A replacement would be longer than the caller allows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooLong;

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("replaced text is too long")
    }
}

impl std::error::Error for TooLong {}

impl Regex {
    pub fn new(pattern: &str) -> Result<Regex, Error> {
        let parsed = parser::parse(pattern)?;
        let config = meta::Config::new().nfa_size_limit(Some(MAX_PROGRAM_BYTES));
        // The only errors left are of size.
        let matcher = meta::Builder::new()
            .configure(config)
            .build_from_hir(&parsed.hir)
            .map_err(|_| Error::new(ErrorKind::TooLarge, pattern))?;
        Ok(Regex { pattern: pattern.into(), names: parsed.names.into(), matcher })
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.pattern
    }

    /// The name of each group, beginning with group 0, which has none.
    pub fn group_names(&self) -> impl Iterator<Item = Option<&str>> {
        self.names.iter().map(Option::as_deref)
    }

    pub fn is_match(&self, text: impl AsRef<[u8]>) -> bool {
        self.matcher.is_match(text.as_ref())
    }

    /// Where the leftmost match lies.
    pub fn find(&self, text: impl AsRef<[u8]>) -> Option<Range<usize>> {
        self.matcher.find(text.as_ref()).map(|found| found.range())
    }

    /// Where matches lie that do not overlap, from left to right, at most `limit` of them.
    pub fn find_all(&self, text: impl AsRef<[u8]>, limit: usize) -> Vec<Range<usize>> {
        self.matcher.find_iter(text.as_ref()).take(limit).map(|found| found.range()).collect()
    }

    /// The leftmost match with its groups.
    pub fn captures(&self, text: impl AsRef<[u8]>) -> Option<Captures> {
        self.captures_all(text, 1).pop()
    }

    /// As [`Regex::find_all`], with groups.
    pub fn captures_all(&self, text: impl AsRef<[u8]>, limit: usize) -> Vec<Captures> {
        self.captures_iter(text.as_ref()).take(limit).collect()
    }

    fn captures_iter<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = Captures> + 'a {
        let ranges = |captures: regex_automata::util::captures::Captures| {
            let mut groups: Vec<_> = captures.iter().map(|span| span.map(|span| span.range())).collect();
            // The matcher does not know of groups at the end that are repeated zero times.
            groups.resize(self.names.len(), None);
            Captures(groups)
        };
        self.matcher.captures_iter(text).map(ranges)
    }

    /// The text with every match replaced by the template, in which `$1`, `${1}`, `$name` and `${name}` stand for
    /// groups and `$$` for a dollar.
    pub fn replace_all(&self, text: &str, template: &str, max_bytes: usize) -> Result<String, TooLong> {
        let parts = template::parts(template);
        self.replace(text, max_bytes, |captures, into| self.expand(&parts, text, captures, into))
    }

    /// The text with every match replaced by `replacement` as it stands.
    pub fn replace_all_literal(&self, text: &str, replacement: &str, max_bytes: usize) -> Result<String, TooLong> {
        self.replace(text, max_bytes, |_, into| into.push_str(replacement))
    }

    fn replace(
        &self,
        text: &str,
        max_bytes: usize,
        mut append: impl FnMut(&Captures, &mut String),
    ) -> Result<String, TooLong> {
        let mut result = String::new();
        let mut end = 0;
        for captures in self.captures_iter(text.as_bytes()) {
            let Some(whole) = captures.get(0) else { continue };
            result.push_str(&text[end..whole.start]);
            append(&captures, &mut result);
            if result.len() > max_bytes {
                return Err(TooLong);
            }
            end = whole.end;
        }
        result.push_str(&text[end..]);
        if result.len() > max_bytes { Err(TooLong) } else { Ok(result) }
    }

    /// The template filled in by the groups of one match in `text`.
    pub fn expand_template(&self, template: &str, text: &str, captures: &Captures) -> String {
        let mut result = String::new();
        self.expand(&template::parts(template), text, captures, &mut result);
        result
    }
}
