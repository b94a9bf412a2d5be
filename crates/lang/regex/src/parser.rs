//! From the text of a pattern to the form that the matcher takes. Open groups are kept on a stack of their own, so a
//! pattern may nest without using the machine's.

use regex_syntax::hir::{Capture, Class, ClassUnicode, Dot, Hir, Look, Repetition};

use crate::class;
use crate::error::{Error, ErrorKind};
use crate::escape::escape;

/// A larger pattern is refused unread.
const MAX_PATTERN_BYTES: usize = 1 << 20;
/// How large a program may become, in instructions, before it is built.
const MAX_SIZE: u64 = 3_355_443;
/// How deeply operators may nest. The original allows 1000; the matcher's compiler recurses, and has to fit on the
/// stack of a thread.
const MAX_HEIGHT: u32 = 250;
/// How often anything may be repeated by count, nested counts multiplied.
const MAX_REPEAT: u32 = 1000;

/// A parsed pattern. The name of group 0, the whole, is absent.
#[derive(Debug)]
pub(crate) struct Pattern {
    pub(crate) hir: Hir,
    pub(crate) names: Vec<Option<String>>,
}

pub(crate) fn parse(pattern: &str) -> Result<Pattern, Error> {
    if pattern.len() > MAX_PATTERN_BYTES {
        return Err(Error::new(ErrorKind::TooLarge, pattern));
    }
    let parser = Parser {
        pattern,
        rest: pattern,
        flags: Flags::default(),
        names: vec![None],
        open: Vec::new(),
        group: Group::default(),
    };
    parser.run()
}

#[derive(Clone, Copy, Default, Debug)]
struct Flags {
    /// `(?i)`
    fold: bool,
    /// `(?m)`
    multi_line: bool,
    /// `(?s)`
    dot_newline: bool,
    /// `(?U)`
    lazy: bool,
}

/// A part of the pattern with what the limits need to know of it.
#[derive(Debug)]
struct Node {
    hir: Hir,
    height: u32,
    /// The largest product of counts of repetitions that are nested in each other.
    repeat: u32,
    size: u64,
}

impl Node {
    fn leaf(hir: Hir) -> Node {
        Node { hir, height: 1, repeat: 1, size: 1 }
    }

    fn class(class: ClassUnicode) -> Node {
        Node::leaf(Hir::class(Class::Unicode(class)))
    }

    fn around(&self, hir: Hir) -> Node {
        Node { hir, height: self.height + 1, repeat: self.repeat, size: self.size + 2 }
    }

    fn join(mut nodes: Vec<Node>, join: fn(Vec<Hir>) -> Hir) -> Node {
        if nodes.len() == 1
            && let Some(only) = nodes.pop()
        {
            return only;
        }
        let height = 1 + nodes.iter().map(|node| node.height).max().unwrap_or(0);
        let repeat = nodes.iter().map(|node| node.repeat).max().unwrap_or(1);
        let size = 1 + nodes.iter().map(|node| node.size).fold(0, u64::saturating_add);
        Node { hir: join(nodes.into_iter().map(|node| node.hir).collect()), height, repeat, size }
    }
}

/// What is read of a group that is still open: finished alternatives, and the parts of the current one.
#[derive(Default, Debug)]
struct Group {
    /// The number of the group if it captures.
    capture: Option<u32>,
    /// What held before the group and holds again behind it.
    flags: Flags,
    alternatives: Vec<Node>,
    parts: Vec<Node>,
    /// Characters behind `parts` that stand for themselves.
    literal: String,
}

impl Group {
    fn flush(&mut self) {
        if !self.literal.is_empty() {
            let size = self.literal.chars().count() as u64;
            let hir = Hir::literal(std::mem::take(&mut self.literal).into_bytes());
            self.parts.push(Node { size, ..Node::leaf(hir) });
        }
    }

    /// Takes what a repetition behind it would repeat.
    fn pop(&mut self) -> Option<Node> {
        match self.literal.pop() {
            Some(last) => Some(Node::leaf(Hir::literal(last.to_string().into_bytes()))),
            None => self.parts.pop(),
        }
    }

    fn push(&mut self, node: Node) {
        self.flush();
        self.parts.push(node);
    }

    fn end_alternative(&mut self) {
        self.flush();
        let parts = std::mem::take(&mut self.parts);
        self.alternatives.push(Node::join(parts, Hir::concat));
    }

    fn finish(mut self) -> Node {
        self.end_alternative();
        Node::join(self.alternatives, Hir::alternation)
    }
}

struct Parser<'a> {
    pattern: &'a str,
    rest: &'a str,
    flags: Flags,
    names: Vec<Option<String>>,
    open: Vec<Group>,
    group: Group,
}

