//! Shows what the engine does while it does it: a line a step, and a heartbeat where nothing else is told.

use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::Duration;

use strata_model::{Address, Event, StepOp};

use crate::error::CommandError;
use crate::ui::Ui;

/// How often something is said while nothing ends.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// Until the end is told and all that was told before is shown.
pub(super) fn show(ui: &mut Ui, events: &Receiver<Event>, end: &Receiver<()>) -> Result<(), CommandError> {
    let mut running: Vec<(Address, StepOp)> = Vec::new();
    let mut silent = Duration::ZERO;
    let look = Duration::from_millis(20);
    loop {
        match events.recv_timeout(look) {
            Ok(event) => {
                silent = Duration::ZERO;
                note(&mut running, &event);
                tell(ui, &event)?;
            }
            Err(RecvTimeoutError::Timeout) => {
                if end.try_recv() != Err(TryRecvError::Empty) {
                    while let Ok(event) = events.try_recv() {
                        tell(ui, &event)?;
                    }
                    return Ok(());
                }
                silent += look;
                if silent >= HEARTBEAT {
                    silent = Duration::ZERO;
                    heartbeat(ui, &running);
                }
            }
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
    }
}

fn note(running: &mut Vec<(Address, StepOp)>, event: &Event) {
    match event {
        Event::StepStart { address, op } => running.push((address.clone(), *op)),
        Event::StepDone { address, op, .. } | Event::StepFailed { address, op, .. } => {
            running.retain(|(known, doing)| known != address || doing != op);
        }
        _ => {}
    }
}

fn heartbeat(ui: &mut Ui, running: &[(Address, StepOp)]) {
    let shown: Vec<String> = running.iter().take(3).map(|(address, op)| format!("{} {address}", op.name())).collect();
    if !shown.is_empty() {
        ui.say(&format!("still at work on {} steps: {}", running.len(), shown.join(", ")));
    }
}

fn tell(ui: &mut Ui, event: &Event) -> Result<(), CommandError> {
    ui.progress(event)?;
    match event {
        Event::LeaseWait { context, holder, waited_ms } if waited_ms % 10_000 < 200 => {
            ui.say(&format!("waiting for the lease of {context}, which {holder} holds"));
        }
        Event::Recovered { address, op, took_effect } => {
            let what = if *took_effect { "took effect" } else { "had no effect" };
            ui.say(&format!("{address}: an earlier {} {what}", op.name()));
        }
        Event::StepRetry { address, op, attempt, wait_ms, error } => {
            ui.detail(&format!("{address}: {} again in {wait_ms} ms, attempt {attempt} failed: {error}", op.name()));
        }
        Event::StepDone { address, op, object, elapsed_ms } => {
            let id = object.as_ref().map_or_else(String::new, |object| format!(" [{object}]"));
            let seconds = elapsed_ms / 1000;
            ui.say(&format!("{address}: {} done after {seconds}s{id}", op.name()));
        }
        Event::StepFailed { address, op, error } => ui.say(&format!("{address}: {} failed: {error}", op.name())),
        Event::StepSkipped { address, op, because } => {
            ui.say(&format!("{address}: {} skipped, it needs {because}", op.name()));
        }
        Event::StepStart { address, op } => ui.detail(&format!("{address}: {}…", op.name())),
        Event::RunStart { .. } | Event::Output { .. } | Event::RunDone { .. } | Event::LeaseWait { .. } => {}
    }
    Ok(())
}
