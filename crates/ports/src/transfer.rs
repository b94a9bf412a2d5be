//! A whole store as text, to carry it to another place or to keep it: one JSON value a line. The first line says what it
//! is, then come the entries of one context after the other, before them the records that stand for entries that are gone;
//! the last line counts all of them. Whoever reads it follows the
//! chains of hashes again, so a text that was cut or edited is refused.

use std::fmt::Write;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use strata_model::record::FORMAT;
use strata_model::{Context, Entry, Head, Record};

use crate::compaction::PAGE;
use crate::projection::replay;
use crate::reads::{Reads, at_one_moment};
use crate::store::{Store, StoreError};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct First {
    /// The version of the records.
    strata_export: u32,
    project: Arc<str>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    context: Context,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kept: Option<Record>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    entry: Option<Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Last {
    entries: usize,
    #[serde(default, skip_serializing_if = "is_zero")]
    kept: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// What an export holds. Every chain in it has been followed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Export {
    pub project: Arc<str>,
    pub logs: Vec<Log>,
}

/// The log of one context.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Log {
    pub context: Context,
    /// What stands for entries that are gone.
    pub kept: Vec<Record>,
    pub entries: Vec<Entry>,
}

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ExportError {
    #[error("this is no export of a store")]
    NoExport,
    #[error("the export was written by a newer version: its format is {found}, this version reads up to {FORMAT}")]
    Newer { found: u32 },
    #[error("line {line} of the export cannot be read: {reason}")]
    Line { line: usize, reason: String },
    #[error("the export is cut off after line {line}")]
    Cut { line: usize },
    #[error("the export was changed: {0}")]
    Changed(String),
}

/// The text of a store, or of one context of it, as of one moment.
pub fn export(store: &dyn Store, only: Option<&Context>) -> Result<String, StoreError> {
    at_one_moment(store, |moment| {
        let mut text = String::new();
        let (mut count, mut kept) = (0, 0);
        line(&mut text, &First { strata_export: FORMAT, project: moment.project()? })?;
        for context in moment.contexts()?.into_iter().filter(|context| only.is_none_or(|only| only == context)) {
            for record in moment.kept(&context)? {
                kept += 1;
                line(&mut text, &Line { context: context.clone(), kept: Some(record), entry: None })?;
            }
            let mut page = moment.entries(&context, 0, PAGE)?;
            while let Some(last) = page.last().map(|entry| entry.head.sequence) {
                for entry in page {
                    count += 1;
                    line(&mut text, &Line { context: context.clone(), kept: None, entry: Some(entry) })?;
                }
                page = moment.entries(&context, last, PAGE)?;
            }
        }
        line(&mut text, &Last { entries: count, kept })?;
        Ok(text)
    })
}

fn line(text: &mut String, value: &impl Serialize) -> Result<(), StoreError> {
    let json = serde_json::to_string(value).map_err(|error| StoreError::Damaged(error.to_string()))?;
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{json}");
    Ok(())
}

/// Reads an export and proves that it is whole.
pub fn read(text: &str) -> Result<Export, ExportError> {
    let mut lines = text.lines().enumerate().map(|(at, line)| (at + 1, line));
    let (_, first) = lines.next().ok_or(ExportError::NoExport)?;
    let First { strata_export, project } = serde_json::from_str(first).map_err(|_| ExportError::NoExport)?;
    if strata_export > FORMAT {
        return Err(ExportError::Newer { found: strata_export });
    }
    let mut logs: Vec<Log> = Vec::new();
    let (mut found, mut last, mut ended) = (Last { entries: 0, kept: 0 }, 1, None);
    for (at, line) in lines {
        last = at;
        if ended.is_some() {
            return Err(ExportError::Line { line: at, reason: "it stands behind the end".to_owned() });
        }
        if let Ok(end) = serde_json::from_str::<Last>(line) {
            ended = Some(end);
            continue;
        }
        let Line { context, kept, entry } = serde_json::from_str(line).map_err(|error| match error.classify() {
            // Only the last line can be half of one.
            serde_json::error::Category::Eof => ExportError::Cut { line: at - 1 },
            _ => ExportError::Line { line: at, reason: error.to_string() },
        })?;
        if logs.last().is_none_or(|log| log.context != context) {
            logs.push(Log { context, kept: Vec::new(), entries: Vec::new() });
        }
        let Some(log) = logs.last_mut() else { continue };
        found.kept += usize::from(kept.is_some());
        found.entries += usize::from(entry.is_some());
        log.kept.extend(kept);
        log.entries.extend(entry);
    }
    match ended {
        None => return Err(ExportError::Cut { line: last }),
        Some(said) if said.entries != found.entries => {
            let (has, says) = (found.entries, said.entries);
            return Err(ExportError::Changed(format!("it has {has} entries and says that it has {says}")));
        }
        Some(said) if said.kept != found.kept => {
            let (has, says) = (found.kept, said.kept);
            return Err(ExportError::Changed(format!("it keeps {has} records and says that it keeps {says}")));
        }
        Some(_) => {}
    }
    for Log { context, kept, entries } in &logs {
        replay(context, kept, entries).map_err(ExportError::Changed)?;
    }
    Ok(Export { project, logs })
}

