//! Which characters show.

/// Whether a character shows: letters, marks, numbers, punctuation, symbols and the plain space.
pub fn is_print(c: char) -> bool {
    if c.is_ascii() {
        return matches!(c, ' '..='~');
    }
    // The standard library tells it only by escaping; a mark is escaped at the start of a text alone.
    let mut bytes = *b"a____";
    let end = 1 + c.encode_utf8(&mut bytes[1..]).len();
    std::str::from_utf8(&bytes[..end]).is_ok_and(|text| !text.escape_debug().any(|escaped| escaped == '\\'))
}

#[cfg(test)]
mod tests {
    use super::is_print;

    #[test]
    fn letters_and_marks_show_and_spaces_and_controls_do_not() {
        for c in ['a', ' ', 'é', 'ä', '\u{301}', '٣', '😀', '€', '\u{e0100}'] {
            assert!(is_print(c), "{c:?}");
        }
        for c in ['\0', '\n', '\u{7f}', '\u{85}', '\u{a0}', '\u{200b}', '\u{2028}', '\u{3000}', '\u{feff}', '\u{e000}']
        {
            assert!(!is_print(c), "{c:?}");
        }
    }
}
