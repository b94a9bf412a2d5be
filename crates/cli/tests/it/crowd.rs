//! Many processes on one store: nobody loses an update, nobody who only plans waits for a lease.

use std::path::Path;
use std::time::Duration;

use strata_torture::crowd::{Crowd, gather};

#[test]
fn a_crowd_of_planners_and_appliers_loses_nothing() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let crowd = Crowd { planners: 6, appliers: 3, lasts: Duration::from_secs(3) };
    let turns = gather(Path::new(env!("CARGO_BIN_EXE_strata")), folder.path(), crowd).unwrap();
    assert_eq!(turns.problems, Vec::<String>::new());
    assert!(turns.plans >= 6 && turns.applies >= 3, "{turns:?}");
}
