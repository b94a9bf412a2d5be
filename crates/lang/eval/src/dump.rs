//! A plain picture of a value with its errors, for tests and debugging.

use std::fmt::Write;

use crate::ir::ArcType;
use crate::session::Session;
use crate::value::Value;
use crate::vertex::VertexId;

impl Session {
    /// Every field on a line, indented by depth; errors with their code and message.
    pub fn dump(&self, root: VertexId) -> String {
        let mut out = String::new();
        let mut todo = vec![(root, 0usize, String::new())];
        let mut lines = 0;
        while let Some((vertex, depth, name)) = todo.pop() {
            lines += 1;
            if lines > 2000 || depth > 40 {
                out.push_str("…\n");
                break;
            }
            let indent = "  ".repeat(depth);
            let end = self.end(vertex);
            let value = self.value(end);
            if !name.is_empty() {
                _ = write!(out, "{indent}{name}: ");
            }
            let nested = self.fields(end);
            match &value {
                Value::Struct => out.push_str(if nested.is_empty() { "{}" } else { "{" }),
                Value::List { open } => {
                    out.push_str(if *open { "[..." } else { "[" });
                }
                Value::Bottom(error) => {
                    let info = self.error_info(*error);
                    _ = write!(out, "_|_ [{}] {}", info.code.name(), self.message(*error));
                }
                Value::Disjunction(_) | Value::Vertex(_) => out.push_str(&self.show(&value)),
                other => out.push_str(&self.show(other)),
            }
            out.push('\n');
            for field in nested.into_iter().rev() {
                let marker = match field.arc {
                    ArcType::Member => "",
                    ArcType::Required => "!",
                    ArcType::Optional => "?",
                };
                let name = format!("{}{marker}", self.label_as_written(field.label));
                if field.arc != ArcType::Optional {
                    todo.push((field.vertex, depth + 1, name));
                }
            }
        }
        out
    }
}
