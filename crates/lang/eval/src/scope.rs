//! Lexical scopes, while a program is being lowered.

use rustc_hash::{FxHashMap, FxHashSet};
use strata_base::Span;

use crate::ir::{InstanceId, LetId, NodeId};
use crate::label::{Label, Symbol};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct ScopeId(pub(crate) u32);

/// What a name stands for, seen from the scope that binds it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Binding {
    Field(Label),
    /// A field that another file of the package declares.
    Shared(Label),
    /// `X=(e): …`: seen from the struct that declares it. The key is lowered when first asked for.
    DynamicField {
        key: NodeId,
    },
    Let(LetId),
    Key,
    /// The name of a field with a static label, by the `K` of `a~(K,V)`.
    KeyText(Symbol),
    KeyField,
    ValueAlias,
    ForKey,
    ForValue,
    ClauseLet,
    Import(InstanceId),
    StdImport(u32),
    /// An import that there is not, which was told.
    Missing,
}

impl Binding {
    /// Whether it is a name beside the fields, which no field may have. A label that an alias names is one by its alias.
    fn is_alias(self, alias: Option<AliasId>) -> bool {
        match self {
            Binding::Field(_) => alias.is_some(),
            Binding::DynamicField { .. }
            | Binding::Let(_)
            | Binding::Key
            | Binding::KeyText(_)
            | Binding::KeyField
            | Binding::ValueAlias => true,
            // The names of a clause hide whatever is around them.
            Binding::Missing
            | Binding::Shared(_)
            | Binding::ForKey
            | Binding::ForValue
            | Binding::ClauseLet
            | Binding::Import(_)
            | Binding::StdImport(_) => false,
        }
    }
}

/// Why a name cannot be bound.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Clash {
    /// One of the two is a field, the other is not.
    AliasAndField,
    /// Both stand beside the fields of one scope.
    Redeclared,
}

#[derive(Debug, Default)]
pub(crate) struct Scope {
    parent: Option<ScopeId>,
    /// Whether evaluation makes a frame for it.
    frame: bool,
    /// Whether it is a struct or list, which `self` can mean.
    value: bool,
    /// Its names: so many of [`Scopes::names`], from a place on.
    start: u32,
    count: u32,
}

/// In scopes of more names than these they are looked up by hash.
const INDEX_FROM: u32 = 12;

/// An alias, `let` or import that must be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct AliasId(u32);

#[derive(Debug)]
struct Alias {
    span: Span,
    name: Symbol,
    import: bool,
    used: bool,
}

/// All scopes of a program.
#[derive(Debug, Default)]
pub(crate) struct Scopes {
    scopes: Vec<Scope>,
    /// The names of all scopes. Those of one follow each other: it gets them all before another one gets any.
    names: Vec<(Symbol, Binding, Option<AliasId>)>,
    /// The places of the names of large scopes.
    index: FxHashMap<(u32, Symbol), u32>,
    aliases: Vec<Alias>,
    /// All names that stand beside fields somewhere.
    beside: FxHashSet<Symbol>,
}

/// Where a name was found.
pub(crate) struct Found {
    pub(crate) binding: Binding,
    /// Frames between the place that asks and the scope that binds.
    pub(crate) up: u32,
}

impl Scopes {
    pub(crate) fn open(&mut self, parent: Option<ScopeId>, frame: bool, value: bool) -> ScopeId {
        let id = ScopeId(u32::try_from(self.scopes.len()).unwrap_or(u32::MAX));
        self.scopes.push(Scope { parent, frame, value, start: 0, count: 0 });
        id
    }

    /// Binds a name that need not be used. The first binding stays, as repeated fields are one field.
    pub(crate) fn bind(&mut self, scope: ScopeId, name: Symbol, binding: Binding) -> Result<(), Clash> {
        self.look_for_clash(scope, name, binding, None)?;
        self.bind_first(scope, name, binding, None);
        Ok(())
    }

    /// Binds a name that must be used.
    pub(crate) fn bind_alias(
        &mut self,
        scope: ScopeId,
        name: Symbol,
        binding: Binding,
        span: Span,
        import: bool,
    ) -> Result<(), Clash> {
        let alias = AliasId(u32::try_from(self.aliases.len()).unwrap_or(u32::MAX));
        self.look_for_clash(scope, name, binding, Some(alias))?;
        if self.bind_first(scope, name, binding, Some(alias)) {
            self.aliases.push(Alias { span, name, import, used: false });
        }
        Ok(())
    }

