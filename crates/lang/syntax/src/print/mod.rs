//! Tree to text, in the canonical layout.
//!
//! Where a text stands behind the tree, the lines of its author are kept: what began a line begins one again, and one
//! blank line stays of many. Spaces, indentation and the alignment of columns are ours. A tree without a text is laid
//! out with a declaration on each line. Like the parser the printer is a machine with a stack of its own.

mod body;
mod expression;
mod field;
mod layout;

use std::collections::BTreeMap;

use strata_base::Span;

use crate::ast::*;
use body::Body;
use layout::Layout;

/// The text of a file.
pub fn print(file: &File) -> String {
    let mut printer = Printer::new(file);
    printer.begin_file();
    printer.run();
    printer.out.finish()
}

/// The text of one expression, without a line end.
pub fn print_expr(file: &File, expr: ExprId) -> String {
    let mut printer = Printer::new(file);
    printer.tasks.push(Task::Bare(expr));
    printer.run();
    let mut text = printer.out.finish();
    text.truncate(text.trim_end_matches('\n').len());
    text
}

/// What is still to be printed.
#[derive(Clone, Copy)]
enum Task {
    Text(&'static str),
    /// A line end, or one space where all stands on one line.
    Newline,
    /// Sets the indentation of the lines that follow.
    Indent(usize),
    /// Sets the number of subscripts that the expression stands in.
    Subscript(usize),
    EnterInterpolation,
    LeaveInterpolation,
    /// Goes on with the body on top.
    Body,
    /// An expression without the comments before it.
    Bare(ExprId),
    /// A body of a comprehension, whose lines are indented from its clauses.
    Block {
        id: ExprId,
        indent: usize,
    },
    /// An operand of something that binds with a precedence: in parentheses if it binds less strongly itself.
    Operand {
        id: ExprId,
        precedence: u8,
    },
    /// An expression after a token on a line of the text: it keeps the line end and the comments between them.
    After {
        id: ExprId,
        line: usize,
        precedence: u8,
        space: bool,
        depth: usize,
    },
    Binary {
        id: ExprId,
        depth: usize,
    },
    /// A part of an interpolation, with the margin of a multi-line one.
    Part {
        id: ExprId,
        index: usize,
        margin: usize,
    },
    Name(Text),
    /// The dot and the label of a selector.
    Label(ExprId),
    Arguments(ExprId),
    Decl {
        id: DeclId,
        row: bool,
    },
    /// What follows the label of a field.
    Colon {
        id: DeclId,
        row: bool,
    },
    Attributes {
        list: AttrList,
        row: bool,
    },
}

struct Printer<'f> {
    file: &'f File,
    out: Layout,
    tasks: Vec<Task>,
    bodies: Vec<Body>,
    comments: BTreeMap<(CommentOwner, Slot), Vec<usize>>,
    /// For each binary expression which of the arithmetic precedences it mixes, see [`Printer::mixes`].
    mixes: Vec<u8>,
    /// How many interpolations surround what is printed: nothing in them begins a line.
    interpolations: usize,
    subscripts: usize,
    /// The indentation of the block that begins next, if it is not that of its line.
    block_indent: Option<usize>,
}

impl<'f> Printer<'f> {
    fn new(file: &'f File) -> Printer<'f> {
        let mut comments: BTreeMap<(CommentOwner, Slot), Vec<usize>> = BTreeMap::new();
        for (index, comment) in file.comments.iter().enumerate() {
            comments.entry((comment.owner, comment.slot)).or_default().push(index);
        }
        Printer {
            file,
            out: Layout::new(),
            tasks: Vec::new(),
            bodies: Vec::new(),
            comments,
            mixes: Printer::mixes(file),
            interpolations: 0,
            subscripts: 0,
            block_indent: None,
        }
    }

    fn run(&mut self) {
        while let Some(task) = self.tasks.pop() {
            self.step(task);
        }
    }

    fn step(&mut self, task: Task) {
        match task {
            Task::Text(text) => self.out.write(text),
            Task::Newline if self.is_flat() => self.out.write(" "),
            Task::Newline => self.out.newline(),
            Task::Indent(indent) => self.out.indent = indent,
            Task::Subscript(subscripts) => self.subscripts = subscripts,
            Task::EnterInterpolation => self.interpolations += 1,
            Task::LeaveInterpolation => self.interpolations -= 1,
            Task::Body => self.body(),
            Task::Bare(id) => self.expr(id),
            Task::Block { id, indent } => {
                self.block_indent = Some(indent);
                self.expr(id);
            }
            Task::Operand { id, precedence } => self.operand(id, precedence),
            Task::After { id, line, precedence, space, depth } => self.after(id, line, precedence, space, depth),
            Task::Binary { id, depth } => self.binary(id, depth),
            Task::Part { id, index, margin } => self.part(id, index, margin),
            Task::Name(text) => self.text(text),
            Task::Label(id) => self.selector_label(id),
            Task::Arguments(id) => self.begin_arguments(id),
            Task::Decl { id, row } => self.decl(id, row),
            Task::Colon { id, row } => self.colon(id, row),
            Task::Attributes { list, row } => self.attributes(list, row),
        }
    }

    /// Schedules tasks in the order in which they are given.
    fn schedule(&mut self, tasks: impl IntoIterator<Item = Task, IntoIter: DoubleEndedIterator>) {
        self.tasks.extend(tasks.into_iter().rev());
    }

    fn text(&mut self, text: Text) {
        let file = self.file;
        self.out.write(file.text(text));
    }

    fn is_flat(&self) -> bool {
        self.interpolations > 0
    }

    // Places in the text behind the tree

    /// The line on which a span starts, if there is a text.
    fn first_line(&self, span: Span) -> Option<usize> {
        let known = !self.file.lines.is_empty() && !span.is_none();
        known.then(|| self.file.line(span.start))
    }

    fn last_line(&self, span: Span) -> Option<usize> {
        let known = !self.file.lines.is_empty() && !span.is_none();
        known.then(|| self.file.last_line(span))
    }

    // Comments

    fn comments_of(&self, owner: CommentOwner, slot: Slot) -> Vec<usize> {
        if self.comments.is_empty() {
            return Vec::new();
        }
        self.comments.get(&(owner, slot)).cloned().unwrap_or_default()
    }

    /// Writes the lines of a comment; nothing can follow on the last one.
    fn comment(&mut self, index: usize) {
        let file = self.file;
        for (number, line) in file.comments[index].lines.iter().enumerate() {
            if number > 0 {
                self.out.newline();
            }
            self.out.comment(line);
        }
    }

    /// Writes a comment after something that ends on a line of the text, on the same line if it stood there. Gives the
    /// line on which the comment ends.
    fn comment_after(&mut self, index: usize, line: Option<usize>) -> Option<usize> {
        let span = self.file.comments[index].span;
        let first = self.first_line(span);
        let same_line = first.is_some() && first == line && !self.out.is_closed();
        if same_line && !self.out.is_line_empty() {
            self.out.write(" ");
        } else {
            match (first, line) {
                (Some(first), Some(line)) if first > line + 1 => self.out.blank_line(),
                _ => self.out.newline(),
            }
        }
        self.comment(index);
        self.last_line(span).or(line)
    }
}
