//! Over the archives of the CUE project, which are not part of this repository: the folder is named by
//! `STRATA_CUE_CORPUS`, and its absence is told.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cue_conformance::report::{Deviations, report};
use cue_conformance::{ArchiveResult, Tier, find, run, run_here};
use cue_txtar::Archive;
use serde_json::{Value, json};

/// Builds for tests are slow and machines busy; the budget of steps ends what does not end.
const DEADLINE: Duration = Duration::from_secs(60);

#[expect(clippy::print_stderr, reason = "an absence must be seen")]
fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("STRATA_CUE_CORPUS");
    if folder.is_none() {
        eprintln!("STRATA_CUE_CORPUS is not set: the archives of the CUE project are not run");
    }
    folder.map(PathBuf::from)
}

/// The runner must find what the original's own runner finds wrong in archives that are wrong on purpose, and nothing
/// else. Only words and places may differ: they are the evaluator's, and counted by the figures.
#[test]
fn the_self_tests_of_the_original_fail_where_they_should() {
    let Some(corpus) = corpus() else { return };
    let folder = corpus.join("internal/cuetxtar/testdata/inline");
    let mut wrong = Vec::new();
    let mut count = 0;
    for path in archives(&folder) {
        let text = std::fs::read_to_string(&path).unwrap();
        let outer = Archive::parse(&text);
        let mut inner = Archive { comment: outer.comment.clone(), sections: Vec::new() };
        for section in &outer.sections {
            if let Some(name) = section.name.strip_prefix("in/") {
                inner.set(name.to_owned(), section.text.clone());
            }
        }
        let expected = expected_failures(outer.text("out/run/errors.txt").unwrap_or(""));
        let result = run_here("", &inner.to_string());
        count += 1;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let found = failures(&result, Tier::Place);
        for path in expected.difference(&found) {
            wrong.push(format!("{name}: {path} should fail"));
        }
        for path in failures(&result, Tier::Value).difference(&expected) {
            wrong.push(format!("{name}: {path} should not fail"));
        }
    }
    assert!(count > 0, "no archive below {}", folder.display());
    assert!(wrong.is_empty(), "{} of {count} self-tests:\n{}", wrong.len(), wrong.join("\n"));
}

fn archives(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| path.extension().is_some_and(|extension| extension == "txtar"));
    found.sort();
    found
}

/// The paths and shared names that a run of the original complains of. That a field has no test is no failure of an
/// assertion.
fn expected_failures(errors: &str) -> BTreeSet<String> {
    let lines = errors.lines();
    lines
        .filter_map(|line| {
            if let Some(rest) = line.strip_prefix("path ") {
                return rest.split_once(": ").map(|(path, _)| path.to_owned());
            }
            line.strip_prefix("@test(shareID=").and_then(|rest| rest.split_once(')')).map(|(name, _)| name.to_owned())
        })
        .collect()
}

fn failures(result: &ArchiveResult, tier: Tier) -> BTreeSet<String> {
    let answers = result.answers.answers.iter().filter(|answer| !answer.is_todo && !answer.is_unasked);
    let failing = answers.filter(|answer| !answer.holds(tier));
    let mut found: BTreeSet<String> = failing.map(|answer| answer.path.clone()).collect();
    for share in result.answers.shares.iter().filter(|share| !share.findings.is_empty()) {
        found.insert(share.directive.trim_start_matches("shareID=").to_owned());
    }
    found.extend(result.orders.iter().filter(|order| order.problem.is_some()).map(|order| order.path.clone()));
    found
}

/// What holds of the evaluator's own archives. The figures are kept in the tree and may not fall; `STRATA_UPDATE=1`
/// writes those of this run.
#[test]
fn the_figures_do_not_fall() {
    let Some(corpus) = corpus() else { return };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let kept_at = root.join("docs/cue-conformance.json");
    let archives = find(&corpus.join("cue/testdata"), None).unwrap();
    let results = run(&archives, Path::new(env!("CARGO_BIN_EXE_cue-conformance")), DEADLINE);
    let deviations = std::fs::read_to_string(root.join("docs/cue-deviations.md")).unwrap_or_default();
    let total = report(&results, &Deviations::parse(&deviations)).total;
    let now = json!({
        "scored": total.scored.of,
        "passed": total.scored.passed,
        "percent": total.percent(),
        "orders": { "reached": total.orders.of, "hold": total.orders.passed },
        "words": { "asserted": total.tiers[1].of, "hold": total.tiers[1].passed },
        "places": { "asserted": total.tiers[2].of, "hold": total.tiers[2].passed },
    });
    if strata_fixtures::updating() {
        std::fs::write(&kept_at, format!("{now:#}\n")).unwrap();
    }
    let kept: Value = serde_json::from_str(&std::fs::read_to_string(&kept_at).unwrap()).unwrap();
    let figure = |of: &Value, pointer: &str| of.pointer(pointer).and_then(Value::as_u64).unwrap_or(0);
    assert_eq!(figure(&now, "/scored"), figure(&kept, "/scored"), "the denominator");
    for pointer in ["/passed", "/orders/hold", "/words/hold", "/places/hold"] {
        let (now, kept) = (figure(&now, pointer), figure(&kept, pointer));
        assert!(now >= kept, "{pointer}: {now}, kept is {kept}");
    }
}
