//! How trees look to programmers.

use std::fmt;

use crate::data::Data;
use crate::event::Event;

/// On one line, much like CUE. What is sensitive is not shown, nor what is in it.
impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Of each open container, its closing bracket and whether nothing stands in it yet.
        let mut open: Vec<(char, bool)> = Vec::new();
        // How many containers deep a sensitive one was entered.
        let mut hidden = 0_usize;
        let mut after_key = false;
        for step in self.events(self.root()) {
            if hidden > 0 {
                match step.event {
                    Event::BeginList | Event::BeginStruct => hidden += 1,
                    Event::End => hidden -= 1,
                    _ => {}
                }
                continue;
            }
            if let Event::End = step.event {
                let (close, _) = open.pop().unwrap_or_default();
                write!(f, "{close}")?;
                continue;
            }
            if !std::mem::take(&mut after_key)
                && let Some((_, is_empty)) = open.last_mut()
                && !std::mem::take(is_empty)
            {
                f.write_str(", ")?;
            }
            if let Event::Key(key) = step.event {
                write!(f, "{key:?}: ")?;
                after_key = true;
                continue;
            }
            let is_container = matches!(step.event, Event::BeginList | Event::BeginStruct);
            if self.mark(step.node).sensitive {
                f.write_str("(sensitive)")?;
                hidden = usize::from(is_container);
                continue;
            }
            match step.event {
                Event::Null => f.write_str("null")?,
                Event::Bool(value) => write!(f, "{value}")?,
                Event::Number(number) => f.write_str(&number.to_cue_string())?,
                Event::String(text) => write!(f, "{text:?}")?,
                Event::Bytes(bytes) => write!(f, "'{}'", bytes.escape_ascii())?,
                Event::BeginList => f.write_str("[")?,
                Event::BeginStruct => f.write_str("{")?,
                Event::Key(_) | Event::End | Event::Spelling(_) => {}
            }
            if is_container {
                open.push((if matches!(step.event, Event::BeginList) { ']' } else { '}' }, true));
            }
        }
        Ok(())
    }
}
