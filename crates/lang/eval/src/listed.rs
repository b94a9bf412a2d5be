//! A map that keeps the order of its keys and is small where it is short: most have a few keys, some have thousands.

use std::hash::Hash;

use rustc_hash::FxHashMap;

/// Keys with their values, in the order in which they were added.
#[derive(Clone, Debug)]
pub(crate) struct Listed<K, V> {
    list: Vec<(K, V)>,
    /// The place of each key in the list, where that is long. Short lists are many, so it stands apart.
    index: Option<Box<FxHashMap<K, u32>>>,
}

/// In lists up to this length keys are looked for one by one.
const INDEX_FROM: usize = 12;

impl<K, V> Default for Listed<K, V> {
    fn default() -> Listed<K, V> {
        Listed { list: Vec::new(), index: None }
    }
}

impl<K: Copy + Eq + Hash, V> Listed<K, V> {
    pub(crate) fn as_slice(&self) -> &[(K, V)] {
        &self.list
    }

    pub(crate) fn get(&self, key: K) -> Option<&V> {
        self.position(key).map(|at| &self.list[at as usize].1)
    }

    /// How many keys were added before one.
    pub(crate) fn position(&self, key: K) -> Option<u32> {
        match &self.index {
            Some(index) => index.get(&key).copied(),
            None => (0..).zip(&self.list).find(|(_, (known, _))| *known == key).map(|(at, _)| at),
        }
    }

    /// Adds a key that is not there. There are fewer than 2^32 of them, as of all that ids are given to.
    pub(crate) fn push(&mut self, key: K, value: V) {
        if let Some(index) = &mut self.index {
            index.insert(key, self.list.len() as u32);
        }
        self.list.push((key, value));
        if self.index.is_none() && self.list.len() > INDEX_FROM {
            self.index = Some(Box::new((0..).zip(&self.list).map(|(at, (key, _))| (*key, at)).collect()));
        }
    }

    /// None yet, but with room for so many.
    pub(crate) fn with_capacity(count: usize) -> Listed<K, V> {
        Listed { list: Vec::with_capacity(count), index: None }
    }
}

#[cfg(test)]
mod tests {
    use super::Listed;

    #[test]
    fn keys_are_found_in_short_lists_and_in_long_ones() {
        let mut listed = Listed::default();
        for key in 0..40u32 {
            assert_eq!(listed.get(key), None);
            listed.push(key, key * 2);
            for known in 0..=key {
                assert_eq!(listed.get(known), Some(&(known * 2)));
                assert_eq!(listed.position(known), Some(known));
            }
        }
    }
}
