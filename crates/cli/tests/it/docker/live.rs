//! The document on a real engine.

use std::time::Duration;

use serde_json::Value;
use strata_fixtures::docker::engine;

use super::{IMAGES, Ran, Shop, free_port, get};
use crate::project::ran;

const QUEUE_PASSWORD: &str = r#"q#"\ %7$'"#;

#[test]
fn p3_65_a_stack_runs_and_goes() {
    if !engine() {
        return;
    }
    let shop = Shop::new("live");
    let Ran { code, err: told, .. } = shop.ran("apply shop.yaml --auto-approve");
    assert_eq!(code, 0, "{told}");
    let parts = ["cache-1", "db-1", "events-1", "shop-1", "_db", "_default", "_events", "_net"];
    assert_eq!(shop.objects(), shop.names(&parts));
    // The application reaches its database, cache and queue by what their tier tells of them, and is reached itself at the
    // address that was told.
    let address = told.lines().find_map(|line| line.trim().strip_prefix("shop/service is reached at ")).expect(&told);
    let checked = get(address, "/cgi-bin/check");
    assert!(checked.ends_with("database: hello\ncache: hello\nqueue: hello\n"), "{checked}");
    // Nothing that Docker tells of the servers holds a secret. What an application is given as a variable is in its container.
    for server in ["cache-1", "db-1", "events-1"] {
        assert!(!shop.docker(&format!("inspect {}", shop.name(server))).contains("canary"), "{server}");
    }
    let labels = shop.docker(&format!("inspect {} --format {{{{.Config.Labels}}}}", shop.name("shop-1")));
    assert!(
        labels.contains(&format!("dev.strata.address:acme/{}/shop/shop/service", shop.environment))
            && !labels.contains("canary"),
        "{labels}"
    );
    let plan = shop.done("plan shop.yaml --refresh");
    assert!(plan.contains("No changes."), "nothing has drifted straight after: {plan}");
    assert!(shop.done("logs shop --tail 5").is_empty(), "it writes nothing");
    assert!(shop.done("logs db").contains("database system is ready to accept connections"));
    let Ran { code, err: told, .. } = shop.ran("logs shp");
    assert_eq!((code, told.contains("did you mean `shop`?")), (10, true), "{told}");
    shop.done("refresh");
    assert_eq!(shop.done("status").lines().filter(|line| line.contains("active")).count(), 9, "all are well");
    shop.done("destroy shop.yaml --auto-approve");
    assert_eq!(shop.objects(), Vec::<String>::new());
    assert!(!everything_below(&shop).contains("canary-7"), "no secret is in what is kept");
}

/// The other servers of each contract, and passwords that no file and no address would like as they stand.
const OTHERS: &str = r#"platform:
  org: acme
  environment: ENVIRONMENT
  provider: {name: compose, config: {images: IMAGES}}
  tiers:
    shared_primitives:
      capabilities:
      - {name: db, type: database, properties: {engine: mysql, db_name: orders, password: "${env:CACHE_PASSWORD}"}}
      - {name: cache, type: cache, properties: {engine: memcached}}
      - {name: events, type: message_queue, properties: {vhost: shop, password: "${env:QUEUE_PASSWORD}"}}
      outputs:
      - {name: database_url, source: db.url, type: credential_ref}
      - {name: cache, source: cache.endpoint, type: string}
      - {name: queue, source: events.endpoint, type: string}
    application:
      capabilities:
      - name: shop
        type: container_runtime
        properties:
          image: strata-test/app
          memory: 128Mi
          env: {DATABASE_URL: "${db.url}", CACHE_URL: "${cache.url}", QUEUE_URL: "${events.url}"}
          ports: [{container_port: 8080}]
          ingress: {host: shop.example.com, tls: false}
"#;

