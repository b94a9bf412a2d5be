//! Field names as small numbers.

use std::sync::Arc;

use rustc_hash::FxHashMap;

/// An interned text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Symbol(pub u32);

/// Which name space a label belongs to. Labels of different kinds never unify.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum LabelKind {
    String,
    /// An index of a list.
    Int,
    /// `#a`
    Definition,
    /// `_a`, of one package
    Hidden,
    /// `_#a`, of one package
    HiddenDefinition,
    /// A `let`; never a field, but a place for errors and cycles.
    Let,
}

/// A field name: its kind in three bits, a symbol or an index in the rest.
///
/// Never order output by it: symbols are numbered in the order in which they are met.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Label(u32);

const PAYLOAD_BITS: u32 = 29;
const PAYLOAD: u32 = (1 << PAYLOAD_BITS) - 1;

impl Label {
    pub const MAX_INDEX: u32 = PAYLOAD;

    pub fn new(kind: LabelKind, symbol: Symbol) -> Label {
        debug_assert!(symbol.0 <= PAYLOAD);
        Label(((kind as u32) << PAYLOAD_BITS) | (symbol.0 & PAYLOAD))
    }

    pub fn string(symbol: Symbol) -> Label {
        Label::new(LabelKind::String, symbol)
    }

    pub fn index(index: u32) -> Label {
        Label::new(LabelKind::Int, Symbol(index))
    }

    pub fn kind(self) -> LabelKind {
        match self.0 >> PAYLOAD_BITS {
            0 => LabelKind::String,
            1 => LabelKind::Int,
            2 => LabelKind::Definition,
            3 => LabelKind::Hidden,
            4 => LabelKind::HiddenDefinition,
            _ => LabelKind::Let,
        }
    }

    /// The symbol of a named label, the index of an [`LabelKind::Int`] one.
    pub fn payload(self) -> u32 {
        self.0 & PAYLOAD
    }

    /// All of it as one number.
    pub(crate) fn bits(self) -> u32 {
        self.0
    }

    pub fn symbol(self) -> Symbol {
        Symbol(self.payload())
    }

    pub fn is_string(self) -> bool {
        self.kind() == LabelKind::String
    }

    pub fn is_int(self) -> bool {
        self.kind() == LabelKind::Int
    }

    /// A member of what is exported: a string or an index.
    pub fn is_regular(self) -> bool {
        matches!(self.kind(), LabelKind::String | LabelKind::Int)
    }

    pub fn is_definition(self) -> bool {
        matches!(self.kind(), LabelKind::Definition | LabelKind::HiddenDefinition)
    }

    pub fn is_hidden(self) -> bool {
        matches!(self.kind(), LabelKind::Hidden | LabelKind::HiddenDefinition)
    }

    pub fn is_let(self) -> bool {
        self.kind() == LabelKind::Let
    }
}

/// Texts to symbols and back. Equal input in equal order gives equal numbers.
#[derive(Clone, Default, Debug)]
pub(crate) struct Interner {
    texts: Vec<Arc<str>>,
    index: FxHashMap<Arc<str>, Symbol>,
}

impl Interner {
    pub(crate) fn intern(&mut self, text: &str) -> Symbol {
        if let Some(&symbol) = self.index.get(text) {
            return symbol;
        }
        let text: Arc<str> = text.into();
        let symbol = Symbol(u32::try_from(self.texts.len()).unwrap_or(PAYLOAD));
        self.texts.push(text.clone());
        self.index.insert(text, symbol);
        symbol
    }

    pub(crate) fn find(&self, text: &str) -> Option<Symbol> {
        self.index.get(text).copied()
    }

    pub(crate) fn get(&self, symbol: Symbol) -> Option<&Arc<str>> {
        self.texts.get(symbol.0 as usize)
    }

    pub(crate) fn len(&self) -> usize {
        self.texts.len()
    }
}

/// Separates the name of a hidden label from the package that owns it, in the symbol's text.
pub(crate) const HIDDEN_SEPARATOR: char = '\u{1f}';

/// The name of a label's text as a person writes it: without the owner of a hidden one.
pub(crate) fn visible(text: &str) -> &str {
    text.split(HIDDEN_SEPARATOR).next().unwrap_or(text)
}

/// The kind that an identifier has as a label.
pub(crate) fn kind_of_identifier(name: &str) -> LabelKind {
    if name.starts_with("_#") {
        LabelKind::HiddenDefinition
    } else if name.starts_with('#') {
        LabelKind::Definition
    } else if name.starts_with('_') {
        LabelKind::Hidden
    } else {
        LabelKind::String
    }
}
