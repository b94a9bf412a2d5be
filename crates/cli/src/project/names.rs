//! Resources as people name them: by their address, by what `strata status` calls them, by their unit alone.

use strata_base::{Code, Diagnostic, nearest};
use strata_model::Address;

/// Whether a resource goes by a name: `db`, `db/main`, `shop/db/main`, and so on up to the whole address.
pub(crate) fn is_called(address: &Address, name: &str) -> bool {
    let whole = address.as_str();
    let is_end = || whole.strip_suffix(name).is_some_and(|before| before.is_empty() || before.ends_with('/'));
    if name.contains('/') { is_end() } else { address.unit() == name }
}

/// Why a name is nobody's.
#[derive(Debug)]
pub(crate) enum Unnamed {
    /// Perhaps another name was meant.
    Nothing(Option<String>),
    Several(Vec<String>),
}

/// The one resource that goes by a name.
pub(crate) fn called<'a>(name: &str, known: impl IntoIterator<Item = &'a Address>) -> Result<Address, Unnamed> {
    let known: Vec<&Address> = known.into_iter().collect();
    // An address is nothing but itself, whatever else ends so.
    if let Some(own) = known.iter().find(|address| address.as_str() == name) {
        return Ok((*own).clone());
    }
    let found: Vec<&Address> = known.iter().copied().filter(|address| is_called(address, name)).collect();
    match found[..] {
        [only] => Ok(only.clone()),
        [] => Err(Unnamed::Nothing(near(name, &known))),
        _ => Err(Unnamed::Several(found.iter().map(ToString::to_string).collect())),
    }
}

/// Of the names of all that is known the one that is nearest, as long as what was asked for.
fn near(name: &str, known: &[&Address]) -> Option<String> {
    let parts = name.matches('/').count() + 1;
    let of = |address: &&Address| match parts {
        1 => address.unit().into_owned(),
        _ => {
            let all: Vec<&str> = address.as_str().split('/').collect();
            all[all.len().saturating_sub(parts)..].join("/")
        }
    };
    let names: Vec<String> = known.iter().map(of).collect();
    nearest(name, names.iter().map(String::as_str)).map(str::to_owned)
}

impl Unnamed {
    /// What is told where nothing has that name; `otherwise` says where names are to be found.
    pub(crate) fn problem(self, code: Code, name: &str, nothing: &str, otherwise: &str) -> Diagnostic {
        match self {
            Unnamed::Nothing(near) => Diagnostic::error(code, nothing)
                .hint(near.map_or_else(|| otherwise.to_owned(), |near| format!("did you mean `{near}`?"))),
            Unnamed::Several(all) => {
                let problem = Diagnostic::error(code, format!("several resources are called `{name}`"));
                problem.hint(format!("one of {}", all.join(", ")))
            }
        }
    }
}
