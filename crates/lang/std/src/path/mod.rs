//! `path`: file names as text, by the rules of an operating system that the last argument names. No file is looked at.

mod os;
mod pattern;

use cue_data::{Call, CallError, Constant, Function, Kinds as K, Package, Value};

use crate::args::{Answer, Arguments, fail, show};
use os::Os;

pub(crate) const PACKAGE: Package = Package {
    path: "path",
    functions: FUNCTIONS,
    constants: &[
        ("Plan9", Constant::String("plan9")),
        ("Unix", Constant::String("unix")),
        ("Windows", Constant::String("windows")),
    ],
};

const S: K = K::STRING;

/// A function of one path. The system may be left out, or may not.
macro_rules! of_path {
    ($name:literal, $result:expr, $optional:literal, |$path:ident, $os:ident| $body:expr) => {
        Function {
            name: $name,
            params: &[S, S],
            optional: $optional,
            result: $result,
            elements: K::TOP,
            call: |_, args| {
                let ($path, $os) = (args.string(0)?, os(args, 1, Os::Unix)?);
                $body
            },
        }
    };
}

const FUNCTIONS: &[Function] = &[
    of_path!("Base", S, 1, |path, os| Ok(base(path, os).into())),
    of_path!("Clean", S, 1, |path, os| Ok(clean(path, os).into())),
    of_path!("Dir", S, 1, |path, os| Ok(dir(path, os).into())),
    of_path!("Ext", S, 1, |path, os| {
        let element = path.rfind(|c| os.is_separator(c)).map_or(path, |at| &path[at + 1..]);
        Ok(element.rfind('.').map_or("", |at| &element[at..]).into())
    }),
    of_path!("FromSlash", S, 0, |path, os| Ok(from_slash(path, os).into())),
    of_path!("IsAbs", K::BOOL, 1, |path, os| Ok(os.is_absolute(path).into())),
    with_default("Join", &[K::LIST, S], S, |_, args| {
        let elements = args.strings(0)?;
        Ok(os(args, 1, Os::Unix)?.join(&elements).into())
    }),
    with_default("Match", &[S, S, S], K::BOOL, |call, args| {
        let os = os(args, 2, Os::Unix)?;
        pattern::matches(call, args.string(0)?, args.string(1)?, os).map(Value::from)
    }),
    with_default("Rel", &[S, S, S], S, |_, args| rel(args.string(0)?, args.string(1)?, os(args, 2, Os::Unix)?)),
    with_default("Resolve", &[S, S, S], S, |_, args| {
        let (dir, sub, os) = (args.string(0)?, args.string(1)?, os(args, 2, Os::Unix)?);
        if os.is_absolute(sub) { Ok(clean(sub, os).into()) } else { Ok(os.join(&[&clean(dir, os), sub]).into()) }
    }),
    of_path!("Split", K::LIST, 1, |path, os| {
        let volume = os.volume(path).len();
        let end = path[volume..].rfind(|c| os.is_separator(c)).map_or(volume, |at| volume + at + 1);
        Ok(Value::strings([&path[..end], &path[end..]]))
    }),
    of_path!("SplitList", K::LIST, 0, |list, os| Ok(Value::strings(os.split_list(list)))),
    of_path!("ToSlash", S, 0, |path, os| match os {
        Os::Windows => Ok(path.replace('\\', "/").into()),
        _ => Ok(path.into()),
    }),
    with_default("VolumeName", &[S, S], S, |_, args| {
        let path = args.string(0)?;
        Ok(os(args, 1, Os::Windows)?.volume(path).into())
    }),
];

