//! Random operations, on the store and on a model of it.

use std::sync::Arc;

use strata_model::record::OutputRecord;
use strata_model::{Address, Context, Fence, Head, Record, RunId, RunStatus, Tier, Value};

use crate::compaction::summary;
use crate::memory::MemoryStore;
use crate::reads::Reads;
use crate::store::{ExpectHead, Store, StoreError, Write};

use super::sample;

/// Random operations, legal and illegal, on the store and on the model: both accept, refuse and remember the same.
pub(super) fn random_operations_agree_with_the_model(store: &impl Store, seed: u64, operations: u32) {
    let model = MemoryStore::new("model");
    let mut random = Random(seed);
    let contexts = ["api", "web"].map(sample::context);
    let addresses: Vec<Address> = contexts
        .iter()
        .flat_map(|context| ["a", "b", "c"].map(|unit| context.address(unit, "main").expect("an address")))
        .collect();
    for turn in 0..operations {
        let context = &contexts[random.below(2)];
        let own: Vec<&Address> = addresses.iter().filter(|address| address.is_in(context)).collect();
        let records: Vec<Record> = match random.below(20) {
            0 => summary(&model, context, u32::try_from(random.below(3)).unwrap_or(0))
                .expect("a log")
                .iter()
                .map(sample::checkpoint)
                .collect(),
            _ => (0..=random.below(3)).map(|_| random_record(&mut random, context, &own, &addresses)).collect(),
        };
        let fence = [None, Some(Fence(1)), Some(Fence(2)), Some(Fence(3))][random.below(4)];
        let current = model.head(context).expect("a head");
        let expect = [ExpectHead::Any, ExpectHead::Any, ExpectHead::Is(current), ExpectHead::Is(Head::EMPTY)];
        let stamp = sample::stamp(u64::from(turn));
        let write = Write { context, expect: expect[random.below(4)], fence, stamp: &stamp, records: &records };
        let (left, right) = (store.commit(write), model.commit(write));
        let kind = |result: &Result<Head, StoreError>| match result {
            Ok(head) => format!("{head:?}"),
            Err(error) => error.to_string(),
        };
        assert_eq!(kind(&left), kind(&right), "seed {seed}, turn {turn}: {write:?}");
    }
    for context in &contexts {
        assert_same(store, &model, context, seed);
    }
    for address in &addresses {
        let mut dependents = [store.dependents(address), model.dependents(address)].map(|found| found.expect("found"));
        dependents.iter_mut().for_each(|found| found.sort());
        assert_eq!(dependents[0], dependents[1], "seed {seed}: dependents of {address}");
    }
    assert_eq!(store.verify().expect("verified"), Vec::<String>::new(), "seed {seed}");
}

fn assert_same(store: &impl Store, model: &MemoryStore, context: &Context, seed: u64) {
    macro_rules! same {
        ($($question:ident($($argument:expr),*)),+ $(,)?) => {$(
            assert_eq!(
                store.$question($($argument),*).expect("an answer"),
                model.$question($($argument),*).expect("an answer"),
                "seed {seed}: {} of {context}", stringify!($question),
            );
        )+};
    }
    same!(
        head(context),
        kept(context),
        entries(context, 0, usize::MAX),
        entries(context, 7, 3),
        resources(context),
        count(context),
        outputs(context),
        plans(context, 3),
        runs(context, 3),
        open_intents(context),
        outcomes(context, &RunId("r1".into())),
        lease(context),
        last_fence(context),
        drift(context, 2),
    );
}

fn random_record(random: &mut Random, context: &Context, own: &[&Address], all: &[Address]) -> Record {
    let address = own[random.below(own.len())];
    let number = random.next() % 4 + 1;
    let run = ["r1", "r2"][random.below(2)];
    let step = u32::try_from(random.below(3)).unwrap_or(0);
    match random.below(14) {
        0..=3 => {
            let needs: Vec<&Address> = (0..random.below(3)).map(|_| &all[random.below(all.len())]).collect();
            Record::Resource(Box::new(sample::resource(address, number, &needs)))
        }
        4 => Record::Removed { address: address.clone() },
        5 => Record::Output(OutputRecord {
            name: Arc::from(["url", "id"][random.below(2)]),
            tier: Tier::Application,
            value: Value::from(i64::try_from(number).unwrap_or(0)),
            sensitive: false,
            desired: Value::Null,
            inputs: Vec::new(),
            secrets: Vec::new(),
            serial: number,
        }),
        6 => Record::OutputRemoved { name: "url".into() },
        7 => Record::Plan(Box::new(sample::plan(context, number))),
        8 => Record::Run(sample::run(run, [RunStatus::Running, RunStatus::Done][random.below(2)])),
        9 => Record::Intent(sample::intent(run, step, address)),
        10 => Record::Outcome(sample::outcome(run, step, address)),
        11 => Record::Released { fence: Fence(number) },
        12 => Record::Note { text: "note".into() },
        _ => Record::Lease(sample::lease(number)),
    }
}

/// SplitMix64: the same numbers on every machine.
pub struct Random(pub u64);

impl Random {
    #[expect(clippy::should_implement_trait, reason = "it is no iterator: it never ends")]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap_or(0)
    }
}
