//! Where things are made: in the region and the account in which their environment stands, unless somebody says otherwise.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use strata_base::{Diagnostic, Span};
use strata_contracts::Library;
use strata_model::{Context, ProviderInstance, Recorded, Stack, Tier};

use crate::codes;
use crate::declare::Declared;
use crate::references::upper;

/// Something that stands in an upper tier: one of each tier and place.
struct Standing<'a> {
    tier: Tier,
    /// With what holds where nothing is said.
    provider: Cow<'a, ProviderInstance>,
    what: String,
    span: Span,
}

/// Providers that are named without the region or the account in which all stands that upper tiers have with them.
///
/// It is not taken from there: the same document would lead elsewhere as the environment changes, and what a document
/// means would not stand in it.
pub(crate) fn unsaid(
    declared: &[Declared<'_>],
    stack: &Stack,
    library: &Library,
    recorded: Option<&Recorded>,
) -> Vec<Diagnostic> {
    let above = above(declared, stack, library, recorded);
    let (mut seen, mut warnings) = (BTreeSet::new(), Vec::new());
    for one in declared {
        let (unit, own) = (one.unit, one.provider);
        let around = upper(&unit.context);
        let Some(all) = above.get(&(around.clone(), own.provider.clone())) else { continue };
        let all: Vec<&Standing<'_>> = all.iter().filter(|standing| standing.tier < unit.tier).collect();
        let whole = whole(own, library);
        let is_there = all.iter().any(|standing| standing.provider == whole);
        if all.is_empty() || is_there || !seen.insert((unit.span.file, around, own, unit.tier)) {
            continue;
        }
        let missing = [
            ("region", said(&own.region, &whole.region, &all, |provider| &provider.region)),
            ("account_id", said(&own.account, &whole.account, &all, |provider| &provider.account)),
        ];
        let missing: Vec<(&str, Vec<&str>)> =
            missing.into_iter().filter_map(|(field, values)| Some((field, values?))).collect();
        if !missing.is_empty() {
            warnings.push(told(one, stack, &all, &missing));
        }
    }
    warnings
}

fn above<'a>(
    declared: &[Declared<'a>],
    stack: &Stack,
    library: &Library,
    recorded: Option<&'a Recorded>,
) -> BTreeMap<(Context, Arc<str>), Vec<Standing<'a>>> {
    let mut above: BTreeMap<(Context, Arc<str>), Vec<Standing<'a>>> = BTreeMap::new();
    let mut add = |context: Context, standing: Standing<'a>| {
        let all = above.entry((context, standing.provider.provider.clone())).or_default();
        if !all.iter().any(|known| known.tier == standing.tier && known.provider == standing.provider) {
            all.push(standing);
        }
    };
    for one in declared.iter().filter(|one| one.unit.tier < Tier::Application) {
        let what = format!("`{}`", one.unit.name);
        let (tier, provider, span) = (one.unit.tier, whole(one.provider, library), one.unit.span);
        add(one.unit.context.clone(), Standing { tier, provider, what, span });
    }
    for (address, (tier, provider)) in recorded.into_iter().flat_map(|recorded| &recorded.above) {
        let context = address.context();
        // What the documents speak for stands where they say.
        if !stack.scope.iter().any(|(own, _)| own.context == context && own.tier == *tier) {
            let provider = whole(provider, library);
            add(context, Standing { tier: *tier, provider, what: address.to_string(), span: Span::NONE });
        }
    }
    above
}

/// A provider with what holds of it where nothing is said.
fn whole<'a>(named: &'a ProviderInstance, library: &Library) -> Cow<'a, ProviderInstance> {
    let usual = library.provider(&named.provider).map(|provider| &provider.usual);
    let Some(usual) = usual.filter(|usual| !usual.is_empty()) else { return Cow::Borrowed(named) };
    let part = |said: &Option<Arc<str>>, field: &str| said.clone().or_else(|| usual.get(field).cloned());
    let (account, region) = (part(&named.account, "account_id"), part(&named.region, "region"));
    Cow::Owned(ProviderInstance { provider: named.provider.clone(), account, region })
}

/// What all of the others say and this one does not, if so; what holds of it all the same may be what one of them says.
fn said<'a>(
    own: &Option<Arc<str>>,
    usual: &Option<Arc<str>>,
    all: &[&'a Standing<'_>],
    part: impl Fn(&'a ProviderInstance) -> &'a Option<Arc<str>>,
) -> Option<Vec<&'a str>> {
    let others: Option<BTreeSet<&str>> = all.iter().map(|standing| part(&standing.provider).as_deref()).collect();
    let is_meant = |others: &BTreeSet<&str>| usual.as_deref().is_some_and(|usual| others.contains(usual));
    others.filter(|others| own.is_none() && !is_meant(others)).map(|others| others.into_iter().collect())
}

fn told(one: &Declared<'_>, stack: &Stack, all: &[&Standing<'_>], missing: &[(&str, Vec<&str>)]) -> Diagnostic {
    let own = one.provider;
    let named = stack.of(&own.provider).filter(|named| named.instance == *own && !named.span.is_none());
    let named: Vec<Span> = named.map(|named| named.span).collect();
    let place = named.iter().find(|span| span.file == one.unit.span.file).or(named.first());
    let each = |join: &str, show: &dyn Fn(&str, &str) -> String| {
        let parts = missing.iter().map(|(field, values)| show(field, &values.join(" or ")));
        parts.collect::<Vec<_>>().join(join)
    };
    let (fields, there) =
        (each(" and ", &|field, _| format!("`{field}`")), each(", ", &|field, value| format!("{field} {value}")));
    let message = format!("`{}` is named without {fields}, and what is above stands in {there}", own.provider);
    let warning = Diagnostic::warning(codes::ELSEWHERE, message).at(place.copied().unwrap_or(one.unit.span));
    let first = all[0];
    let warning = match first.span.is_none() {
        true => {
            warning.hint(format!("{} stands there, and what stands elsewhere may not be able to reach it", first.what))
        }
        false => warning.also(first.span, format!("{} stands there", first.what)),
    };
    let config = each(", ", &|field, value| format!("{field}: {value}"));
    warning
        .hint(format!("say it under the `config` of the provider: `{{name: {}, config: {{{config}}}}}`", own.provider))
}
