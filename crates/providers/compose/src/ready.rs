//! Whether an engine can be worked with, and what it must have before anything is made on it: the images. Fetching them takes
//! as long as it takes, and is no part of any call.

use std::collections::BTreeSet;
use std::time::Duration;

use strata_model::{TypeName, Value};
use strata_ports::{DriverError, Unready};

use crate::docker::{Failed, Question};
use crate::driver::Compose;
use crate::types::Kind;

/// The oldest engine that does all that is asked of it here: 20.10.
const OLDEST_API: (u32, u32) = (1, 41);

/// The oldest Compose plugin that hands over secrets out of its environment and configurations out of its file.
const OLDEST_COMPOSE: (u32, u32) = (2, 26);

impl Compose {
    pub(crate) fn ready(
        &self,
        wanted: &[(TypeName, Value)],
        watch: &mut dyn FnMut(Option<&str>) -> bool,
    ) -> Result<(), Vec<Unready>> {
        self.check_engine().map_err(|unready| vec![unready])?;
        let services = wanted.iter().filter(|(kind, _)| Kind::of(kind) == Some(Kind::Service));
        let images: BTreeSet<&str> = services.filter_map(|(_, properties)| image(properties)).collect();
        if images.is_empty() {
            return Ok(());
        }
        self.check_compose().map_err(|unready| vec![unready])?;
        let mut missing = Vec::new();
        for name in images {
            match self.has_image(name, self.soon()) {
                Ok(true) => continue,
                Ok(false) => {}
                Err(failed) => return Err(vec![failed.unready()]),
            }
            if !watch(Some(&format!("fetching the image `{name}`"))) {
                return Ok(());
            }
            let pull = [Question::new(["pull", "--quiet", name])];
            match self.docker.follow(&pull, &mut |line| line.is_some() || watch(None)) {
                Ok(()) => {}
                Err(failed) if failed.says(NO_SUCH_IMAGE) => missing.push(Unready {
                    why: format!("there is no image `{name}`, neither here nor in a registry: {failed}"),
                    remedy: Some(REMEDY.to_owned()),
                }),
                Err(failed) => missing.push(Unready {
                    why: format!("the image `{name}` is not here and cannot be fetched: {failed}"),
                    remedy: Some(format!("see whether `docker pull {name}` works, or {REMEDY}")),
                }),
            }
        }
        if missing.is_empty() { Ok(()) } else { Err(missing) }
    }

    /// A service that comes to a call without its image has an image that was not known before.
    pub(crate) fn fetch_image(&self, properties: &Value, until: Duration) -> Result<(), DriverError> {
        let Some(name) = image(properties) else {
            return Err(DriverError::Invalid("a service needs an `image`".to_owned()));
        };
        if self.has_image(name, until).map_err(Failed::looking)? {
            return Ok(());
        }
        match self.docker.ask(&Question::new(["pull", "--quiet", name]), until) {
            Ok(_) => Ok(()),
            Err(failed) if failed.says(NO_SUCH_IMAGE) => {
                Err(DriverError::Invalid(format!("there is no image `{name}`: {failed}; {REMEDY}")))
            }
            Err(failed) => Err(DriverError::Transient(format!("the image `{name}` cannot be fetched: {failed}"))),
        }
    }

    fn has_image(&self, name: &str, until: Duration) -> Result<bool, Failed> {
        match self.docker.ask(&Question::new(["image", "inspect", "--format", "{{.Id}}", name]), until) {
            Ok(_) => Ok(true),
            Err(Failed::Refused(_)) => Ok(false),
            Err(other) => Err(other),
        }
    }

    fn check_engine(&self) -> Result<(), Unready> {
        let question = Question::new(["version", "--format", "{{.Server.APIVersion}} {{.Server.Version}}"]);
        let told = self.docker.ask(&question, self.soon()).map_err(Failed::unready)?;
        let (api, version) = told.trim().split_once(' ').unwrap_or((told.trim(), ""));
        if numbers(api).is_some_and(|api| api < OLDEST_API) {
            return Err(Unready {
                why: format!("the Docker engine is too old: {version} speaks version {api} of its interface"),
                remedy: Some("Docker 20.10 or later is needed".to_owned()),
            });
        }
        Ok(())
    }

    fn check_compose(&self) -> Result<(), Unready> {
        let remedy = Some("version 2.26 or later of the Compose plugin of Docker is needed".to_owned());
        let told = match self.docker.ask(&Question::new(["compose", "version", "--short"]), self.soon()) {
            Ok(told) => told,
            Err(failed) if failed.says(&["not a docker command", "unknown"]) => {
                return Err(Unready { why: "the command `docker` has no Compose plugin".to_owned(), remedy });
            }
            Err(failed) => return Err(failed.unready()),
        };
        let version = told.trim();
        if numbers(version).is_some_and(|version| version < OLDEST_COMPOSE) {
            return Err(Unready { why: format!("the Compose plugin of Docker is too old: {version}"), remedy });
        }
        Ok(())
    }

    /// When a question that is answered at once must have been.
    fn soon(&self) -> Duration {
        self.clock.monotonic() + Duration::from_secs(30)
    }
}

/// What engines and registries say of an image that does not exist, or not for everybody.
const NO_SUCH_IMAGE: &[&str] = &["not found", "denied", "unknown", "invalid reference"];

const REMEDY: &str =
    "build it (`docker build --tag NAME .`), log in to its registry (`docker login`), or name another one";

fn image(properties: &Value) -> Option<&str> {
    properties.as_map()?.get("image")?.as_str()
}

/// The first two numbers of a version.
fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.trim_start_matches('v').split(['.', '-']);
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::numbers;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        assert_eq!(numbers("2.26.1-4"), Some((2, 26)));
        assert_eq!(numbers("v5.0.2"), Some((5, 0)));
        assert_eq!(numbers("dev"), None, "what has no number is tried");
        assert!(numbers("1.41") > numbers("1.5"));
    }
}