    /// Binds a field of another file, unless this one has the name.
    pub(crate) fn bind_shared(&mut self, scope: ScopeId, name: Symbol, label: Label) {
        self.bind_first(scope, name, Binding::Shared(label), None);
    }

    /// Whether a name was free in its scope; then it is bound.
    fn bind_first(&mut self, scope: ScopeId, name: Symbol, binding: Binding, alias: Option<AliasId>) -> bool {
        let is_free = self.own(scope, name).is_none();
        if is_free {
            self.add(scope, name, binding, alias);
        }
        is_free
    }

    /// What a scope itself binds a name to.
    fn own(&self, scope: ScopeId, name: Symbol) -> Option<(Binding, Option<AliasId>)> {
        let Scope { start, count, .. } = self.scopes[scope.0 as usize];
        if count > INDEX_FROM {
            let (_, binding, alias) = self.names[*self.index.get(&(scope.0, name))? as usize];
            return Some((binding, alias));
        }
        let names = &self.names[start as usize..(start + count) as usize];
        names.iter().find(|(known, ..)| *known == name).map(|&(_, binding, alias)| (binding, alias))
    }

    fn add(&mut self, scope: ScopeId, name: Symbol, binding: Binding, alias: Option<AliasId>) {
        let place = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        let own = &mut self.scopes[scope.0 as usize];
        if own.count == 0 {
            own.start = place;
        }
        debug_assert_eq!(own.start + own.count, place, "another scope got names in between");
        own.count += 1;
        self.names.push((name, binding, alias));
        if own.count > INDEX_FROM {
            // The first that is too many brings those before it along.
            let from = if own.count == INDEX_FROM + 1 { own.start } else { place };
            let names = (from..).zip(&self.names[from as usize..]);
            self.index.extend(names.map(|(place, (name, ..))| ((scope.0, *name), place)));
        }
    }

    /// Holds a name against the nearest that is the same, here or further out.
    fn look_for_clash(
        &mut self,
        scope: ScopeId,
        name: Symbol,
        binding: Binding,
        alias: Option<AliasId>,
    ) -> Result<(), Clash> {
        let is_alias = binding.is_alias(alias);
        // Fields alone never clash, and hardly any name stands beside them.
        if !is_alias && !self.beside.contains(&name) {
            return Ok(());
        }
        let mut at = Some(scope);
        while let Some(id) = at {
            if let Some((known, alias)) = self.own(id, name) {
                // Files say nothing about the names of each other.
                if matches!(known, Binding::Shared(_)) {
                    break;
                }
                match known.is_alias(alias) {
                    true if is_alias && id == scope => return Err(Clash::Redeclared),
                    known if known != is_alias => return Err(Clash::AliasAndField),
                    _ => break,
                }
            }
            at = self.scopes[id.0 as usize].parent;
        }
        if is_alias {
            self.beside.insert(name);
        }
        Ok(())
    }

    pub(crate) fn find(&mut self, from: ScopeId, name: Symbol) -> Option<Found> {
        let mut up = 0;
        let mut at = Some(from);
        while let Some(id) = at {
            let scope = &self.scopes[id.0 as usize];
            if let Some((binding, alias)) = self.own(id, name) {
                if let Some(alias) = alias {
                    self.aliases[alias.0 as usize].used = true;
                }
                return Some(Found { binding, up });
            }
            up += u32::from(scope.frame);
            at = scope.parent;
        }
        None
    }

    /// Frames up to the nearest enclosing struct or list.
    pub(crate) fn up_to_value(&self, from: ScopeId) -> u32 {
        let mut up = 0;
        let mut at = Some(from);
        while let Some(id) = at {
            let scope = &self.scopes[id.0 as usize];
            if scope.value {
                return up;
            }
            up += u32::from(scope.frame);
            at = scope.parent;
        }
        up
    }

    /// Frames up to the outermost scope.
    pub(crate) fn up_to_outermost(&self, from: ScopeId) -> u32 {
        let mut up = 0;
        let mut at = from;
        while let Some(parent) = self.scopes[at.0 as usize].parent {
            up += u32::from(self.scopes[at.0 as usize].frame);
            at = parent;
        }
        up
    }

    /// The aliases and imports that nothing used: name, place, whether it is an import.
    pub(crate) fn unused(&self) -> impl Iterator<Item = (Symbol, Span, bool)> + '_ {
        self.aliases.iter().filter(|alias| !alias.used).map(|alias| (alias.name, alias.span, alias.import))
    }
}
