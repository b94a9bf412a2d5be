//! How plans of a document are carried out.

use std::sync::Arc;
use std::time::Duration;

use cue_data::{Node, NodeId};
use strata_base::Diagnostic;
use strata_model::{Execution, OnDrift, Tier, codes as common};

use super::{Common, Tiers};
use crate::codes;

/// What becomes of drift. Nothing mends it unasked.
pub(super) const ON_DRIFT: [(&str, OnDrift); 2] =
    [("alert", OnDrift::Alert), ("plan_remediation", OnDrift::PlanRemediation)];
pub(super) const MODES: [(&str, bool); 2] = [("plan_and_approve", true), ("auto_apply", false)];
pub(super) const KEYS: [(&str, Tier); 3] =
    [("tier1_mode", Tier::Infrastructure), ("tier2_mode", Tier::Shared), ("tier3_mode", Tier::Application)];

impl Tiers<'_> {
    pub(super) fn execution(&mut self, id: NodeId, around: &Common) {
        let Some(mut fields) = self.reader.fields(id, "`execution`") else { return };
        let modes = KEYS.map(|(key, tier)| (fields.optional(key), tier));
        let interval = fields.optional("reconciliation_interval");
        let lock_timeout = fields.optional("lock_timeout");
        let on_drift = fields.optional("on_drift");
        fields.close(&mut self.reader);
        let on_drift = on_drift.and_then(|id| self.reader.word(id, &ON_DRIFT)).unwrap_or_default();
        for (mode, tier) in modes {
            let gated = mode.and_then(|id| self.reader.word(id, &MODES)).unwrap_or(false);
            let claimed = self.asked.stack.scope.iter().map(|(partition, _)| partition);
            let own = claimed.filter(|partition| {
                partition.tier == tier
                    && *partition.context.org() == *around.org
                    && *partition.context.env() == *around.environment
            });
            let own: Vec<_> = own.cloned().map(|partition| (partition, Execution { gated, on_drift })).collect();
            self.asked.stack.execution.extend(own);
        }
        if let Some(id) = interval.filter(|&id| self.duration(id).is_some()) {
            let message = "nothing compares by itself yet: run `strata drift` as often as this says, from a scheduler";
            let note = Diagnostic::new(strata_base::Severity::Note, codes::NOT_YET, message);
            self.asked.warnings.push(note.at(self.reader.data.span(id)));
        }
        if let Some(timeout) = lock_timeout.and_then(|id| self.duration(id)) {
            self.asked.lock_timeout = Some(timeout);
        }
    }

    /// `30s`, `5m`, `1h`.
    fn duration(&mut self, id: NodeId) -> Option<Duration> {
        let text: Arc<str> = match self.reader.data.node(id) {
            Node::Number(number) => number.to_cue_string().into(),
            _ => self.reader.text(id)?,
        };
        let at = text.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.len());
        let factor = match &text[at..] {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            _ => 0,
        };
        let seconds = text[..at].parse::<u64>().ok().and_then(|number| number.checked_mul(factor));
        let duration = seconds.filter(|&seconds| seconds > 0).map(Duration::from_secs);
        if duration.is_none() {
            let message = format!("`{text}` is not a time such as `30s`, `5m` or `1h`");
            self.reader.wrong(common::BAD_VALUE, id, message);
        }
        duration
    }
}
