//! What explanations name is what matters: in generated programs, a change at a place that an explanation names changes
//! the value, and a change at a place that it does not name leaves the value alone.

use crate::common;

use cue_eval::{Effect, Limits};
use strata_base::Span;

const PROGRAMS: u64 = 60;
const LEAVES: usize = 4;
const UNNAMED: usize = 6;

/// A generator of numbers that is the same everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).unwrap_or(0)
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.roll(items.len())]
    }
}

/// A literal of a program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Literal {
    start: usize,
    end: usize,
}

#[derive(Default)]
struct Program {
    text: String,
    literals: Vec<Literal>,
    /// References to integers, as expressions.
    ints: Vec<String>,
    lists: Vec<String>,
    bools: Vec<String>,
    /// Paths of scalars.
    leaves: Vec<String>,
}

impl Program {
    /// Adds a text in which each `§…§` is a literal.
    fn add(&mut self, text: &str) {
        for (index, part) in text.split('§').enumerate() {
            let start = self.text.len();
            self.text.push_str(part);
            if index % 2 == 1 {
                self.literals.push(Literal { start, end: self.text.len() });
            }
        }
        self.text.push('\n');
    }

    fn generate(seed: u64) -> Program {
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let mut program = Program::default();
        for name in ["a", "b"] {
            program.add(&format!("{name}: §{}§", 1 + dice.roll(40)));
            program.ints.push(name.to_owned());
        }
        program.add(&format!("l: [§{}§, §{}§, §{}§]", 1 + dice.roll(9), 11 + dice.roll(9), 21 + dice.roll(9)));
        program.lists.push("l".to_owned());
        program.add("on: §true§");
        program.bools.push("on".to_owned());
        for index in 0..10 {
            program.field(index, &mut dice);
        }
        program
    }

    fn field(&mut self, index: usize, dice: &mut Dice) {
        let (x, y) = (dice.pick(&self.ints).clone(), dice.pick(&self.ints).clone());
        let list = dice.pick(&self.lists).clone();
        let test = dice.pick(&self.bools).clone();
        let (n, m) = (1 + dice.roll(40), 1 + dice.roll(40));
        let name = format!("f{index}");
        let (mut int, mut leaf) = (Some(name.clone()), name.clone());
        match dice.roll(14) {
            0 => self.add(&format!("{name}: {x} + {y}")),
            1 => self.add(&format!("{name}: *§{n}§ | int")),
            2 => self.add(&format!("{name}: *§{n}§ | int\n{name}: §{m}§")),
            3 => {
                self.add(&format!("#D{index}: {{v: int, w: v + {x}}}\n{name}: #D{index} & {{v: §{n}§}}"));
                (int, leaf) = (Some(format!("{name}.w")), format!("{name}.w"));
            }
            4 => self.add(&format!("{name}: int\nif {x} > §{n}§ {{{name}: §{m}§}}\nif {x} <= §{n}§ {{{name}: {y}}}")),
            5 => self.add(&format!("{name}: {list}[1]")),
            6 => {
                self.add(&format!("{name}: {{for i, v in {list} {{\"k\\(i)\": v + {x}}}}}"));
                (int, leaf) = (Some(format!("{name}.k1")), format!("{name}.k1"));
            }
            7 => {
                self.add(&format!("{name}: \"\\({x})-\\({y})\""));
                int = None;
            }
            8 => {
                let tag = dice.pick(&["a", "b"]);
                self.add(&format!(
                    "{name}: {{kind: \"a\", v: §{n}§}} | {{kind: \"b\", v: §{m}§}}\n{name}: kind: §\"{tag}\"§"
                ));
                (int, leaf) = (Some(format!("{name}.v")), format!("{name}.v"));
            }
            9 => {
                self.add(&format!("{name}: [for v in {list} if v > {x} {{v * 2}}]"));
                (int, leaf) = (None, format!("{name}.0"));
            }
            10 => {
                self.add(&format!("{name}: {x} > §{n}§"));
                self.bools.push(name);
                int = None;
            }
            11 => {
                self.add(&format!("{name}: {{if {test} {{v: §{n}§}}, if !{test} {{v: {x}}}}}"));
                (int, leaf) = (Some(format!("{name}.v")), format!("{name}.v"));
            }
            12 => self.add(&format!("{name}: [if {test} {{{x}}}, §{n}§][0]")),
            _ => {
                self.add(&format!("_t{index}: [string]: {{base: {y}, sum: base + own, own: int}}\n{name}: _t{index} & {{e: own: §{n}§}}"));
                (int, leaf) = (Some(format!("{name}.e.sum")), format!("{name}.e.sum"));
            }
        }
        self.ints.extend(int);
        self.leaves.push(leaf);
    }