impl<'a> Parser<'a> {
    fn run(mut self) -> Result<Pattern, Error> {
        // The text from the repetition that has just been read, if one has.
        let mut last_repeat: Option<&'a str> = None;
        while let Some(c) = self.rest.chars().next() {
            let before = self.rest;
            match c {
                '(' => self.open()?,
                '|' => {
                    self.group.end_alternative();
                    self.skip(1);
                }
                ')' => self.close()?,
                '^' => self.look(if self.flags.multi_line { Look::StartLF } else { Look::Start }, 1),
                '$' => self.look(if self.flags.multi_line { Look::EndLF } else { Look::End }, 1),
                '.' => {
                    let dot = if self.flags.dot_newline { Dot::AnyChar } else { Dot::AnyCharExceptLF };
                    self.push(Node::leaf(Hir::dot(dot)))?;
                    self.skip(1);
                }
                '[' => {
                    let (class, rest) = class::bracketed(self.rest, self.flags.fold)?;
                    self.rest = rest;
                    self.push(Node::class(class))?;
                }
                '*' | '+' | '?' => {
                    self.skip(1);
                    let bounds = match c {
                        '*' => (0, None),
                        '+' => (1, None),
                        _ => (0, Some(1)),
                    };
                    self.repeat(before, last_repeat, bounds, false)?;
                    last_repeat = Some(before);
                    continue;
                }
                '{' => match self.counts()? {
                    Some(bounds) => {
                        self.repeat(before, last_repeat, bounds, true)?;
                        last_repeat = Some(before);
                        continue;
                    }
                    None => self.literal('{'),
                },
                '\\' => self.backslash()?,
                _ => self.literal(c),
            }
            last_repeat = None;
        }
        if !self.open.is_empty() {
            return Err(self.error(ErrorKind::MissingParen));
        }
        let node = self.group.finish();
        check(self.pattern, &node)?;
        Ok(Pattern { hir: node.hir, names: self.names })
    }

    fn error(&self, kind: ErrorKind) -> Error {
        Error::new(kind, self.pattern)
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = &self.rest[bytes..];
    }

    fn push(&mut self, node: Node) -> Result<(), Error> {
        check(self.pattern, &node)?;
        self.group.push(node);
        Ok(())
    }

    fn look(&mut self, look: Look, bytes: usize) {
        self.skip(bytes);
        self.group.push(Node::leaf(Hir::look(look)));
    }

    /// A character that stands for itself, at the start of what is left.
    fn literal(&mut self, c: char) {
        self.skip(c.len_utf8());
        self.code_point(u32::from(c));
    }

    fn code_point(&mut self, code: u32) {
        let Some(c) = char::from_u32(code) else {
            return self.group.push(Node::leaf(Hir::fail()));
        };
        if self.flags.fold {
            let class = class::folded(class::range(code, code));
            if class.ranges().len() > 1 {
                return self.group.push(Node::class(class));
            }
        }
        self.group.literal.push(c);
    }

    fn backslash(&mut self) -> Result<(), Error> {
        match self.rest.as_bytes().get(1) {
            Some(b'A') => self.look(Look::Start, 2),
            Some(b'z') => self.look(Look::End, 2),
            Some(b'b') => self.look(Look::WordAscii, 2),
            Some(b'B') => self.look(Look::WordAsciiNegate, 2),
            Some(b'C') => return Err(Error::new(ErrorKind::InvalidEscape, &self.rest[..2])),
            Some(b'Q') => {
                let quoted = &self.rest[2..];
                let (quoted, rest) = quoted.split_once("\\E").unwrap_or((quoted, ""));
                for c in quoted.chars() {
                    self.code_point(u32::from(c));
                }
                self.rest = rest;
            }
            _ => match class::group(self.rest, self.flags.fold)? {
                Some((class, rest)) => {
                    self.rest = rest;
                    self.push(Node::class(class))?;
                }
                None => {
                    let (code, rest) = escape(self.rest)?;
                    self.rest = rest;
                    self.code_point(code);
                }
            },
        }
        Ok(())
    }

    fn open(&mut self) -> Result<(), Error> {
        if self.rest.starts_with("(?") {
            return self.open_special();
        }
        self.skip(1);
        self.enter(Some(None));
        Ok(())
    }

    /// Enters a group, which captures if a name or the absence of one is given.
    fn enter(&mut self, capture: Option<Option<String>>) {
        let capture = capture.map(|name| {
            self.names.push(name);
            u32::try_from(self.names.len() - 1).unwrap_or(u32::MAX)
        });
        let inner = Group { capture, flags: self.flags, ..Group::default() };
        self.open.push(std::mem::replace(&mut self.group, inner));
    }

