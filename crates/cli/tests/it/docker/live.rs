//! The document on a real engine.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::{Ran, Shop, engine};

/// What a server at an address answers for a path.
fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // At once: what comes in pieces may be answered before its end.
    stream.write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn p3_65_a_stack_runs_and_goes() {
    if !engine() {
        return;
    }
    let shop = Shop::new("live");
    let Ran { code, err: told, .. } = shop.ran("apply shop.yaml --auto-approve");
    assert_eq!(code, 0, "{told}");
    assert_eq!(
        shop.objects(),
        [
            "acme-live-cache-1",
            "acme-live-db-1",
            "acme-live-events-1",
            "acme-live-shop-1",
            "acme-live_db",
            "acme-live_default",
            "acme-live_events",
            "acme-live_net",
        ]
    );
    // The application reaches its database, cache and queue by what their tier tells of them, and is reached itself at the
    // address that was told.
    let address = told.lines().find_map(|line| line.trim().strip_prefix("shop/service is reached at ")).expect(&told);
    let checked = get(address, "/cgi-bin/check");
    assert!(checked.ends_with("database: app true\ncache: PONG\nqueue: hello\n"), "{checked}");
    // Nothing that Docker tells of the servers holds a secret. What an application is given as a variable is in its container.
    for server in ["acme-live-cache-1", "acme-live-db-1", "acme-live-events-1"] {
        assert!(!shop.docker(&format!("inspect {server}")).contains("canary"), "{server}");
    }
    let labels = shop.docker("inspect acme-live-shop-1 --format {{.Config.Labels}}");
    assert!(
        labels.contains("dev.strata.address:acme/live/shop/shop/service") && !labels.contains("canary"),
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
    shop.docker("stop -t 0 acme-drift-web-1");
    let told = shop.done("drift");
    assert!(told.contains("changed   web/service") && told.contains("deploy.replicas = 2 -> 1"), "{told}");
    let plan = shop.done("plan web.yaml --refresh");
    assert!(plan.contains("deploy.replicas = 1 -> 2") && plan.contains("1 to change"), "{plan}");
    shop.done("apply web.yaml --refresh --auto-approve");
    assert_eq!(shop.docker("ps -q --filter label=com.docker.compose.project=acme-drift").lines().count(), 2);
    assert!(shop.done("drift").contains("1 of 1 in sync"));
    // More of them, without touching those that run.
    let first = shop.docker("inspect acme-drift-web-2 --format {{.Id}}");
    one(&shop, 3);
    shop.done("apply web.yaml --auto-approve");
    assert_eq!(shop.docker("inspect acme-drift-web-2 --format {{.Id}}"), first);
    assert_eq!(shop.objects().len(), 4, "{:?}", shop.objects());
    // What is gone is made again; what stands there besides is told.
    shop.docker("rm -f acme-drift-web-1 acme-drift-web-2 acme-drift-web-3");
    assert!(shop.done("drift").contains("missing   web/service"));
    shop.docker("run -d --name acme-drift-x --label com.docker.compose.project=acme-drift --label com.docker.compose.service=x strata-test/app");
    let told = shop.done("drift");
    assert!(told.contains("unmanaged - (compose.service) acme-drift/x"), "{told}");
    shop.docker("rm -f acme-drift-x");
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
        let expected = ["acme-killed-web-1", "acme-killed-web-2", "acme-killed-web-3", "acme-killed_default"];
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
        ("environment: dev", "environment: example".to_owned()),
        ("tls: false, port: 8080}", format!("tls: false, port: {port}}}")),
        (
            "provider: compose",
            "provider: {name: compose, config: {images: {postgres: strata-test/postgres, redis: strata-test/redis, \
             nats: strata-test/nats}}}"
                .to_owned(),
        ),
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
    assert!(checked.ends_with("database: app true\ncache: PONG\nqueue: hello\n"), "{checked}");
    assert!(shop.objects().contains(&"acme-example-shop-web-1".to_owned()), "{:?}", shop.objects());
    shop.done("destroy stack.yaml --set app.image=strata-test/app --auto-approve");
    assert_eq!(shop.objects(), Vec::<String>::new());
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A network that leads nowhere, a volume, a secret that nobody gave, and a way in before the service.
const AROUND: &str = r#"platform:
  org: acme
  environment: around
  provider: {name: compose, config: {images: {nginx: strata-test/nginx}}}
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
    shop.project.file("around.yaml", AROUND);
    let Ran { code, err: told, .. } = shop.ran("apply around.yaml --auto-approve");
    assert_eq!(code, 0, "{told}");
    let address = told.lines().find_map(|line| line.trim().strip_prefix("front/service is reached at ")).expect(&told);
    assert!(get(address, "/health").ends_with("\nok\n"), "the way in leads to the service");
    let inside = shop.docker("inspect acme-around-web-1");
    for text in ["\"acme-around_default\": {", "\"acme-around_net\": {", "\"Name\": \"acme-around_data\""] {
        assert!(inside.contains(text), "{text}: {inside}");
    }
    assert_eq!(shop.docker("network inspect acme-around_net --format {{.Internal}}"), "true");
    let token = || shop.docker("exec acme-around-web-1 printenv TOKEN");
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
