//! What holds for all data and all texts.

use cue_data::{Builder, Data};
use cue_encode::json::{self, Layout};
use cue_encode::{DuplicateKeys, Limit, ReadOptions, yaml};
use cue_num::Number;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use strata_base::{Diagnostic, FileId, Span};

/// A value in the making: proptest shrinks it, and a builder makes data of it.
#[derive(Clone, Debug)]
enum Tree {
    Null,
    Bool(bool),
    Number(String),
    String(String),
    List(Vec<Tree>),
    Struct(Vec<(String, Tree)>),
}

impl Tree {
    fn build(&self, builder: &mut Builder) {
        match self {
            Tree::Null => _ = builder.null(Span::NONE),
            Tree::Bool(value) => _ = builder.bool(*value, Span::NONE),
            Tree::Number(text) => _ = builder.number(Number::parse_literal(text).unwrap(), Span::NONE),
            Tree::String(text) => _ = builder.string(text.as_str(), Span::NONE),
            Tree::List(elements) => {
                builder.begin_list(Span::NONE);
                elements.iter().for_each(|element| element.build(builder));
                builder.end(Span::NONE);
            }
            Tree::Struct(fields) => {
                builder.begin_struct(Span::NONE);
                for (key, value) in fields {
                    builder.key(key, Span::NONE);
                    value.build(builder);
                }
                builder.end(Span::NONE);
            }
        }
    }

    fn data(&self) -> Data {
        let mut builder = Builder::new();
        self.build(&mut builder);
        builder.finish()
    }
}

/// Mostly what means something to YAML.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => "[-+.:#?&*!|>%@`'\"{}\\[\\],=~<0-9a-fnotxyTYN \\t\n_\\\\]",
        1 => any::<char>().prop_map(String::from),
        1 => prop::sample::select(vec!["---", "...", "true", "null", "0x1F", ".inf", "<<", "12:30", "2001-01-01", ": ", "- ", " #"])
            .prop_map(str::to_owned),
    ];
    vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        "-?(0|[1-9][0-9]{0,40})",
        "-?[0-9]{1,5}\\.[0-9]{1,8}(e[-+]?[0-9]{1,3})?",
        "-?[1-9][0-9]{0,3}e[-+]?[0-9]{1,3}"
    ]
    .prop_filter("a sign is no part of a literal of zero", |text| text != "-0")
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        Just(Tree::Null),
        any::<bool>().prop_map(Tree::Bool),
        number().prop_map(Tree::Number),
        text().prop_map(Tree::String),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        prop_oneof![vec(inner.clone(), 0..5).prop_map(Tree::List), vec((text(), inner), 0..5).prop_map(Tree::Struct),]
    })
}

/// Texts that are nearly documents.
fn soup() -> impl Strategy<Value = String> {
    let token = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"a\"",
        "\"\\u",
        "\\",
        "'",
        "1",
        "-",
        "1e",
        "true",
        "nul",
        "\n",
        "\n  ",
        " ",
        "- ",
        "a: ",
        "? ",
        "&x ",
        "*x",
        "<<: ",
        "!!int ",
        "!!binary ",
        "!e!x ",
        "|\n",
        ">-\n",
        "---\n",
        "...\n",
        "%TAG !e! x\n",
        "#c\n",
        "\t",
        "é",
        "\u{feff}",
        "\r\n",
        "0x",
        "~",
    ]);
    vec(token, 0..30).prop_map(|tokens| tokens.concat())
}

fn check_places(text: &str, problems: &[Diagnostic]) {
    for problem in problems {
        let span = problem.span();
        assert!(!span.is_none(), "{text:?}: no place: {problem:?}");
        assert!(text.get(span.start as usize..span.end as usize).is_some(), "{text:?}: {problem:?}");
    }
}

fn check_data(text: &str, data: &Data) {
    for step in data.events(data.root()) {
        let (start, end) = (step.span.start as usize, step.span.end as usize);
        assert!(text.get(start..end).is_some(), "{text:?}: {step:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn json_writes_what_it_reads(tree in tree()) {
        let data = tree.data();
        for layout in [Layout::Compact, Layout::EXPORT] {
            let text = json::to_string(&data, data.root(), layout, Limit::NONE).unwrap();
            let back = json::read(FileId(0), &text, &ReadOptions::default()).unwrap();
            // JSON has no floats without a fraction: `1e6+0` is `1000000` there.
            let again = json::to_string(&back, back.root(), layout, Limit::NONE).unwrap();
            prop_assert_eq!(again, text);
        }
    }

    #[test]
    fn yaml_reads_what_it_writes(tree in tree()) {
        let data = tree.data();
        let text = yaml::to_string(&data, data.root(), Limit::NONE).unwrap();
        let back = yaml::read(FileId(0), &text, &ReadOptions::default());
        let back = back.map_err(|problems| TestCaseError::fail(format!("{text}\n{problems:?}")))?;
        prop_assert_eq!(back.len(), 1, "{}", text);
        prop_assert_eq!(&back[0], &data, "{}", text);
    }

    #[test]
    fn any_json_is_read_or_refused_at_a_place(text in soup(), refuse in any::<bool>()) {
        let duplicate_keys = if refuse { DuplicateKeys::Refuse } else { DuplicateKeys::Keep };
        match json::read(FileId(0), &text, &ReadOptions { duplicate_keys, ..ReadOptions::default() }) {
            Ok(data) => check_data(&text, &data),
            Err(problems) => check_places(&text, &problems),
        }
    }

    #[test]
    fn any_yaml_is_read_or_refused_at_a_place(text in soup()) {
        match yaml::read(FileId(0), &text, &ReadOptions::default()) {
            Ok(documents) => documents.iter().for_each(|data| check_data(&text, data)),
            Err(problems) => check_places(&text, &problems),
        }
    }
}
