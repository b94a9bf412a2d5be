//! Small random programs, and all ways to make one smaller.

/// One declaration.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) head: String,
    pub(crate) value: Value,
}

#[derive(Clone, Debug)]
pub(crate) enum Value {
    Text(String),
    Struct(Vec<Item>),
    List(Vec<Value>),
    /// Operands with an operator between them.
    Run(&'static str, Vec<Value>),
}

/// Random numbers that are the same everywhere: the high bits of a linear congruence, mixed.
pub(crate) struct Generator {
    state: u64,
    /// Names that may be referred to.
    names: Vec<&'static str>,
}

const FIELDS: &[&str] = &["a", "b", "c", "d"];
const INNER: &[&str] = &["x", "y", "z"];
const SCALARS: &[&str] = &["1", "2", "3", "\"x\"", "\"y\"", "true", "null", "1.5"];
const KINDS: &[&str] = &["int", "string", "number", "bool", "_", ">1", "<3", "!=2", "{...}", "[...]"];

impl Generator {
    pub(crate) fn new(seed: u64) -> Generator {
        Generator { state: seed ^ 0x9E37_79B9_7F4A_7C15, names: vec!["a", "b", "c", "#A", "#B"] }
    }

    fn below(&mut self, count: usize) -> usize {
        self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mixed = (self.state >> 33) ^ (self.state >> 47);
        usize::try_from(mixed).unwrap_or(0) % count
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        let index = self.below(from.len());
        from[index]
    }

    pub(crate) fn program(&mut self) -> Vec<Item> {
        let mut items = Vec::new();
        for name in ["#A", "#B"] {
            let value = Value::Struct(self.members(2));
            items.push(Item { head: format!("{name}: "), value });
        }
        for _ in 0..3 + self.below(3) {
            let name = self.pick(FIELDS);
            let value = self.value(3);
            items.push(Item { head: format!("{name}: "), value });
        }
        // What is referred to is there.
        for name in ["a", "b", "c"] {
            if !items.iter().any(|item| item.head == format!("{name}: ")) {
                let value = self.value(1);
                items.push(Item { head: format!("{name}: "), value });
            }
        }
        items
    }

    fn members(&mut self, depth: usize) -> Vec<Item> {
        let mut items = Vec::new();
        for _ in 0..1 + self.below(3) {
            let name = self.pick(INNER);
            let head = match self.below(16) {
                0 => format!("{name}?: "),
                1 => format!("{name}!: "),
                2 => "[string]: ".to_owned(),
                3 => "[=~\"^[xy]\"]: ".to_owned(),
                4 => {
                    items.push(Item { head: "...".to_owned(), value: Value::Text(String::new()) });
                    continue;
                }
                5 => {
                    let value = Value::Text(self.reference());
                    items.push(Item { head: String::new(), value });
                    continue;
                }
                6 | 7 => {
                    let condition = self.condition();
                    let value = Value::Struct(self.members(depth.saturating_sub(1)));
                    items.push(Item { head: format!("if {condition} "), value });
                    continue;
                }
                8 => {
                    let source = self.reference();
                    let value = Value::Struct(vec![Item { head: "(k): ".to_owned(), value: Value::Text("v".to_owned()) }]);
                    items.push(Item { head: format!("for k, v in {source} "), value });
                    continue;
                }
                9 => format!("#{name}: "),
                _ => format!("{name}: "),
            };
            let value = self.value(depth.saturating_sub(1));
            items.push(Item { head, value });
        }
        items
    }

    fn reference(&mut self) -> String {
        let index = self.below(self.names.len());
        let name = self.names[index];
        match self.below(3) {
            0 => format!("{name}.{}", self.pick(INNER)),
            _ => name.to_owned(),
        }
    }

    fn condition(&mut self) -> String {
        let reference = self.reference();
        match self.below(4) {
            0 => format!("{reference} == _|_"),
            1 => format!("{reference} != _|_"),
            2 => format!("{reference}.{} != _|_", self.pick(INNER)),
            _ => format!("{reference} == {}", self.pick(SCALARS)),
        }
    }

    fn value(&mut self, depth: usize) -> Value {
        if depth == 0 {
            return Value::Text(match self.below(3) {
                0 => self.pick(SCALARS).to_owned(),
                1 => self.pick(KINDS).to_owned(),
                _ => self.reference(),
            });
        }
        match self.below(15) {
            0..=2 => Value::Text(self.pick(SCALARS).to_owned()),
            3 => Value::Text(self.pick(KINDS).to_owned()),
            4 | 5 => Value::Text(self.reference()),
            6..=8 => Value::Struct(self.members(depth - 1)),
            9 => Value::List((0..self.below(3)).map(|_| self.value(depth - 1)).collect()),
            10 | 11 => Value::Run(" & ", vec![self.value(depth - 1), self.value(depth - 1)]),
            12 => {
                let marked = self.value(depth - 1);
                Value::Run(" | ", vec![Value::Run("*", vec![Value::Text(String::new()), marked]), self.value(depth - 1)])
            }
            13 => Value::Run(" | ", vec![self.value(depth - 1), self.value(depth - 1)]),
            _ => Value::Run(" + ", vec![Value::Text(self.reference()), Value::Text(self.pick(SCALARS).to_owned())]),
        }
    }
}

pub(crate) fn text(items: &[Item]) -> String {
    let mut out = String::new();
    for item in items {
        out += &item.head;
        out += &value_text(&item.value);
        out.push('\n');
    }
    out
}

fn value_text(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Struct(items) => format!("{{\n{}}}", text(items)),
        Value::List(values) => format!("[{}]", values.iter().map(value_text).collect::<Vec<_>>().join(", ")),
        Value::Run("*", operands) => format!("*{}", operands.last().map_or_else(String::new, value_text)),
        Value::Run(operator, operands) => {
            format!("({})", operands.iter().map(value_text).collect::<Vec<_>>().join(operator))
        }
    }
}

/// Every program that has one thing less.
pub(crate) fn smaller(items: &[Item]) -> Vec<Vec<Item>> {
    let mut found = Vec::new();
    for index in 0..items.len() {
        let mut fewer = items.to_vec();
        fewer.remove(index);
        found.push(fewer);
    }
    for (index, item) in items.iter().enumerate() {
        for value in simpler(&item.value) {
            let mut changed = items.to_vec();
            changed[index].value = value;
            found.push(changed);
        }
    }
    found
}

fn simpler(value: &Value) -> Vec<Value> {
    match value {
        Value::Text(_) => Vec::new(),
        Value::Struct(items) => {
            let mut found: Vec<Value> = smaller(items).into_iter().map(Value::Struct).collect();
            found.push(Value::Text("1".to_owned()));
            found
        }
        Value::List(values) => {
            let mut found = vec![Value::Text("1".to_owned())];
            for index in 0..values.len() {
                let mut fewer = values.clone();
                fewer.remove(index);
                found.push(Value::List(fewer));
                for inner in simpler(&values[index]) {
                    let mut changed = values.clone();
                    changed[index] = inner;
                    found.push(Value::List(changed));
                }
            }
            found
        }
        Value::Run(operator, operands) => {
            // A mark stands only in a disjunction.
            let whole = |operand: &&Value| !matches!(operand, Value::Run("*", _));
            let mut found: Vec<Value> = operands.iter().filter(whole).cloned().collect();
            for index in 0..operands.len() {
                for inner in simpler(&operands[index]) {
                    let mut changed = operands.clone();
                    changed[index] = inner;
                    found.push(Value::Run(operator, changed));
                }
            }
            found
        }
    }
}
