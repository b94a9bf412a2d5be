//! A defect of the program does not tell what the program was working on.

use std::sync::Mutex;

#[test]
fn the_report_of_a_panic_leaks_nothing() {
    static REPORT: Mutex<String> = Mutex::new(String::new());
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(|info| *REPORT.lock().unwrap() = strata_cli::panic_report(info)));
    let caught = std::panic::catch_unwind(|| panic!("the password is {}", "hunter2"));
    std::panic::set_hook(before);

    assert!(caught.is_err());
    let report = REPORT.lock().unwrap();
    assert!(!report.contains("hunter2") && !report.contains("password"), "{report}");
    assert!(!report.contains(env!("CARGO_MANIFEST_DIR")), "{report}");
    let line = "error[E0001]: strata stopped at crates/cli/tests/it/panic.rs:10 because of a defect of its own";
    assert!(report.starts_with(line), "{report}");
}
