//! What Docker does not do is told before anything is done.

use serde_json::Value;

use super::{Ran, Shop};

/// `unit.property: level` of all that is not served fully.
fn gaps(answer: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut found = Vec::new();
    for unit in answer["fidelity"].as_array().unwrap() {
        for gap in unit["gaps"].as_array().unwrap() {
            assert!(!text(&gap["note"]).is_empty(), "{gap}");
            found.push(format!("{}.{}: {}", text(&unit["unit"]), text(&gap["property"]), text(&gap["level"])));
        }
    }
    found
}

#[test]
fn p3_05_a_plan_prints_what_is_not_served_fully() {
    let shop = Shop::new("report");
    let plan = shop.done("plan shop.yaml");
    let (report, rest) = plan.split_once("\n\n").unwrap();
    assert!(report.starts_with("Not served fully:\n"), "{report}");
    assert!(report.contains("\n  net (network on compose)\n    stub    cidr: "), "{report}");
    assert!(rest.ends_with("\nPlan: 9 to add, 0 to change, 0 to destroy.\n"), "{rest}");
}

#[test]
fn p3_60_each_level_has_its_consequence() {
    let shop = Shop::new("levels");
    // Stubs are told, and nothing comes of them: no zone, no standby.
    let plan = shop.json("plan shop.yaml");
    assert!(gaps(&plan).contains(&"db.multiAz: stub".to_owned()));
    // Full is what nothing is said of.
    let level = |unit: &str| {
        let units = plan["fidelity"].as_array().unwrap();
        units.iter().find(|one| one["unit"] == unit).unwrap()["level"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        (level("cache"), level("events"), level("net")),
        ("full".to_owned(), "stub".to_owned(), "stub".to_owned())
    );
    // A demand that is not met is refused, with all that does not meet it.
    let Ran { code, err: told, .. } = shop.ran("plan shop.yaml --min-fidelity partial");
    assert_eq!(code, 4);
    assert!(told.contains("error[E1144]: `multiAz` of `db` is stub on `compose`, and partial is demanded"), "{told}");
    assert!(told.contains("error[E1144]: `availabilityZones` of `net`"), "{told}");
    assert!(!told.contains("`healthCheck`"), "what is partial meets it: {told}");
    assert_eq!(shop.ran("build shop.yaml --min-fidelity full").code, 4);
    assert_eq!(shop.ran("plan shop.yaml --min-fidelity stub").code, 0);
    assert_eq!(shop.ran("plan shop.yaml --min-fidelity much").code, 64);
    // What cannot be done at all is an error without any demand.
    shop.edit("availability_zones: 3", "availability_zones: 3, dns: false");
    let Ran { code, err: told, .. } = shop.ran("plan shop.yaml");
    assert_eq!(code, 3);
    assert!(
        told.contains("error[E1105]: provider `compose` does not serve `dns` of `network` as it is asked for"),
        "{told}"
    );
}

#[test]
fn p3_61_the_gaps_of_the_first_idea_are_told() {
    let found = gaps(&Shop::new("gaps").json("plan shop.yaml"));
    for expected in
        ["shop.ingress.tls: stub", "shop.healthCheck: partial", "db.multiAz: stub", "net.availabilityZones: stub"]
    {
        assert!(found.contains(&expected.to_owned()), "{expected}: {found:?}");
    }
}

#[test]
fn what_is_not_asked_for_is_told_where_it_is_missed() {
    let shop = Shop::new("missed");
    let document = |env: &str, check: &str| {
        let properties = format!("image: \"shop:1\", ports: [{{container_port: 80}}], env: {env}{check}");
        format!(
            "platform:\n  org: acme\n  environment: dev\n  provider: compose\n  tiers:\n    application:\n      capabilities:\n\
             \x20     - {{name: shop, type: container_runtime, properties: {{{properties}}}}}\n"
        )
    };
    shop.project.file("bare.yaml", &document("{MODE: fast}", ""));
    shop.project.file("full.yaml", &document("{KEY: \"${env:HOME}\"}", ", healthCheck: {path: /}"));
    let (bare, full) = (shop.json("plan bare.yaml"), shop.json("plan full.yaml"));
    // A variable is hidden as well as it can be only where it has something to hide.
    assert_eq!(gaps(&bare), ["shop.healthCheck: partial"]);
    assert_eq!(gaps(&full), ["shop.env: partial", "shop.healthCheck: partial"]);
    let note = |plan: &Value| plan["fidelity"][0]["gaps"].as_array().unwrap().last().unwrap()["note"].clone();
    assert_ne!(note(&bare), note(&full), "no check is not the same as one of Docker's");
    let Ran { code, err: told, .. } = shop.ran("plan bare.yaml --min-fidelity full");
    assert!(code == 4 && told.contains("`healthCheck` of `shop` is partial on `compose`"), "{told}");
}

#[test]
fn a_port_that_can_be_had_is_no_gap() {
    let shop = Shop::new("ports");
    let gaps = |replicas: u32, port: u32| {
        let properties = format!(
            "image: \"shop:1\", replicas: {replicas}, ports: [{{container_port: 80}}], healthCheck: {{path: /}}, \
             ingress: {{host: shop, tls: false, port: {port}}}"
        );
        shop.project.file("port.yaml", &format!(
            "platform:\n  org: acme\n  environment: dev\n  provider: compose\n  tiers:\n    application:\n      capabilities:\n\
             \x20     - {{name: shop, type: container_runtime, properties: {{{properties}}}}}\n"
        ));
        gaps(&shop.json("plan port.yaml")).contains(&"shop.ingress.port: partial".to_owned())
    };
    assert!(!gaps(1, 1024));
    assert!(gaps(1, 1023), "ports below 1024 are not everybody's");
    assert!(gaps(2, 1024), "two containers cannot have one port");
}

#[test]
fn the_whole_matrix_needs_no_document() {
    let rows = Shop::new("matrix").json("contracts fidelity");
    let rows = rows.as_array().unwrap();
    let find = |contract: &str, property: &str| {
        let row = rows.iter().find(|row| row["contract"] == contract && row["property"] == property);
        row.unwrap_or_else(|| panic!("{contract}.{property}"))["providers"].clone()
    };
    assert_eq!(find("database", "engine")["compose"]["level"], "full");
    assert_eq!(find("database", "multiAz")["compose"]["level"], "stub");
    assert_eq!(find("database", "multiAz")["local"]["level"], "full");
    assert_eq!(find("container_runtime", "ingress.tls")["compose"]["gap"]["instead"], "it answers by HTTP");
    // What is said of a property holds for what is in it.
    assert_eq!(find("container_runtime", "healthCheck.path")["compose"]["level"], "partial");
    let contracts: std::collections::BTreeSet<&str> =
        rows.iter().map(|row| row["contract"].as_str().unwrap()).collect();
    assert!(contracts.len() >= 10, "{contracts:?}");
}

#[test]
fn p3_02_one_document_asks_the_same_of_every_provider() {
    let shop = Shop::new("swap");
    let planned = |provider: &str| shop.json(&format!("plan shop.yaml --provider {provider}"));
    let units = |plan: &Value| -> Vec<(String, String)> {
        let units = plan["fidelity"].as_array().unwrap().iter();
        units.map(|unit| (unit["unit"].to_string(), unit["contract"].to_string())).collect()
    };
    let (local, compose) = (planned("local"), planned("compose"));
    assert_eq!(units(&local), units(&compose));
    assert_eq!(units(&local).len(), 5);
    // Declarations know no provider, and neither do the names of what they tell each other.
    let declared = |provider: &str| shop.json(&format!("vet shop.yaml --declarations --provider {provider}"));
    assert_eq!(declared("local"), declared("compose"));
    let shown = declared("compose")[4].to_string();
    assert!(shown.contains(r#""memory":134217728"#) && shown.contains(r#""outputs":["#), "{shown}");
}

/// The document that the first idea of all this ends in names a cloud; it is planned and written for Docker as it stands.
#[test]
fn p3_02_a_document_for_production_is_tried_on_docker() {
    let shop = Shop::new("production");
    shop.project.file("platform.yaml", include_str!("../../../../../examples/production/platform.yaml"));
    let options = "platform.yaml --provider compose --set app.image=shop:1";
    let plan = shop.done(&format!("plan {options}"));
    assert!(plan.contains("\n    stub    ingress.tls: ") && plan.contains("\n    stub    multiAz: "), "{plan}");
    assert!(plan.ends_with("\nPlan: 8 to add, 0 to change, 0 to destroy.\n"), "{plan}");
    let yaml = shop.done(&format!("build {options}"));
    for text in ["image: postgres:15\n", "image: rabbitmq:3.12\n", "replicas: 3\n", "condition: service_healthy\n"] {
        assert!(yaml.contains(text), "{text}: {yaml}");
    }
    let declared = |provider: &str| shop.json(&format!("vet {} --declarations", options.replace("compose", provider)));
    assert_eq!(declared("local"), declared("compose"));
}
