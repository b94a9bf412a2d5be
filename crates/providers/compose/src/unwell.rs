//! Whether a service works once it was brought up, and if not, what it says itself: the answer of its health check and its last
//! lines.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use strata_ports::{Call, DriverError, Health};

use crate::docker::Question;
use crate::driver::Compose;
use crate::observe::Container;
use crate::service::Place;

/// What of the time for a call is left for reading back.
const RESERVE: Duration = Duration::from_secs(3);

/// What cannot begin its work ends within this time; who has no health check is watched so long.
const GRACE: Duration = Duration::from_secs(1);

/// Who ends so often will not become well by waiting.
const RESTARTS: i64 = 4;

/// So many lines are told of what a container has written, and of what its health check answered.
const LINES: &str = "10";
const ANSWER: usize = 3;
const LONGEST: usize = 300;

impl Compose {
    /// Waits until all containers of a service work or one surely does not. The containers as they are then, and why it does
    /// not work.
    pub(crate) fn watch(&self, place: &Place, call: &Call) -> Result<(Vec<Container>, Option<Arc<str>>), DriverError> {
        let begun = self.clock.monotonic();
        let time = call.until.saturating_sub(self.clock.monotonic()).saturating_sub(RESERVE);
        let mut restarts: Option<BTreeMap<String, i64>> = None;
        loop {
            let containers = self.containers(place, call.until)?;
            let before = restarts.get_or_insert_with(|| {
                containers.iter().map(|container| (container.id().to_owned(), container.restarts())).collect()
            });
            let again =
                |container: &Container| container.restarts() - before.get(container.id()).copied().unwrap_or_default();
            let spent = self.clock.monotonic().saturating_sub(begun);
            let waits = |container: &Container| match container.health() {
                _ if !container.runs() || again(container) >= RESTARTS => false,
                Some(health) => health == "starting",
                None => spent < GRACE,
            };
            if spent < time && containers.iter().any(waits) {
                self.clock.sleep(Duration::from_millis(200));
                continue;
            }
            let why = (containers.iter().filter(|container| !container.is_idle())).find_map(|container| {
                let gives_up = again(container) >= RESTARTS || (container.health().is_none() && again(container) > 0);
                let why = match container.condition() {
                    Health::Healthy | Health::Degraded(_) if gives_up => container.ends_again(),
                    Health::Healthy | Health::Unknown => return None,
                    Health::Degraded(why) => format!("{why} after {} s, which is all the time it has", spent.as_secs()),
                    Health::Unhealthy(why) => why,
                };
                Some(self.told(&why, container, call))
            });
            return Ok((containers, why));
        }
    }

    /// The reason, and below it what the container has to say.
    fn told(&self, why: &str, container: &Container, call: &Call) -> Arc<str> {
        let mut text = why.to_owned();
        let answer: Vec<&str> = container.answer().lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        if !answer.is_empty() {
            text += "\n  its health check says:";
            answer[answer.len().saturating_sub(ANSWER)..].iter().for_each(|line| text += &indented(line));
        }
        let mut lines = Vec::new();
        let question = [Question::new(["logs", "--tail", LINES, container.id()])];
        let read = self.docker.follow(&question, &mut |line| {
            lines.extend(line.map(|(_, line)| indented(line)));
            call.until.saturating_sub(self.clock.monotonic()) > Duration::ZERO
        });
        match read {
            Ok(()) if lines.is_empty() => text += "\n  it has written nothing",
            _ => text += &("\n  its last lines:".to_owned() + &lines.concat()),
        }
        text.into()
    }
}

fn indented(line: &str) -> String {
    let short: String = line.chars().filter(|char| !char.is_control()).take(LONGEST).collect();
    format!("\n    {short}")
}
