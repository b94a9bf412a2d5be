//! What goes wrong on an engine is told so that somebody can put it right, and changes nothing more than it must.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;

use strata_fixtures::docker::engine;

use super::{CANARY, Ran, Shop};
use crate::project::ran;

/// A service that is told a secret, and what shall depend on it.
fn two(shop: &Shop, first: &str) {
    let text = format!(
        "platform:
  org: acme
  environment: ENVIRONMENT
  provider: compose
  application: shop
  tiers:
    application:
      capabilities:
      - {{name: web, type: container_runtime, properties: {{{first}, env: {{TOKEN: \"${{env:CACHE_PASSWORD}}\"}}}}}}
      - name: front
        type: container_runtime
        properties: {{image: strata-test/app, env: {{TARGET: \"${{web.host}}\"}}}}
"
    );
    shop.file("two.yaml", &text);
}

#[test]
fn a_service_that_ends_at_once_fails_with_its_last_words() {
    if !engine() {
        return;
    }
    let shop = Shop::new("ends");
    let check = "ports: [{container_port: 8080}], health_check: {path: /health, interval: 1s}";
    let ends = r#"image: strata-test/app, command: [sh, -c, "echo no ledger, only $TOKEN; exit 3"]"#;
    two(&shop, &format!("{ends}, {check}"));
    let Ran { code, err: told, .. } = shop.ran("apply two.yaml --auto-approve");
    let name = shop.name("shop-web-1");
    assert_eq!(code, 8, "{told}");
    let says = |text: &str| assert!(told.contains(text), "{text}: {told}");
    says(&format!("it stands, but does not work: {name} ends again and again"));
    says("\n  its last lines:\n    no ledger, only (sensitive)\n");
    says("front/service: create skipped, it needs");
    says("help: more is told above, and by `strata logs web`");
    assert!(!told.contains(CANARY), "{told}");
    assert_eq!(shop.objects(), shop.names(&["shop-web-1", "_default"]), "what depends on it was not made");
    let Ran { code, out, .. } = shop.ran("status");
    assert!((code, out.contains("web/service    3  failed")) == (9, true), "{code}: {out}");
    assert!(shop.done("logs web").contains("no ledger"));
    assert!(!shop.done(&format!("history acme/{}/shop", shop.environment)).contains(CANARY));
    // Going on with it looks again, and it is as it was.
    let context = format!("acme/{}/shop", shop.environment);
    let Ran { code, err: told, .. } = shop.ran(&format!("apply --resume {context}"));
    assert!((code, told.contains("ends again and again")) == (8, true), "{code}: {told}");
    // So does a plan of the same.
    let plan = shop.done("plan two.yaml");
    assert!(plan.contains("~ web/service  an earlier attempt failed\n"), "{plan}");
    // A plan of what was put right makes it well, and then what depends on it.
    two(&shop, "image: strata-test/app");
    shop.done("apply two.yaml --auto-approve");
    assert_eq!(shop.objects(), shop.names(&["shop-front-1", "shop-web-1", "_default"]));
    assert!(shop.done("plan two.yaml --refresh").contains("No changes."));
    shop.done("destroy two.yaml --auto-approve");
    assert_eq!(shop.objects(), Vec::<String>::new());
}

#[test]
fn a_service_that_fails_its_health_check_fails_with_its_answer() {
    if !engine() {
        return;
    }
    let shop = Shop::new("unwell");
    let check = |path: &str| {
        format!(
            "image: strata-test/app, ports: [{{container_port: 8080}}], health_check: {{path: {path}, interval: 1s}}"
        )
    };
    two(&shop, &check("/nothing"));
    let Ran { code, err: told, .. } = shop.ran("apply two.yaml --auto-approve");
    assert_eq!(code, 8, "{told}");
    assert!(told.contains(&format!("{} fails its health check\n", shop.name("shop-web-1"))), "{told}");
    assert!(told.contains("  its health check says:\n") && told.contains("404 Not Found"), "{told}");
    // Who is not well in the time that it was given is not well.
    let Ran { code, err: told, .. } = shop.ran("apply two.yaml --auto-approve --timeout 4s");
    assert_eq!(code, 8, "{told}");
    two(&shop, &check("/health"));
    shop.done("apply two.yaml --auto-approve");
    shop.done("refresh");
    assert!(!shop.done("status").contains("failed"));
    shop.done("destroy two.yaml --auto-approve");
}

#[test]
fn an_image_that_nobody_has_is_told_before_anything_is_done() {
    if !engine() {
        return;
    }
    let shop = Shop::new("image");
    shop.edit("image: strata-test/app", "image: \"127.0.0.1:1/shop:dev\"");
    shop.edit("redis: strata-test/redis", "redis: \"127.0.0.1:1/redis:7\"");
    let Ran { code, err: told, .. } = shop.ran("apply shop.yaml --auto-approve");
    assert_eq!(code, 1, "{told}");
    for image in ["127.0.0.1:1/shop:dev", "127.0.0.1:1/redis:7"] {
        assert!(
            told.contains(&format!("error[E3001]: the image `{image}` is not here and cannot be fetched")),
            "{told}"
        );
    }
    assert!(told.contains("help: see whether `docker pull 127.0.0.1:1/shop:dev` works, or build it"), "{told}");
    assert_eq!(shop.objects(), Vec::<String>::new(), "nothing was made");
    assert_eq!(shop.done("status"), "Nothing is recorded.\n");
}

#[test]
fn a_port_that_somebody_has_is_told_and_nothing_is_left() {
    if !engine() {
        return;
    }
    let shop = Shop::new("port");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let ports = "ports: [{container_port: 8080}]";
    two(&shop, &format!("image: strata-test/app, {ports}, ingress: {{host: a.example.com, tls: false, port: {port}}}"));
    let Ran { code, err: told, .. } = shop.ran("apply two.yaml --auto-approve");
    assert_eq!(code, 8, "{told}");
    assert!(told.contains(&format!("port {port} of 127.0.0.1 is in use")), "{told}");
    assert!(!shop.objects().contains(&shop.name("shop-web-1")));
    drop(taken);
    shop.done("apply two.yaml --auto-approve");
    shop.done("destroy two.yaml --auto-approve");
    assert_eq!(shop.objects(), Vec::<String>::new());
}

/// The text of `strata apply` with another way to an engine.
fn refused(name: &str, variables: &[(&str, &str)]) -> String {
    let shop = Shop::new(name);
    let mut command = shop.command("apply shop.yaml --auto-approve");
    command.env_remove("DOCKER_HOST").envs(variables.iter().copied());
    let Ran { code, err, .. } = ran(&mut command);
    assert_eq!(code, 1, "{err}");
    let from = err.find("error[").unwrap_or_else(|| panic!("{err}"));
    err[from..].to_owned()
}

fn path() -> String {
    std::env::var("PATH").unwrap_or_default()
}

#[test]
fn an_engine_that_cannot_be_asked_is_one_error_and_says_what_to_do() {
    if !engine() {
        return;
    }
    // Nobody listens there.
    assert_eq!(
        refused("stopped", &[("DOCKER_HOST", "unix:///nowhere/docker.sock")]),
        "error[E3001]: the Docker engine cannot be reached: Cannot connect to the Docker daemon at \
         unix:///nowhere/docker.sock. Is the docker daemon running?\n\
         help: start Docker, or say where it is: `docker context use`, or the variable DOCKER_HOST\n"
    );
    let shop = Shop::new("context");
    shop.edit("config: {", "config: {account_id: nowhere, ");
    let Ran { code, err: told, .. } = shop.ran("apply shop.yaml --auto-approve");
    assert_eq!(code, 1, "{told}");
    assert!(
        told.contains("error[E3001]: Docker knows no context `nowhere`\nhelp: `docker context ls` lists"),
        "{told}"
    );
    // There is no such command.
    let told = refused("nodocker", &[("PATH", "/nowhere")]);
    assert!(told.starts_with("error[E3001]: the command `docker` cannot be run: No such file"), "{told}");
    assert!(told.ends_with("\nhelp: install Docker and its Compose plugin\n"), "{told}");
    // An engine of years ago.
    let told = refused("old", &[("DOCKER_HOST", &format!("tcp://{}", old_engine()))]);
    assert_eq!(
        told,
        "error[E3001]: the Docker engine is too old: 17.06.0 speaks version 1.30 of its interface\n\
         help: Docker 20.10 or later is needed\n"
    );
}

#[test]
fn an_engine_that_may_not_be_asked_says_how_one_may() {
    if !engine() || !rustix::process::geteuid().is_root() {
        return;
    }
    // The command as somebody whom the engine does not know.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let wrapper = folder.path().join("docker");
    let real = path().split(':').map(|part| format!("{part}/docker")).find(|file| std::fs::exists(file).unwrap());
    let script = format!("#!/bin/sh\nexec setpriv --reuid 65534 --clear-groups {} \"$@\"\n", real.unwrap());
    std::fs::write(&wrapper, script).unwrap();
    std::fs::set_permissions(&wrapper, std::fs::Permissions::from_mode(0o755)).unwrap();
    let told = refused("forbidden", &[("PATH", &format!("{}:{}", folder.path().display(), path()))]);
    assert!(told.starts_with("error[E3001]: the Docker engine may not be asked: permission denied"), "{told}");
    assert!(told.contains("\nhelp: become a member of the group `docker`"), "{told}");
}

/// The address of somebody who speaks as an engine of years ago did.
fn old_engine() -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || listener.incoming().flatten().for_each(answer));
    address
}

fn answer(stream: TcpStream) {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    // Headers end with an empty line.
    while reader.read_line(&mut line).is_ok_and(|length| length > 2) {
        line.clear();
    }
    let body = r#"{"Version":"17.06.0","ApiVersion":"1.30","MinAPIVersion":"1.12","Os":"linux","Arch":"amd64"}"#;
    let head = format!("HTTP/1.1 200 OK\r\nApi-Version: 1.30\r\nContent-Length: {}\r\n", body.len());
    let _ = write!(reader.get_mut(), "{head}Content-Type: application/json\r\nConnection: close\r\n\r\n{body}");
}
