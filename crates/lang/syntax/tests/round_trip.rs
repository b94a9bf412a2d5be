//! What is printed reads back as the same tree, with the same comments, and prints the same again.

use cue_syntax::ast::File;
use cue_syntax::{MAX_DEPTH, ParseOptions, parse, print, structural_eq};
use cue_txtar::Archive;
use proptest::prelude::*;
use strata_base::FileId;
use strata_fixtures::on_small_stack;

fn comment_lines(file: &File) -> usize {
    file.comments.iter().map(|comment| comment.lines.len()).sum()
}

/// What is wrong with the round trip of a text; texts with mistakes have none.
fn flaw(text: &str) -> Option<String> {
    let first = parse(FileId(0), text, &ParseOptions::default());
    if first.has_errors() {
        return None;
    }
    let printed = print(&first.file);
    let second = parse(FileId(0), &printed, &ParseOptions::default());
    if let Some(diagnostic) = second.diagnostics.first() {
        return Some(format!("{}\nin what was printed:\n{printed}\nof:\n{text}", diagnostic.message));
    }
    let again = print(&second.file);
    if !structural_eq(&first.file, &second.file) {
        Some(format!("another tree:\n{printed}\nof:\n{text}"))
    } else if comment_lines(&first.file) != comment_lines(&second.file) {
        Some(format!("other comments:\n{printed}\nof:\n{text}"))
    } else if again != printed {
        Some(format!("printed first:\n{printed}\nthen:\n{again}\nof:\n{text}"))
    } else {
        None
    }
}

/// The CUE texts of a text archive.
fn sections(archive: &str) -> Vec<String> {
    let sections = Archive::parse(archive).sections;
    sections.into_iter().filter(|section| section.name.ends_with(".cue")).map(|section| section.text.into()).collect()
}

#[test]
#[expect(clippy::disallowed_methods, clippy::print_stderr, reason = "the corpus is no part of this repository")]
fn the_corpus() {
    let Some(corpus) = std::env::var_os("STRATA_CUE_CORPUS") else {
        eprintln!("STRATA_CUE_CORPUS is not set: only the texts in this repository are read");
        return;
    };
    let mut folders = vec![std::path::PathBuf::from(corpus)];
    let mut flaws = Vec::new();
    let mut read = 0;
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).expect("a folder of the corpus");
        for path in entries.map(|entry| entry.expect("an entry of the corpus").path()) {
            let extension = path.extension().and_then(|extension| extension.to_str());
            match extension {
                _ if path.is_dir() => folders.push(path),
                Some("txtar" | "cue") => {
                    let Ok(text) = std::fs::read_to_string(&path) else { continue };
                    let texts = if extension == Some("cue") { vec![text] } else { sections(&text) };
                    read += texts.len();
                    flaws.extend(texts.iter().filter_map(|text| flaw(text)).map(|flaw| format!("{path:?}: {flaw}")));
                }
                _ => {}
            }
        }
    }
    assert!(read > 1_000, "only {read} texts in the corpus");
    assert!(flaws.is_empty(), "{} flaws in {read} texts, first:\n{}", flaws.len(), flaws[0]);
}

