//! What a command that is killed was to do besides applying: what must be there for it, and how what became of it is led to
//! an end.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use rusqlite::Connection;
use strata_model::{Context, Record};
use strata_ports::{Reads, Store, StoreError};
use strata_store_sqlite::SqliteStore;

use super::trial::Trial;
use super::{PATIENCE, apply, engine_command};
use crate::canary;
use crate::case::{Errand, Resume, Way};
use crate::rig::{self, Rig};
use crate::view::View;

/// The resource that is moved, forgotten and taken over again. All documents that have it want the same name.
const PAWN: &str = "acme/prod/-/net/main";
const ELSEWHERE: &str = "acme/prod/-/spare/main";

impl Trial<'_> {
    /// The command of an errand, after what has to be done before it. What cannot be done now is applied instead.
    pub(super) fn set_out(&mut self, errand: Errand) -> io::Result<(Errand, Command)> {
        let (rig, document) = (self.rig, self.case.way.document());
        let pawn = self.pawn();
        let command = match errand {
            Errand::Plan => rig.strata(&["plan", document, "--out", "kept.json"]),
            Errand::Approve if self.keep_plan()? => rig.strata(&["approve", "kept.json"]),
            Errand::Refresh => engine_command(rig, &["refresh"]),
            Errand::Drift => rig.strata(&["drift", document]),
            Errand::Move if pawn.is_some() => engine_command(rig, &["state", "mv", PAWN, ELSEWHERE]),
            Errand::Forget if pawn.is_some() => engine_command(rig, &["state", "forget", PAWN]),
            Errand::Import => match pawn {
                Some(object) => {
                    rig.start(engine_command(rig, &["state", "forget", PAWN]))?.wait()?;
                    self.import(&object)
                }
                None => return Ok((Errand::Apply, self.apply_or_resume())),
            },
            Errand::Carry if self.empty_store()? => rig.strata(&["state", "import", "carried"]),
            Errand::Rotate => {
                fs::write(rig.folder().join("given"), canary::IN_VAULT[1 - self.secret()])?;
                let mut shell = rig.command(Path::new("/bin/sh"));
                let command = rig.strata(&["secret", "set", "vault:db"]);
                shell.arg("-c").arg("exec \"$@\" <given").arg("sh").arg(command.get_program()).args(command.get_args());
                shell
            }
            Errand::Compact if rig.store().exists() => compact(rig),
            Errand::Upgrade if self.put_back()? => self.apply_or_resume(),
            _ => return Ok((Errand::Apply, self.apply_or_resume())),
        };
        Ok((errand, command))
    }

    /// Leads to an end what became of an errand, which some rules of the cloud would forbid for ever.
    pub(super) fn come_home(&mut self, errand: Errand) -> io::Result<()> {
        self.without_rules(|trial| trial.come_home_from(errand))
    }

    fn come_home_from(&mut self, errand: Errand) -> io::Result<()> {
        match errand {
            Errand::Apply | Errand::Plan | Errand::Refresh | Errand::Drift => Ok(()),
            Errand::Approve => {
                let running = self.rig.start(engine_command(self.rig, &["apply", "kept.json"]))?;
                self.end(running)
            }
            Errand::Move => {
                self.repeat_until_at(ELSEWHERE, |trial| engine_command(trial.rig, &["state", "mv", PAWN, ELSEWHERE]))?;
                self.repeat_until_at(PAWN, |trial| engine_command(trial.rig, &["state", "mv", ELSEWHERE, PAWN]))
            }
            Errand::Forget | Errand::Import => match self.pawn() {
                Some(object) => self.repeat_until_at(PAWN, |trial| trial.import(&object)),
                None => Ok(()),
            },
            Errand::Carry => {
                let ended = self.rig.run(&["state", "import", "carried"])?;
                if !ended.status.success() {
                    self.report.problems.push(format!("I8: an import is not gone on with: {}", ended.words));
                }
                fs::remove_file(self.rig.folder().join("carried"))
            }
            Errand::Compact => {
                for command in [compact(self.rig), self.rig.strata(&["state", "verify"])] {
                    let ended = self.rig.start(command)?.wait()?;
                    if !ended.status.success() {
                        self.report.problems.push(format!("I8: a compaction is not gone on with: {}", ended.words));
                    }
                }
                Ok(())
            }
            Errand::Upgrade => self.compare_copy(),
            Errand::Rotate => {
                fs::remove_file(self.rig.folder().join("given"))?;
                self.rig.keep_secret("vault:db", canary::IN_VAULT[self.secret()])
            }
        }
    }

    /// The document is applied, or a run that is open is gone on with if the case wants that.
    pub(super) fn apply_or_resume(&self) -> Command {
        match open_run(&self.before).filter(|_| self.case.resume == Resume::Resume) {
            Some(context) => engine_command(self.rig, &["apply", "--resume", &context.to_string()]),
            None => apply(self.rig, self.case.way.document()),
        }
    }

    /// The object of the pawn, as it was recorded before. If a call of it is open, it may be gone by now.
    fn pawn(&self) -> Option<String> {
        if has_open_call(&self.before, PAWN) {
            return None;
        }
        let resource = self.before.resources.values().find(|resource| resource.address.as_str() == PAWN)?;
        Some(resource.object.to_string())
    }

    fn import(&self, object: &str) -> Command {
        let document = match self.case.way {
            Way::First | Way::Destroy => "before.yaml",
            Way::Change => "after.yaml",
        };
        engine_command(self.rig, &["import", PAWN, object, document])
    }

    fn repeat_until_at(&mut self, address: &str, command: impl Fn(&Self) -> Command) -> io::Result<()> {
        let mut words = String::new();
        for _ in 0..PATIENCE {
            if self.rig.run(&["state", "show", address])?.status.success() {
                return Ok(());
            }
            words = self.rig.start(command(self))?.wait()?.words;
        }
        self.report.problems.push(format!("I8: an errand does not come to its end: {words}"));
        Ok(())
    }

    /// Which of the secrets belongs to this way.
    pub(super) fn secret(&self) -> usize {
        usize::from(self.case.way == Way::Change)
    }

    fn keep_plan(&mut self) -> io::Result<bool> {
        let planned = self.rig.run(&["plan", self.case.way.document(), "--out", "kept.json"])?;
        Ok(planned.status.success() && self.rig.folder().join("kept.json").exists())
    }

    /// Makes the store one of the first version, which had no compactions.
    fn put_back(&mut self) -> io::Result<bool> {
        let store = self.rig.store();
        if !store.exists() || !self.before.kept.is_empty() {
            return Ok(false);
        }
        let old = Connection::open(store).map_err(io::Error::other)?;
        old.execute_batch("DROP TABLE kept; PRAGMA user_version = 1").map_err(io::Error::other)?;
        Ok(true)
    }

    /// I3: the copy of the store as it was before the upgrade is that, whole; unless nobody came to make it.
    fn compare_copy(&mut self) -> io::Result<()> {
        let (copy, place) = (self.rig.store().with_extension("db.v1"), self.rig.folder().join("copied.db"));
        if !copy.exists() {
            return Ok(());
        }
        fs::rename(&copy, &place)?;
        let found = SqliteStore::open(&place).and_then(|store| {
            let contexts = store.contexts()?;
            let heads = contexts.into_iter().map(|context| Ok((context.clone(), store.head(&context)?)));
            Ok((store.verify()?, heads.collect::<Result<BTreeMap<_, _>, StoreError>>()?))
        });
        match found {
            Ok((problems, heads)) if problems.is_empty() && heads == self.before.heads => {}
            found => self.report.problems.push(format!("I3: the copy is not the store as it was: {found:?}")),
        }
        Ok(())
    }

    /// Prints the store and takes it away.
    fn empty_store(&mut self) -> io::Result<bool> {
        let rig = self.rig;
        if !rig.store().exists() {
            return Ok(false);
        }
        let mut shell = rig.command(Path::new("/bin/sh"));
        let command = rig.strata(&["state", "export"]);
        shell.arg("-c").arg("exec \"$@\" >carried").arg("sh").arg(command.get_program()).args(command.get_args());
        if !rig.start(shell)?.wait()?.status.success() {
            // There is a store with nothing in it.
            return Ok(false);
        }
        let aside = rig.folder().join("aside");
        rig::clear(&aside)?;
        fs::create_dir(&aside)?;
        for end in ["", "-wal", "-shm"] {
            let name = format!("store.db{end}");
            match fs::rename(rig.store().with_file_name(&name), aside.join(&name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(true)
    }
}

/// Keeps as little as can be.
fn compact(rig: &Rig) -> Command {
    engine_command(rig, &["state", "compact", "--keep", "1"])
}

/// The context whose last run has not come to its end.
fn open_run(view: &View) -> Option<Context> {
    view.logs.iter().find_map(|(context, entries)| {
        let records = entries.iter().rev().flat_map(|entry| entry.records.iter().rev());
        let last = records.filter_map(|record| if let Record::Run(run) = record { Some(run) } else { None }).next()?;
        last.status.is_open().then(|| context.clone())
    })
}

fn has_open_call(view: &View, address: &str) -> bool {
    let mut open = BTreeSet::new();
    for record in view.logs.values().flatten().flat_map(|entry| &entry.records) {
        match record {
            Record::Intent(intent) if intent.address.as_str() == address => {
                open.insert((&intent.run, intent.step));
            }
            Record::Outcome(outcome) => {
                open.remove(&(&outcome.run, outcome.step));
            }
            _ => {}
        }
    }
    !open.is_empty()
}
