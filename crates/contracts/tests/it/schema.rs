//! Schemas against a validator of others, and against the CUE that they were made from.

use std::collections::BTreeSet;

use cue_data::Data;
use cue_encode::ReadOptions;
use serde_json::Value;
use strata_base::{Sources, Span};
use strata_contracts::{Contract, Library, json_schema, samples};

/// A contract with one of each thing that can be said.
const OWN: &str = r#"package own

import "strata.dev/core"

everything: core.#Contract & {
	name:  "everything"
	kind:  "component"
	about: "One of each"
	#spec: {
		kind!: "a" | "b" | "c" @alias(alpha=a)
		size:  *2Gi | core.#Bytes & >=1Gi & <=1Ti @unit(bytes)
		share: *500 | core.#MilliCPU & >=250 & <=4000 @unit(millicpu)
		wait?: core.#Seconds & >1                 @unit(seconds)
		name:  *"it" | =~"^[a-z]+$" & !="no"
		many: [...{n!: int & >=0, tag?: string} | string]
		free: [string]: core.#Value
		paths: [=~"^/"]: {on: *true | bool} @alias(path_list, )
		secret?: core.#Sensitive @sensitive() @alias(pass_word)
		ratio?:  number & >0 & <1
		if kind == "a" {
			only_a!: string & !=""
			deep: *1 | int
			if deep != 1 {deeper?: bool}
		}
		if kind != "a" && secret != _|_ {with_secret?: int}
		if ratio == _|_ {no_ratio: *false | bool}
	}
	#outputs: {}
}
"#;

fn library() -> (Library, Sources) {
    let mut sources = Sources::new();
    let library =
        Library::load("own", &[("own.cue".to_owned(), OWN.replace("(path_list, )", "(path_list)"))], &mut sources);
    let library = library.unwrap_or_else(|problems| panic!("{problems:?}"));
    (library, sources)
}

fn data(value: &Value) -> Data {
    let text = value.to_string();
    let file = Sources::new().add("sample.json", text.as_str());
    cue_encode::json::read(file, &text, &ReadOptions::default()).unwrap()
}

fn is_accepted(library: &Library, contract: &Contract, value: &Value) -> Result<(), String> {
    let declared = library.declare(contract, &data(value), Span::NONE);
    declared.map(|_| ()).map_err(|problems| problems.into_iter().map(|problem| problem.message + "\n").collect())
}

#[test]
fn schemas_agree_with_the_contracts() {
    let (library, _) = library();
    let mut tried = [0, 0];
    for contract in library.contracts() {
        let schema = json_schema::contract(contract, &[]);
        assert!(jsonschema::meta::is_valid(&schema), "{}", contract.name);
        let validator = jsonschema::validator_for(&schema).unwrap();
        let is_exact = contract.spec.is_exact();
        let mut seen = BTreeSet::new();
        let bases = samples::bases(&contract.spec);
        for base in bases.full.into_iter().chain(bases.least) {
            let mut all = samples::variations(&contract.spec, &base);
            let right = all.len();
            all.extend(samples::mistakes(&contract.spec, &base));
            for (index, sample) in all.iter().enumerate() {
                if !seen.insert(sample.value.to_string()) {
                    continue;
                }
                let by_contract = is_accepted(&library, contract, &sample.value);
                let by_schema = validator.is_valid(&sample.value);
                let at = format!("{} at `{}`: {}", contract.name, sample.path, sample.value);
                if index < right && is_exact {
                    assert_eq!(by_contract, Ok(()), "{at}");
                }
                assert!(by_schema || by_contract.is_err(), "the schema refuses what the contract takes: {at}");
                if is_exact {
                    assert_eq!(by_contract.is_ok(), by_schema, "{at}\n{by_contract:?}");
                }
                tried[usize::from(by_schema)] += 1;
            }
        }
    }
    assert!(tried.iter().all(|&count| count > 500), "{tried:?}");
}

/// A plain number counts processors, and the contract counts thousandths of one.
#[test]
fn bounds_of_processors_are_in_the_schema() {
    let (library, _) = library();
    let schema = json_schema::contract(library.contract("everything").unwrap(), &[]);
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (share, fits) in [("0.25", true), ("4", true), ("0.2", false), ("4.5", false), ("-1", false)] {
        let value: Value = serde_json::from_str(&format!(r#"{{"kind": "b", "share": {share}}}"#)).unwrap();
        assert_eq!(validator.is_valid(&value), fits, "{share}");
        let contract = library.contract("everything").unwrap();
        assert_eq!(is_accepted(&library, contract, &value).is_ok(), fits, "{share}");
    }
}

#[test]
fn examples_satisfy_their_schemas() {
    let (library, _) = library();
    for contract in library.contracts() {
        let schema = json_schema::contract(contract, &[]);
        let validator = jsonschema::validator_for(&schema).unwrap();
        for (name, example) in library.examples(contract) {
            let mut text = String::new();
            let mut writer = cue_encode::json::Writer::new(
                &mut text,
                cue_encode::json::Layout::Compact,
                cue_encode::Limit::default(),
            );
            example.emit(example.root(), &mut writer).unwrap();
            let value: Value = serde_json::from_str(&text).unwrap();
            let wrong: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
            assert_eq!(wrong, [""; 0], "{} {name}", contract.name);
        }
    }
}
