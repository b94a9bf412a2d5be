//! What holds for all folders and all arguments.

use cue_load::{Config, MemoryFiles, load};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use strata_base::Sources;

fn path() -> impl Strategy<Value = String> {
    let folder =
        prop::sample::select(vec!["", "a/", "a/b/", "c/", "cue.mod/pkg/x.y/", "a/cue.mod/", "_h/", "testdata/"]);
    let name = prop::sample::select(vec![
        "a.cue",
        "b.cue",
        "t_test.cue",
        "t_tool.cue",
        ".d.cue",
        "d.json",
        "d.yaml",
        "-",
        "n.txt",
        "module.cue",
        "z",
    ]);
    (folder, name).prop_map(|(folder, name)| format!("/w/{folder}{name}"))
}

fn content() -> impl Strategy<Value = String> {
    let line = prop::sample::select(vec![
        "package a",
        "package b",
        "package _",
        "@if(x)",
        "@if(!x || (y))",
        "@if(",
        "@ignore()",
        "import \"m.z/a\"",
        "import \"x.y\"",
        "import \"m.z/a:b\"",
        "import \"./a\"",
        "import \"strings\"",
        "import \"m.z@v1\"",
        "a: 1",
        "t: string @tag(t,short=x|y)",
        "t: int @tag(t,type=int,var=now)",
        "[{a: 1 @tag(t)}]",
        "{",
        "}",
        "\u{0}",
        "module: \"m.z@v0\"",
        "language: version: \"v0.15.0\"",
        "deps: \"x.y@v0\": {v: \"v0.1.0\", replaceWith: \"./a\"}",
    ]);
    vec(line, 0..5).prop_map(|lines| lines.join("\n"))
}

fn argument() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        ".",
        "./a",
        "./a:b",
        ":a",
        "./...",
        "./a/...:b",
        "...",
        "m.z/a",
        "m.z/a@v0:b",
        "x.y",
        "a.cue",
        "a/b/a.cue",
        "-",
        "d.json",
        "yaml:",
        "json:",
        "z",
        "",
        "/w/a",
        "/",
        "../w",
        "..",
        "./../../..",
        "./a/../a/",
        "cue.mod",
        "@",
        ":",
        "a@",
        "./:",
        "text:n.txt",
        "./.../b",
        "....",
    ])
    .prop_map(str::to_owned)
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn anything_is_loaded_or_refused_and_always_the_same(
        contents in vec((path(), content()), 0..8),
        has_module in any::<bool>(),
        arguments in vec(argument(), 0..4),
        tag in prop::sample::select(vec!["x", "t=1", "t=x", "y=", "="]),
        package in prop::sample::select(vec![None, Some("a"), Some("_"), Some("*")]),
        data_files in any::<bool>(),
    ) {
        let mut files = MemoryFiles::new();
        if has_module {
            files.add("/w/cue.mod/module.cue", "module: \"m.z@v0\"\nlanguage: version: \"v0.15.0\"\n");
        }
        for (path, content) in contents {
            files.add(path, content);
        }
        let config = Config {
            package: package.map(str::to_owned),
            tags: vec![tag.to_owned()],
            data_files,
            ..Config::new("/w")
        };
        let run = || {
            let mut sources = Sources::new();
            let loaded = load(&arguments, &config, &files, &mut sources);
            for instance in &loaded.instances {
                assert!(instance.imports.values().all(|&target| target < loaded.instances.len()));
                assert!(instance.files.iter().all(|file| sources.get(file.id).is_some()));
            }
            assert!(loaded.roots.iter().all(|&root| root < loaded.instances.len()));
            for problem in loaded.all_diagnostics() {
                // The text of a span panics where the span does not lie in its text.
                sources.text(problem.span());
            }
            let identities: Vec<&str> = loaded.instances.iter().map(|instance| &*instance.identity).collect();
            assert!((1..identities.len()).all(|at| !identities[..at].contains(&identities[at])), "{identities:?}");
            format!("{loaded:?}")
        };
        prop_assert_eq!(run(), run());
    }
}
