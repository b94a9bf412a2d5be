//! The one way to the engine: the `docker` command, a process for each question.
//!
//! It is used, and not the engine's API over a socket, because it is what finds the engine as its user has set it up (contexts,
//! remote engines, TLS, SSH) and because bringing up a service is the work of its Compose plugin anyway. A question costs about
//! 40 ms; what it answers is the engine's own JSON. No library stands between, and nothing asynchronous.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use strata_ports::{Clock, DriverError, Secret, Unready};

/// How often a process is looked at that was started.
const LOOK: Duration = Duration::from_millis(5);

pub(crate) struct Docker {
    /// Which engine, of those that `docker context ls` lists; `None` is the one in use.
    context: Option<Arc<str>>,
    clock: Arc<dyn Clock>,
}

/// Is given lines, each with the number of the question that it answers, and says whether more is wanted.
pub(crate) type Reader<'a> = dyn FnMut(Option<(usize, &str)>) -> bool + 'a;

/// What is asked of the command.
#[derive(Default)]
pub(crate) struct Question<'a> {
    pub(crate) arguments: Vec<&'a str>,
    pub(crate) input: Option<Vec<u8>>,
    /// Secrets reach the command only as variables of its process.
    pub(crate) variables: Vec<(String, Secret)>,
}

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum Failed {
    /// Nothing was asked.
    #[error("{0}")]
    NoDocker(String),
    #[error("the Docker engine cannot be reached: {0}")]
    NoEngine(String),
    #[error("Docker knows no context `{0}`")]
    NoContext(Arc<str>),
    #[error("the Docker engine may not be asked: {0}")]
    Forbidden(String),
    #[error("{0}")]
    Refused(String),
    #[error("`docker {0}` gave no answer in time")]
    Late(String),
}

impl Failed {
    /// Of a question that changes nothing.
    pub(crate) fn looking(self) -> DriverError {
        match self {
            Failed::NoDocker(why) => DriverError::Invalid(why),
            Failed::NoContext(_) => DriverError::Invalid(self.to_string()),
            Failed::Forbidden(_) => DriverError::Forbidden(self.to_string()),
            Failed::NoEngine(_) | Failed::Refused(_) | Failed::Late(_) => DriverError::Transient(self.to_string()),
        }
    }

    /// Of one that may have had an effect.
    pub(crate) fn doing(self) -> DriverError {
        match self {
            Failed::NoDocker(why) => DriverError::Invalid(why),
            Failed::NoContext(_) => DriverError::Invalid(self.to_string()),
            other => DriverError::Unknown(other.to_string()),
        }
    }

    /// Of a question before any work, with what may help.
    pub(crate) fn unready(self) -> Unready {
        let remedy = match &self {
            Failed::NoDocker(_) => Some("install Docker and its Compose plugin"),
            Failed::NoEngine(_) => {
                Some("start Docker, or say where it is: `docker context use`, or the variable DOCKER_HOST")
            }
            Failed::NoContext(_) => {
                Some("`docker context ls` lists those that it knows; `account_id` of the provider names one")
            }
            Failed::Forbidden(_) => {
                Some("become a member of the group `docker`, or use an engine of your own (rootless)")
            }
            Failed::Refused(_) | Failed::Late(_) => None,
        };
        Unready { why: self.to_string(), remedy: remedy.map(str::to_owned) }
    }

    pub(crate) fn says(&self, words: &[&str]) -> bool {
        let text = self.to_string().to_ascii_lowercase();
        words.iter().any(|word| text.contains(word))
    }
}

impl<'a> Question<'a> {
    pub(crate) fn new(arguments: impl IntoIterator<Item = &'a str>) -> Question<'a> {
        Question { arguments: arguments.into_iter().collect(), ..Question::default() }
    }
}

impl Docker {
    pub(crate) fn new(context: Option<Arc<str>>, clock: Arc<dyn Clock>) -> Docker {
        Docker { context, clock }
    }

    /// Asks, and waits for the answer until then.
    pub(crate) fn ask(&self, question: &Question<'_>, until: Duration) -> Result<String, Failed> {
        let what = question.arguments.iter().take(2).copied().collect::<Vec<_>>().join(" ");
        if until.saturating_sub(self.clock.monotonic()) < LOOK {
            return Err(Failed::Late(what));
        }
        let mut child = self.start(question)?;
        let (input, out, err) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let given = question.input.as_deref().unwrap_or_default();
        std::thread::scope(|scope| {
            scope.spawn(move || input.map(|mut input| input.write_all(given)));
            let out = scope.spawn(move || read(out));
            let err = scope.spawn(move || read(err));
            let status = loop {
                match child.try_wait() {
                    Ok(Some(status)) => break Some(status.success()),
                    Ok(None) if until.saturating_sub(self.clock.monotonic()).is_zero() => {
                        end(&mut child);
                        break None;
                    }
                    Ok(None) => self.clock.sleep(LOOK),
                    Err(_) => break Some(false),
                }
            };
            let (out, err) = (out.join().unwrap_or_default(), err.join().unwrap_or_default());
            match status {
                Some(true) => Ok(out),
                Some(false) => Err(self.told(&err)),
                None => Err(Failed::Late(what)),
            }
        })
    }

