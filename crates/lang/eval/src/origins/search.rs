//! In which order the facts of an answer are looked at: those that flowed in before those that decided whether there is
//! a value at all, the nearest first. Where one place is all that is wanted, no more is worked out than it takes.

use rustc_hash::FxHashSet;
use strata_base::Span;

use super::{Cause, Effect, Fact, Walk};
use crate::limits::Limit;
use crate::session::Session;
use crate::vertex::VertexId;
use crate::work::Need;

/// Goes through facts by their distance, each once.
#[derive(Debug)]
pub(super) struct Search {
    /// The facts of one distance that were not looked at yet, in reverse.
    level: Vec<Station>,
    next: Vec<Station>,
    /// What is around waits until all that flowed in is known.
    around: Vec<(usize, u32)>,
    distance: u32,
    seen: FxHashSet<usize>,
}

/// A fact on the way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Station {
    pub(super) fact: usize,
    /// It decided whether the value is there, or flowed into what did.
    pub(super) is_around: bool,
    pub(super) distance: u32,
}

impl Search {
    /// From the first fact, the value that was asked for.
    pub(super) fn new() -> Search {
        let first = Station { fact: 0, is_around: false, distance: 0 };
        let (next, around, seen) = Default::default();
        Search { level: vec![first], next, around, distance: 0, seen }
    }

    pub(super) fn next(&mut self) -> Option<Station> {
        loop {
            while let Some(station) = self.level.pop() {
                if self.seen.insert(station.fact) {
                    return Some(station);
                }
            }
            self.distance += 1;
            if self.next.is_empty() {
                let nearest = self.around.iter().map(|&(_, at)| at).min()?;
                let found = self.around.extract_if(.., |(_, at)| *at == nearest);
                self.next.extend(found.map(|(fact, _)| Station { fact, is_around: true, distance: nearest }));
                self.distance = nearest;
            }
            self.next.reverse();
            std::mem::swap(&mut self.level, &mut self.next);
            for station in &mut self.level {
                station.distance = self.distance;
            }
        }
    }

    /// Goes on to what a fact was made of.
    pub(super) fn enter(&mut self, fact: &Fact, from: Station) {
        let Station { distance, .. } = from;
        for cause in &fact.causes {
            let is_around = from.is_around || !cause.effect.is_own();
            let decides = is_around || matches!(cause.effect, Effect::Chosen | Effect::ChosenDefault);
            match decides {
                true => self.around.extend(cause.inputs.iter().map(|&input| (input, distance + 1))),
                false => {
                    let inputs = cause.inputs.iter();
                    self.next.extend(inputs.map(|&fact| Station { fact, is_around: false, distance }));
                }
            }
        }
        let parts = fact.parts.iter();
        self.next.extend(parts.map(|&fact| Station { fact, is_around: from.is_around, distance }));
    }
}

/// Contributions in the order of an answer.
type Rank = (bool, u32, Effect, Span);

impl Session {
    /// The place of the first among those contributions to a value that are preferred most. `preference` is told whether
    /// one is around; it gives 0 to what is preferred to all else, and nothing to what is not wanted.
    pub fn nearest_place(
        &mut self,
        vertex: VertexId,
        preference: &dyn Fn(&Cause, bool) -> Option<u8>,
    ) -> Result<Option<Span>, Limit> {
        self.require(vertex, Need::Deep)?;
        let mut walk = Walk::begin(vertex);
        let (mut search, mut best) = (Search::new(), None::<(u8, Rank)>);
        while let Some(station) = search.next() {
            // What flowed in at a greater distance comes later, and what is around later than that.
            let is_later = |distance| station.is_around || distance < station.distance;
            if best.is_some_and(|(preferred, (is_around, distance, ..))| {
                preferred == 0 && !is_around && is_later(distance)
            }) {
                break;
            }
            self.work_out(&mut walk, station.fact, &[])?;
            let fact = &walk.facts[station.fact];
            for cause in &fact.causes {
                let rank = station.rank(cause.effect, cause.span);
                let ranked = preference(cause, rank.0).map(|preferred| (preferred, rank));
                best = best.into_iter().chain(ranked).min();
            }
            search.enter(fact, station);
        }
        Ok(best.map(|(_, (.., span))| span))
    }
}

impl Station {
    fn rank(self, effect: Effect, span: Span) -> Rank {
        let Station { is_around, distance, .. } = self;
        (is_around || !effect.is_own(), distance + u32::from(!effect.is_own()), effect, span)
    }
}
