//! Fills later values before a call: everything is known now, or the step cannot be done.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use strata_model::check::Check;
use strata_model::plan::Read;
use strata_model::record::OutputRecord;
use strata_model::resource::{Allocation, SecretVersion};
use strata_model::{Address, Context, Later, Path, Resource, SecretRef, Target, Value, function};
use strata_ports::{Secret, seal};

use crate::mask::Mask;
use crate::{Engine, SINK};

/// Properties with everything filled in. No `Debug`: `clear` holds secrets.
pub(crate) struct Filled {
    /// For the driver only.
    pub(crate) clear: Value,
    /// The leaves of `clear` that are secret by what filled them.
    pub(crate) tainted: Vec<Path>,
    /// For the record; `None` where that is the properties themselves.
    pub(crate) sealed: Option<Value>,
    pub(crate) inputs: Vec<Read>,
    pub(crate) secrets: Vec<SecretVersion>,
    pub(crate) allocations: BTreeMap<Path, Allocation>,
    /// What was opened on the way.
    pub(crate) mask: Mask,
}

impl Filled {
    /// For a step that sends nothing.
    pub(crate) fn nothing() -> Filled {
        Filled {
            clear: Value::Null,
            tainted: Vec::new(),
            sealed: None,
            inputs: Vec::new(),
            secrets: Vec::new(),
            allocations: BTreeMap::new(),
            mask: Mask::default(),
        }
    }
}

/// What can be looked up while filling.
pub(crate) trait Sheet {
    /// A resource as it is now, in this context or another.
    fn resource(&self, address: &Address) -> Result<Option<Arc<Resource>>, String>;

    fn output(&self, context: &Context, name: &Arc<str>) -> Result<Option<OutputRecord>, String>;

    /// Numbers of a pool that others have taken: other resources, in whatever context, and other leaves of this run.
    fn taken(&self, pool: &Value, address: &Address, path: &Path) -> Result<BTreeSet<i64>, String>;
}

/// Where expressions stand: in the properties of a resource, or as an output.
pub(crate) struct Place<'a> {
    pub(crate) address: &'a Address,
    /// Numbers that were chosen for it before, which it keeps.
    pub(crate) kept: &'a BTreeMap<Path, Allocation>,
}

/// Where nothing was chosen before.
pub(crate) const NOTHING_KEPT: &BTreeMap<Path, Allocation> = &BTreeMap::new();

/// Fills properties. What is wrong is told without any value.
pub(crate) fn fill(
    engine: &Engine<'_>,
    sheet: &dyn Sheet,
    place: &Place<'_>,
    properties: &Value,
    checks: &BTreeMap<Path, Check>,
) -> Result<Filled, String> {
    let mut has_later = false;
    properties.each_later(&mut |_| has_later = true);
    let mut filling = Filling {
        engine,
        sheet,
        place,
        path: Path::root(),
        tainted: Vec::new(),
        inputs: BTreeSet::new(),
        secrets: BTreeSet::new(),
        allocations: BTreeMap::new(),
        opened: Vec::new(),
    };
    let mut wrong = None;
    let clear = if has_later {
        properties.map_leaves(&mut |path, leaf| {
            let Value::Later(later) = leaf else { return None };
            if wrong.is_some() {
                return None;
            }
            filling.path = path.clone();
            match filling.leaf(later) {
                Ok(value) => Some(value),
                Err(error) => {
                    wrong = Some(format!("`{path}`: {error}"));
                    None
                }
            }
        })
    } else {
        properties.clone()
    };
    if let Some(wrong) = wrong {
        return Err(wrong);
    }
    for (path, check) in checks {
        if let Some(refusal) = clear.at(path).and_then(|value| check.refuse(value)) {
            return Err(format!("`{path}` {refusal}"));
        }
    }
    let Filling { tainted, inputs, secrets, allocations, opened, .. } = filling;
    let sealed = if tainted.is_empty() {
        has_later.then(|| clear.clone())
    } else {
        let is_tainted = |path: &Path| tainted.iter().any(|tainted| tainted.covers(path));
        let sealer = |text: &str| engine.secrets.fingerprint(text);
        let (sealed, _) = seal(&clear, is_tainted, &sealer).map_err(|error| error.to_string())?;
        Some(sealed)
    };
    Ok(Filled {
        clear,
        tainted,
        sealed,
        inputs: inputs.into_iter().collect(),
        secrets: secrets.into_iter().collect(),
        allocations,
        mask: Mask::of(opened.iter().map(Secret::expose)),
    })
}

/// The key in the sink under which a sensitive attribute is kept.
pub(crate) fn attribute_key(address: &Address, path: &Path) -> SecretRef {
    SecretRef { store: SINK.into(), key: format!("{address}#{path}").into() }
}

pub(crate) fn output_key(context: &Context, name: &str) -> SecretRef {
    SecretRef { store: SINK.into(), key: format!("{context}#{name}").into() }
}

