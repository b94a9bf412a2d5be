//! The types of resource that Docker has, and what is wrong with properties before anybody is asked.

use std::sync::{Arc, LazyLock};

use strata_base::nearest;
use strata_model::{Path, TypeName, TypeSchema, Value};

use crate::PREFIX;
use crate::observe::{bytes, nano_cpus, replicas};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Kind {
    Service,
    Volume,
    Network,
    /// A secret that is made up. It stands nowhere: it is a function of the project's key and of its address.
    Secret,
}

impl Kind {
    pub(crate) const ALL: [Kind; 4] = [Kind::Network, Kind::Secret, Kind::Service, Kind::Volume];

    pub(crate) fn of(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| name.strip_prefix(PREFIX) == Some(kind.word()))
    }

    fn word(self) -> &'static str {
        match self {
            Kind::Service => "service",
            Kind::Volume => "volume",
            Kind::Network => "network",
            Kind::Secret => "secret",
        }
    }

    pub(crate) fn name(self) -> TypeName {
        format!("{PREFIX}{}", self.word()).into()
    }

    pub(crate) fn schema(self) -> &'static TypeSchema {
        match self {
            Kind::Service => &SERVICE,
            Kind::Volume => &VOLUME,
            Kind::Network => &NETWORK,
            Kind::Secret => &SECRET,
        }
    }
}

/// Keys of a service in the Compose specification that make sense for one that runs by itself.
const SERVICE_KEYS: [&str; 44] = [
    "cap_add",
    "cap_drop",
    "command",
    "configs",
    "cpus",
    "deploy",
    "depends_on",
    "devices",
    "dns",
    "dns_search",
    "entrypoint",
    "environment",
    "expose",
    "extra_hosts",
    "group_add",
    "healthcheck",
    "hostname",
    "image",
    "init",
    "ipc",
    "labels",
    "logging",
    "mem_limit",
    "mem_reservation",
    "network_mode",
    "networks",
    "pid",
    "platform",
    "ports",
    "privileged",
    "pull_policy",
    "read_only",
    "restart",
    "runtime",
    "secrets",
    "security_opt",
    "shm_size",
    "stdin_open",
    "stop_grace_period",
    "stop_signal",
    "sysctls",
    "tmpfs",
    "user",
    "volumes",
];
const VOLUME_KEYS: [&str; 3] = ["driver", "driver_opts", "labels"];
const NETWORK_KEYS: [&str; 5] = ["attachable", "driver_opts", "internal", "labels", "subnet"];

fn paths<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<Path> {
    texts.into_iter().filter_map(|text| text.parse().ok()).collect()
}

static SERVICE: LazyLock<TypeSchema> = LazyLock::new(|| TypeSchema {
    sensitive: paths(["secrets"]),
    stable: paths(["host", "project", "service"]),
    // Compose makes a container anew for whatever changes, but for their number.
    restarts: paths(
        SERVICE_KEYS.into_iter().filter(|key| !matches!(*key, "deploy" | "depends_on")).chain(["deploy.resources"]),
    ),
    scales: "deploy.replicas".parse().ok(),
    ..TypeSchema::default()
});

static VOLUME: LazyLock<TypeSchema> = LazyLock::new(|| TypeSchema {
    immutable: paths(VOLUME_KEYS),
    stable: paths(["name"]),
    holds_data: true,
    stays: true,
    replace: Some(strata_model::ReplaceOrder::DeleteFirst),
    ..TypeSchema::default()
});

static NETWORK: LazyLock<TypeSchema> = LazyLock::new(|| TypeSchema {
    immutable: paths(NETWORK_KEYS),
    stable: paths(["name"]),
    stays: true,
    replace: Some(strata_model::ReplaceOrder::DeleteFirst),
    ..TypeSchema::default()
});

static SECRET: LazyLock<TypeSchema> = LazyLock::new(|| TypeSchema {
    sensitive: paths(["value"]),
    stable: paths(["name", "value"]),
    stays: true,
    ..TypeSchema::default()
});

