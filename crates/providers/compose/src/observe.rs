//! What containers are, told in the words of what was sent: where both mean the same, as it was sent.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value as Any;
use strata_model::{Map, Path, Timestamp, Value};
use strata_ports::{Health, Sealer};

use crate::file::list;
use crate::marks::{self, Marks};

/// What has ended and was started again is trusted once it has run for so long.
const STEADY: Duration = Duration::from_secs(10);

/// A container as the engine tells it.
#[derive(Clone, Debug)]
pub(crate) struct Container(pub(crate) Any);

impl Container {
    pub(crate) fn id(&self) -> &str {
        self.text("/Id")
    }

    fn text(&self, pointer: &str) -> &str {
        self.0.pointer(pointer).and_then(Any::as_str).unwrap_or_default()
    }

    /// The name of its image.
    pub(crate) fn image(&self) -> &str {
        self.text("/Config/Image")
    }

    /// The image itself, whatever its name leads to by now.
    pub(crate) fn image_id(&self) -> &str {
        self.text("/Image")
    }

    pub(crate) fn label(&self, name: &str) -> Option<String> {
        self.0.pointer("/Config/Labels")?.get(name)?.as_str().map(str::to_owned)
    }

    pub(crate) fn marks(&self) -> Option<Marks> {
        Marks::of(|name| self.label(name))
    }

    pub(crate) fn number(&self) -> u64 {
        self.label(marks::COMPOSE_NUMBER).and_then(|number| number.parse().ok()).unwrap_or(0)
    }

    /// A variable of its environment, in clear.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        let all = self.0.pointer("/Config/Env")?.as_array()?;
        all.iter().filter_map(Any::as_str).find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
    }

    fn status(&self) -> &str {
        self.text("/State/Status")
    }

    /// Whether it is up, or would be if it did not fail.
    pub(crate) fn runs(&self) -> bool {
        matches!(self.status(), "running" | "restarting")
    }

    /// What its health check says, if it has one.
    pub(crate) fn health(&self) -> Option<&str> {
        self.0.pointer("/State/Health/Status").and_then(Any::as_str).filter(|health| *health != "none")
    }

    fn name(&self) -> &str {
        self.text("/Name").trim_start_matches('/')
    }

    /// Whether it was never to be started: it carries the marks of a service that runs none.
    pub(crate) fn is_idle(&self) -> bool {
        self.status() == "created"
    }

    /// How often it has ended and was started again.
    pub(crate) fn restarts(&self) -> i64 {
        self.0.pointer("/RestartCount").and_then(Any::as_i64).unwrap_or(0)
    }

    /// Whether it was started again only just now, and nothing says that it works: it may end again at any moment.
    fn is_unsteady(&self, now: Timestamp) -> bool {
        // The engine counts in billionths of a second.
        let started: Option<Timestamp> =
            self.text("/State/StartedAt").get(..19).and_then(|text| format!("{text}Z").parse().ok());
        let is_new = started.is_none_or(|started| now.since(started) < STEADY);
        self.restarts() > 0 && self.health().is_none() && is_new
    }

    /// What its health check said the last time.
    pub(crate) fn answer(&self) -> &str {
        let last = self.0.pointer("/State/Health/Log").and_then(Any::as_array).and_then(|log| log.last());
        last.and_then(|last| last.get("Output")).and_then(Any::as_str).unwrap_or_default()
    }

    pub(crate) fn ends_again(&self) -> String {
        let code = self.0.pointer("/State/ExitCode").and_then(Any::as_i64).unwrap_or(0);
        // While it runs once more there is no code of the last time.
        let last = if self.status() == "running" { String::new() } else { format!(", the last time with {code}") };
        format!("{} ends again and again{last}", self.name())
    }

    pub(crate) fn condition(&self) -> Health {
        let name = self.name();
        let code = self.0.pointer("/State/ExitCode").and_then(Any::as_i64).unwrap_or(0);
        match (self.status(), self.health()) {
            ("running", Some("unhealthy")) => Health::Unhealthy(format!("{name} fails its health check")),
            ("running", Some("starting")) => Health::Degraded(format!("{name} is starting")),
            ("running", _) => Health::Healthy,
            ("restarting", _) => Health::Unhealthy(self.ends_again()),
            // What is not to be started again has done its work.
            ("exited", _)
                if code == 0 && matches!(self.text("/HostConfig/RestartPolicy/Name"), "" | "no" | "on-failure") =>
            {
                Health::Healthy
            }
            ("exited", _) => Health::Unhealthy(format!("{name} has ended with {code}")),
            (other, _) => Health::Unhealthy(format!("{name} is {other}")),
        }
    }

    /// Where it is reached from this machine, by port.
    fn addresses(&self) -> Vec<String> {
        let ports = self.0.pointer("/NetworkSettings/Ports").and_then(Any::as_object);
        let mut found: Vec<(String, String)> = Vec::new();
        for (port, bindings) in ports.into_iter().flatten() {
            for binding in bindings.as_array().into_iter().flatten() {
                let part = |name: &str| binding.get(name).and_then(Any::as_str).unwrap_or_default();
                let host = match part("HostIp") {
                    "" | "0.0.0.0" => "127.0.0.1",
                    "::" => continue,
                    host => host,
                };
                found.push((port.clone(), format!("{host}:{}", part("HostPort"))));
            }
        }
        found.sort();
        found.into_iter().map(|(_, address)| address).collect()
    }
}

