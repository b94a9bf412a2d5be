//! What is sent to Compose: a file with one service, and the secrets that it speaks of; and how what was sent is found again
//! in a container that was made of it.

use serde_json::{Value as Any, json};
use strata_model::{Map, Path, Segment, Value};
use strata_ports::{Call, DriverError, Secret, SecretLeaf};

use crate::docker::Question;
use crate::driver::Compose;
use crate::file::{self, Parts};
use crate::marks::Marks;
use crate::observe::{self, Container};
use crate::service::Place;
use crate::{cp, names};

/// Properties ready to be sent.
pub(crate) struct Sending {
    pub(crate) clear: Value,
    pub(crate) marks: Marks,
    pub(crate) secrets: Vec<SecretLeaf>,
}

impl Compose {
    /// What was sent, with the secrets that a container holds in the places of their fingerprints.
    pub(crate) fn opened(
        &self,
        sent: &Value,
        container: &Container,
        count: u64,
        call: &Call,
    ) -> Result<(Value, Vec<SecretLeaf>), DriverError> {
        let mut wrong = None;
        let mut leaves = Vec::new();
        let clear = sent.map_leaves(&mut |path, leaf| {
            let Value::Sealed(fingerprint) = leaf else { return None };
            let text = self.secret_of(container, path, call);
            match text {
                Some(text) if (self.sealer)(&text).is_ok_and(|is| is == *fingerprint) => {
                    leaves.push(SecretLeaf { path: path.clone(), secret: Secret::new(&*text) });
                    Some(Value::from(&*text))
                }
                _ => {
                    wrong.get_or_insert_with(|| path.clone());
                    None
                }
            }
        });
        if let Some(path) = wrong {
            return Err(DriverError::Unsupported(format!(
                "doing this without the secret at `{path}`, which nobody holds"
            )));
        }
        Ok((with_count(&clear, count), leaves))
    }

    fn secret_of(&self, container: &Container, path: &Path, call: &Call) -> Option<String> {
        let keys: Vec<&str> = path
            .segments()
            .iter()
            .filter_map(|segment| match segment {
                Segment::Key(key) => Some(&**key),
                Segment::Index(_) => None,
            })
            .collect();
        match keys[..] {
            ["environment", name] => container.variable(name).map(str::to_owned),
            ["secrets", target] => {
                let inside = if target.starts_with('/') { target.to_owned() } else { format!("/run/secrets/{target}") };
                let from = format!("{}:{inside}", container.id());
                cp::only_file(&self.docker.ask(&Question::new(["cp", &from, "-"]), call.until).ok()?)
            }
            _ => None,
        }
    }
}

/// The file with this one service, and the secrets that it speaks of as variables.
pub(crate) fn document(place: &Place, sending: &Sending) -> (Any, Vec<(String, Secret)>) {
    let mut variables = Vec::new();
    let mut properties = match file::escape(&sending.clear) {
        Value::Map(map) => map,
        _ => Map::new(),
    };
    let secrets = sending.clear.as_map().and_then(|map| map.get("secrets")).and_then(Value::as_map);
    if let Some(secrets) = secrets {
        let named: Map = (0_u32..)
            .zip(secrets)
            .map(|(index, (target, text))| {
                let name = format!("STRATA_SECRET_{index}");
                let text = text.as_str().map_or_else(|| text.to_string(), str::to_owned);
                variables.push((name.clone(), Secret::new(text)));
                (target.clone(), Value::from(&*name))
            })
            .collect();
        properties.insert("secrets".into(), Value::Map(named));
    }
    properties.remove("depends_on");
    let mut parts = Parts::default();
    parts.add(&place.service, &properties);
    let mut service = parts.services.remove(&place.service).unwrap_or_default();
    let mut labels = service.get("labels").and_then(Any::as_object).cloned().unwrap_or_default();
    labels.extend(sending.marks.labels().into_iter().map(|(name, text)| (name, file::escaped(&text).into())));
    service["labels"] = Any::Object(labels);
    if service.get("networks").is_none() && service.get("network_mode").is_none() {
        service["networks"] = json!({"default": {}});
    }
    let outside = |name: &String| (name.clone(), json!({"name": name, "external": true}));
    let volumes: serde_json::Map<String, Any> = parts.volumes.iter().map(outside).collect();
    let mut networks: serde_json::Map<String, Any> = parts.networks.iter().map(outside).collect();
    networks.insert("default".into(), json!({"name": names::default_network(&place.project), "external": true}));
    let document = json!({
        "services": {&place.service: service},
        "volumes": volumes,
        "networks": networks,
        "secrets": parts.secrets,
        "configs": parts.configs,
    });
    (document, variables)
}

pub(crate) fn replicas(properties: &Value) -> u64 {
    let count = properties.at(&observe::replicas()).and_then(Value::as_i64);
    count.map_or(1, |count| u64::try_from(count).unwrap_or(0))
}

/// The number of containers is told by the containers.
pub(crate) fn without_count(properties: &Value) -> Value {
    let mut properties = properties.clone();
    if let Value::Map(map) = &mut properties
        && let Some(Value::Map(deploy)) = map.get_mut("deploy")
    {
        deploy.remove("replicas");
    }
    properties
}

fn with_count(properties: &Value, count: u64) -> Value {
    let mut properties = properties.clone();
    if let Value::Map(map) = &mut properties
        && let Value::Map(deploy) = map.entry("deploy".into()).or_insert_with(Value::map)
    {
        deploy.insert("replicas".into(), Value::from(i64::try_from(count).unwrap_or(i64::MAX)));
    }
    properties
}