struct Filling<'a> {
    engine: &'a Engine<'a>,
    sheet: &'a dyn Sheet,
    place: &'a Place<'a>,
    /// The leaf that is being filled.
    path: Path,
    tainted: Vec<Path>,
    inputs: BTreeSet<Read>,
    secrets: BTreeSet<SecretVersion>,
    allocations: BTreeMap<Path, Allocation>,
    /// Secrets, and what was made of them.
    opened: Vec<Secret>,
}

impl Filling<'_> {
    fn leaf(&mut self, later: &Later) -> Result<Value, String> {
        let mut tainted = later.is_sensitive();
        let value = self.later(later, &mut tainted)?;
        if tainted {
            self.tainted.push(self.path.clone());
            self.opened.extend(value.as_str().map(Secret::new));
        }
        Ok(value)
    }

    fn later(&mut self, later: &Later, tainted: &mut bool) -> Result<Value, String> {
        match later {
            Later::Secret(secret) if &*secret.store == SINK => {
                Err(format!("`{SINK}` is not for documents to refer to"))
            }
            Later::Secret(secret) => {
                let version = self.engine.secrets.version(secret).map_err(|error| error.to_string())?;
                let value = self.engine.secrets.get(secret).map_err(|error| error.to_string())?;
                let after = self.engine.secrets.version(secret).map_err(|error| error.to_string())?;
                if after != version {
                    return Err(format!("the secret {}:{} was changed while it was read", secret.store, secret.key));
                }
                self.secrets.insert(SecretVersion { secret: secret.clone(), version });
                *tainted = true;
                let text = Value::from(value.expose());
                self.opened.push(value);
                Ok(text)
            }
            Later::Ref { target: Target::Attribute { address, attr }, .. } => {
                let resource = self.sheet.resource(address)?.ok_or_else(|| format!("{address} does not exist"))?;
                self.inputs.insert(Read::Resource { address: address.clone(), serial: resource.serial });
                let value = resource.observed.at(attr).ok_or_else(|| format!("{address} has no `{attr}`"))?;
                self.open(value, tainted, &mut |path| {
                    let whole = attr.segments().iter().chain(path.segments()).cloned().collect();
                    attribute_key(address, &whole)
                })
            }
            Later::Ref { target: Target::Output { context, output }, .. } => {
                let record = self
                    .sheet
                    .output(context, output)?
                    .ok_or_else(|| format!("{context} publishes no output `{output}`"))?;
                let (context, output) = (context.clone(), output.clone());
                let key = output_key(&context, &output);
                self.inputs.insert(Read::Output { context, output, serial: record.serial });
                self.open(&record.value, tainted, &mut |_| key.clone())
            }
            Later::Join { parts, .. } => {
                let parts: Vec<Value> =
                    parts.iter().map(|part| self.value(part, tainted)).collect::<Result<_, String>>()?;
                function::join(&parts).map(|text| Value::String(text.into()))
            }
            Later::Call { function, argument, .. } => {
                let argument = self.value(argument, tainted)?;
                let text: Arc<str> = function.apply(&argument)?.into();
                if *tainted {
                    self.opened.push(Secret::new(text.clone()));
                }
                Ok(Value::String(text))
            }
            Later::Alloc { pool, min, max } => {
                let pool = self.value(pool, tainted)?;
                let kept = self.place.kept.get(&self.path);
                let kept = kept.filter(|kept| kept.pool == pool && (*min..=*max).contains(&kept.number));
                let number = match kept {
                    Some(kept) => kept.number,
                    None => {
                        let mut taken = self.sheet.taken(&pool, self.place.address, &self.path)?;
                        let own = self.place.kept.iter().filter(|(path, _)| **path != self.path);
                        taken.extend(own.filter(|(_, kept)| kept.pool == pool).map(|(_, kept)| kept.number));
                        let free = (*min..=*max).find(|number| !taken.contains(number));
                        free.ok_or_else(|| format!("all numbers from {min} to {max} are taken"))?
                    }
                };
                self.allocations.insert(self.path.clone(), Allocation { pool, number });
                Ok(Value::from(number))
            }
        }
    }

    fn value(&mut self, value: &Value, tainted: &mut bool) -> Result<Value, String> {
        let mut wrong = None;
        let filled = value.map_leaves(&mut |_, leaf| {
            let Value::Later(later) = leaf else { return None };
            self.later(later, tainted).map_err(|error| wrong = Some(error)).ok()
        });
        wrong.map_or(Ok(filled), Err)
    }

    /// Puts secrets from the sink in the place of their fingerprints.
    fn open(
        &mut self,
        value: &Value,
        tainted: &mut bool,
        key: &mut dyn FnMut(&Path) -> SecretRef,
    ) -> Result<Value, String> {
        let mut wrong = None;
        let opened = value.map_leaves(&mut |path, leaf| {
            if !matches!(leaf, Value::Sealed(_)) {
                return None;
            }
            *tainted = true;
            match self.engine.secrets.get(&key(path)) {
                Ok(secret) => {
                    let text = Value::from(secret.expose());
                    self.opened.push(secret);
                    Some(text)
                }
                Err(error) => {
                    wrong = Some(error.to_string());
                    None
                }
            }
        });
        wrong.map_or(Ok(opened), Err)
    }
}