    /// Asks several questions at once and hands on each line of the answers, whose it is and what it says, until there is no more
    /// or nobody wants more.
    pub(crate) fn follow(&self, questions: &[Question<'_>], line: &mut Reader<'_>) -> Result<(), Failed> {
        let mut children =
            questions.iter().map(|question| self.start(question)).collect::<Result<Vec<Child>, Failed>>()?;
        let (tell, lines) = mpsc::channel::<(usize, String)>();
        std::thread::scope(|scope| {
            for (index, child) in children.iter_mut().enumerate() {
                drop(child.stdin.take());
                let out = child.stdout.take().map(|out| Box::new(out) as Box<dyn Read + Send>);
                let err = child.stderr.take().map(|err| Box::new(err) as Box<dyn Read + Send>);
                for from in [out, err].into_iter().flatten() {
                    let tell = tell.clone();
                    scope.spawn(move || {
                        for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
                            let line = String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned();
                            if tell.send((index, line)).is_err() {
                                break;
                            }
                        }
                    });
                }
            }
            drop(tell);
            let mut last = String::new();
            let wanted = loop {
                let wanted = match lines.recv_timeout(Duration::from_millis(100)) {
                    Ok((index, text)) => {
                        let wanted = line(Some((index, &text)));
                        last = text;
                        wanted
                    }
                    Err(mpsc::RecvTimeoutError::Timeout) => line(None),
                    Err(mpsc::RecvTimeoutError::Disconnected) => break true,
                };
                if !wanted {
                    break false;
                }
            };
            let mut failed = false;
            for child in &mut children {
                if !wanted {
                    end(child);
                }
                failed |= !child.wait().is_ok_and(|status| status.success());
            }
            if wanted && failed { Err(self.told(&last)) } else { Ok(()) }
        })
    }

    fn told(&self, err: &str) -> Failed {
        match &self.context {
            Some(context) if err.contains("context not found") => Failed::NoContext(context.clone()),
            _ => told(err),
        }
    }

    fn start(&self, question: &Question<'_>) -> Result<Child, Failed> {
        let mut command = Command::new("docker");
        if let Some(context) = &self.context {
            command.args(["--context", context]);
        }
        command.args(&question.arguments);
        command.envs(question.variables.iter().map(|(name, secret)| (name, secret.expose())));
        // Services that are not in the question are not its business; and what is asked is never a matter of taste.
        command.env("COMPOSE_IGNORE_ORPHANS", "1").env("DOCKER_CLI_HINTS", "0").env_remove("COMPOSE_FILE");
        // In a group of its own, so that an interrupt at the terminal leaves it to end its work, and a late one ends with its
        // plugins.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        command.spawn().map_err(|error| Failed::NoDocker(format!("the command `docker` cannot be run: {error}")))
    }
}

fn read(from: Option<impl Read>) -> String {
    let mut bytes = Vec::new();
    // What was read before an error is better than nothing.
    let _ = from.map(|mut from| from.read_to_end(&mut bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}

fn end(child: &mut Child) {
    if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.wait();
}

/// What a command says when it fails: the last line that says something.
fn told(err: &str) -> Failed {
    let mut lines = err.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("time="));
    let last = lines.next_back().unwrap_or("it failed and said nothing");
    let text = last.strip_prefix("Error response from daemon: ").unwrap_or(last).to_owned();
    let about = err.to_ascii_lowercase();
    if about.contains("permission denied while trying to connect") {
        Failed::Forbidden(text)
    } else if about.contains("cannot connect to the docker daemon") || about.contains("error during connect") {
        Failed::NoEngine(text)
    } else if about.contains("address already in use") || about.contains("port is already allocated") {
        Failed::Refused(in_use(&text).unwrap_or(text))
    } else {
        Failed::Refused(text)
    }
}

/// Which port of which address is taken, where an engine tells it among its own words.
fn in_use(text: &str) -> Option<String> {
    let word = |word: &str| word.trim_end_matches([':', ',', '.']).parse::<std::net::SocketAddr>().ok();
    let at = text.split_whitespace().find_map(word)?;
    Some(format!("port {} of {} is in use: end who listens there, or choose another one", at.port(), at.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_the_way_is_named() {
        let told = |text: &str| told(&format!("time=\"x\"\nError response from daemon: {text}\n")).to_string();
        let taken = "port 8080 of 127.0.0.1 is in use: end who listens there, or choose another one";
        assert_eq!(told("driver failed: Bind for 127.0.0.1:8080 failed: port is already allocated"), taken);
        assert_eq!(told("userland proxy: listen tcp4 127.0.0.1:8080: bind: address already in use"), taken);
        assert_eq!(told("conflict: the name is in use"), "conflict: the name is in use");
    }
}