#[test]
fn p3_65_every_server_that_contracts_offer_runs_and_is_used() {
    if !engine() {
        return;
    }
    let shop = Shop::new("others");
    shop.file("others.yaml", OTHERS);
    let run = |line: &str| {
        let Ran { code, out, err } = ran(shop.command(line).env("QUEUE_PASSWORD", QUEUE_PASSWORD));
        assert_eq!(code, 0, "{line}: {err}");
        out + &err
    };
    let told = run("apply others.yaml --auto-approve --timeout 3m");
    let address = told.lines().find_map(|line| line.trim().strip_prefix("shop/service is reached at ")).expect(&told);
    let checked = get(address, "/cgi-bin/check");
    assert!(checked.ends_with("database: hello\ncache: hello\nqueue: hello\n"), "{checked}");
    assert!(run("plan others.yaml --refresh").contains("No changes."));
    // What one server keeps is there when it has gone and come back.
    shop.docker(&format!("stop -t 5 {}", shop.name("db-1")));
    let told = run("drift");
    assert!(told.contains("changed   db/service"), "{told}");
    run("apply others.yaml --refresh --auto-approve");
    assert!(get(address, "/cgi-bin/check").contains("database: hello\n"));
    // The same names are told by the simulated cloud, and of each the same is said of who may read it.
    let published = |project: &str| -> Vec<(String, String)> {
        let outputs: Value = serde_json::from_str(&run(&format!("outputs acme/{project} -o json"))).unwrap();
        let outputs = outputs.as_array().unwrap().iter();
        outputs.map(|output| (output["name"].to_string(), output["sensitive"].to_string())).collect()
    };
    let on_docker = published(&shop.environment);
    assert_eq!(on_docker.len(), 3, "{on_docker:?}");
    shop.project.file("simulated.yaml", &shop.read("others.yaml").replace(&shop.environment, "simulated"));
    run("apply simulated.yaml --provider local --auto-approve");
    assert_eq!(published("simulated"), on_docker);
    run("destroy others.yaml --auto-approve");
    assert_eq!(shop.objects(), Vec::<String>::new());
}

/// All files of the store and of what stands beside it.
fn everything_below(shop: &Shop) -> String {
    let (mut all, mut folders) = (String::new(), vec![shop.path("home")]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                all += &String::from_utf8_lossy(&std::fs::read(path).unwrap());
            }
        }
    }
    all
}

/// The smallest document: one service, so that what is done to it is quick.
fn one(shop: &Shop, replicas: u32) {
    let text = format!(
        "platform:\n  org: acme\n  environment: {}\n  provider: compose\n  tiers:\n    application:\n      capabilities:\n      \
         - {{name: web, type: container_runtime, properties: {{image: strata-test/app, replicas: {replicas}}}}}\n",
        shop.environment
    );
    shop.project.file("web.yaml", &text);
}

#[test]
fn p3_66_what_was_stopped_is_reported_and_repaired() {
    if !engine() {
        return;
    }
    let shop = Shop::new("drift");
    one(&shop, 2);
    shop.done("apply web.yaml --auto-approve");
    assert!(shop.done("drift").contains("1 of 1 in sync"), "nothing has drifted straight after");
    shop.docker(&format!("stop -t 0 {}", shop.name("web-1")));
    let told = shop.done("drift");
    assert!(told.contains("changed   web/service") && told.contains("deploy.replicas = 2 -> 1"), "{told}");
    let plan = shop.done("plan web.yaml --refresh");
    assert!(plan.contains("deploy.replicas = 1 -> 2") && plan.contains("1 to change"), "{plan}");
    shop.done("apply web.yaml --refresh --auto-approve");
    assert_eq!(
        shop.docker(&format!("ps -q --filter label=com.docker.compose.project={}", shop.compose_project()))
            .lines()
            .count(),
        2
    );
    assert!(shop.done("drift").contains("1 of 1 in sync"));
    // More of them, without touching those that run.
    let second = || shop.docker(&format!("inspect {} --format {{{{.Id}}}}", shop.name("web-2")));
    let first = second();
    one(&shop, 3);
    shop.done("apply web.yaml --auto-approve");
    assert_eq!(second(), first);
    assert_eq!(shop.objects().len(), 4, "{:?}", shop.objects());
    // What is gone is made again; what stands there besides is told.
    shop.docker(&format!("rm -f {}", shop.names(&["web-1", "web-2", "web-3"]).join(" ")));
    assert!(shop.done("drift").contains("missing   web/service"));
    let (stranger, project) = (shop.name("x"), shop.compose_project());
    let labels = format!("--label com.docker.compose.project={project} --label com.docker.compose.service=x");
    shop.docker(&format!("run -d --name {stranger} {labels} strata-test/app"));
    let told = shop.done("drift");
    assert!(told.contains(&format!("unmanaged - (compose.service) {project}/x")), "{told}");
    shop.docker(&format!("rm -f {stranger}"));
    shop.done("apply web.yaml --refresh --auto-approve");
    assert_eq!(shop.objects().len(), 4);
    shop.done("destroy web.yaml --auto-approve");
    assert_eq!(shop.objects(), Vec::<String>::new());
}

