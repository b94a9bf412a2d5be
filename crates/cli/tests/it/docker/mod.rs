//! Documents on Docker: what is planned and written for it without an engine, and what becomes of them on a real one.

mod fidelity;
mod file;
mod live;
mod wrong;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use strata_fixtures::docker;

use crate::project::{Project, Ran, ran};

/// The images of servers that are made for tests, in the place of those that are public.
const IMAGES: &str = "{postgres: strata-test/postgres, mysql: strata-test/mysql, redis: strata-test/redis, \
                      memcached: strata-test/memcached, rabbitmq: strata-test/rabbitmq, nats: strata-test/nats, \
                      nginx: strata-test/nginx}";

/// A platform in three tiers that asks for more than Docker has.
const SHOP: &str = r#"platform:
  org: acme
  environment: ENVIRONMENT
  provider:
    name: compose
    config: {images: IMAGES}
  tiers:
    infrastructure:
      capabilities:
      - {name: net, type: network, properties: {cidr: 10.7.0.0/16, availability_zones: 3}}
    shared_primitives:
      capabilities:
      - {name: db, type: database, properties: {engine: postgres, multi_az: true}}
      - {name: cache, type: cache, properties: {password: "${env:CACHE_PASSWORD}"}}
      - {name: events, type: message_queue, properties: {engine: nats}}
    application:
      capabilities:
      - name: shop
        type: container_runtime
        properties:
          image: strata-test/app
          memory: 128Mi
          env: {DATABASE_URL: "${db.url}", CACHE_URL: "${cache.url}", QUEUE_URL: "${events.url}"}
          ports: [{container_port: 8080}]
          health_check: {path: /health, interval: 1s}
          ingress: {host: shop.example.com}
"#;

/// What must be seen nowhere but where it is used.
const CANARY: &str = "canary-7$x";

/// A project with that document as `shop.yaml`, for an environment of its own.
struct Shop {
    project: Project,
    environment: String,
}

impl Shop {
    fn new(name: &str) -> Shop {
        docker::sweep_old();
        let shop = Shop { project: Project::new(&format!("docker-{name}")), environment: docker::unique(name) };
        shop.file("shop.yaml", SHOP);
        shop
    }

    /// A document, with this environment in the place of the word.
    fn file(&self, name: &str, text: &str) {
        self.project.file(name, &text.replace("ENVIRONMENT", &self.environment).replace("IMAGES", IMAGES));
    }

    /// What Compose calls it.
    fn compose_project(&self) -> String {
        format!("acme-{}", self.environment)
    }

    /// A container, volume or network of it, such as `web-1` or `_net`.
    fn name(&self, part: &str) -> String {
        let hyphen = if part.starts_with('_') { "" } else { "-" };
        format!("{}{hyphen}{part}", self.compose_project())
    }

    /// Some of them, as [`Shop::objects`] tells them.
    fn names(&self, parts: &[&str]) -> Vec<String> {
        let mut names: Vec<String> = parts.iter().map(|part| self.name(part)).collect();
        names.sort();
        names
    }

    fn path(&self, name: &str) -> PathBuf {
        self.project.0.join(name)
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// The document with another text in the place of one.
    fn edit(&self, from: &str, to: &str) {
        let text = self.read("shop.yaml");
        assert!(text.contains(from), "{from}");
        self.project.file("shop.yaml", &text.replace(from, to));
    }

    fn command(&self, line: &str) -> Command {
        let mut command = self.project.command(line);
        command.env("CACHE_PASSWORD", CANARY);
        // Docker is where its user has it.
        let home = std::env::var("HOME").unwrap_or_default();
        let config = std::env::var("DOCKER_CONFIG").unwrap_or_else(|_| format!("{home}/.docker"));
        command.env("DOCKER_CONFIG", config).env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(std::env::var_os("DOCKER_HOST").map(|host| ("DOCKER_HOST", host)));
        command
    }

    fn ran(&self, line: &str) -> Ran {
        ran(&mut self.command(line))
    }

    /// What a command printed that must do what it was asked for.
    fn done(&self, line: &str) -> String {
        let Ran { code, out, err } = self.ran(line);
        assert_eq!(code, 0, "`strata {line}`:\n{err}");
        out
    }

    fn json(&self, line: &str) -> Value {
        let out = self.done(&format!("{line} -o json"));
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("`strata {line}`: {error}: {out}"))
    }

    /// Asks Docker itself.
    fn docker(&self, line: &str) -> String {
        let output = Command::new("docker").args(line.split_whitespace()).output().unwrap();
        assert!(output.status.success(), "docker {line}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// The names of all that Docker has of this environment.
    fn objects(&self) -> Vec<String> {
        let filter = format!("--filter label=com.docker.compose.project={}", self.compose_project());
        let lists = ["ps -a --format {{.Names}}", "network ls --format {{.Name}}", "volume ls --format {{.Name}}"];
        let mut all: Vec<String> = Vec::new();
        for list in lists {
            all.extend(self.docker(&format!("{list} {filter}")).lines().map(str::to_owned));
        }
        all.sort();
        all
    }

    fn sweep(&self) {
        docker::sweep(&self.compose_project());
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.sweep();
        }
    }
}

/// What a server at an address answers for a path. One that has just begun may not listen yet; Docker listens in its place
/// then, and answers nothing.
fn get(address: &str, path: &str) -> String {
    let answered = |_| match ask(address, path) {
        Ok(answer) if !answer.is_empty() => Some(answer),
        _ => {
            std::thread::sleep(Duration::from_millis(200));
            None
        }
    };
    (0..150).find_map(answered).unwrap_or_else(|| panic!("{address} does not answer"))
}

fn ask(address: &str, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    // At once: what comes in pieces may be answered before its end.
    stream.write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// Not one of those that the machine gives to whoever asks for any: it might do so before it is used here.
fn free_port() -> u16 {
    let process = u16::try_from(std::process::id() % 10_000).unwrap();
    let is_free = |port: &u16| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok();
    (20_000 + process..32_000).find(is_free).unwrap()
}
