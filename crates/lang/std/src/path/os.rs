//! What operating systems disagree about: separators, volumes, what is absolute.

use super::{clean, words};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Os {
    Unix,
    Windows,
    Plan9,
}

/// Names of devices that are taken for absolute paths.
const DEVICES: [&str; 22] = [
    "CON", "PRN", "AUX", "NUL", "COM1", "COM2", "COM3", "COM4", "COM5", "COM6", "COM7", "COM8", "COM9", "LPT1", "LPT2",
    "LPT3", "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9",
];

impl Os {
    pub(super) fn separator(self) -> char {
        if self == Os::Windows { '\\' } else { '/' }
    }

    pub(super) fn is_separator(self, c: char) -> bool {
        c == '/' || (self == Os::Windows && c == '\\')
    }

    pub(super) fn same(self, a: &str, b: &str) -> bool {
        if self == Os::Windows { a.to_lowercase() == b.to_lowercase() } else { a == b }
    }

    pub(super) fn is_absolute(self, path: &str) -> bool {
        match self {
            Os::Unix => path.starts_with('/'),
            Os::Plan9 => path.starts_with(['/', '#']),
            Os::Windows if DEVICES.iter().any(|device| device.eq_ignore_ascii_case(path)) => true,
            Os::Windows => {
                let volume = self.volume(path);
                !volume.is_empty() && path[volume.len()..].starts_with(['/', '\\'])
            }
        }
    }

    /// The start of a path that names a drive or a share: `C:`, `\\host\share`.
    pub(super) fn volume(self, path: &str) -> &str {
        if self != Os::Windows {
            return "";
        }
        if path.starts_with(|c: char| c.is_ascii_alphabetic()) && path[1..].starts_with(':') {
            return &path[..2];
        }
        let slash = |c: char| self.is_separator(c);
        let Some(host) = path.strip_prefix(slash).and_then(|rest| rest.strip_prefix(slash)) else { return "" };
        if host.is_empty() || host.starts_with(slash) || host.starts_with('.') {
            return "";
        }
        let first = host.chars().next().map_or(0, char::len_utf8);
        let Some(end) = host[first..].find(slash).map(|at| at + first) else { return "" };
        let share = &host[end + 1..];
        if share.is_empty() || share.starts_with(slash) || share.starts_with('.') {
            return "";
        }
        let length = share.find(slash).unwrap_or(share.len());
        &path[..2 + end + 1 + length]
    }

    /// The paths of a list such as that of the variable `PATH`.
    pub(super) fn split_list(self, list: &str) -> Vec<String> {
        match self {
            _ if list.is_empty() => Vec::new(),
            Os::Unix => words(list.split(':')),
            Os::Plan9 => words(list.split('\0')),
            Os::Windows => {
                // Between quotes a semicolon separates nothing.
                let mut paths = vec![String::new()];
                let mut quoted = false;
                for c in list.chars() {
                    match (c, paths.last_mut()) {
                        ('"', _) => quoted = !quoted,
                        (';', _) if !quoted => paths.push(String::new()),
                        (_, Some(path)) => path.push(c),
                        (_, None) => {}
                    }
                }
                paths
            }
        }
    }

    /// The elements put together, empty ones left out at the start, and cleaned.
    pub(super) fn join<S: AsRef<str>>(self, elements: &[S]) -> String {
        let Some(start) = elements.iter().position(|element| !element.as_ref().is_empty()) else {
            return String::new();
        };
        let elements = &elements[start..];
        let together = |elements: &[S]| {
            let texts: Vec<&str> = elements.iter().map(AsRef::as_ref).collect();
            texts.join(&self.separator().to_string())
        };
        let first = elements[0].as_ref();
        if self != Os::Windows {
            return clean(&together(elements), self);
        }
        if first.len() == 2 && first.ends_with(':') {
            // `C:` and `a` are `C:a`, relative to where drive C is.
            let rest = elements[1..].iter().position(|element| !element.as_ref().is_empty());
            let rest = rest.map_or(elements.len(), |at| at + 1);
            return clean(&format!("{first}{}", together(&elements[rest..])), self);
        }
        let path = clean(&together(elements), self);
        let head = clean(first, self);
        // Joining may not make a share of what was none.
        if self.volume(&path).len() <= 2 || self.volume(&head).len() > 2 {
            return path;
        }
        let tail = clean(&together(&elements[1..]), self);
        if head.ends_with('\\') { format!("{head}{tail}") } else { format!("{head}\\{tail}") }
    }
}
