//! What a provider says may hold secrets that it was given: an error that quotes a request, the last lines of a server that
//! logs its settings. They are taken out before anybody is told.

use strata_ports::{DriverError, Observed, Secret};

/// Shorter than this a text is no secret that could be kept, and without it little could be read.
const SHORTEST: usize = 3;

/// The secrets that a call was given.
#[derive(Clone, Default)]
pub(crate) struct Mask {
    /// Longest first, so that what holds another goes as a whole.
    texts: Vec<Secret>,
}

impl Mask {
    pub(crate) fn of<'s>(secrets: impl IntoIterator<Item = &'s str>) -> Mask {
        let mut texts: Vec<String> = Vec::new();
        for secret in secrets {
            // Who logs line by line shows a secret line by line.
            texts.extend(secret.lines().map(str::trim).map(str::to_owned));
            texts.extend(password(secret).into_iter().flat_map(|password| [decoded(password), password.to_owned()]));
        }
        texts.retain(|text| text.len() >= SHORTEST);
        texts.sort_by(|a, b| (b.len(), a).cmp(&(a.len(), b)));
        texts.dedup();
        Mask { texts: texts.into_iter().map(Secret::new).collect() }
    }

    pub(crate) fn text(&self, text: &str) -> String {
        self.texts.iter().fold(text.to_owned(), |text, secret| text.replace(secret.expose(), "(sensitive)"))
    }

    pub(crate) fn error(&self, error: DriverError) -> DriverError {
        match error {
            DriverError::Transient(why) => DriverError::Transient(self.text(&why)),
            DriverError::Unknown(why) => DriverError::Unknown(self.text(&why)),
            DriverError::Unauthorised(why) => DriverError::Unauthorised(self.text(&why)),
            DriverError::Forbidden(why) => DriverError::Forbidden(self.text(&why)),
            DriverError::Invalid(why) => DriverError::Invalid(self.text(&why)),
            DriverError::Quota(why) => DriverError::Quota(self.text(&why)),
            DriverError::Unsupported(why) => DriverError::Unsupported(self.text(&why)),
            DriverError::NotFound
            | DriverError::AlreadyExists(_)
            | DriverError::NotOwner { .. }
            | DriverError::Throttled { .. }
            | DriverError::NotScalable(_) => error,
        }
    }

    pub(crate) fn observed(&self, observed: Observed) -> Observed {
        let unwell = observed.unwell.map(|why| self.text(&why).into());
        Observed { unwell, ..observed }
    }
}

/// The password of an address such as `postgres://user:password@host/name`.
fn password(address: &str) -> Option<&str> {
    let (_, rest) = address.split_once("://")?;
    let (who, _) = rest.split('/').next()?.rsplit_once('@')?;
    Some(who.split_once(':')?.1)
}

/// A text that was percent-encoded.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, more @ ..] = rest {
        let digits = more.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.filter(|_| *first == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &more[2..] } else { more };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_taken_out_however_they_are_written() {
        let mask = Mask::of(["postgres://app:s%2Fcret@db:5432/app", "first line\nsecond line", "x"]);
        assert_eq!(mask.text("cannot log in with s/cret or s%2Fcret"), "cannot log in with (sensitive) or (sensitive)");
        assert_eq!(mask.text("> second line <"), "> (sensitive) <");
        assert_eq!(mask.text("use postgres://app:s%2Fcret@db:5432/app"), "use (sensitive)");
        assert_eq!(mask.text("x stays, and app@db"), "x stays, and app@db");
        let error = DriverError::Invalid("refused: s/cret".to_owned());
        assert_eq!(mask.error(error), DriverError::Invalid("refused: (sensitive)".to_owned()));
        assert_eq!(mask.error(DriverError::NotFound), DriverError::NotFound);
    }
}
