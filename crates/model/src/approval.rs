//! Who may do what, and who said yes.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::address::Context;
use crate::digest::Digest;
use crate::tier::Tier;
use crate::time::Timestamp;

/// A name under which somebody acts. What proves it is a key that is trusted outside the store.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Principal(pub Arc<str>);

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Role {
    #[serde(rename = "tier_viewer")]
    Viewer,
    #[serde(rename = "tier_author")]
    Author,
    #[serde(rename = "tier_approver")]
    Approver,
    #[serde(rename = "tier_admin")]
    Admin,
}

impl Role {
    pub const ALL: [Role; 4] = [Role::Viewer, Role::Author, Role::Approver, Role::Admin];

    pub fn name(self) -> &'static str {
        match self {
            Role::Viewer => "tier_viewer",
            Role::Author => "tier_author",
            Role::Approver => "tier_approver",
            Role::Admin => "tier_admin",
        }
    }
}

/// A role of a principal on segments of a context and on one tier. Nothing is granted that no grant says.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Grant {
    pub principal: Principal,
    pub role: Role,
    pub place: Place,
    pub tier: Tier,
}

/// Contexts by segments, `acme/prod/*`: `*` is any segment, including the absence of an application. Never a prefix
/// of text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Place([Option<Arc<str>>; 3]);

impl Place {
    pub fn covers(&self, context: &Context) -> bool {
        self.0.iter().zip(context.as_str().split('/')).all(|(pattern, segment)| match pattern {
            None => true,
            Some(pattern) => **pattern == *segment,
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [org, env, app] = &self.0;
        let text = |segment: &Option<Arc<str>>| segment.clone().unwrap_or_else(|| "*".into());
        write!(f, "{}/{}/{}", text(org), text(env), text(app))
    }
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Place, String> {
        let raw: Vec<&str> = text.split('/').collect();
        let [org, env, app] = raw[..] else {
            return Err(format!("`{text}` is not a place such as `acme/prod/*`"));
        };
        // A context proves that each segment is canonical; `*` is no segment, as it would be escaped.
        let probe = |segment| if segment == "*" { "any" } else { segment };
        let whole = [probe(org), probe(env), probe(app)].join("/");
        whole.parse::<Context>().map_err(|error| error.to_string())?;
        Ok(Place([org, env, app].map(|segment| (segment != "*").then(|| segment.into()))))
    }
}

crate::codec::text_serde!(Place);

/// A signature over what [`Approval::statement`] says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Approval {
    pub plan: Digest,
    pub context: Context,
    pub tier: Tier,
    pub principal: Principal,
    pub at: Timestamp,
    pub expires: Timestamp,
    /// The public key, such as `ed25519:…` or an SSH key line.
    pub key: Arc<str>,
    /// In hexadecimal digits.
    pub signature: Arc<str>,
}

impl Approval {
    /// The text that is signed: all that the approval says, one fact a line.
    pub fn statement(&self) -> String {
        format!(
            "strata approval 1\nplan {}\ncontext {}\ntier {}\nprincipal {}\nat {}\nexpires {}\n",
            self.plan, self.context, self.tier, self.principal, self.at, self.expires
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_covers_segments_never_prefixes() {
        let covers =
            |place: &str, context: &str| place.parse::<Place>().unwrap().covers(&context.parse::<Context>().unwrap());
        assert!(covers("acme/prod/*", "acme/prod/api"));
        assert!(covers("acme/prod/*", "acme/prod"));
        assert!(covers("*/*/*", "acme/stage/x"));
        assert!(!covers("acme/prod/api", "acme/prod/api2"));
        assert!(!covers("acme/prod/-", "acme/prod/api"));
        assert!(!covers("acme/prod/*", "acme/prod2/api"));
        assert!("acme/prod/../stage".parse::<Place>().is_err());
        assert!("acme/..".parse::<Place>().is_err());
    }
}
