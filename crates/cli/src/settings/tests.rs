use clap::ValueEnum;

use crate::args::{Format, Verbosity};
use crate::color;

use super::{File, Givers, KNOWN, Origin, Values, settle};

fn file(name: &str, text: String, origin: fn(String) -> Origin) -> File {
    File { name: name.to_owned(), text, origin }
}

/// Every setting, with and without each of the four givers: the first that is there wins, and the rest are shadowed in
/// order.
#[test]
fn the_first_giver_wins_in_every_combination() {
    for known in KNOWN {
        // As many different values as there are; neighbours always differ.
        let value = |giver: usize| match known.values {
            Values::OneOf(words) => words[giver % words.len()].to_owned(),
            Values::Name | Values::Path => format!("name-{giver}"),
            Values::Count => giver.to_string(),
        };
        for combination in 0..16_usize {
            let given = |giver: usize| combination & (1 << giver) != 0;
            let line = |giver| format!("{} = \"{}\"\n", known.key, value(giver));
            let mut givers = Givers::default();
            let mut expected = Vec::new();
            if given(0) {
                givers.options.push((known.key, "--option", value(0)));
                expected.push((value(0), "option"));
            }
            if given(1) {
                givers.variables.push((known.key, value(1)));
                expected.push((value(1), "variable"));
            }
            if given(2) {
                givers.files.push(file("strata.toml", line(2), Origin::ProjectFile));
                expected.push((value(2), "project file"));
            }
            if given(3) {
                givers.files.push(file("config.toml", line(3), Origin::UserFile));
                expected.push((value(3), "user file"));
            }
            expected.extend(known.default.map(|value| (value.to_owned(), "default")));
            let settings = settle(&givers).unwrap();
            let actual: Vec<_> = settings.given(known.key).iter().map(|g| (g.value.clone(), g.origin.kind())).collect();
            assert_eq!(actual, expected, "{} in combination {combination:04b}", known.key);
        }
    }
}

#[test]
fn every_setting_has_its_default_among_its_values() {
    let settings = settle(&Givers::default()).unwrap();
    for known in KNOWN {
        assert!(known.default.is_none_or(|default| known.values.allow(default)), "{}", known.key);
        assert_eq!(settings.given(known.key).len(), usize::from(known.default.is_some()), "{}", known.key);
    }
    // Each can be read as its type; an entry without one would stop here.
    let _ = (settings.color(), settings.output(), settings.verbosity());
}

#[test]
fn the_table_has_the_values_of_the_types() {
    fn names<T: ValueEnum>() -> Vec<String> {
        let values = T::value_variants().iter().filter_map(ValueEnum::to_possible_value);
        values.map(|value| value.get_name().to_owned()).collect()
    }
    for known in KNOWN {
        let Values::OneOf(words) = known.values else { continue };
        let of_the_type = match known.key {
            "color" => names::<color::Choice>(),
            "output" => names::<Format>(),
            "verbosity" => names::<Verbosity>(),
            other => panic!("`{other}` is not compared with its type"),
        };
        assert_eq!(words, of_the_type, "{}", known.key);
    }
}

#[test]
fn all_mistakes_are_told_at_once() {
    let text = "colour = \"auto\"\noutput = 7\n".to_owned();
    let givers = Givers {
        variables: vec![("verbosity", "loud".to_owned())],
        files: vec![file("strata.toml", text, Origin::ProjectFile)],
        ..Givers::default()
    };
    let error = settle(&givers).unwrap_err();
    let codes: Vec<_> = error.diagnostics.iter().map(|diagnostic| diagnostic.code.0).collect();
    assert_eq!(codes, ["E0006", "E0007", "E0007"]);
}

#[test]
fn a_name_is_no_path() {
    for name in ["shop", "shop-2.api", "_x"] {
        assert!(Values::Name.allow(name), "{name}");
    }
    for name in ["", ".", "..", ".git", "a/b", "a b", "ü"] {
        assert!(!Values::Name.allow(name), "{name}");
    }
}