/// How all containers of a service are together.
pub(crate) fn health(containers: &[Container], now: Timestamp) -> Health {
    // A service of no containers is one that was never started, which carries the marks.
    if containers.iter().all(|container| container.is_idle()) {
        return Health::Healthy;
    }
    let mut worst = Health::Healthy;
    let mut well = 0;
    for container in containers {
        match container.condition() {
            Health::Healthy if container.is_unsteady(now) && worst == Health::Healthy => {
                worst = Health::Degraded(container.ends_again());
            }
            Health::Healthy => well += 1,
            Health::Degraded(why) if worst == Health::Healthy => worst = Health::Degraded(why),
            Health::Unhealthy(why) if !matches!(worst, Health::Unhealthy(_)) => worst = Health::Unhealthy(why),
            _ => {}
        }
    }
    match worst {
        Health::Unhealthy(why) if well > 0 => Health::Degraded(why),
        other => other,
    }
}

/// The attributes of a service: what was sent as it is now, and what can be known besides.
pub(crate) fn attributes(
    project: &str,
    service: &str,
    sent: Option<&Value>,
    containers: &[Container],
    sealer: &Sealer,
) -> Value {
    let mut map = match sent {
        Some(Value::Map(sent)) => sent.clone(),
        _ => Map::new(),
    };
    for container in containers {
        correct(&mut map, container, sealer);
    }
    let running = containers.iter().filter(|container| container.runs()).count();
    let mut deploy = map.get("deploy").and_then(Value::as_map).cloned().unwrap_or_default();
    deploy.insert("replicas".into(), Value::from(i64::try_from(running).unwrap_or(i64::MAX)));
    map.insert("deploy".into(), Value::Map(deploy));
    let mut ordered: Vec<&Container> = containers.iter().collect();
    ordered.sort_by_key(|container| container.number());
    let addresses: Vec<String> = ordered.into_iter().flat_map(Container::addresses).collect();
    if let Some(first) = addresses.first() {
        map.insert("address".into(), Value::from(&**first));
        map.insert("addresses".into(), Value::List(addresses.iter().map(|address| Value::from(&**address)).collect()));
    }
    for (key, value) in [("host", service), ("project", project), ("service", service)] {
        map.insert(key.into(), Value::from(value));
    }
    Value::Map(map)
}

/// Puts what a container is in the place of what was sent, where the two differ.
fn correct(map: &mut Map, container: &Container, sealer: &Sealer) {
    let config = |pointer: &str| container.0.pointer(pointer);
    if let Some(image) = config("/Config/Image").and_then(Any::as_str) {
        set_unless(map, "image", Value::from(image), |sent| sent.as_str() == Some(image) || sent.as_str().is_none());
    }
    if let Some(command) = config("/Config/Cmd").and_then(Any::as_array) {
        let command: Vec<Value> = command.iter().filter_map(Any::as_str).map(Value::from).collect();
        if map.get("command").is_some_and(|sent| matches!(sent, Value::List(_))) {
            let differs = |sent: &Value| list(sent).iter().zip(&command).all(|(sent, is)| same(sent, is, sealer));
            let long = map.get("command").map_or(0, |sent| list(sent).len());
            if long != command.len() || !map.get("command").is_some_and(differs) {
                map.insert("command".into(), Value::List(command));
            }
        }
    }
    if let Some(Value::Map(environment)) = map.get_mut("environment") {
        for (name, sent) in environment.iter_mut() {
            let is = container.variable(name).map_or(Value::Null, Value::from);
            if !same(sent, &is, sealer) {
                *sent = sealed_like(sent, is, sealer);
            }
        }
    }
    if let Some(restart) = config("/HostConfig/RestartPolicy/Name").and_then(Any::as_str) {
        let same =
            |sent: &Value| sent.as_str().is_none_or(|sent| sent == restart || (restart.is_empty() && sent == "no"));
        set_unless(map, "restart", Value::from(restart), same);
    }
    limits(map, container);
    mounts(map, container);
    if let Some(Value::List(networks)) = map.get_mut("networks") {
        let joined = config("/NetworkSettings/Networks").and_then(Any::as_object);
        // What has been stopped may have been cut off from a network that has gone meanwhile; that is told by its number.
        if container.runs() {
            networks
                .retain(|name| name.as_str().is_none_or(|name| joined.is_some_and(|joined| joined.contains_key(name))));
        }
    }
}