/// A function of which the last parameter, the system, may be left out.
const fn with_default(
    name: &'static str,
    params: &'static [K],
    result: K,
    call: fn(&mut Call<'_>, &[Value]) -> Answer,
) -> Function {
    Function { optional: 1, ..Function::new(name, params, result, call) }
}

/// The system that an argument names, or the one that is meant without it.
fn os(args: &[Value], index: usize, default: Os) -> Result<Os, CallError> {
    if index >= args.len() {
        return Ok(default);
    }
    match args.string(index)? {
        "windows" => Ok(Os::Windows),
        "plan9" => Ok(Os::Plan9),
        "unix" => Ok(Os::Unix),
        known if UNIX_KIND.contains(&known) => Ok(Os::Unix),
        _ => {
            let known: Vec<String> = UNIX_KIND.iter().map(|name| format!("{name:?}")).collect();
            let (first, second) = if default == Os::Windows { ("windows", "unix") } else { ("unix", "windows") };
            let all = format!("*{first:?} | {second:?} | \"plan9\" | {}", known.join(" | "));
            fail(format!("cannot use {} as {all} in argument {}", show(args.value(index)), index + 1))
        }
    }
}

/// Other systems whose paths are those of Unix.
const UNIX_KIND: [&str; 15] = [
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "hurd",
    "illumos",
    "ios",
    "js",
    "linux",
    "nacl",
    "netbsd",
    "openbsd",
    "solaris",
    "zos",
];

fn words<'a>(parts: impl Iterator<Item = &'a str>) -> Vec<String> {
    parts.map(str::to_owned).collect()
}

fn from_slash(path: &str, os: Os) -> String {
    if os == Os::Windows { path.replace('/', "\\") } else { path.to_owned() }
}

/// The shortest path that means the same without looking at files.
fn clean(path: &str, os: Os) -> String {
    let volume = os.volume(path);
    let rest = &path[volume.len()..];
    if rest.is_empty() {
        let is_share = volume.len() > 2;
        return if is_share { from_slash(volume, os) } else { format!("{volume}.") };
    }
    let rooted = rest.starts_with(|c| os.is_separator(c));
    let mut elements: Vec<&str> = Vec::new();
    for element in rest.split(|c| os.is_separator(c)) {
        match element {
            "" | "." => {}
            ".." if elements.last().is_some_and(|last| *last != "..") => drop(elements.pop()),
            ".." if rooted => {}
            _ => elements.push(element),
        }
    }
    let root = if rooted { os.separator().to_string() } else { String::new() };
    let joined = elements.join(&os.separator().to_string());
    let cleaned = format!("{root}{joined}");
    from_slash(&format!("{volume}{}", if cleaned.is_empty() { "." } else { &cleaned }), os)
}

/// The last element.
fn base(path: &str, os: Os) -> String {
    if path.is_empty() {
        return ".".to_owned();
    }
    let path = path.trim_end_matches(|c| os.is_separator(c));
    let path = &path[os.volume(path).len()..];
    let element = path.rfind(|c| os.is_separator(c)).map_or(path, |at| &path[at + 1..]);
    if element.is_empty() { os.separator().to_string() } else { element.to_owned() }
}

/// All but the last element.
fn dir(path: &str, os: Os) -> String {
    let volume = os.volume(path);
    let end = path[volume.len()..].rfind(|c| os.is_separator(c)).map_or(volume.len(), |at| volume.len() + at + 1);
    let dir = clean(&path[volume.len()..end], os);
    if dir == "." && volume.len() > 2 { volume.to_owned() } else { format!("{volume}{dir}") }
}

/// The way from one path to another.
fn rel(base_path: &str, target_path: &str, os: Os) -> Answer {
    let impossible = || fail(format!("Rel: can't make {target_path} relative to {base_path}"));
    let (base_clean, target_clean) = (clean(base_path, os), clean(target_path, os));
    if os.same(&base_clean, &target_clean) {
        return Ok(".".into());
    }
    let (base_volume, target_volume) = (os.volume(base_path), os.volume(target_path));
    let base = &base_clean[base_volume.len()..];
    let base = if base == "." { "" } else { base };
    let target = &target_clean[target_volume.len()..];
    let separator = os.separator();
    if base.starts_with(separator) != target.starts_with(separator) || !os.same(base_volume, target_volume) {
        return impossible();
    }
    let elements =
        |path: &'_ str| -> Vec<String> { words(path.split(separator).filter(|element| !element.is_empty())) };
    let (base, target) = (elements(base), elements(target));
    let common = base.iter().zip(&target).take_while(|(a, b)| os.same(a, b)).count();
    if base.get(common).is_some_and(|element| element == "..") {
        return impossible();
    }
    let mut way = vec!["..".to_owned(); base.len() - common];
    way.extend_from_slice(&target[common..]);
    Ok(way.join(&separator.to_string()).into())
}
