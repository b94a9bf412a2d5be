//! Case mappings of single characters: one to one, as Unicode's simple mappings are. The standard library has the full
//! ones, which may make several characters of one.

pub(crate) fn upper(c: char) -> char {
    one(c.to_uppercase()).unwrap_or_else(|| greek_with_iota(c))
}

pub(crate) fn lower(c: char) -> char {
    match c {
        'İ' => 'i',
        _ => one(c.to_lowercase()).unwrap_or(c),
    }
}

pub(crate) fn title(c: char) -> char {
    match c {
        'Ǆ'..='ǆ' => 'ǅ',
        'Ǉ'..='ǉ' => 'ǈ',
        'Ǌ'..='ǌ' => 'ǋ',
        'Ǳ'..='ǳ' => 'ǲ',
        // Georgian has capitals only for text that is all capitals.
        'ა'..='ჺ' | 'ჽ'..='ჿ' => c,
        _ => upper(c),
    }
}

fn one(mut mapped: impl Iterator<Item = char>) -> Option<char> {
    let first = mapped.next()?;
    mapped.next().is_none().then_some(first)
}

/// Small letters with an iota below have a single capital with an iota beside it; all others stay.
fn greek_with_iota(c: char) -> char {
    let capital = match u32::from(c) {
        code @ (0x1F80..=0x1F87 | 0x1F90..=0x1F97 | 0x1FA0..=0x1FA7) => code + 8,
        code @ (0x1FB3 | 0x1FC3 | 0x1FF3) => code + 9,
        code => code,
    };
    char::from_u32(capital).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::{lower, title, upper};

    #[test]
    fn characters_map_to_single_characters() {
        for (c, up, low, heading) in [
            ('a', 'A', 'a', 'A'),
            ('ß', 'ß', 'ß', 'ß'),
            ('ǆ', 'Ǆ', 'ǆ', 'ǅ'),
            ('ǅ', 'Ǆ', 'ǆ', 'ǅ'),
            ('İ', 'İ', 'i', 'İ'),
            ('ᾀ', 'ᾈ', 'ᾀ', 'ᾈ'),
            ('ᾳ', 'ᾼ', 'ᾳ', 'ᾼ'),
            ('ŉ', 'ŉ', 'ŉ', 'ŉ'),
            ('ა', 'Ა', 'ა', 'ა'),
            ('Σ', 'Σ', 'σ', 'Σ'),
        ] {
            assert_eq!((upper(c), lower(c), title(c)), (up, low, heading), "{c}");
        }
    }
}
