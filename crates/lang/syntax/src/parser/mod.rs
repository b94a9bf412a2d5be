//! Tokens to tree.
//!
//! The parser is a machine with a stack of its own: a [`Frame`] for each construct that has begun, and a [`Next`] that
//! says what is due. So the depth of a text costs memory, never the native stack, and a limit on it is a mistake like
//! any other. After a mistake the construct ends where its end is found or where one around it ends.

mod declaration;
mod expression;
mod field;
mod file;
mod frame;
mod recover;

use strata_base::{Diagnostic, FileId, Span};

use crate::ast::*;
use crate::build::Builder;
use crate::codes;
use crate::comments;
use crate::experiments::{Experiments, LATEST, Version};
use crate::literal::Form;
use crate::quote;
use crate::scanner::Scanner;
use crate::token::{Kind, Token};
use frame::{Frame, Next};

/// The deepest nesting of brackets, unary operators and chained labels.
pub const MAX_DEPTH: usize = 10_000;

#[derive(Clone, Copy, Debug, Default)]
pub struct ParseOptions {
    /// The language version of the module that the file belongs to; the latest if it has none.
    pub version: Option<Version>,
    /// Leaves the comments out of the tree, for who only wants to know what the text means.
    pub without_comments: bool,
}

#[derive(Debug)]
pub struct Parsed {
    pub file: File,
    /// What the file has switched on.
    pub experiments: Experiments,
    pub diagnostics: Vec<Diagnostic>,
}

impl Parsed {
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// Reads a file.
pub fn parse(id: FileId, text: &str, options: &ParseOptions) -> Parsed {
    if let Some(refused) = refuse(id, text) {
        return refused;
    }
    let mut parser = Parser::new(id, text, options);
    parser.preamble();
    parser.frames.push(Frame::File { base: 0 });
    parser.run(Next::Declaration);
    parser.finish()
}

/// Reads a single expression, as given on a command line. The file holds nothing but the expression.
pub fn parse_expr(id: FileId, text: &str) -> (File, ExprId, Vec<Diagnostic>) {
    if let Some(mut refused) = refuse(id, text) {
        refused.file.exprs.push(Expr::Bad);
        refused.file.expr_spans.push(Span::new(id, 0, 0));
        return (refused.file, ExprId(0), refused.diagnostics);
    }
    let mut parser = Parser::new(id, text, &ParseOptions::default());
    parser.frames.push(Frame::Input);
    let root = parser.run(Next::Operand);
    let root = root.unwrap_or_else(|| parser.bad_expr(0));
    let parsed = parser.finish();
    (parsed.file, root, parsed.diagnostics)
}

/// Spans are 32 bits wide.
fn refuse(id: FileId, text: &str) -> Option<Parsed> {
    (u32::try_from(text.len()).is_err()).then(|| Parsed {
        file: File::new(id),
        experiments: Experiments::stable(LATEST),
        diagnostics: vec![
            Diagnostic::error(codes::TOO_LARGE, "the text has more than four gigabytes").at(Span::new(id, 0, 0)),
        ],
    })
}

struct Parser<'t> {
    id: FileId,
    text: &'t str,
    scanner: Scanner<'t>,
    /// The token that is due.
    token: Token,
    /// Tokens behind it that were looked at.
    ahead: Ahead,
    /// Where the last token that was taken ends, separators not counted.
    last_end: u32,

    frames: Vec<Frame>,
    /// How many of the frames nest, see [`Frame::nests`].
    depth: usize,
    /// Open brackets by kind: parentheses, square brackets, braces, interpolations.
    open: [usize; 4],
    /// After the last mistake that is told: what follows is not read any more.
    stopped: bool,

    build: Builder,
    /// Unfinished lists; each frame that has one knows where its part begins.
    exprs: Vec<ExprId>,
    decls: Vec<DeclId>,
    clauses: Vec<ClauseId>,
    parts: Vec<RawPart>,

    version: Version,
    without_comments: bool,
    experiments: Experiments,
    /// The line of the last mistake: a second one on it would most likely follow from the first.
    last_error_line: Option<usize>,
}

/// How a [`Token::plain`] string is spelt.
const PLAIN: Spelling = Spelling { quote: Quote::String, multiline: false, hashes: 0 };

/// A part of an interpolation that is not unquoted yet, since its closing quotes say how.
#[derive(Clone, Copy)]
enum RawPart {
    Text { start: u32, end: u32 },
    Expr(ExprId),
}

