//! The kinds of values, and sets of them.

use std::fmt;
use std::ops::{BitAnd, BitOr, Not};

/// A set of kinds, such as `number` or `(int|string)`. The empty set is bottom, the full one is top.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Kinds(u16);

impl Kinds {
    pub const BOTTOM: Kinds = Kinds(0);
    pub const NULL: Kinds = Kinds(1);
    pub const BOOL: Kinds = Kinds(1 << 1);
    pub const INT: Kinds = Kinds(1 << 2);
    pub const FLOAT: Kinds = Kinds(1 << 3);
    pub const STRING: Kinds = Kinds(1 << 4);
    pub const BYTES: Kinds = Kinds(1 << 5);
    pub const FUNC: Kinds = Kinds(1 << 6);
    pub const LIST: Kinds = Kinds(1 << 7);
    pub const STRUCT: Kinds = Kinds(1 << 8);

    pub const NUMBER: Kinds = Kinds::INT.or(Kinds::FLOAT);
    /// Everything but lists, structs and functions.
    pub const SCALAR: Kinds = Kinds::NULL.or(Kinds::BOOL).or(Kinds::NUMBER).or(Kinds::STRING).or(Kinds::BYTES);
    pub const TOP: Kinds = Kinds::SCALAR.or(Kinds::FUNC).or(Kinds::LIST).or(Kinds::STRUCT);

    /// `|` for constants.
    pub const fn or(self, other: Kinds) -> Kinds {
        Kinds(self.0 | other.0)
    }

    /// `&` for constants.
    pub const fn and(self, other: Kinds) -> Kinds {
        Kinds(self.0 & other.0)
    }

    /// What is in this set and not in the other.
    pub const fn without(self, other: Kinds) -> Kinds {
        Kinds(self.0 & !other.0)
    }

    pub const fn is_bottom(self) -> bool {
        self.0 == 0
    }

    pub const fn intersects(self, other: Kinds) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether every kind of `other` is in this set.
    pub const fn contains(self, other: Kinds) -> bool {
        self.0 & other.0 == other.0
    }

    /// The number of kinds in the set.
    pub const fn count(self) -> u32 {
        self.0.count_ones()
    }

    /// The set as a CUE type that parses: lists are `[...]` and structs `{...}`.
    pub fn to_type(self) -> String {
        self.spelt("_", "[...]", "{...}")
    }

    fn spelt(self, func: &'static str, list: &'static str, structure: &'static str) -> String {
        if self == Kinds::BOTTOM {
            return "_|_".to_owned();
        }
        if self == Kinds::TOP {
            return "_".to_owned();
        }
        // Both numeric kinds together have a name of their own, which stands last.
        let both = self.contains(Kinds::NUMBER);
        let names = [
            (self.intersects(Kinds::NULL), "null"),
            (self.intersects(Kinds::BOOL), "bool"),
            (!both && self.intersects(Kinds::INT), "int"),
            (!both && self.intersects(Kinds::FLOAT), "float"),
            (self.intersects(Kinds::STRING), "string"),
            (self.intersects(Kinds::BYTES), "bytes"),
            (self.intersects(Kinds::FUNC), func),
            (self.intersects(Kinds::LIST), list),
            (self.intersects(Kinds::STRUCT), structure),
            (both, "number"),
        ];
        let names: Vec<&str> = names.into_iter().filter_map(|(is, name)| is.then_some(name)).collect();
        match names.as_slice() {
            [only] => (*only).to_owned(),
            many => format!("({})", many.join("|")),
        }
    }
}

impl BitOr for Kinds {
    type Output = Kinds;
    fn bitor(self, other: Kinds) -> Kinds {
        self.or(other)
    }
}

impl BitAnd for Kinds {
    type Output = Kinds;
    fn bitand(self, other: Kinds) -> Kinds {
        self.and(other)
    }
}

impl Not for Kinds {
    type Output = Kinds;
    fn not(self) -> Kinds {
        Kinds(!self.0 & Kinds::TOP.0)
    }
}

/// As error texts spell it: `int`, `number`, `(int|string)`, `_` for top and `_|_` for bottom.
impl fmt::Display for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.spelt("func", "list", "struct"))
    }
}

#[cfg(test)]
mod tests {
    use super::Kinds;

    #[test]
    fn sets_are_spelt_as_in_error_texts() {
        let table = [
            (Kinds::BOTTOM, "_|_"),
            (Kinds::TOP, "_"),
            (Kinds::INT, "int"),
            (Kinds::NUMBER, "number"),
            (Kinds::INT | Kinds::STRING, "(int|string)"),
            (Kinds::NUMBER | Kinds::STRING, "(string|number)"),
            (Kinds::NULL | Kinds::LIST | Kinds::STRUCT, "(null|list|struct)"),
        ];
        for (kinds, text) in table {
            assert_eq!(kinds.to_string(), text);
        }
        assert_eq!((Kinds::LIST | Kinds::STRUCT).to_type(), "([...]|{...})");
    }

    #[test]
    fn a_set_and_its_complement_are_everything() {
        let scalar = Kinds::SCALAR;
        assert_eq!(scalar | !scalar, Kinds::TOP);
        assert!((scalar & !scalar).is_bottom());
        assert!(Kinds::TOP.contains(Kinds::FUNC) && !scalar.contains(Kinds::LIST));
        assert_eq!(Kinds::NUMBER.count(), 2);
    }
}
