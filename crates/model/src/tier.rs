//! Tiers partition state, approval and authority; phases order nodes inside a plan. They are independent.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Tier {
    Infrastructure = 1,
    Shared = 2,
    Application = 3,
}

impl Tier {
    pub const ALL: [Tier; 3] = [Tier::Infrastructure, Tier::Shared, Tier::Application];

    pub fn number(self) -> u8 {
        self as u8
    }

    pub fn from_number(number: i64) -> Option<Tier> {
        Tier::ALL.into_iter().find(|tier| i64::from(tier.number()) == number)
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.number())
    }
}

impl FromStr for Tier {
    type Err = String;

    fn from_str(text: &str) -> Result<Tier, String> {
        let number = text.parse().ok().and_then(Tier::from_number);
        number.ok_or_else(|| format!("`{text}` is not a tier, write 1, 2 or 3"))
    }
}

impl Serialize for Tier {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u8(self.number())
    }
}

impl<'de> Deserialize<'de> for Tier {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Tier, D::Error> {
        let number = i64::deserialize(from)?;
        Tier::from_number(number).ok_or_else(|| D::Error::custom(format_args!("{number} is not a tier")))
    }
}

/// A soft order inside one release: it gives way where a reference says otherwise.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    Foundation,
    Infrastructure,
    #[default]
    Compute,
    Networking,
}

impl Phase {
    pub const ALL: [Phase; 4] = [Phase::Foundation, Phase::Infrastructure, Phase::Compute, Phase::Networking];

    pub fn name(self) -> &'static str {
        match self {
            Phase::Foundation => "foundation",
            Phase::Infrastructure => "infrastructure",
            Phase::Compute => "compute",
            Phase::Networking => "networking",
        }
    }
}
