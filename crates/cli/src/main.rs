//! The `strata` command. Everything is in the library, where it can be tested.

use std::process::ExitCode;

fn main() -> ExitCode {
    strata_cli::main()
}