/// At most two tokens, the next one first.
#[derive(Default)]
struct Ahead {
    tokens: [Token; 2],
    len: usize,
}

impl Ahead {
    fn push_back(&mut self, token: Token) {
        self.tokens[self.len] = token;
        self.len += 1;
    }

    fn pop_front(&mut self) -> Option<Token> {
        self.len = self.len.checked_sub(1)?;
        let first = self.tokens[0];
        self.tokens[0] = self.tokens[1];
        Some(first)
    }
}

impl<'t> Parser<'t> {
    fn new(id: FileId, text: &'t str, options: &ParseOptions) -> Parser<'t> {
        let version = options.version.unwrap_or(LATEST);
        let mut build = Builder::new(id);
        build.reserve(text.len());
        build.file.lines = strata_base::source::line_starts(text);
        let mut scanner = Scanner::new(id, text);
        let token = scanner.next();
        Parser {
            id,
            text,
            scanner,
            token,
            ahead: Ahead::default(),
            last_end: 0,
            frames: Vec::new(),
            depth: 0,
            open: [0; 4],
            stopped: false,
            build,
            exprs: Vec::new(),
            decls: Vec::new(),
            clauses: Vec::new(),
            parts: Vec::new(),
            version,
            without_comments: options.without_comments,
            experiments: Experiments::stable(version),
            last_error_line: None,
        }
    }

    /// Runs the machine until its lowest frame is done; gives the expression of [`Frame::Input`].
    fn run(&mut self, first: Next) -> Option<ExprId> {
        let mut next = first;
        loop {
            next = match next {
                Next::Operand => self.operand(),
                Next::Tail(expr) => self.tail(expr),
                Next::Whole(expr) => self.whole(expr),
                Next::Element => self.element(),
                Next::Argument => self.argument(),
                Next::Declaration => self.declaration(),
                Next::Value => self.value(),
                Next::Clause => self.clause(),
                Next::End(root) => return root,
            };
        }
    }

    fn finish(mut self) -> Parsed {
        self.check_default_marks();
        let Scanner { comments: spans, mut diagnostics, .. } = self.scanner;
        let mut file = self.build.finish();
        if !self.without_comments {
            comments::attach(&mut file, self.text, &spans);
        }
        strata_base::diagnostic::sort(&mut diagnostics);
        Parsed { file, experiments: self.experiments, diagnostics }
    }

    /// `*x` may stand only directly in a disjunction.
    fn check_default_marks(&mut self) {
        let exprs = &self.build.file.exprs;
        let is_mark = |id: ExprId| matches!(exprs[id.0 as usize], Expr::Unary { op: UnaryOp::Default, .. });
        if !(0..exprs.len()).any(|index| is_mark(ExprId(index as u32))) {
            return;
        }
        let mut allowed = vec![false; exprs.len()];
        // Operands precede their operators in the arena, so that walking back sees a mark before the mark below it.
        for index in (0..exprs.len()).rev() {
            match exprs[index] {
                Expr::Binary { op: BinaryOp::Or, left, right, .. } => {
                    allowed[left.0 as usize] = true;
                    allowed[right.0 as usize] = true;
                }
                Expr::Unary { op: UnaryOp::Default, operand } if allowed[index] => allowed[operand.0 as usize] = true,
                _ => {}
            }
        }
        let misplaced: Vec<Span> = (0..exprs.len())
            .filter(|&index| is_mark(ExprId(index as u32)) && !allowed[index])
            .map(|index| self.build.file.expr_spans[index])
            .collect();
        for span in misplaced {
            let (start, end) = (span.start as usize, span.end as usize);
            self.scanner.error(codes::DEFAULT_MARK, start, end, "preference mark not allowed at this position");
        }
    }

    // Tokens

    fn bump(&mut self) {
        if self.token.kind != Kind::Comma || !self.token.elided {
            self.last_end = self.token.end;
        }
        if self.stopped {
            return;
        }
        self.token = match self.ahead.pop_front() {
            Some(token) => token,
            None => self.scanner.next(),
        };
    }

    /// The kind of the token `distance` behind the one that is due; 1 or 2.
    fn peek(&mut self, distance: usize) -> Kind {
        while !self.stopped && self.ahead.len < distance {
            let token = self.scanner.next();
            self.ahead.push_back(token);
        }
        if self.ahead.len < distance { Kind::Eof } else { self.ahead.tokens[distance - 1].kind }
    }

    /// Whether a colon stands behind the token that is due.
    fn colon_follows(&mut self) -> bool {
        let known = if self.ahead.len == 0 && !self.stopped { self.scanner.colon_follows() } else { None };
        known.unwrap_or_else(|| self.peek(1) == Kind::Colon)
    }

    fn at(&self, kind: Kind) -> bool {
        self.token.kind == kind
    }

    fn eat(&mut self, kind: Kind) -> bool {
        let found = self.at(kind);
        if found {
            self.bump();
        }
        found
    }

    fn eat_elided_comma(&mut self) {
        if self.at(Kind::Comma) && self.token.elided {
            self.bump();
        }
    }

    fn token_text(&self) -> &'t str {
        self.text_between(self.token.start, self.token.end)
    }

