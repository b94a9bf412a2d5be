//! What is made of contracts: schemas that editors use, and mappings that hold what every mapping must.

use serde_json::{Value, json};

use crate::project::Project;

#[test]
fn embedded_mappings_hold() {
    let project = Project::new("contracts-test");
    let (code, out) = project.run("contracts test");
    assert!(out.ends_with(" mappings by 9 checks, 0 cases: 0 findings\n"), "{out}");
    assert_eq!(code, 0);
}

/// The schema of the document, with one that fits, changed in one place.
struct Editor {
    validator: jsonschema::Validator,
    document: Value,
}

impl Editor {
    fn takes(&self, pointer: &str, value: Value) -> bool {
        let mut document = self.document.clone();
        let (above, key) = pointer.rsplit_once('/').unwrap();
        document.pointer_mut(above).unwrap()[key] = value;
        self.validator.is_valid(&document)
    }
}

#[test]
fn the_schema_of_documents_takes_what_is_right() {
    let project = Project::new("schema-document");
    let schema: Value = serde_json::from_str(&project.run("schema document").1).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    let validator = jsonschema::validator_for(&schema).unwrap();
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples");
    for example in ["quickstart/stack.yaml", "production/platform.yaml"] {
        let (_, json) = project.run(&format!("cue export {root}/{example}"));
        let document: Value = serde_json::from_str(&json).unwrap();
        let wrong: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
        assert_eq!(wrong, [""; 0], "{example}");
    }
    let document = json!({"platform": {
        "org": "acme", "environment": "dev", "provider": "local",
        "tiers": {
            "shared_primitives": {
                "capabilities": [{"name": "db", "type": "database", "properties": {"engine": "postgres"}}],
                "constraints_for_downstream": [{"field": "memory", "operator": "<=", "value": "4Gi"}],
            },
            "application": {"capabilities": [{"name": "shop", "type": "container_runtime", "properties": {"image": "a"}}]},
        },
    }});
    let editor = Editor { validator, document };
    let (tiers, shop) = ("/platform/tiers", "/platform/tiers/application/capabilities/0");
    assert!(editor.takes("/platform/org", json!("acme")));
    assert!(editor.takes("/platform/provider", json!([{"name": "compose", "config": {"images": {"nginx": "x"}}}])));
    assert!(editor.takes(&format!("{shop}/properties/replicas"), json!(3)));
    assert!(editor.takes(&format!("{shop}/properties/replicas"), json!("${app.replicas}")));
    assert!(editor.takes(&format!("{shop}/properties/memory"), json!("512Mi")));
    assert!(editor.takes(&format!("{shop}/properties/health_check"), json!({"path": "/health", "interval": "10s"})));
    for (pointer, value) in [
        ("/platform/orgs".to_owned(), json!("acme")),
        ("/platform/provider".to_owned(), json!({"name": "compose", "config": {"image": {}}})),
        ("/platform/provider".to_owned(), json!([])),
        (format!("{tiers}/sharedPrimitives"), json!({"capabilities": []})),
        (format!("{shop}/type"), json!("database")),
        (format!("{shop}/properties"), json!({})),
        (format!("{shop}/properties/replicas"), json!("three")),
        (format!("{shop}/properties/memory"), json!("512MB")),
        (format!("{shop}/properties/imag"), json!("a")),
        (format!("{tiers}/shared_primitives/constraints_for_downstream/0/operator"), json!("in")),
    ] {
        assert!(!editor.takes(&pointer, value.clone()), "{pointer} = {value}");
    }
}
