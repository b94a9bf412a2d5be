//! What the literals of a text mean.

use cue_syntax::ast::{Expr, Part};
use cue_syntax::parse_expr;
use strata_base::FileId;

fn string(text: &str) -> String {
    let (file, root, diagnostics) = parse_expr(FileId(0), text);
    assert!(diagnostics.is_empty(), "{text}: {diagnostics:?}");
    match file.expr(root) {
        Expr::String { value, .. } => file.text(value).to_string(),
        other => panic!("{text} is no string but {other:?}"),
    }
}

fn bytes(text: &str) -> Vec<u8> {
    let (file, root, diagnostics) = parse_expr(FileId(0), text);
    assert!(diagnostics.is_empty(), "{text}: {diagnostics:?}");
    match file.expr(root) {
        Expr::Bytes { value, .. } => file.byte_string(value).to_vec(),
        other => panic!("{text} is no bytes literal but {other:?}"),
    }
}

#[test]
fn strings() {
    assert_eq!(string(r#""""#), "");
    assert_eq!(string(r#""a\tb\\\"\/""#), "a\tb\\\"/");
    assert_eq!(string(r#""\u00e9\U0001F600""#), "é😀");
    assert_eq!(string(r#""\uD83D\uDE00""#), "😀");
    assert_eq!(string(r##"#"a\n\#n"b"#"##), "a\\n\n\"b");
    assert_eq!(string(r##"#"""#"##), "\"");
    assert_eq!(string(r###"##"a"#b"##"###), "a\"#b");
}

#[test]
fn lines_lose_their_margin() {
    assert_eq!(string("\"\"\"\n\"\"\""), "");
    assert_eq!(string("\"\"\"\n\t\"\"\""), "");
    assert_eq!(string("\"\"\"\n\ta\n\t  b\n\n\tc\n\t\"\"\""), "a\n  b\n\nc");
    assert_eq!(string("\"\"\"\r\n\ta\r\n\t\"\"\""), "a");
    assert_eq!(string("\"\"\"\n\ta \"\"\" b\n\t\"\"\""), "a \"\"\" b");
    assert_eq!(string("#\"\"\"\n\ta \\n \\#n\n\t\"\"\"#"), "a \\n \n");
}

#[test]
fn byte_strings() {
    assert_eq!(bytes(r"'\xff\101é\u00e9'"), [0xff, 0x41, 0xc3, 0xa9, 0xc3, 0xa9]);
    assert_eq!(bytes("'''\n\ta\n\tb\n\t'''"), b"a\nb");
}

#[test]
fn interpolations_alternate_text_and_expressions() {
    let (file, root, _) = parse_expr(FileId(0), "\"\"\"\n\ta\n\t\\(x)\\(\"y\")\n\tb\n\t\"\"\"");
    let Expr::Interpolation { parts, .. } = file.expr(root) else { panic!("no interpolation") };
    let texts: Vec<Option<String>> = file
        .part_list(parts)
        .iter()
        .map(|part| match part {
            Part::Text(text) => Some(file.text(*text).to_string()),
            _ => None,
        })
        .collect();
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(texts, [text("a\n"), None, text(""), None, text("\nb")]);
}
