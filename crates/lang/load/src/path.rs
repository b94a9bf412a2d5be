//! Paths with slashes. The loader sees no others.

/// A path without empty, `.` and, as far as possible, `..` elements.
pub(crate) fn clean(path: &str) -> String {
    let is_absolute = path.starts_with('/');
    let mut elements: Vec<&str> = Vec::new();
    for element in path.split('/') {
        match element {
            "" | "." => {}
            ".." => match elements.last() {
                Some(&last) if last != ".." => _ = elements.pop(),
                // Nothing is above the root.
                _ if is_absolute => {}
                _ => elements.push(".."),
            },
            name => elements.push(name),
        }
    }
    let joined = elements.join("/");
    match (is_absolute, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

/// A path seen from a folder; an absolute one stays as it is.
pub(crate) fn join(folder: &str, path: &str) -> String {
    if path.starts_with('/') { clean(path) } else { clean(&format!("{folder}/{path}")) }
}

/// The folder that holds a path; nothing for the root.
pub(crate) fn parent(path: &str) -> Option<&str> {
    let (folder, name) = path.rsplit_once('/')?;
    match (folder, name) {
        ("", "") => None,
        ("", _) => Some("/"),
        (folder, _) => Some(folder),
    }
}

pub(crate) fn name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// Whether an absolute path is a folder or stands in it, and what is left of it then.
pub(crate) fn below<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    if folder == "/" {
        return path.strip_prefix('/');
    }
    let rest = path.strip_prefix(folder)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
}

/// An absolute path as people see it who stand in a folder: `./a.cue`, `../b.cue`, `.hidden`.
pub(crate) fn relative(folder: &str, path: &str) -> String {
    if let Some(rest) = below(path, folder) {
        return match rest {
            "" => ".".to_owned(),
            rest if rest.starts_with('.') => rest.to_owned(),
            rest => format!("./{rest}"),
        };
    }
    let mut up = String::new();
    let mut folder = folder;
    while let Some(above) = parent(folder) {
        folder = above;
        up.push_str("../");
        if let Some(rest) = below(path, folder) {
            return clean(&format!("{up}{rest}"));
        }
    }
    path.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned_and_seen_from_folders() {
        for (path, expected) in
            [("/a//b/./c/..", "/a/b"), ("./x", "x"), ("a/../..", ".."), (".", "."), ("/..", "/"), ("../a/", "../a")]
        {
            assert_eq!(clean(path), expected);
        }
        assert_eq!(join("/w", "../x"), "/x");
        assert_eq!(join("/w", "/x/."), "/x");
        for (folder, path, expected) in [
            ("/w", "/w/a.cue", "./a.cue"),
            ("/w", "/w", "."),
            ("/w", "/w/.a", ".a"),
            ("/w/x", "/w/a.cue", "../a.cue"),
            ("/w/x", "/v", "../../v"),
            ("/w", "/wide", "../wide"),
            ("/", "/a", "./a"),
        ] {
            assert_eq!(relative(folder, path), expected);
        }
        assert_eq!((parent("/a/b"), parent("/a"), parent("/")), (Some("/a"), Some("/"), None));
    }
}
