//! The reference pages in `docs/contracts` are what is made from the contracts today.

use std::collections::BTreeMap;
use std::fs;

use strata_base::Sources;
use strata_contracts::{Library, pages};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/contracts");

#[test]
#[expect(clippy::disallowed_methods, reason = "compares what is made with what is there")]
fn pages_are_current() {
    let library = Library::load("", &[], &mut Sources::new()).unwrap();
    let contracts: Vec<_> = library.contracts().collect();
    let mut wanted: BTreeMap<String, String> =
        contracts.iter().map(|contract| (format!("{}.md", contract.name), pages::page(&library, contract))).collect();
    wanted.insert("README.md".to_owned(), pages::contents(&library));
    if std::env::var_os("STRATA_UPDATE").is_some() {
        fs::create_dir_all(FOLDER).unwrap();
        for (name, page) in &wanted {
            fs::write(format!("{FOLDER}/{name}"), page).unwrap();
        }
    }
    let entries = fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let found: BTreeMap<String, String> =
        entries.map(|name| (name.clone(), fs::read_to_string(format!("{FOLDER}/{name}")).unwrap())).collect();
    for (name, page) in &wanted {
        assert!(found.get(name) == Some(page), "docs/contracts/{name} is old: run this test with STRATA_UPDATE=1");
    }
    let more: Vec<&String> = found.keys().filter(|name| !wanted.contains_key(*name)).collect();
    assert!(more.is_empty(), "no contract has the pages {more:?}");
}
