//! Source texts and places in them.

use std::sync::Arc;

/// One text that was read: an index into a [`Sources`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FileId(pub u32);

impl FileId {
    /// The file of things that stand in no text, such as values injected by a program.
    pub const NONE: FileId = FileId(u32::MAX);
}

/// A range of bytes in one file; `end` is exclusive.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Span {
    pub file: FileId,
    pub start: u32,
    pub end: u32,
}

impl Span {
    /// The place of what stands in no text.
    pub const NONE: Span = Span { file: FileId::NONE, start: 0, end: 0 };

    pub fn new(file: FileId, start: usize, end: usize) -> Span {
        let narrow = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Span { file, start: narrow(start), end: narrow(end) }
    }

    pub fn is_none(self) -> bool {
        self.file == FileId::NONE
    }

    /// The smallest span that covers both; the other one where either is [`Span::NONE`].
    pub fn to(self, other: Span) -> Span {
        if self.is_none() {
            return other;
        }
        if other.is_none() || other.file != self.file {
            return self;
        }
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// A line and a column as people count them: both from 1, the column in bytes, as editors' "go to" and the
/// CUE tools count it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LineCol {
    pub line: u32,
    pub column: u32,
}

/// Where each line of a text starts. What follows the last line end is no line of its own: the end of the text belongs
/// to the line before it.
pub fn line_starts(text: &str) -> Vec<u32> {
    let ends = memchr::memchr_iter(b'\n', text.as_bytes()).filter(|&at| at + 1 < text.len());
    let mut starts = vec![0];
    starts.extend(ends.map(|at| u32::try_from(at + 1).unwrap_or(u32::MAX)));
    starts
}

/// A text with its name and its line starts.
#[derive(Clone, Debug)]
pub struct Source {
    name: Arc<str>,
    text: Arc<str>,
    /// The text as it may be shown.
    shown: Arc<str>,
    line_starts: Arc<[u32]>,
}

impl Source {
    pub fn new(name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Source {
        let text: Arc<str> = text.into();
        let line_starts = line_starts(&text).into();
        Source { name: name.into(), shown: text.clone(), text, line_starts }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name for who keeps it: many places share one.
    pub fn shared_name(&self) -> Arc<str> {
        Arc::clone(&self.name)
    }

    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// The text as it may be shown: what must not be read stands there as asterisks, byte for byte.
    pub fn shown(&self) -> &Arc<str> {
        &self.shown
    }

    /// Hides a part from all who are shown the text.
    pub fn conceal(&mut self, range: std::ops::Range<usize>) {
        let start = self.shown.floor_char_boundary(range.start);
        let end = self.shown.ceil_char_boundary(range.end.min(self.shown.len())).max(start);
        // Line ends stay, so that lines and columns do.
        let hidden = self.shown[start..end].bytes().map(|byte| if byte == b'\n' { '\n' } else { '*' });
        let hidden: String = hidden.collect();
        self.shown = [&self.shown[..start], &hidden, &self.shown[end..]].concat().into();
    }

    /// The same text under another name.
    #[must_use]
    pub fn renamed(&self, name: impl Into<Arc<str>>) -> Source {
        Source { name: name.into(), ..self.clone() }
    }

    pub fn line_count(&self) -> usize {
        self.line_starts.len()
    }

    pub fn line_col(&self, offset: u32) -> LineCol {
        let line = self.line_starts.partition_point(|&start| start <= offset).max(1);
        let column = offset - self.line_starts[line - 1] + 1;
        LineCol { line: u32::try_from(line).unwrap_or(u32::MAX), column }
    }

    /// The byte at which a line starts, counted from 1; the end of the text past the last line.
    pub fn line_start(&self, line: u32) -> u32 {
        let end = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        self.line_starts.get(line.saturating_sub(1) as usize).copied().unwrap_or(end)
    }

    /// The text of a line, counted from 1, without its line end.
    pub fn line_text(&self, line: u32) -> &str {
        let start = self.line_start(line) as usize;
        let end = self.line_start(line + 1) as usize;
        self.shown[start..end].trim_end_matches(['\n', '\r'])
    }
}

/// All texts of a run. Ids are given in the order of adding, so they are the same in every run over the same input.
#[derive(Clone, Default, Debug)]
pub struct Sources {
    files: Vec<Source>,
}

impl Sources {
    pub fn new() -> Sources {
        Sources::default()
    }

    pub fn add(&mut self, name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> FileId {
        self.push(Source::new(name, text))
    }

    /// Adds a text that was taken from elsewhere.
    pub fn push(&mut self, source: Source) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX - 1));
        self.files.push(source);
        id
    }

    pub fn get(&self, id: FileId) -> Option<&Source> {
        self.files.get(id.0 as usize)
    }

    /// Hides what a span covers from all who are shown the text.
    pub fn conceal(&mut self, span: Span) {
        if let Some(source) = self.files.get_mut(span.file.0 as usize) {
            source.conceal(span.start as usize..span.end as usize);
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (FileId, &Source)> {
        (0..).map(FileId).zip(&self.files)
    }

    /// The text that a span covers; empty for [`Span::NONE`].
    pub fn text(&self, span: Span) -> &str {
        self.get(span.file).map_or("", |source| &source.text()[span.start as usize..span.end as usize])
    }

    /// `name:line:column` of the start of a span; empty for [`Span::NONE`].
    pub fn position(&self, span: Span) -> String {
        self.get(span.file).map_or_else(String::new, |source| {
            let at = source.line_col(span.start);
            format!("{}:{}:{}", source.name(), at.line, at.column)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_from_one() {
        let source = Source::new("a.cue", "ab\ncd\n");
        let at = |offset| source.line_col(offset);
        assert_eq!(at(0), LineCol { line: 1, column: 1 });
        assert_eq!(at(2), LineCol { line: 1, column: 3 });
        assert_eq!(at(4), LineCol { line: 2, column: 2 });
        assert_eq!(at(6), LineCol { line: 2, column: 4 });
        assert_eq!(source.line_text(2), "cd");
        assert_eq!(source.line_text(3), "");
    }

    #[test]
    fn a_span_of_no_file_has_no_text_and_no_position() {
        let sources = Sources::new();
        assert_eq!(sources.text(Span::NONE), "");
        assert_eq!(sources.position(Span::NONE), "");
    }
}
