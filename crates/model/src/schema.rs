//! What the planner must know of a type of resource. A driver tells it; it is static data.

use serde::{Deserialize, Serialize};

use crate::graph::{ProviderInstance, TypeName};
use crate::path::Path;
use crate::plan::ReplaceOrder;

/// Paths are patterns, see [`Path::matches`].
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TypeSchema {
    /// Fields that cannot change in place.
    pub immutable: Vec<Path>,
    /// Fields and attributes that must never be shown or kept.
    pub sensitive: Vec<Path>,
    /// Attributes that survive an update, such as identifiers. All others are unknown until an update is done.
    pub stable: Vec<Path>,
    /// Fields whose change interrupts the service.
    pub restarts: Vec<Path>,
    /// Deleting it loses data.
    pub holds_data: bool,
    /// An object keeps the address that it was made with: its marks cannot change, or what it tells is made of them.
    pub stays: bool,
    /// The field that `scale` sets, where it can.
    pub scales: Option<Path>,
    pub replace: Option<ReplaceOrder>,
}

impl TypeSchema {
    pub fn is_immutable(&self, path: &Path) -> bool {
        any(&self.immutable, path)
    }

    pub fn is_sensitive(&self, path: &Path) -> bool {
        any(&self.sensitive, path)
    }

    pub fn is_stable(&self, path: &Path) -> bool {
        any(&self.stable, path)
    }

    pub fn restarts(&self, path: &Path) -> bool {
        any(&self.restarts, path)
    }
}

fn any(patterns: &[Path], path: &Path) -> bool {
    patterns.iter().any(|pattern| pattern.matches(path))
}

/// Where schemas are looked up. A type that is not known is `None`: a plan with it is refused.
pub trait Schemas {
    fn schema(&self, provider: &ProviderInstance, kind: &TypeName) -> Option<&TypeSchema>;
}
