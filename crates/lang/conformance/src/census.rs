//! The denominator: every outermost `@test(…)` of an archive, found in the raw text and not by the parser under test.

use cue_txtar::Archive;

use crate::text::skip_string;

/// Directives that count.
const SCORED: [&str; 5] = ["eq", "err", "kind", "closed", "allows"];

const OPENING: &str = "@test(";

/// One attribute, as it stands in a section.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// An index into the sections of the archive.
    pub section: usize,
    /// The byte of the section at which the attribute starts.
    pub start: usize,
    pub body: String,
    /// The word that says what is asserted; `?` if there is none.
    pub word: String,
    pub is_scored: bool,
}

/// Whether the archive says that it holds no inline tests.
pub fn is_excluded(archive: &Archive<'_>) -> bool {
    archive.comment.contains("#inlinetest:exclude")
}

/// Every outermost attribute of the sections that are CUE, in order.
pub fn entries(archive: &Archive<'_>) -> Vec<Entry> {
    let mut found = Vec::new();
    for (section, part) in archive.sections.iter().enumerate() {
        if !part.name.ends_with(".cue") {
            continue;
        }
        for (start, body) in attributes(&part.text) {
            let letters = body.trim_start();
            let end = letters.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(letters.len());
            let word = if end == 0 { "?" } else { &letters[..end] };
            let is_scored = SCORED.contains(&word);
            found.push(Entry { section, start, body: body.to_owned(), word: word.to_owned(), is_scored });
        }
    }
    found
}

fn attributes(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with("//") {
            let Some(length) = rest.find('\n') else { break };
            at += length;
        } else if let Some(end) = skip_string(text, at) {
            at = end;
        } else if rest.starts_with(OPENING) {
            let end = closing(text, at + OPENING.len());
            found.push((at, &text[at + OPENING.len()..end]));
            at = end + 1;
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    found
}

/// Where the bracket that opened before a byte is closed.
fn closing(text: &str, start: usize) -> usize {
    let (mut at, mut depth) = (start, 1u32);
    while at < text.len() {
        if let Some(end) = skip_string(text, at) {
            at = end;
            continue;
        }
        match text.as_bytes()[at] {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
        at += text[at..].chars().next().map_or(1, char::len_utf8);
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<(String, bool)> {
        let archive = format!("-- in.cue --\n{text}-- notes.txt --\na: 1 @test(eq, 1)\n");
        entries(&Archive::parse(&archive)).into_iter().map(|entry| (entry.word, entry.is_scored)).collect()
    }

    #[test]
    fn only_outermost_attributes_of_cue_sections_count() {
        let found = words("a: {b: 1} @test(eq, {b: 1 @test(err)}) // @test(eq)\nc: \"@test(eq)\" @test(permute)\n");
        assert_eq!(found, [("eq".to_owned(), true), ("permute".to_owned(), false)]);
    }

    #[test]
    fn a_suffix_does_not_change_the_word_and_brackets_in_strings_do_not_count() {
        let found = words("a: 1 @test(eq:todo, \")\")\nb: 1 @test(closed=false) @test(allows=false, x)\n@test()\n");
        let words: Vec<_> = found.iter().map(|(word, _)| word.as_str()).collect();
        assert_eq!(words, ["eq", "closed", "allows", "?"]);
    }

    #[test]
    fn interpolations_end_where_their_parenthesis_does() {
        let found = words("a: \"x\\(len(\")\"))\" @test(kind=string)\nb: #\"\\(\"# @test(err)\n");
        assert_eq!(found.len(), 2);
    }
}