    /// `(?P<name>`, `(?<name>`, `(?i)`, `(?s-m:`
    fn open_special(&mut self) -> Result<(), Error> {
        for prefix in ["(?P<", "(?<"] {
            let Some(behind) = self.rest.strip_prefix(prefix).filter(|behind| !behind.is_empty()) else { continue };
            let Some((name, rest)) = behind.split_once('>') else {
                return Err(Error::new(ErrorKind::InvalidNamedCapture, self.rest));
            };
            if name.is_empty() || !name.bytes().all(|b| b == b'_' || b.is_ascii_alphanumeric()) {
                let whole = &self.rest[..self.rest.len() - rest.len()];
                return Err(Error::new(ErrorKind::InvalidNamedCapture, whole));
            }
            self.rest = rest;
            self.enter(Some(Some(name.to_owned())));
            return Ok(());
        }
        self.flags()
    }

    fn flags(&mut self) -> Result<(), Error> {
        let mut flags = self.flags;
        let mut on = true;
        let mut any = false;
        let mut chars = self.rest[2..].chars();
        while let Some(c) = chars.next() {
            match c {
                'i' => flags.fold = on,
                'm' => flags.multi_line = on,
                's' => flags.dot_newline = on,
                'U' => flags.lazy = on,
                '-' if on => {
                    on = false;
                    any = false;
                    continue;
                }
                ':' | ')' if on || any => {
                    self.rest = chars.as_str();
                    if c == ':' {
                        self.enter(None);
                    }
                    self.flags = flags;
                    return Ok(());
                }
                _ => break,
            }
            any = true;
        }
        let read = &self.rest[..self.rest.len() - chars.as_str().len()];
        Err(Error::new(ErrorKind::InvalidPerlOp, read))
    }

    fn close(&mut self) -> Result<(), Error> {
        self.skip(1);
        let Some(outer) = self.open.pop() else {
            return Err(self.error(ErrorKind::UnexpectedParen));
        };
        let group = std::mem::replace(&mut self.group, outer);
        self.flags = group.flags;
        let capture = group.capture;
        let mut node = group.finish();
        if let Some(index) = capture {
            let hir = std::mem::replace(&mut node.hir, Hir::empty());
            node = node.around(Hir::capture(Capture { index, name: None, sub: Box::new(hir) }));
        }
        self.push(node)
    }

    /// Reads `{3}`, `{3,}` or `{3,5}`; anything else behind a brace is a literal.
    fn counts(&mut self) -> Result<Option<(u32, Option<u32>)>, Error> {
        let Some(end) = self.rest.find('}') else { return Ok(None) };
        let inner = &self.rest[1..end];
        let (low, high) = inner.split_once(',').map_or((inner, None), |(low, high)| (low, Some(high)));
        let Some(min) = count(low) else { return Ok(None) };
        let max = match high {
            None => Some(min),
            Some("") => None,
            Some(high) => match count(high) {
                Some(max) => Some(max),
                None => return Ok(None),
            },
        };
        if min > MAX_REPEAT || max.is_some_and(|max| max > MAX_REPEAT || min > max) {
            return Err(Error::new(ErrorKind::InvalidRepeatSize, &self.rest[..=end]));
        }
        self.skip(end + 1);
        Ok(Some((min, max)))
    }

    fn repeat(
        &mut self,
        before: &'a str,
        last: Option<&'a str>,
        (min, max): (u32, Option<u32>),
        counted: bool,
    ) -> Result<(), Error> {
        let lazy = self.rest.starts_with('?');
        if lazy {
            self.skip(1);
        }
        let read_from = |start: &'a str| &start[..start.len() - self.rest.len()];
        if let Some(last) = last {
            return Err(Error::new(ErrorKind::InvalidRepeatOp, read_from(last)));
        }
        let Some(mut node) = self.group.pop() else {
            return Err(Error::new(ErrorKind::MissingRepeatArgument, read_from(before)));
        };
        if counted {
            let times = max.unwrap_or(min);
            node.repeat = if max == Some(0) { 1 } else { node.repeat.saturating_mul(times.max(1)) };
            if node.repeat > MAX_REPEAT {
                return Err(Error::new(ErrorKind::InvalidRepeatSize, read_from(before)));
            }
            node.size = node.size.saturating_add(1).saturating_mul(u64::from(times.max(1)));
        }
        let hir = std::mem::replace(&mut node.hir, Hir::empty());
        let repetition = Repetition { min, max, greedy: lazy == self.flags.lazy, sub: Box::new(hir) };
        let node = node.around(Hir::repetition(repetition));
        self.push(node)
    }
}

/// A number without leading zeros; one that is far too large is some number that is too large.
fn count(digits: &str) -> Option<u32> {
    let valid = !digits.is_empty()
        && digits.bytes().all(|b| b.is_ascii_digit())
        && (digits.len() == 1 || !digits.starts_with('0'));
    valid.then(|| digits.parse().unwrap_or(u32::MAX))
}

fn check(pattern: &str, node: &Node) -> Result<(), Error> {
    if node.size > MAX_SIZE {
        return Err(Error::new(ErrorKind::TooLarge, pattern));
    }
    if node.height > MAX_HEIGHT {
        return Err(Error::new(ErrorKind::NestingDepth, pattern));
    }
    Ok(())
}
