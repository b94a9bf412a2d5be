//! Values that are not known yet, in words: `"postgres://" + db/server.host`.

use strata_model::{Later, Target, Value};

/// A value as a person reads it. No secret is in it: an expression only names secrets.
pub(crate) fn expression(value: &Value) -> String {
    let Value::Later(later) = value else { return value.to_string() };
    match &**later {
        Later::Ref { target: Target::Attribute { address, attr }, .. } => format!("{}.{attr}", address.local()),
        Later::Ref { target: Target::Output { context, output }, .. } => format!("{context}.{output}"),
        Later::Secret(secret) => format!("secret {}:{}", secret.store, secret.key),
        Later::Join { parts, .. } => parts.iter().map(expression).collect::<Vec<_>>().join(" + "),
        Later::Call { function, argument, .. } => format!("{}({})", function.name(), expression(argument)),
        Later::Alloc { pool, min, max } => format!("a number from {min} to {max} of {}", expression(pool)),
    }
}