#[test]
fn awkward_texts() {
    for text in [
        "",
        "\n\n// only a comment\n",
        "a: {\n\t// empty\n}\n",
        "a: [ // x\n]\n",
        "a: f( // x\n\t1, // y\n)\n",
        "a: ( // x\n\t1 | 2)\n",
        "a: - // x\n\t1\n",
        "a: x[ // x\n\t1]\n",
        "a: x. // x\n\tb\n",
        "a: { // x\n\n\t// y\n\n\t// z\n\tb: 1 // w\n\t// v\n\n\t// u\n} // t\n// s\n",
        "for x in y // c\n\t{a: 1}\n",
        "a: \"\\({ // c\n\tb: 1\n}.b)\"\n",
        "a: \"\\([\n\t1,\n\t\"\"\"\n\t\tx\n\t\t\"\"\",\n])\"\n",
        "a: [\n\t\"\"\"\n\tx\n\n\t\ty\n\t\"\"\",\n\t'''\n\t\\(z)\n\t''',\n]\n",
        "a: \"\"\"\n\t\\(x)\n\t \\(y) \n\t\n\t\"\"\"\n",
        "a: b: // c\n\td: 1\n",
        "a: 1, b: 2 // c\n",
        "a: {b: 1}, // c\nd: 2\n",
        "{{\n\ta: 1\n}}\n",
        "a: {_\n\tb: 1}\n",
        "a: 1 @b(c\nd) // e\n",
        "@a() // b\npackage c // d\n@e() // f\nimport \"g\" // h\n",
        "// a\nimport ( // b\n\t\"c\"\n\t// d\n\t\"e\" // f\n\t// g\n) // h\ni: 1\n",
        "a: 1 + // b\n\t2 + // c\n\n\t// d\n\t3\n",
        "(a): 1, \"b\\(c)\": 2, [d]: 3, [E=f]: 4\n",
        "a: #\"\\\"#, b: ##\"\"#\"##, c: #'\\\\'#, d: #\"\"\"#, e: #\"\\#\"\"x\"#\n",
        "a: (1 + 2) * 3 - -4 < 5 && !b\n",
        "x: a.\"b-c\".if[1:2](3)\n",
    ] {
        assert_eq!(flaw(text), None);
        let parsed = parse(FileId(0), text, &ParseOptions::default());
        assert!(!parsed.has_errors(), "{text}: {:?}", parsed.diagnostics);
    }
}

#[test]
fn deep_trees_are_printed_and_compared_on_a_small_stack() {
    on_small_stack(|| {
        for (open, close) in
            [("[", "]"), ("{a: ", "}"), ("(", ")"), ("-", ""), ("a: ", ""), ("\"\\(", ")\""), ("f(", ")")]
        {
            let text = format!("x: {}1{}", open.repeat(MAX_DEPTH - 2), close.repeat(MAX_DEPTH - 2));
            assert_eq!(flaw(&text), None);
        }
        assert_eq!(flaw(&format!("x: 1{}", " + 1".repeat(100_000))), None);
    });
}

/// A text that uses most of the language, to be broken in many ways.
const WHOLE: &str = r##"
@if(a && !b)
package p
import ("strings", x "example.com/y@v1:z")
#D: {a!: int | *3, "b c"?: >=1 & <10.5Ki, [K=string]: _#h, ...} @go(D,"x)") // line
_#h: close({X=c: [for k, v in {d: 1} if v > 0 let w = v {"\(k)-\(w + 1)": #"raw \#(k)"#}, ...]})
(e): '\xff\u00e9', f: """
	one
	  two \(x.y["z"][1:2])
	""", g: a: b: -1 == +0x1F && !(true || null =~ "é")
if x.y != _|_ {let l = "m", n: l}
"##;

/// Numbers from a seed, the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

