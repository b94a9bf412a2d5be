//! A line of a script: what must hold for it to count, whether it must fail, and its words.

/// A word: its pieces, of which those in quotes are taken as they are.
pub(super) type Word = Vec<(String, bool)>;

#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) number: u32,
    /// Conditions in brackets before the command.
    pub(super) conditions: Vec<String>,
    pub(super) expect: Expect,
    pub(super) words: Vec<Word>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Expect {
    Success,
    /// `!`
    Failure,
    /// `?`
    Either,
}

impl Line {
    fn plain(&self, index: usize) -> Option<&str> {
        match self.words.get(index)?.as_slice() {
            [(text, _)] => Some(text),
            _ => None,
        }
    }

    /// The verb of `cue`, where the line runs it.
    pub(super) fn verb(&self) -> Option<&str> {
        if self.plain(0)? != "exec" || self.plain(1)? != "cue" {
            return None;
        }
        // Flags may come before the verb.
        (2..self.words.len()).filter_map(|index| self.plain(index)).find(|word| !word.starts_with('-'))
    }

    /// Whether it is about a registry, a network, or a program beside ours.
    pub(super) fn needs_more_than_files(&self) -> bool {
        match self.plain(0) {
            Some("exec") => !matches!(self.plain(1), Some("cue" | "cat")),
            Some(word) => !KNOWN.contains(&word),
            None => true,
        }
    }
}

/// Commands that [`super::shell::Shell`] knows.
const KNOWN: [&str; 17] = [
    "cd", "chmod", "cmp", "cmpenv", "cp", "env", "exec", "exists", "grep", "mkdir", "mv", "rm", "skip", "stderr",
    "stdin", "stdout", "stop",
];

/// The lines of a script that are no comments.
pub(super) fn lines(script: &str) -> Vec<Line> {
    let numbered = (1u32..).zip(script.lines());
    numbered.filter_map(|(number, text)| line(number, text)).collect()
}

fn line(number: u32, text: &str) -> Option<Line> {
    let mut words = words(text);
    let (mut conditions, mut expect) = (Vec::new(), Expect::Success);
    loop {
        let first = words.first()?;
        let [(text, false)] = first.as_slice() else { break };
        match text.as_str() {
            "!" => expect = Expect::Failure,
            "?" => expect = Expect::Either,
            text => match text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
                Some(condition) => conditions.push(condition.to_owned()),
                None => break,
            },
        }
        words.remove(0);
    }
    Some(Line { number, conditions, expect, words })
}

/// Splits at blanks. Single quotes hold a piece together; two of them inside of one mean a quote.
fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut word: Option<Word> = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '#' if word.is_none() => break,
            ' ' | '\t' | '\r' => words.extend(word.take()),
            '\'' => {
                let mut piece = String::new();
                while let Some(c) = chars.next() {
                    if c != '\'' {
                        piece.push(c);
                    } else if chars.peek() == Some(&'\'') {
                        chars.next();
                        piece.push('\'');
                    } else {
                        break;
                    }
                }
                word.get_or_insert_default().push((piece, true));
            }
            c => {
                let word = word.get_or_insert_default();
                match word.last_mut() {
                    Some((piece, false)) => piece.push(c),
                    _ => word.push((c.to_string(), false)),
                }
            }
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_split_into_conditions_expectation_and_words() {
        let lines = lines("# no line\n\n[!windows] ! exec cue -C a export 'x y''z'w # why\ncmp stdout want\n");
        assert_eq!(lines.len(), 2);
        assert_eq!((lines[0].number, lines[0].expect), (3, Expect::Failure));
        assert_eq!(lines[0].conditions, ["!windows"]);
        assert_eq!(lines[0].words.last(), Some(&vec![("x y'z".to_owned(), true), ("w".to_owned(), false)]));
        assert_eq!(lines[1].verb(), None);
        assert!(!lines[1].needs_more_than_files());
    }

    #[test]
    fn the_verb_is_the_first_word_that_is_no_flag() {
        assert_eq!(lines("exec cue export -o x").first().and_then(Line::verb), Some("export"));
        assert_eq!(lines("exec git init").first().and_then(Line::verb), None);
        assert!(lines("memregistry x")[0].needs_more_than_files());
    }
}
