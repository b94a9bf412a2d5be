//! The Compose file of a document.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use serde_json::Value;

use strata_fixtures::docker::engine;

use super::{CANARY, Ran, Shop, free_port, get};

/// The file as Compose reads it.
fn config(shop: &Shop, folder: &str) -> Value {
    let output = Command::new("docker")
        .args(["compose", "config", "--format", "json", "--no-interpolate"])
        .current_dir(shop.path(folder))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn p3_62_contracts_become_what_docker_has() {
    let shop = Shop::new("kinds");
    let rows = shop.json("vet shop.yaml");
    let kinds = |unit: &str| -> Vec<String> {
        let rows = rows.as_array().unwrap().iter();
        let rows = rows.filter(|row| row["address"].as_str().unwrap().split('/').nth(3) == Some(unit));
        let mut kinds: Vec<String> =
            rows.map(|row| row["type"].as_str().unwrap().trim_start_matches("compose.").to_owned()).collect();
        kinds.sort();
        kinds
    };
    assert_eq!(kinds("net"), ["network"]);
    assert_eq!(kinds("db"), ["secret", "service", "volume"]);
    assert_eq!(kinds("events"), ["secret", "service", "volume"]);
    assert_eq!(kinds("cache"), ["service"]);
    assert_eq!(kinds("shop"), ["service"]);
    shop.edit(
        "- {name: net, type: network",
        "- {name: cluster, type: kubernetes_cluster}\n      - {name: net, type: network",
    );
    let plan = shop.json("plan shop.yaml");
    let unit = plan["fidelity"].as_array().unwrap().iter().find(|unit| unit["unit"] == "cluster").unwrap().clone();
    assert_eq!(unit["level"], "stub", "what Docker does not have is a stub: {unit}");
}

#[test]
fn p3_63_amounts_are_legal_and_nothing_secret_is_in_the_file() {
    let shop = Shop::new("legal");
    let yaml = shop.done("build shop.yaml");
    assert!(yaml.contains("          cpus: \"0.5\"\n          memory: 128M\n"), "{yaml}");
    assert!(!yaml.contains(CANARY) && !yaml.contains("canary"), "{yaml}");
    for service in ["cache", "db", "events"] {
        assert!(yaml.contains(&format!("\n  {service}:\n")), "{yaml}");
    }
    assert!(
        yaml.contains("DATABASE_URL: postgres://app:${DB_PASSWORD_URLENCODE:?see .env.example}@db:5432/app\n"),
        "{yaml}"
    );
    // A port of one's own leads to one container; several get ports that Docker chooses.
    shop.edit("host: shop.example.com", "host: shop.example.com, tls: false, port: 8088");
    assert!(shop.done("build shop.yaml").contains("published: \"8088\""));
    shop.edit("memory: 128Mi", "memory: 128Mi\n          replicas: 3");
    let several = shop.done("build shop.yaml");
    assert!(several.contains("replicas: 3") && !several.contains("published"), "{several}");
    // The same bytes every time, whatever secrets are.
    let again = shop.command("build shop.yaml").env("CACHE_PASSWORD", "other").output().unwrap();
    assert_eq!(String::from_utf8(again.stdout).unwrap(), several);
}

#[test]
fn what_is_known_only_later_cannot_be_written() {
    let shop = Shop::new("later");
    shop.edit("CACHE_URL:", "HOME_PAGE: \"${web.url}\", CACHE_URL:");
    let web = "- {name: web, type: ingress, properties: {host: a.example.com, target: x}}\n      - name: shop";
    shop.edit("- name: shop", web);
    let Ran { code, err: told, .. } = shop.ran("build shop.yaml");
    assert_eq!(code, 3);
    assert!(
        told.contains("error[E3021]: `environment.HOME_PAGE` of `acme/")
            && told.contains("/shop/shop/service` cannot be written"),
        "{told}"
    );
    assert!(told.contains("Docker chooses the port at which web/service is reached"), "{told}");
    shop.edit("target: x", "target: x, tls: false, port: 8099");
    let yaml = shop.done("build shop.yaml");
    assert!(yaml.contains("HOME_PAGE: http://127.0.0.1:8099\n"), "{yaml}");
    let Ran { code, err: told, .. } = shop.ran("build shop.yaml --provider local");
    assert_eq!(code, 3);
    assert!(told.contains("error[E0042]"), "{told}");
}

#[test]
fn p3_64_compose_takes_the_file_and_runs_it_without_us() {
    if !engine() {
        return;
    }
    let shop = Shop::new("file");
    let port = free_port();
    shop.edit("host: shop.example.com", &format!("host: shop.example.com, tls: false, port: {port}"));
    let listed = shop.done("build shop.yaml --out out --with-secrets");
    assert_eq!(listed, "out/compose.yaml\nout/.env.example\nout/.env\n");
    let mode = |name: &str| std::fs::metadata(shop.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("out/compose.yaml"), mode("out/.env")), (0o644, 0o600));
    assert!(!shop.read("out/compose.yaml").contains("canary") && !shop.read("out/.env.example").contains("canary"));
    let file = config(&shop, "out");
    assert_eq!(file["name"], shop.compose_project().as_str());
    let compose = |line: &str| {
        let output =
            Command::new("docker").arg("compose").args(line.split(' ')).current_dir(shop.path("out")).output().unwrap();
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    compose("config --quiet");
    compose("up --detach --wait --pull never");
    // With another password than a shell or a URL would like.
    let told = compose("exec shop /www/cgi-bin/check");
    assert!(told.ends_with("database: hello\ncache: hello\nqueue: hello"), "{told}");
    // It is reached where the file says, and comes up again as it was.
    let reached = || get(&format!("127.0.0.1:{port}"), "/cgi-bin/check");
    assert!(reached().ends_with("queue: hello\n"), "{}", reached());
    compose("stop --timeout 5");
    compose("up --detach --wait --pull never");
    assert!(reached().ends_with("queue: hello\n"), "{}", reached());
    compose("down --volumes");
    assert_eq!(shop.objects(), Vec::<String>::new());
}
