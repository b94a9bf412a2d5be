//! How long checking and mapping one capability take, in one process: `mapping COUNT`. Prints lines `name value unit`.

use std::time::{Duration, Instant};

use serde_json::json;
use strata_base::{Sources, Span};
use strata_contracts::trial::data_of;
use strata_contracts::{Library, Mapper, Part};

#[expect(clippy::print_stdout, clippy::disallowed_methods, reason = "it measures, and prints what it measured")]
fn main() {
    let count: usize = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(2000);
    let begin = Instant::now();
    let Ok(library) = Library::load("", &[], &mut Sources::new()) else { return };
    println!("tiers/library {} us", begin.elapsed().as_micros());
    let mut worker = library.worker();
    let (mut declaring, mut mapping) = (Vec::with_capacity(count), Vec::with_capacity(count));
    for index in 0..count {
        let (name, properties) = match index % 10 {
            0 => ("database", json!({"engine": "postgres"})),
            _ => {
                let url = json!({"$ref": {"unit": "db", "attr": "url"}, "$sensitive": true});
                let properties = json!({
                    "image": format!("web:{index}"), "replicas": 2, "memory": "256Mi", "ports": [{"container_port": 8080}],
                    "health_check": {"path": "/health"}, "env": {"MODE": "fast", "DATABASE_URL": url},
                });
                ("container_runtime", properties)
            }
        };
        let (Some(contract), Some(mapped)) = (library.contract(name), library.mapping(name, "local")) else { return };
        let properties = data_of(&properties);
        let begin = Instant::now();
        let Ok(declaration) = worker.declare(contract, &properties, Span::NONE) else { return };
        declaring.push(begin.elapsed());
        let begin = Instant::now();
        let parts = [("unit", Part::Text("it")), ("spec", Part::Tree(&declaration.spec))];
        let input = mapped.input(Span::NONE.file, &parts);
        if worker.mapper(name, "local").is_none_or(|mut mapper| mapper.map(&input).is_err()) {
            return;
        }
        mapping.push(begin.elapsed());
    }
    for (name, mut times) in [("check", declaring), ("map", mapping)] {
        times.sort_unstable();
        let total: Duration = times.iter().sum();
        let at = |share: usize| times.get(times.len() * share / 100).map_or(0, Duration::as_micros);
        println!("tiers/{name} {} us", total.as_micros());
        println!("tiers/{name}/median {} us\ntiers/{name}/p95 {} us", at(50), at(95));
    }
}
