//! Import paths: `example.com/a/b@v1:name`.

use std::fmt;

/// An import path in its parts. Nothing says that it is valid.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ImportPath {
    pub path: String,
    /// What stands behind `@`, mostly a major version.
    pub version: Option<String>,
    /// The name of the package: what stands behind `:`, else the last element of the path; empty if that is no name.
    pub name: String,
    /// Whether the name was written.
    pub is_named: bool,
}

impl ImportPath {
    pub fn parse(text: &str) -> ImportPath {
        let (unnamed, name) = match text.rfind(['/', ':']) {
            Some(at) if text.as_bytes()[at] == b':' => (&text[..at], Some(&text[at + 1..])),
            _ => (text, None),
        };
        // `:name` has long stood for `.:name`.
        let unnamed = if unnamed.is_empty() && name.is_some() { "." } else { unnamed };
        let (path, version) = match unnamed.rsplit_once('@') {
            Some((path, version)) => (path, Some(version.to_owned())),
            None => (unnamed, None),
        };
        let is_named = name.is_some();
        let name = name.unwrap_or_else(|| implied_name(path)).to_owned();
        ImportPath { path: path.to_owned(), version, name, is_named }
    }

    /// Whether it names a folder relative to another one.
    pub fn is_local(&self) -> bool {
        self.path == "." || self.path == ".." || self.path.starts_with("./") || self.path.starts_with("../")
    }

    /// Why no package can have this path, as far as versions are concerned.
    pub(crate) fn malformed(&self) -> Option<&'static str> {
        let is_major = |version: &str| {
            let digits = version.strip_prefix('v').unwrap_or("");
            !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit())
        };
        if self.name.contains('@') {
            return Some("package qualifier must not contain a version; use path@version:qualifier syntax");
        }
        let version = self.version.as_deref()?;
        (!is_major(version)).then_some("import paths can only contain a major version specifier")
    }

    /// Whether it names a package of the library: no other has a first element without a dot.
    pub fn is_library(&self) -> bool {
        let first = self.path.split('/').next().unwrap_or("");
        !first.is_empty() && !first.contains('.')
    }
}

/// The canonical spelling: the name only if the path does not imply it.
impl fmt::Display for ImportPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        if let Some(version) = &self.version {
            write!(f, "@{version}")?;
        }
        if !self.name.is_empty() && self.name != implied_name(&self.path) {
            write!(f, ":{}", self.name)?;
        }
        Ok(())
    }
}

/// The last element, if a package can have that name.
fn implied_name(path: &str) -> &str {
    let name = crate::path::name(path);
    if is_name(name) { name } else { "" }
}

/// Whether a package can have this name.
pub(crate) fn is_name(text: &str) -> bool {
    let name = text.trim_start_matches(['_', '#', '$']);
    !text.is_empty()
        && !name.starts_with(|first: char| first.is_numeric())
        && name.chars().all(|c| c == '_' || c == '$' || c.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::ImportPath;

    #[test]
    fn parts_and_canonical_spelling() {
        let table = [
            ("example.com/a/b", "example.com/a/b", None, "b", "example.com/a/b"),
            ("example.com/a@v1:c", "example.com/a", Some("v1"), "c", "example.com/a@v1:c"),
            ("example.com/a:a", "example.com/a", None, "a", "example.com/a"),
            ("./x", "./x", None, "x", "./x"),
            (".", ".", None, "", "."),
            (":p", ".", None, "p", ".:p"),
            ("example.com/foo-bar", "example.com/foo-bar", None, "", "example.com/foo-bar"),
            ("example.com/1x:x", "example.com/1x", None, "x", "example.com/1x:x"),
        ];
        for (text, path, version, name, canonical) in table {
            let parsed = ImportPath::parse(text);
            assert_eq!((parsed.path.as_str(), parsed.version.as_deref(), parsed.name.as_str()), (path, version, name));
            assert_eq!(parsed.to_string(), canonical);
        }
        assert!(ImportPath::parse("encoding/json").is_library() && !ImportPath::parse("a.b/c").is_library());
    }
}
