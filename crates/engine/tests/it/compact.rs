//! What is over is dropped, whoever writes meanwhile.

use std::cell::Cell;

use strata_engine::{Authority, PublicKey, Signer, SigningKey};
use strata_model::{Context, Principal, Record};
use strata_ports::{ExpectHead, Reads, Store, Write};

use crate::world::{Project, document, told};

/// While the first signature is made, somebody who needs no lease writes.
struct Interrupted<'p> {
    key: SigningKey,
    project: &'p Project,
    signed: Cell<u32>,
}

impl Signer for Interrupted<'_> {
    fn public(&self) -> PublicKey {
        self.key.public()
    }

    fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>, String> {
        if self.signed.replace(self.signed.get() + 1) == 0 {
            let records = [Record::Note { text: "meanwhile".into() }];
            let stamp = self.project.store.entries(&context(), 0, 1).unwrap().remove(0).stamp;
            let context = &context();
            let write = Write { context, expect: ExpectHead::Any, fence: None, stamp: &stamp, records: &records };
            self.project.store.commit(write).map_err(|error| error.to_string())?;
        }
        self.key.sign(bytes)
    }
}

fn context() -> Context {
    "acme/prod".parse().unwrap()
}

#[test]
fn what_is_written_without_a_lease_meanwhile_is_compacted_too() {
    let project = Project::new();
    project.apply(&document("a: {type: test.server}"));
    let key = Interrupted { key: SigningKey::from_seed([1; 32]), project: &project, signed: Cell::new(0) };
    let authority = Authority::own(Principal("me".into()), Some(key.public()));
    let last = project.store.head(&context()).unwrap().sequence;
    let compacted = project.engine(|engine| engine.compact(&context(), &authority, &key, 5));
    let checkpoint = compacted.unwrap_or_else(|failure| panic!("{}", told(&failure))).unwrap();
    // Its own lease, and the note.
    assert_eq!((checkpoint.through.sequence, key.signed.get()), (last + 2, 2));
    assert_eq!(project.store.verify().unwrap(), Vec::<String>::new());
}