fn limits(map: &mut Map, container: &Container) {
    let number = |pointer: &str| container.0.pointer(pointer).and_then(Any::as_i64).unwrap_or(0);
    let Some(Value::Map(deploy)) = map.get_mut("deploy") else { return };
    let Some(Value::Map(resources)) = deploy.get_mut("resources") else { return };
    let Some(Value::Map(limits)) = resources.get_mut("limits") else { return };
    let memory = number("/HostConfig/Memory");
    let told = if memory % (1 << 20) == 0 { format!("{}M", memory >> 20) } else { format!("{memory}b") };
    set_unless(limits, "memory", Value::from(&*told), |sent| {
        sent.as_str().is_none_or(|sent| bytes(sent) == Some(memory))
    });
    let nano = number("/HostConfig/NanoCpus");
    let told = format!("{}", nano as f64 / 1e9);
    set_unless(limits, "cpus", Value::from(&*told), |sent| {
        sent.as_str().is_none_or(|sent| nano_cpus(sent) == Some(nano))
    });
}

fn mounts(map: &mut Map, container: &Container) {
    let Some(Value::List(volumes)) = map.get_mut("volumes") else { return };
    let mounted: Vec<(&str, &str)> = (container.0.pointer("/Mounts").and_then(Any::as_array).into_iter().flatten())
        .map(|mount| {
            let text = |name: &str| mount.get(name).and_then(Any::as_str).unwrap_or_default();
            (text("Name"), text("Destination"))
        })
        .collect();
    volumes.retain(|volume| {
        let text = |key: &str| volume.as_map().and_then(|map| map.get(key)).and_then(Value::as_str);
        match (text("type"), text("source"), text("target")) {
            (Some("volume"), Some(source), Some(target)) => mounted.contains(&(source, target)),
            _ => true,
        }
    });
}

fn set_unless(map: &mut Map, key: &str, is: Value, same: impl Fn(&Value) -> bool) {
    if map.get(key).is_none_or(|sent| !same(sent)) && map.contains_key(key) {
        map.insert(key.into(), is);
    }
}

/// Whether the text of a container is what was sent.
fn same(sent: &Value, is: &Value, sealer: &Sealer) -> bool {
    match (sent, is.as_str()) {
        (Value::Sealed(fingerprint), Some(text)) => sealer(text).is_ok_and(|is| is == *fingerprint),
        (Value::String(sent), Some(text)) => **sent == *text,
        (Value::Number(sent), Some(text)) => sent.as_str() == text,
        (Value::Bool(sent), Some(text)) => sent.to_string() == text,
        (Value::Null, None) => true,
        _ => false,
    }
}

/// What stands where a secret was sent is treated as one.
fn sealed_like(sent: &Value, is: Value, sealer: &Sealer) -> Value {
    match (sent, is.as_str()) {
        (Value::Sealed(_), Some(text)) => sealer(text).map_or(Value::Unknown, Value::Sealed),
        _ => is,
    }
}

/// An amount of memory as Compose writes it, in bytes.
pub(crate) fn bytes(text: &str) -> Option<i64> {
    let text = text.trim().to_ascii_lowercase();
    let at = text.find(|char: char| !char.is_ascii_digit() && char != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    let shift = match unit.strip_suffix('b').unwrap_or(unit) {
        "" => 0,
        "k" | "ki" => 10,
        "m" | "mi" => 20,
        "g" | "gi" => 30,
        "t" | "ti" => 40,
        _ => return None,
    };
    let number: f64 = number.parse().ok()?;
    let amount = number * f64::from(1_u32 << (shift % 30)) * if shift >= 30 { f64::from(1_u32 << 30) } else { 1.0 };
    (amount.is_finite() && amount < 9e18).then_some(amount as i64)
}

/// A share of processors, in billionths of one.
pub(crate) fn nano_cpus(text: &str) -> Option<i64> {
    let cpus: f64 = text.parse().ok()?;
    (cpus.is_finite() && (0.0..1e6).contains(&cpus)).then(|| (cpus * 1e9).round() as i64)
}

/// The field by which a service is scaled.
pub(crate) fn replicas() -> Path {
    [Arc::from("deploy"), Arc::from("replicas")].map(strata_model::Segment::Key).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_compose_reads_them() {
        assert_eq!(bytes("512M"), Some(512 << 20));
        assert_eq!(bytes("1.5gb"), Some(3 << 29));
        assert_eq!(bytes("2t"), Some(2 << 40));
        assert_eq!((bytes("10b"), bytes("10"), bytes("10x"), bytes("")), (Some(10), Some(10), None, None));
        assert_eq!(
            (nano_cpus("0.5"), nano_cpus("2"), nano_cpus("half")),
            (Some(500_000_000), Some(2_000_000_000), None)
        );
    }
}
