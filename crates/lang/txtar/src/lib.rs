//! Text archives: several named texts in one, readable and easy to diff.
//!
//! ```text
//! A comment about the whole.
//! -- in.cue --
//! a: 1
//! -- out/export --
//! {"a": 1}
//! ```
//!
//! A line `-- NAME --` opens a section that lasts until the next such line. There is no escape: what looks like a marker
//! is one. Every text can be read as an archive, so reading cannot fail.
//!
//! Invariant: knows nothing of what the sections hold, and no file system.

use std::borrow::Cow;
use std::fmt;

/// The texts of one archive, in their order. Reading borrows; a section that is [`set`](Archive::set) is owned.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Archive<'a> {
    /// What stands before the first section.
    pub comment: Cow<'a, str>,
    pub sections: Vec<Section<'a>>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Section<'a> {
    pub name: Cow<'a, str>,
    /// Ends with a line end unless it is empty, even where the archive itself does not.
    pub text: Cow<'a, str>,
    /// The byte of the archive at which `text` starts, so that a mistake in a section can be told as a place in the
    /// archive. Of no meaning for a section that was set.
    pub start: usize,
}

impl<'a> Archive<'a> {
    pub fn parse(text: &'a str) -> Archive<'a> {
        let mut archive = Archive::default();
        let (mut opened, mut start, mut line_start) = (None, 0, 0);
        for line in text.split_inclusive('\n') {
            if let Some(name) = marker(line) {
                archive.close(opened.replace(name), start, &text[start..line_start]);
                start = line_start + line.len();
            }
            line_start += line.len();
        }
        archive.close(opened, start, &text[start..]);
        archive
    }

    fn close(&mut self, name: Option<&'a str>, start: usize, text: &'a str) {
        let text = with_line_end(text.into());
        match name {
            Some(name) => self.sections.push(Section { name: name.into(), text, start }),
            None => self.comment = text,
        }
    }

    /// The first section of that name.
    pub fn get(&self, name: &str) -> Option<&Section<'a>> {
        self.sections.iter().find(|section| section.name == name)
    }

    /// The text of the first section of that name.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).map(|section| &*section.text)
    }

    /// Replaces the first section of that name where it stands, or adds it at the end.
    pub fn set(&mut self, name: impl Into<Cow<'a, str>>, text: impl Into<Cow<'a, str>>) {
        let (name, text) = (name.into(), with_line_end(text.into()));
        match self.sections.iter_mut().find(|section| section.name == name) {
            Some(section) => section.text = text,
            None => self.sections.push(Section { name, text, start: 0 }),
        }
    }
}

/// Prints the archive; [`Archive::parse`] reads the same one back.
impl fmt::Display for Archive<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.comment)?;
        for section in &self.sections {
            write!(f, "-- {} --\n{}", section.name, section.text)?;
        }
        Ok(())
    }
}

/// The name that a marker line opens; `None` for any other line.
fn marker(line: &str) -> Option<&str> {
    let line = line.trim_end_matches(['\n', '\r']);
    let name = line.strip_prefix("-- ")?.strip_suffix(" --")?.trim();
    (!name.is_empty()).then_some(name)
}

fn with_line_end(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.is_empty() || text.ends_with('\n') { text } else { (text.into_owned() + "\n").into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sections<'a>(archive: &'a Archive<'_>) -> Vec<(&'a str, &'a str)> {
        archive.sections.iter().map(|section| (&*section.name, &*section.text)).collect()
    }

    #[test]
    fn sections_last_until_the_next_marker() {
        let archive = Archive::parse("about\n-- a.cue --\nx: 1\n\n-- out/b --\n-- c --\nend\n");
        assert_eq!(archive.comment, "about\n");
        assert_eq!(sections(&archive), [("a.cue", "x: 1\n\n"), ("out/b", ""), ("c", "end\n")]);
        assert_eq!(archive.text("c"), Some("end\n"));
        assert_eq!(archive.text("d"), None);
    }

    #[test]
    fn a_section_knows_where_it_starts() {
        let text = "about\n-- a --\nx: 1\n-- b --\ny: 2\n";
        let archive = Archive::parse(text);
        for section in &archive.sections {
            assert!(text[section.start..].starts_with(&*section.text), "{section:?}");
        }
    }

    #[test]
    fn what_is_almost_a_marker_is_text() {
        let text = " -- a --\n--a--\n-- --\n--  --\n-- a -- b\n-- a\n";
        let archive = Archive::parse(text);
        assert_eq!((&*archive.comment, archive.sections.len()), (text, 0));
    }

    #[test]
    fn line_ends_of_windows_and_a_missing_last_line_end_are_accepted() {
        let archive = Archive::parse("-- a --\r\nx\r\n--   b   --\ny");
        assert_eq!(sections(&archive), [("a", "x\r\n"), ("b", "y\n")]);
    }

    #[test]
    fn setting_replaces_in_place_or_adds_at_the_end() {
        let mut archive = Archive::parse("-- a --\n1\n-- b --\n2\n");
        archive.set("a", "one");
        archive.set("c", "3\n");
        let printed = archive.to_string();
        assert_eq!(printed, "-- a --\none\n-- b --\n2\n-- c --\n3\n");
        assert_eq!(Archive::parse(&printed).to_string(), printed);
    }
}
