//! Shows what the engine does while it does it. On a terminal a board stands below what has ended; elsewhere there is a
//! line a step, and a heartbeat where nothing ends for long.

use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::Duration;

use strata_engine::Interrupt;
use strata_model::Event;
use strata_ports::Clock;

use super::board::Board;
use crate::error::CommandError;
use crate::ui::Ui;

/// How often something is said while nothing ends.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// How often the board is drawn.
const DRAW: Duration = Duration::from_millis(100);
const LOOK: Duration = Duration::from_millis(20);

/// Until the end is told and all that was told before is shown.
pub(super) fn show(
    ui: &mut Ui,
    events: &Receiver<Event>,
    end: &Receiver<()>,
    clock: &dyn Clock,
    interrupt: &Interrupt,
) -> Result<(), CommandError> {
    let mut board = Board::default();
    let (mut silent_since, mut drawn) = (clock.monotonic(), None);
    let (watched, mut stopping) = (ui.is_watched(), interrupt.is_raised());
    loop {
        let next = events.recv_timeout(LOOK);
        let now = clock.monotonic();
        match next {
            Ok(event) => {
                silent_since = now;
                board.note(&event, now);
                tell(ui, &event)?;
            }
            Err(RecvTimeoutError::Timeout) => {
                if end.try_recv() != Err(TryRecvError::Empty) {
                    while let Ok(event) = events.try_recv() {
                        tell(ui, &event)?;
                    }
                    ui.draw(&[]);
                    return Ok(());
                }
                if board.is_busy() && now.saturating_sub(silent_since) >= HEARTBEAT {
                    silent_since = now;
                    let standing = board.standing(now);
                    if !watched {
                        ui.say(&standing.heartbeat());
                    }
                    ui.heartbeat(&standing)?;
                }
            }
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
        if interrupt.is_raised() && !std::mem::replace(&mut stopping, true) {
            ui.say("stopping: what is being done is finished first; a second interrupt stops at once");
        }
        if watched && drawn.is_none_or(|drawn| now.saturating_sub(drawn) >= DRAW) {
            drawn = Some(now);
            ui.draw(&board.lines(now));
        }
    }
}

fn tell(ui: &mut Ui, event: &Event) -> Result<(), CommandError> {
    ui.progress(event)?;
    match event {
        Event::LeaseWait { context, holder, waited_ms } if waited_ms % 10_000 < 200 => {
            ui.say(&format!("waiting for the lease of {context}, which {holder} holds"));
        }
        // A look or two are nothing to tell.
        Event::LookAgain { address, op, wait_ms, because } if *wait_ms >= 1000 => {
            let seconds = wait_ms / 1000;
            let op = op.name();
            ui.say(&format!(
                "{address}: nobody knows yet whether {op} took effect ({because}); looking again in {seconds}s"
            ));
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
        Event::Preparing { what } => ui.say(what),
        Event::Remedy { plan, context, tier } => {
            ui.say(&format!("{context} tier {tier}: to put this right: strata apply sha256:{}", plan.short()));
        }
        Event::Unswept { context, why } => {
            ui.say(&format!("warning: secrets that nobody needs any more are still kept for {context}: {why}"));
        }
        Event::Drift { .. }
        | Event::RunStart { .. }
        | Event::Output { .. }
        | Event::RunDone { .. }
        | Event::LookAgain { .. }
        | Event::LeaseWait { .. } => {}
    }
    Ok(())
}