#[test]
fn broken_texts_are_read_printed_and_told_about_within_the_text() {
    assert!(!parse(FileId(0), WHOLE, &ParseOptions::default()).has_errors());
    let mut numbers = Numbers(7);
    for _ in 0..3_000 {
        let mut bytes = WHOLE.as_bytes().to_vec();
        for _ in 0..=numbers.below(6) {
            let (at, other) = (numbers.below(bytes.len()), numbers.below(bytes.len()));
            match numbers.below(4) {
                0 => bytes[at] = numbers.below(256) as u8,
                1 => _ = bytes.remove(at),
                2 => bytes.truncate(at.max(20)),
                _ => {
                    let piece: Vec<u8> = bytes[at.min(other)..at.max(other)].iter().copied().take(40).collect();
                    bytes.splice(at..at, piece);
                }
            }
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let parsed = parse(FileId(0), &text, &ParseOptions::default());
        let spans = parsed.file.expr_spans.iter().chain(&parsed.file.decl_spans).copied();
        for span in spans.chain(parsed.diagnostics.iter().map(|diagnostic| diagnostic.span())) {
            assert!(text.get(span.start as usize..span.end as usize).is_some(), "{span:?} in {text:?}");
        }
        print(&parsed.file);
        assert_eq!(flaw(&text), None);
    }
}

/// Expressions and declarations, nested a little.
fn cue() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        prop::sample::select(vec![
            "1",
            "1.5",
            "0x1F",
            "2Ki",
            "x",
            "#D",
            "_h",
            "null",
            "true",
            "_",
            "_|_",
            "\"s\"",
            "'b'",
            "if",
            "\"\\\"q\\n\"",
            "'\\xff'",
            "#\"r\\#(x)\"#",
            "\"i\\(x)j\"",
            "\"\"\"\n  m\n   \\(x)\n  \"\"\"",
            "{}",
            "[]",
            "[...]",
            "{...}",
        ])
        .prop_map(str::to_owned),
        "\"[ -~&&[^\"\\\\]]{0,8}\"",
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        let many = prop::collection::vec(inner.clone(), 1..4);
        let op = prop::sample::select(vec![
            "|", "&", "||", "&&", "==", "!=", "<", "<=", ">", ">=", "=~", "!~", "+", "-", "*", "/",
        ]);
        let unary = prop::sample::select(vec!["-", "+", "!", "<", "<=", ">", ">=", "==", "!=", "=~", "!~"]);
        let gap = prop::sample::select(vec![" ", "\n", " // c\n", "\n\n// d\n", "\n// e\n\n"]);
        let label = prop::sample::select(vec![
            "a",
            "#b",
            "_c",
            "\"d e\"",
            "(x)",
            "[string]",
            "[K=x]",
            "\"f\\(x)\"",
            "g?",
            "X=h",
        ]);
        prop_oneof![
            (inner.clone(), op, gap.clone(), inner.clone()).prop_map(|(a, op, gap, b)| format!("({a} {op}{gap}{b})")),
            (unary, inner.clone()).prop_map(|(op, a)| format!("{op} {a}")),
            inner.clone().prop_map(|a| format!("({a})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a})[{b}]")),
            (many.clone(), gap.clone()).prop_map(|(items, gap)| format!("f({})", items.join(&format!(",{gap}")))),
            (many.clone(), gap.clone()).prop_map(|(items, gap)| format!("[{gap}{}]", items.join(&format!(",{gap}")))),
            (label, many, gap.clone()).prop_map(|(label, items, gap)| {
                let fields = items.iter().map(|item| format!("{label}: {item}"));
                format!("{{{gap}{}}}", fields.collect::<Vec<_>>().join(&format!(",{gap}")))
            }),
            (inner.clone(), inner.clone(), gap)
                .prop_map(|(a, b, gap)| { format!("{{for k, v in ({a}) if k > 1 {{{gap}(k): {b}}}}}") }),
            inner.clone().prop_map(|a| format!("{{a: b: c: {a} @x(y)}}")),
            inner.prop_map(|a| format!("\"s\\({a})\"")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn generated_texts(values in prop::collection::vec(cue(), 1..4), gap in prop::sample::select(vec!["\n", "\n\n", " // c\n"])) {
        let fields: Vec<String> = values.iter().enumerate().map(|(at, value)| format!("f{at}: {value}")).collect();
        let text = fields.join(gap);
        prop_assert_eq!(flaw(&text), None);
    }

    #[test]
    fn any_tokens_are_read_and_told_about_within_the_text(tokens in prop::collection::vec(prop::sample::select(vec![
        "{", "}", "[", "]", "(", ")", ",", ":", "=", "?", "!", "~", "...", "..", ".", "*", "|", "&", "\"", "\\(", "\\#(", "\n",
        "for ", "if ", "let ", "in ", "try ", "else ", "x", "é", "1", "0x", "//", "@a(", "_|_", "<", "-", "+", "#", "##\"",
        "\"\"\"\n", "'''", "\n\t\"\"\"", "'", "$", "%", "X=", "package p", "import ", "\u{feff}", "\0", "\\u12", "\r",
        "@experiment(aliasv2,try)",
    ]), 0..40)) {
        let text = tokens.concat();
        let parsed = parse(FileId(0), &text, &ParseOptions::default());
        let spans = parsed.file.expr_spans.iter().chain(&parsed.file.decl_spans).copied();
        for span in spans.chain(parsed.diagnostics.iter().map(|diagnostic| diagnostic.span())) {
            prop_assert!(span.start <= span.end);
            prop_assert!(text.get(span.start as usize..span.end as usize).is_some(), "{span:?} in {text:?}");
        }
        // What is broken can be printed as well.
        print(&parsed.file);
        prop_assert_eq!(flaw(&text), None);
    }
}