    fn text_between(&self, start: u32, end: u32) -> &'t str {
        self.text.get(start as usize..end as usize).unwrap_or("")
    }

    /// From `start` to the end of the last token.
    fn span_from(&self, start: u32) -> Span {
        Span { file: self.id, start, end: self.last_end.max(start) }
    }

    fn token_span(&self) -> Span {
        Span { file: self.id, start: self.token.start, end: self.token.end }
    }

    /// Takes the token as a name.
    fn name(&mut self) -> Name {
        let name = Name { text: self.build.text(self.token_text()), span: self.token_span() };
        self.bump();
        name
    }

    /// A name that is declared here.
    fn declared_name(&mut self) -> Name {
        if !self.at(Kind::Ident) {
            self.expected(codes::EXPECTED, "'IDENT'");
            let at = self.token.start;
            return Name { text: self.build.text("_"), span: Span { file: self.id, start: at, end: at } };
        }
        let name = self.name();
        self.check_reserved(name);
        name
    }

    fn check_reserved(&mut self, name: Name) {
        if self.build.file.text(name.text).starts_with("__") {
            self.error_at(codes::RESERVED, name.span, "identifiers starting with '__' are reserved");
        }
    }

    // Frames

    // What a frame is, is known where it is pushed.
    #[inline]
    fn push(&mut self, frame: Frame) {
        if let Some(bracket) = frame.bracket() {
            self.open[bracket] += 1;
        }
        if frame.nests() {
            self.depth += 1;
            if self.depth > MAX_DEPTH && !self.stopped {
                self.refuse_depth();
            }
        }
        self.frames.push(frame);
    }

    #[cold]
    fn refuse_depth(&mut self) {
        let message = format!("expression exceeds maximum nesting depth of {MAX_DEPTH}");
        self.error_at(codes::NESTING, self.token_span(), message);
        self.stop();
    }

    fn pop(&mut self) -> Option<Frame> {
        let frame = self.frames.pop()?;
        if let Some(bracket) = frame.bracket() {
            self.open[bracket] -= 1;
        }
        self.depth -= usize::from(frame.nests());
        Some(frame)
    }

    // Literals

    /// The form and the value of a complete literal that stands between two offsets.
    fn literal(&mut self, token: Token) -> Option<(Spelling, Vec<u8>)> {
        let text = self.text_between(token.start, token.end);
        // The scanner has told what is wrong with an incomplete one.
        let form = Form::of(text, text)?;
        let value = self.literal_part(&form, token.start, 0, token.start, token.end, true)?;
        Some((form.spelling, value))
    }

    /// The value of the part of a literal at `start` to `end`; the literal begins at `literal`.
    fn literal_part(
        &mut self,
        form: &Form<'_>,
        literal: u32,
        part: usize,
        start: u32,
        end: u32,
        last: bool,
    ) -> Option<Vec<u8>> {
        let content = form.content(self.text_between(start, end), part == 0, last);
        let value = content.and_then(|content| Ok((form.unescape(&content)?, content)));
        match value {
            Ok((value, content)) => {
                let unusual = |c: char| c == '\\' || c.is_control();
                if content.contains(unusual) && quote::content(&value, form.spelling) != content {
                    let spelt = self.build.text(&content);
                    self.build.file.spellings.insert((literal, part as u32), spelt);
                }
                Some(value)
            }
            Err(fault) => {
                self.error_at(codes::STRING, Span { file: self.id, start, end }, fault.to_string());
                None
            }
        }
    }
}