#[test]
fn an_apply_that_was_killed_goes_on_and_makes_nothing_twice() {
    if !engine() {
        return;
    }
    let shop = Shop::new("killed");
    // Whatever moment it is killed in.
    for (round, wait) in [300, 1200].into_iter().enumerate() {
        one(&shop, 3);
        let mut apply = shop.command("apply web.yaml --auto-approve --timeout 5s").spawn().unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        apply.kill().unwrap();
        apply.wait().unwrap();
        let Ran { code, err: told, .. } = shop.ran("apply web.yaml --auto-approve --timeout 20s --lock-timeout 60s");
        assert_eq!(code, 0, "round {round}: {told}");
        let expected = shop.names(&["web-1", "web-2", "web-3", "_default"]);
        assert_eq!(shop.objects(), expected, "round {round}");
        assert!(shop.done("drift").contains("1 of 1 in sync"), "round {round}");
        shop.done("destroy web.yaml --auto-approve");
        assert_eq!(shop.objects(), Vec::<String>::new(), "round {round}");
    }
}

/// The example, with what this repository can build in the place of what a user would.
#[test]
fn the_example_for_local_development_runs() {
    if !engine() {
        return;
    }
    let shop = Shop::new("example");
    let example = include_str!("../../../../../examples/docker/stack.yaml");
    let port = free_port();
    let changes = [
        ("environment: dev", format!("environment: {}", shop.environment)),
        ("tls: false, port: 8080}", format!("tls: false, port: {port}}}")),
        ("provider: compose", format!("provider: {{name: compose, config: {{images: {IMAGES}}}}}")),
    ];
    let text = changes.iter().fold(example.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    });
    shop.project.file("stack.yaml", &text);
    let Ran { code, err: told, .. } = shop.ran("apply stack.yaml --set app.image=strata-test/app --auto-approve");
    assert_eq!(code, 0, "{told}");
    assert!(told.contains(&format!("web/service is reached at 127.0.0.1:{port}\n")), "{told}");
    let checked = get(&format!("127.0.0.1:{port}"), "/cgi-bin/check");
    assert!(checked.ends_with("database: hello\ncache: hello\nqueue: hello\n"), "{checked}");
    assert!(shop.objects().contains(&shop.name("shop-web-1")), "{:?}", shop.objects());
    shop.done("destroy stack.yaml --set app.image=strata-test/app --auto-approve");
    assert_eq!(shop.objects(), Vec::<String>::new());
}

/// A network that leads nowhere, a volume, a secret that nobody gave, and a way in before the service.
const AROUND: &str = r#"platform:
  org: acme
  environment: ENVIRONMENT
  provider: {name: compose, config: {images: IMAGES}}
  tiers:
    infrastructure:
      capabilities: [{name: net, type: network, properties: {public: false}}]
    application:
      capabilities:
      - {name: data, type: persistent_volume, properties: {keep: false}}
      - {name: token, type: secret}
      - name: web
        type: container_runtime
        properties:
          image: strata-test/app
          ports: [{container_port: 8080}]
          network: "${net.id}"
          mounts: {/data: {volume: "${data.volume}"}}
          env: {TOKEN: "${token.value}"}
      - name: front
        type: ingress
        properties: {host: shop.example.com, target: "${web.host}", target_port: "${web.port}", tls: false}
"#;

#[test]
fn what_stands_around_a_service_works_too() {
    if !engine() {
        return;
    }
    let shop = Shop::new("around");
    shop.file("around.yaml", AROUND);
    let Ran { code, err: told, .. } = shop.ran("apply around.yaml --auto-approve");
    assert_eq!(code, 0, "{told}");
    let address = told.lines().find_map(|line| line.trim().strip_prefix("front/service is reached at ")).expect(&told);
    assert!(get(address, "/health").ends_with("\nok\n"), "the way in leads to the service");
    let inside = shop.docker(&format!("inspect {}", shop.name("web-1")));
    let (default, net, data) = (shop.name("_default"), shop.name("_net"), shop.name("_data"));
    for text in [format!("\"{default}\": {{"), format!("\"{net}\": {{"), format!("\"Name\": \"{data}\"")] {
        assert!(inside.contains(&text), "{text}: {inside}");
    }
    assert_eq!(shop.docker(&format!("network inspect {net} --format {{{{.Internal}}}}")), "true");
    let token = || shop.docker(&format!("exec {} printenv TOKEN", shop.name("web-1")));
    let first = token();
    assert_eq!(first.len(), 32, "{first}");
    let plan = shop.done("plan around.yaml --refresh");
    assert!(plan.contains("No changes."), "{plan}");
    // It is the same whenever it is made.
    shop.done("destroy around.yaml --auto-approve");
    assert_eq!(shop.objects(), Vec::<String>::new());
    shop.done("apply around.yaml --auto-approve");
    assert_eq!(token(), first);
}
