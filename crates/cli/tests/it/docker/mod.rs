//! Documents on Docker: what is planned and written for it without an engine, and what becomes of them on a real one.

mod fidelity;
mod file;
mod live;

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::project::{Project, Ran, ran};

/// A platform in three tiers that asks for more than Docker has.
const SHOP: &str = r#"platform:
  org: acme
  environment: ENVIRONMENT
  provider:
    name: compose
    config: {images: {postgres: strata-test/postgres, redis: strata-test/redis, nats: strata-test/nats}}
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
    environment: &'static str,
}

impl Shop {
    fn new(environment: &'static str) -> Shop {
        let shop = Shop { project: Project::new(&format!("docker-{environment}")), environment };
        shop.project.file("shop.yaml", &SHOP.replace("ENVIRONMENT", environment));
        shop.sweep();
        shop
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
        let filter = format!("--filter label=com.docker.compose.project=acme-{}", self.environment);
        let lists = ["ps -a --format {{.Names}}", "network ls --format {{.Name}}", "volume ls --format {{.Name}}"];
        let mut all: Vec<String> = Vec::new();
        for list in lists {
            all.extend(self.docker(&format!("{list} {filter}")).lines().map(str::to_owned));
        }
        all.sort();
        all
    }

    fn sweep(&self) {
        if !has_engine() {
            return;
        }
        let filter = format!("--filter label=com.docker.compose.project=acme-{}", self.environment);
        for (list, remove) in [("ps -aq", "rm -f -v"), ("network ls -q", "network rm"), ("volume ls -q", "volume rm")] {
            let found = self.docker(&format!("{list} {filter}"));
            if !found.is_empty() {
                self.docker(&format!("{remove} {}", found.replace('\n', " ")));
            }
        }
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.sweep();
        }
    }
}

fn has_engine() -> bool {
    let images =
        ["image", "inspect", "strata-test/app", "strata-test/postgres", "strata-test/redis", "strata-test/nats"];
    Command::new("docker").args(images).output().is_ok_and(|output| output.status.success())
}

/// Whether there is an engine with the images of the tests. Without one a test says so and passes, unless it is asked for.
#[expect(clippy::print_stderr, reason = "what was not tested must be known")]
fn engine() -> bool {
    let asked = |name: &str, value: &str| std::env::var(name).is_ok_and(|is| is == value);
    let there = has_engine();
    assert!(
        there || !(asked("STRATA_TEST_DOCKER", "1") || asked("CI", "true")),
        "there is no Docker engine with the images"
    );
    if !there {
        eprintln!("without Docker: nothing was tested; `scripts/test` starts it");
    }
    there
}
