//! `strata completion`

use clap_complete::Shell;

use crate::error::Outcome;
use crate::exit::Exit;
use crate::ui::Ui;

/// Print a script that completes commands and options in a shell
///
/// For bash: `strata completion bash > ~/.local/share/bash-completion/completions/strata`
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The shell that is to complete
    shell: Name,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug)]
enum Name {
    Bash,
    Zsh,
    Fish,
    Powershell,
}

pub(crate) fn run(ui: &mut Ui, args: &Args) -> Outcome {
    let shell = match args.shell {
        Name::Bash => Shell::Bash,
        Name::Zsh => Shell::Zsh,
        Name::Fish => Shell::Fish,
        Name::Powershell => Shell::PowerShell,
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut super::line(), "strata", &mut script);
    ui.data(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