/// What Docker would refuse, as path and message.
pub(crate) fn check(kind: Kind, properties: &Value) -> Vec<(Path, String)> {
    let Value::Map(map) = properties else {
        return vec![(Path::root(), "the properties must be a map".to_owned())];
    };
    let known: &[&str] = match kind {
        Kind::Service => &SERVICE_KEYS,
        Kind::Volume => &VOLUME_KEYS,
        Kind::Network => &NETWORK_KEYS,
        Kind::Secret => &[],
    };
    let mut problems = Vec::new();
    for key in map.keys().filter(|key| !known.contains(&&***key)) {
        problems.push((Path::key(key.clone()), unknown(key, known)));
    }
    if kind == Kind::Service {
        service(properties, &mut problems);
    }
    problems
}

fn unknown(key: &str, known: &[&str]) -> String {
    match nearest(key, known.iter().copied()) {
        Some(near) => format!("there is no such key, did you mean `{near}`?"),
        None => "there is no such key".to_owned(),
    }
}

fn service(properties: &Value, problems: &mut Vec<(Path, String)>) {
    let at = |text: &str| text.parse::<Path>().ok().and_then(|path| Some((properties.at(&path)?, path)));
    match at("image") {
        None => problems.push((Path::key("image"), "is required".to_owned())),
        Some((Value::String(image), path)) if image.is_empty() => problems.push((path, "is empty".to_owned())),
        Some((Value::String(_) | Value::Later(_) | Value::Unknown | Value::Sealed(_), _)) => {}
        Some((_, path)) => problems.push((path, "must be text".to_owned())),
    }
    // What is not said is not compared, and then a container that was stopped would not be missed.
    if at("deploy.replicas").is_none() {
        problems.push((replicas(), "is required".to_owned()));
    }
    // The engine refuses less memory than this.
    if let Some((Value::String(memory), path)) = at("deploy.resources.limits.memory") {
        match bytes(memory) {
            None => problems.push((path, format!("`{memory}` is no amount of memory such as `512M`"))),
            Some(amount) if amount < 6 << 20 => problems.push((path, "must be at least 6M".to_owned())),
            Some(_) => {}
        }
    }
    if let Some((Value::String(cpus), path)) = at("deploy.resources.limits.cpus")
        && nano_cpus(cpus).is_none()
    {
        problems.push((path, format!("`{cpus}` is no share of processors such as `0.5`")));
    }
    let several = at("deploy.replicas").and_then(|(count, _)| count.as_i64()).is_some_and(|count| count > 1);
    if several {
        let ports = properties.as_map().and_then(|map| map.get("ports")).map_or(&[][..], crate::file::list);
        for (index, port) in (0..).zip(ports) {
            if port.as_map().is_some_and(|port| port.contains_key("published")) {
                let path = [strata_model::Segment::Key(Arc::from("ports")), strata_model::Segment::Index(index)];
                problems.push((
                    path.into_iter().collect(),
                    "one port of the host cannot lead to several containers".to_owned(),
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(kind: Kind, json: &str) -> Vec<String> {
        let value = strata_model::codec::from_json(json.as_bytes()).unwrap();
        check(kind, &value).into_iter().map(|(path, message)| format!("{path}: {message}")).collect()
    }

    #[test]
    fn what_scales_is_what_is_counted() {
        assert_eq!(SERVICE.scales, Some(crate::observe::replicas()));
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let wrong = r#"{"imag":"x","deploy":{"replicas":2,"resources":{"limits":{"memory":"1M","cpus":"half"}}},
                        "ports":[{"target":80,"published":8080}]}"#;
        assert_eq!(
            problems(Kind::Service, wrong),
            [
                "imag: there is no such key, did you mean `image`?",
                "image: is required",
                "deploy.resources.limits.memory: must be at least 6M",
                "deploy.resources.limits.cpus: `half` is no share of processors such as `0.5`",
                "ports[0]: one port of the host cannot lead to several containers",
            ]
        );
        assert_eq!(problems(Kind::Volume, r#"{"size":1}"#), ["size: there is no such key"]);
        let least = r#"{"image":{"$unknown":true},"deploy":{"replicas":1}}"#;
        assert_eq!(problems(Kind::Service, least), Vec::<String>::new());
        assert_eq!(problems(Kind::Service, r#"{"image":"x"}"#), ["deploy.replicas: is required"]);
    }
}