/// Brings the contexts of an export into a store that has none of them, and tells which were brought in. A context that is
/// there to the last entry stays, so that whoever was interrupted begins again; if it is there otherwise, nothing is brought in.
pub fn import<'e>(store: &dyn Store, export: &'e Export) -> Result<Vec<&'e Context>, StoreError> {
    let mut missing = Vec::new();
    for log in &export.logs {
        let Log { context, entries, .. } = log;
        let found = store.head(context)?;
        if found == Head::EMPTY {
            missing.push(log);
        } else if entries.last().is_none_or(|last| last.head != found) {
            return Err(StoreError::Conflict { context: context.clone(), found });
        }
    }
    for Log { context, kept, entries } in &missing {
        store.restore(context, kept, entries)?;
    }
    Ok(missing.into_iter().map(|log| &log.context).collect())
}

#[cfg(test)]
mod tests {
    use strata_model::{Fence, Record};

    use super::*;
    use crate::memory::MemoryStore;
    use crate::store::{ExpectHead, Write};
    use crate::suite::store::sample;

    fn filled() -> MemoryStore {
        let store = MemoryStore::new("p-test");
        for app in ["api", "web"] {
            let (context, stamp) = (sample::context(app), sample::stamp(1));
            let address = context.address("db", "main").unwrap();
            let commit = |fence, record| {
                let records = &[record];
                store
                    .commit(Write { context: &context, expect: ExpectHead::Any, fence, stamp: &stamp, records })
                    .unwrap()
            };
            commit(None, Record::Lease(sample::lease(1)));
            commit(Some(Fence(1)), Record::Resource(Box::new(sample::resource(&address, 1, &[]))));
            commit(None, Record::Plan(Box::new(sample::plan(&context, 1))));
        }
        store
    }

    #[test]
    fn an_export_makes_the_same_store_elsewhere() {
        let (from, to) = (filled(), MemoryStore::new("p-test"));
        let text = export(&from, None).unwrap();
        let read = read(&text).unwrap();
        assert_eq!(&*read.project, "p-test");
        import(&to, &read).unwrap();
        assert_eq!(export(&to, None).unwrap(), text);
        assert_eq!(import(&to, &read).unwrap(), Vec::<&Context>::new(), "what is there stays");
    }

    #[test]
    fn an_import_that_was_interrupted_is_repeated() {
        let (text, to) = (export(&filled(), None).unwrap(), MemoryStore::new("p-test"));
        let read = read(&text).unwrap();
        let Log { context, kept, entries } = &read.logs[0];
        to.restore(context, kept, entries).unwrap();
        assert_eq!(import(&to, &read).unwrap(), [&read.logs[1].context]);
        assert_eq!(export(&to, None).unwrap(), text);
    }

    #[test]
    fn nothing_is_brought_in_over_another_log() {
        let (text, to) = (export(&filled(), None).unwrap(), MemoryStore::new("p-test"));
        let read = read(&text).unwrap();
        let (last, stamp) = (&read.logs[1].context, sample::stamp(2));
        let records = &[Record::Lease(sample::lease(1))];
        to.commit(Write { context: last, expect: ExpectHead::Any, fence: None, stamp: &stamp, records }).unwrap();
        assert!(matches!(import(&to, &read), Err(StoreError::Conflict { .. })));
        assert_eq!(to.contexts().unwrap(), std::slice::from_ref(last));
    }

    #[test]
    fn one_context_can_be_exported() {
        let read = read(&export(&filled(), Some(&sample::context("web"))).unwrap()).unwrap();
        assert_eq!(read.logs.iter().map(|log| log.context.clone()).collect::<Vec<_>>(), [sample::context("web")]);
    }

    #[test]
    fn an_export_that_was_cut_anywhere_is_refused() {
        let text = export(&filled(), None).unwrap();
        for end in (0..text.len() - 1).filter(|end| text.is_char_boundary(*end)) {
            assert!(read(&text[..end]).is_err(), "cut at {end}");
        }
        let lines: Vec<&str> = text.lines().collect();
        let without_last = lines[..lines.len() - 1].join("\n");
        assert_eq!(read(&without_last), Err(ExportError::Cut { line: 7 }));
        assert_eq!(
            read(&text[..text.len() / 2]),
            Err(ExportError::Cut { line: text[..text.len() / 2].lines().count() - 1 })
        );
    }

    #[test]
    fn an_export_that_was_edited_is_refused() {
        let text = export(&filled(), None).unwrap();
        let told = |text: &str| read(text).unwrap_err().to_string();
        assert_eq!(
            told(&text.replacen("\"serial\":1", "\"serial\":2", 1)),
            "the export was changed: acme/prod/api: entry 2 does not follow from the one before"
        );
        let without: String =
            text.lines().enumerate().filter(|(at, _)| *at != 6).map(|(_, line)| format!("{line}\n")).collect();
        assert_eq!(told(&without), "the export was changed: it has 5 entries and says that it has 6");
        let forged = without.replace("{\"entries\":6}", "{\"entries\":5}");
        assert_eq!(read(&forged).unwrap().logs[1].entries.len(), 2, "an earlier state of a context is a state");
        assert_eq!(told("{}\n"), "this is no export of a store");
        assert_eq!(
            told(&text.replacen("\"strata_export\":2", "\"strata_export\":3", 1)),
            "the export was written by a newer version: its format is 3, this version reads up to 2"
        );
    }
}
