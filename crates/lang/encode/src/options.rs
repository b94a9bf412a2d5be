//! What a reader of documents allows.

/// What to do with a key that stands twice in one struct.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum DuplicateKeys {
    /// Both fields are kept, as CUE does, which unifies their values.
    #[default]
    Keep,
    Refuse,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReadOptions {
    /// How many lists and structs may stand in each other.
    pub max_depth: usize,
    /// How many nodes the aliases of one YAML document may add to it.
    pub max_alias_nodes: usize,
    pub duplicate_keys: DuplicateKeys,
}

impl Default for ReadOptions {
    fn default() -> ReadOptions {
        ReadOptions { max_depth: 10_000, max_alias_nodes: 50_000, duplicate_keys: DuplicateKeys::Keep }
    }
}