    fn with(&self, literal: Literal, text: &str) -> String {
        format!("{}{text}{}", &self.text[..literal.start], &self.text[literal.end..])
    }

    /// Other values for a literal: near ones and far ones.
    fn others(&self, literal: Literal) -> Vec<String> {
        match &self.text[literal.start..literal.end] {
            "true" => vec!["false".to_owned()],
            "\"a\"" => vec!["\"b\"".to_owned()],
            "\"b\"" => vec!["\"a\"".to_owned()],
            number => {
                let number: i64 = number.parse().expect("only numbers are left");
                vec![(number + 1).to_string(), "-100000".to_owned(), "100000".to_owned()]
            }
        }
    }
}

/// What stands at a path, whatever it is.
fn value(text: &str, path: &str) -> String {
    let mut evaluated = common::compile(text, Limits::default());
    let labels = evaluated.labels(path);
    let mut at = evaluated.root();
    for label in labels {
        match evaluated.session.field(at, label).expect("within limits") {
            Some(field) => at = field,
            None => return "missing".to_owned(),
        }
    }
    let shown = evaluated.session.default(at).unwrap_or(cue_eval::Value::Vertex(at));
    evaluated.session.show(&shown)
}

#[test]
fn what_is_named_matters_and_what_is_not_named_does_not() {
    let (mut named_count, mut around, mut around_matters) = (0, 0, 0);
    for seed in 1..=PROGRAMS {
        let program = Program::generate(seed);
        let mut dice = Dice(seed);
        for _ in 0..LEAVES {
            let leaf = dice.pick(&program.leaves).clone();
            let mut evaluated = common::compile(&program.text, Limits::default());
            let (root, labels) = (evaluated.root(), evaluated.labels(&leaf));
            let Some(explanation) = evaluated.session.explain_at(root, &labels).expect("within limits") else {
                continue;
            };
            let before = value(&program.text, &leaf);
            let told = explanation.contributions();
            let covers =
                |span: Span, literal: Literal| span.start as usize <= literal.start && literal.end <= span.end as usize;
            let changes = |literal: Literal| {
                program
                    .others(literal)
                    .iter()
                    .find(|text| value(&program.with(literal, text), &leaf) != before)
                    .cloned()
            };
            let mut unnamed = Vec::new();
            for &literal in &program.literals {
                if !told.iter().any(|told| covers(told.span, literal)) {
                    unnamed.push(literal);
                }
                let exact = told.iter().find(|told| {
                    told.span.start as usize == literal.start
                        && told.span.end as usize == literal.end
                        && matches!(told.effect, Effect::Set | Effect::ChosenDefault)
                });
                match exact {
                    Some(told) if !told.is_around => {
                        named_count += 1;
                        let text = &program.text[literal.start..literal.end];
                        assert!(
                            changes(literal).is_some(),
                            "seed {seed}: `{leaf}` is {before}; its explanation names `{text}` at byte {}, which does not matter\n{}",
                            literal.start,
                            program.text
                        );
                    }
                    Some(_) => {
                        around += 1;
                        around_matters += usize::from(changes(literal).is_some());
                    }
                    None => {}
                }
            }
            for _ in 0..UNNAMED.min(unnamed.len()) {
                let literal = *dice.pick(&unnamed);
                let changed = changes(literal);
                assert!(
                    changed.is_none(),
                    "seed {seed}: `{leaf}` is {before}; its explanation does not name byte {}, yet it changes with {changed:?}\n{}",
                    literal.start,
                    program.text
                );
            }
        }
    }
    assert!(named_count > 200, "only {named_count} places were named");
    // What is around may decide only together with others, such as the length of a list.
    assert!(around_matters * 2 > around, "{around_matters} of {around} places around values matter");
}
