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
    /// Operands with an operator between them.
    Run(&'static str, Vec<Value>),
}

/// What a value is to be, so that most programs mean something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Sort {
    Number,
    Text,
    Struct,
    List,
}

/// Random numbers that are the same everywhere: the high bits of a linear congruence, mixed.
pub(crate) struct Generator {
    state: u64,
}

const FIELDS: &[&str] = &["a", "b", "c", "d"];
const NAMES: &[&str] = &["a", "b", "c", "#A", "#B"];
const INNER: &[(&str, Sort)] =
    &[("x", Sort::Number), ("y", Sort::Text), ("z", Sort::Struct), ("w", Sort::Number), ("l", Sort::List)];

impl Generator {
    pub(crate) fn new(seed: u64) -> Generator {
        Generator { state: seed ^ 0x9E37_79B9_7F4A_7C15 }
    }

    fn below(&mut self, count: usize) -> usize {
        self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mixed = (self.state >> 33) ^ (self.state >> 47);
        usize::try_from(mixed).unwrap_or(0) % count
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        let index = self.below(from.len());
        from[index]
    }

    pub(crate) fn program(&mut self) -> Vec<Item> {
        let mut items = Vec::new();
        for name in ["#A", "#B"] {
            let value = Value::Struct(self.members(2));
            items.push(Item { head: format!("{name}: "), value });
        }
        for _ in 0..2 + self.below(4) {
            let name = self.pick(FIELDS);
            let value = self.value(3, Sort::Struct);
            items.push(Item { head: format!("{name}: "), value });
        }
        // What is referred to is there.
        for name in ["a", "b", "c"] {
            if !items.iter().any(|item| item.head == format!("{name}: ")) {
                let value = self.value(1, Sort::Struct);
                items.push(Item { head: format!("{name}: "), value });
            }
        }
        items
    }

    fn members(&mut self, depth: usize) -> Vec<Item> {
        let mut items = Vec::new();
        for _ in 0..1 + self.below(3) {
            let inner = depth.saturating_sub(1);
            let (name, sort) = self.pick(INNER);
            let (head, value) = match self.below(24) {
                0 => (format!("{name}?: "), self.value(inner, sort)),
                1 => (format!("{name}!: "), self.value(inner, sort)),
                2 => ("[string]: ".to_owned(), Value::Text("_".to_owned())),
                3 => ("[=~\"^[xw]\"]: ".to_owned(), self.value(inner, Sort::Number)),
                4 => ("...".to_owned(), Value::Text(String::new())),
                5 | 6 => (String::new(), Value::Text(self.reference(Sort::Struct))),
                7 | 8 => (format!("if {} ", self.condition()), Value::Struct(self.members(inner))),
                9 => {
                    let round = Item { head: "\"\\(k)\": ".to_owned(), value: Value::Text("v".to_owned()) };
                    (format!("for k, v in {} ", self.reference(Sort::Struct)), Value::Struct(vec![round]))
                }
                10 => (format!("#{name}: "), self.value(inner, sort)),
                11 => (format!("_{name}: "), self.value(inner, sort)),
                12 => (format!("(\"\\({})\"): ", self.reference(Sort::Text)), self.value(inner, sort)),
                13 => (format!("{name}: X="), Value::Struct(vec![self.alias_user()])),
                14 => (format!("[N=string]: {{n: N}}\n{name}: "), self.value(inner, sort)),
                15 => (String::new(), Value::Text(format!("let L = {}\nv: L", self.reference(sort)))),
                _ => (format!("{name}: "), self.value(inner, sort)),
            };
            items.push(Item { head, value });
        }
        items
    }

    fn alias_user(&mut self) -> Item {
        let value = Value::Text(self.pick(&["X.y", "1", "X.x + 1"]).to_owned());
        Item { head: "x: ".to_owned(), value }
    }

    fn reference(&mut self, sort: Sort) -> String {
        let name = self.pick(NAMES);
        if sort == Sort::Struct {
            return if self.below(4) == 0 { format!("{name}.z") } else { name.to_owned() };
        }
        let field = match (sort, self.below(2)) {
            (Sort::Text, _) => "y",
            (Sort::List, _) => "l",
            (_, 0) => "x",
            _ => "w",
        };
        format!("{name}.{field}")
    }

    fn condition(&mut self) -> String {
        let (_, sort) = self.pick(INNER);
        let reference = self.reference(sort);
        match self.below(4) {
            0 => format!("{reference} == _|_"),
            1 => format!("{reference} != _|_"),
            2 => format!("{} > 1", self.reference(Sort::Number)),
            _ => format!("{} == \"x\"", self.reference(Sort::Text)),
        }
    }

    fn leaf(&mut self, sort: Sort) -> Value {
        let text = match sort {
            Sort::Number => self.pick(&["1", "1", "int", "number", ">0", "<3", "!=3", "_"]),
            Sort::Text => self.pick(&["\"x\"", "\"x\"", "string", "!=\"z\"", "=~\"^[xy]\"", "_"]),
            Sort::Struct => self.pick(&["{}", "{...}", "_", "{x: int}", "{x: 1}", "{y: \"x\"}", "close({x: int})"]),
            Sort::List => self.pick(&["[]", "[1]", "[...]", "[...int]", "[1, ...]", "[_, 2]", "_"]),
        };
        Value::Text(text.to_owned())
    }

    fn value(&mut self, depth: usize, sort: Sort) -> Value {
        let sort =
            if self.below(60) == 0 { self.pick(&[Sort::Number, Sort::Text, Sort::Struct, Sort::List]) } else { sort };
        if depth == 0 {
            return if self.below(4) == 0 { Value::Text(self.reference(sort)) } else { self.leaf(sort) };
        }
        match self.below(13) {
            0..=2 => self.leaf(sort),
            3 | 4 => Value::Text(self.reference(sort)),
            5 | 6 => Value::Run(" & ", vec![self.value(depth - 1, sort), self.value(depth - 1, sort)]),
            7 => {
                let marked = Value::Run("*", vec![Value::Text(String::new()), self.value(depth - 1, sort)]);
                Value::Run(" | ", vec![marked, self.value(depth - 1, sort)])
            }
            8 => Value::Run(" | ", vec![self.value(depth - 1, sort), self.value(depth - 1, sort)]),
            _ => match sort {
                Sort::Number => {
                    let left = Value::Text(self.reference(Sort::Number));
                    Value::Run(" + ", vec![left, Value::Text(self.pick(&["1", "2"]).to_owned())])
                }
                Sort::Text => Value::Text(format!("\"\\({})\"", self.reference(Sort::Text))),
                Sort::List => Value::Text(match self.below(3) {
                    0 => format!("[for v in {} {{v}}]", self.reference(Sort::List)),
                    1 => format!("[{}, if {} {{2}}]", self.reference(Sort::Number), self.condition()),
                    _ => format!("[len({}), {}[0]]", self.reference(Sort::Struct), self.reference(Sort::List)),
                }),
                Sort::Struct => Value::Struct(self.members(depth - 1)),
            },
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
