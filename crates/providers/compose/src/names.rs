//! What things are called on an engine. Driver and sink both ask here, so a stack that was applied and the file that was
//! written of it speak of the same objects.

use std::borrow::Cow;

use strata_model::{Address, Context, Digest};

/// A label of a host name is 63 bytes long at most; a number and a hyphen are put to the name of a container.
const LONGEST: usize = 50;

/// The Compose project of an environment. All applications of an environment share it, and so reach each other.
pub fn project(context: &Context) -> String {
    readable(&[context.org(), context.env()])
}

/// A service, volume, network or secret in its project: the unit, after its application where that is called otherwise. A role
/// is told only where a unit has more than one resource of a kind.
pub fn local(kind: &str, address: &Address) -> String {
    let (context, unit, role) = (address.context(), address.unit(), address.role());
    let mut parts = Vec::with_capacity(3);
    parts.extend(context.app().filter(|app| *app != unit));
    parts.push(unit);
    parts.extend((role != kind.strip_prefix(super::PREFIX).unwrap_or(kind)).then_some(role));
    readable(&parts)
}

/// What the engine calls a volume or network: unlike those of services, these names are the engine's and not the project's.
pub(crate) fn global(kind: &str, address: &Address) -> String {
    format!("{}_{}", project(&address.context()), local(kind, address))
}

/// The network that all services of a project stand in.
pub(crate) fn default_network(project: &str) -> String {
    format!("{project}_default")
}

/// Parts with hyphens between them, if that is a name as it is; else something like it with a mark of its own.
fn readable(parts: &[Cow<'_, str>]) -> String {
    let joined = parts.join("-");
    let fits = joined.len() <= LONGEST && parts.iter().all(|part| is_clean(part));
    if fits {
        return joined;
    }
    let mut name: String =
        joined.chars().map(|char| if is_plain(char) { char } else { '-' }).take(LONGEST - 9).collect();
    name = name.to_ascii_lowercase().trim_matches('-').to_owned();
    let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
    let mark = &Digest::of_parts(&parts).short()[..8];
    if name.is_empty() { format!("x-{mark}") } else { format!("{name}-{mark}") }
}

fn is_plain(char: char) -> bool {
    char.is_ascii_alphanumeric() || char == '-'
}

fn is_clean(part: &str) -> bool {
    part.chars().all(|char| is_plain(char) && !char.is_ascii_uppercase())
        && !part.starts_with('-')
        && !part.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(address: &str) -> String {
        local("compose.service", &address.parse().unwrap())
    }

    #[test]
    fn a_name_is_what_people_would_have_chosen() {
        assert_eq!(service("acme/dev/-/db/service"), "db");
        assert_eq!(service("acme/dev/shop/shop/service"), "shop");
        assert_eq!(service("acme/dev/shop/worker/service"), "shop-worker");
        assert_eq!(service("acme/dev/shop/shop/ingress"), "shop-ingress");
        assert_eq!(project(&"acme/dev/shop".parse().unwrap()), "acme-dev");
        assert_eq!(global("compose.volume", &"acme/dev/-/db/volume".parse().unwrap()), "acme-dev_db");
    }

    #[test]
    fn what_is_no_name_gets_a_mark() {
        assert_eq!(service("acme/dev/-/My_Db/service"), "my-db-e1d7070f");
        assert_ne!(service("acme/dev/-/my_db/service"), service("acme/dev/-/my.db/service"));
        assert!(service("acme/dev/-/%C3%BC/service").starts_with("x-"));
        let long = service(&format!("acme/dev/-/{}/service", "n".repeat(200)));
        assert_eq!(long.len(), LONGEST);
    }
}
