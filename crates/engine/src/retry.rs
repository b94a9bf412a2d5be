//! When what failed for now is tried again.

use std::time::Duration;

use strata_ports::DriverError;

/// How long to wait before an attempt after this one.
pub(crate) fn backoff(error: &DriverError, attempt: u32) -> Duration {
    match error {
        DriverError::Throttled { retry_after_ms: Some(wait) } => Duration::from_millis((*wait).min(60_000)),
        _ => Duration::from_millis(50 << attempt.min(8)),
    }
}
