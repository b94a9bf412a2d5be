//! Replacement by template, as the original does it.

use cue_regex::Regex;

#[test]
fn templates() {
    for (pattern, text, template, expected) in [
        ("a(x*)b", "-ab-axxb-", "T", "-T-T-"),
        ("a(x*)b", "-ab-axxb-", "$1", "--xx-"),
        ("a(x*)b", "-ab-axxb-", "$1W", "---"),
        ("a(x*)b", "-ab-axxb-", "${1}W", "-W-xxW-"),
        ("a(?P<X>x*)b", "-ab-axxb-", "$X!", "-!-xx!-"),
        ("a(?P<X>x*)b", "-ab-axxb-", "${X", "-${X-${X-"),
        ("a", "bab", "$$", "b$b"),
        ("a", "bab", "$", "b$b"),
        ("a", "bab", "$-", "b$-b"),
        ("a", "bab", "$0$00", "bab"),
        ("a", "bab", "$9", "bb"),
        ("(?P<n>a)|(?P<n>b)", "ab", "<$n>", "<a><b>"),
        ("", "é", "-", "-é-"),
        ("b*", "abc", "x", "xaxcx"),
        ("(é)", "aéb", "$1$1", "aééb"),
    ] {
        let regex = Regex::new(pattern).unwrap();
        assert_eq!(regex.replace_all(text, template, 100).unwrap(), expected, "{pattern} {template}");
    }
}

#[test]
fn group_names() {
    let regex = Regex::new("(a)(?P<x>b)(?:c)(?<y_1>d)").unwrap();
    assert_eq!(regex.group_names().collect::<Vec<_>>(), [None, None, Some("x"), Some("y_1")]);
    assert_eq!(regex.find("--abcd-"), Some(2..6));
    assert_eq!(regex.find_all("abcdabcdabcd", 2), [0..4, 4..8]);
    assert_eq!(regex.as_str(), "(a)(?P<x>b)(?:c)(?<y_1>d)");
}
