//! Unit after unit: what they share is evaluated once, and what is known from before is not evaluated at all.

use cue_data::Builder;
use cue_eval::Session;
use strata_base::FileId;
use strata_model::Digest;

use crate::answer::{Reader, Writer};
use crate::given::Given;
use crate::library::Library;
use crate::memory::{Counts, Memory};

/// Evaluates units of a library. What it gives depends on the unit alone, not on those before it.
#[derive(Debug)]
pub struct Worker<'a> {
    library: &'a Library,
    session: Option<Session>,
    memory: Option<&'a mut dyn Memory>,
    counts: Counts,
    /// Makes the trees of what is answered.
    builder: Builder,
}

/// After so many steps a session is given up: an arena that fits the caches of the machine is quicker than a large one,
/// and the shared part is a small share of so many steps. Picked by measurement.
const STEPS: u64 = 100_000;

impl Library {
    /// For many units; a single one may be declared and mapped by itself.
    pub fn worker(&self) -> Worker<'_> {
        Worker { library: self, session: None, memory: None, counts: Counts::default(), builder: Builder::new() }
    }

    /// The same with what is known from before.
    pub fn worker_with<'a>(&'a self, memory: &'a mut dyn Memory) -> Worker<'a> {
        Worker { memory: Some(memory), ..self.worker() }
    }
}

impl<'a> Worker<'a> {
    pub fn library(&self) -> &'a Library {
        self.library
    }

    /// How much was known, and how much was not.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// The answer about what is given, from before or worked out now; `about` and the texts of the library are all
    /// else that it depends on. `read` makes something of it, or nothing if it cannot be an answer.
    pub(crate) fn answer<T, E>(
        &mut self,
        about: &Writer,
        given: &Given<'_>,
        read: impl Fn(&mut Reader<'_>) -> Option<T>,
        work: impl FnOnce(&mut Session, FileId) -> Result<Writer, E>,
    ) -> Result<Option<T>, E> {
        let first = self.library.first;
        let mut read = |bytes: &[u8]| {
            let mut reader = Reader { bytes, given, first, builder: &mut self.builder };
            read(&mut reader).filter(|_| reader.bytes.is_empty())
        };
        let question = self.memory.is_some().then(|| Digest::of_parts(&[&self.library.digest.0, about.bytes()]));
        if let (Some(memory), Some(question)) = (&mut self.memory, &question)
            && let Some(known) = memory.find(question).and_then(&mut read)
        {
            self.counts.known += 1;
            return Ok(Some(known));
        }
        let session = self.session.get_or_insert_with(|| self.library.session());
        let worked_out = work(session, first);
        // A session in which something went wrong is not used again: it may have come to a limit.
        if worked_out.is_err() || session.work_done() > STEPS {
            self.session = None;
        }
        let answer = worked_out?.finish();
        self.counts.evaluated += 1;
        if let (Some(memory), Some(question)) = (&mut self.memory, question) {
            memory.keep(question, &answer);
        }
        Ok(read(&answer))
    }
}
