//! One case: trouble after trouble, each looked at, and then the end.

use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use strata_provider_local::{Admin, Meddle, Settings};

use super::{Grounds, Report, settle};
use crate::canary;
use crate::case::{Case, Trouble};
use crate::rig::{Ended, Rig, Running};
use crate::rules::{self, Findings};
use crate::view::View;

pub(super) struct Trial<'a> {
    pub(super) rig: &'a Rig,
    pub(super) case: &'a Case,
    pub(super) report: &'a mut Report,
    grounds: &'a Grounds,
    /// What was there before the trouble that is under way.
    pub(super) before: View,
    /// Something was changed behind everybody's back, so that what is there is not only our doing.
    pub(super) by_hand: bool,
    /// What was in the sink so far.
    secrets: BTreeSet<String>,
}

impl<'a> Trial<'a> {
    pub(super) fn new(
        rig: &'a Rig,
        case: &'a Case,
        grounds: &'a Grounds,
        report: &'a mut Report,
    ) -> io::Result<Trial<'a>> {
        if case.rules != Settings::default() {
            rig.configure(&case.rules)?;
        }
        Ok(Trial { rig, case, report, grounds, before: View::of(rig)?, by_hand: false, secrets: BTreeSet::new() })
    }

    pub(super) fn run(mut self) -> io::Result<()> {
        let (rig, document) = (self.rig, self.case.way.document());
        rig.end_world()?;
        for (turn, trouble) in self.case.troubles.iter().enumerate() {
            self.bring(trouble)?;
            // What is still on its way comes in.
            std::thread::sleep(Duration::from_millis(self.case.under_way_ms()));
            self.report.problems.extend(canary::told_to_processes(rig));
            let late = self.look(&format!(", after trouble {}", turn + 1))?;
            if self.case.is_punctual() {
                let lost = late.iter().map(|object| format!("I1: nobody knows {object}, whose call had ended"));
                self.report.problems.extend(lost);
            }
            // The next one starts the cloud with its own orders.
            rig.end_world()?;
        }
        if self.case.rules != Settings::default() {
            rig.configure(&Settings::default())?;
        }
        self.settle_and_clear(document)?;
        self.report.problems.extend(rules::unsettled(&self.before, self.by_hand));
        self.report.problems.extend(rules::needless(&self.before, &canary::in_sink(rig)?));
        // What was deleted by hand and made again has other names in the cloud.
        if !self.by_hand {
            let rotated = self.case.troubles.iter().any(|trouble| matches!(trouble, Trouble::Rotate { .. }));
            self.report.problems.extend(self.grounds.differs(self.case.way, &self.before, rotated));
        }
        self.look_again(document)?;
        self.report.problems.extend(canary::leaks(rig, &self.secrets)?);
        Ok(())
    }

    fn view(&self) -> io::Result<View> {
        Ok(View::of(self.rig)?.remember(&self.before))
    }

    /// Holds what is there now against the rules; tells what came too late.
    fn look(&mut self, when: &str) -> io::Result<Vec<strata_model::ObjectId>> {
        let now = self.view()?;
        let Findings { problems, late } = rules::broken(&self.before, &now, self.by_hand);
        self.report.problems.extend(problems.into_iter().map(|problem| problem + when));
        let kept = canary::in_sink(self.rig)?;
        let lost = rules::unopenable(&now, &kept).into_iter().map(|problem| problem + when);
        self.report.problems.extend(lost);
        self.secrets.extend(kept.into_values());
        self.before = now;
        Ok(late)
    }

    /// I8: it comes to its end. Under load a call may come too late even where nobody troubles it, and stand in the way of
    /// what is made again; so it is looked for that after a first try too.
    fn settle_and_clear(&mut self, document: &str) -> io::Result<()> {
        self.clear_late()?;
        let tried = settle(self.rig, document, self.case.resume, self.by_hand);
        let late = self.look(", at the end")?;
        if late.is_empty() {
            return tried;
        }
        self.clear_late()?;
        settle(self.rig, document, self.case.resume, true)?;
        let late = self.look(", at the end")?;
        self.report.problems.extend(late.iter().map(|object| format!("I4: {object} came late, to the very end")));
        Ok(())
    }

    /// I4: what came too late is told of, and whoever reads that deletes it.
    fn clear_late(&mut self) -> io::Result<()> {
        let late = rules::broken(&self.before, &self.view()?, true).late;
        if late.is_empty() {
            return Ok(());
        }
        let told = self.rig.run(&["drift"])?.words;
        for object in late {
            if !told.contains(&*object.0) {
                self.report.problems.push(format!("I4: {object} came late, and nobody tells: {told}"));
            }
            self.report.late += 1;
            self.by_hand = true;
            self.rig.ask_world(Admin::Meddle { object, after_ms: None, change: Meddle::Delete })?;
        }
        Ok(())
    }

    /// I5, and once more I8: a plan finds nothing to do and changes nothing.
    fn look_again(&mut self, document: &str) -> io::Result<()> {
        let ended = self.rig.run(&["plan", document, "--refresh", "--detailed-exitcode"])?;
        if !ended.status.success() {
            self.report.problems.push(format!("I8: something is left to do: {}", ended.words));
        }
        let now = self.view()?;
        if now.heads != self.before.heads || now.end() != self.before.end() {
            self.report.problems.push("I5: a plan has changed something".to_owned());
        }
        Ok(())
    }

    /// Does something while the cloud has no rules.
    pub(super) fn without_rules(&mut self, work: impl FnOnce(&mut Self) -> io::Result<()>) -> io::Result<()> {
        if self.case.rules == Settings::default() {
            return work(self);
        }
        self.rig.configure(&Settings::default())?;
        work(self)?;
        self.rig.configure(&self.case.rules)
    }

    /// However a command ends, it says so and does not crash.
    pub(super) fn end(&mut self, running: Running) -> io::Result<()> {
        let Ended { status, words } = running.wait()?;
        if status.code() == Some(101) || words.contains("panicked") {
            self.report.problems.push(format!("a command crashed: {words}"));
        }
        Ok(())
    }
}
