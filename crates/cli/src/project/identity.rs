//! Who acts, and whether somebody else still does.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGINT, SIGTERM};
use strata_base::Diagnostic;
use strata_engine::{Identity, Interrupt};
use strata_model::Principal;
use strata_model::run::Holder;

use crate::codes;
use crate::error::CommandError;
use crate::exit::Exit;

pub(super) fn identity() -> Identity {
    let user = ["STRATA_PRINCIPAL", "USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok());
    let user = user.filter(|user| !user.is_empty()).unwrap_or_else(|| "local".to_owned());
    let own = std::process::id();
    let started = started(own).unwrap_or_default();
    Identity { principal: Principal(user.into()), process: format!("{}/{own}@{started}", host()).into(), is_gone }
}

fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { "localhost".to_owned() } else { name.to_owned() }
}

/// When a process was started, in ticks since the machine was: a number that was given to another process meanwhile
/// does not pass for the first one. `None` where that cannot be known.
fn started(process: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name stands in brackets and may hold anything; fields are counted behind it.
    let fields = stat.rsplit_once(')')?.1;
    fields.split_whitespace().nth(19).map(str::to_owned)
}

/// Whether the holder of a lease has died on this machine.
fn is_gone(holder: &Holder) -> Option<bool> {
    let (on, rest) = holder.process.rsplit_once('/')?;
    let (process, since) = rest.split_once('@')?;
    if on != host() || !Path::new("/proc/self/stat").exists() {
        return None;
    }
    let process: u32 = process.parse().ok()?;
    Some(started(process).is_none_or(|found| found != since))
}

/// While nothing is being changed, an interrupt ends the process at once: nobody who is asked something, or waits for a
/// plan, has to say it twice. Else the first one is a wish, and the second one ends it. What was in flight is in the
/// journal.
pub(super) fn on_signal(interrupt: &Interrupt, idle: &Arc<AtomicBool>) -> Result<(), CommandError> {
    for (signal, exit) in [(SIGINT, 130), (SIGTERM, 143)] {
        let flag = interrupt.flag();
        signal_hook::flag::register_conditional_shutdown(signal, exit, idle.clone())
            .and_then(|_| signal_hook::flag::register_conditional_shutdown(signal, exit, flag.clone()))
            .and_then(|_| signal_hook::flag::register(signal, flag))
            .map_err(|error| {
                let message = format!("signals cannot be caught: {error}");
                CommandError::plain(Exit::Error, Diagnostic::error(codes::READ, message))
            })?;
    }
    Ok(())
}
