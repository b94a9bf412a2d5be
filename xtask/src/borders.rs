//! Which crate may use which.

use crate::ARCHITECTURE;
use crate::document;
use crate::workspace::Workspace;

/// The crate that every other may use in its tests.
const FIXTURES: &str = "strata-fixtures";

/// The table of borders, from the lowest crate to the highest.
#[derive(Debug)]
pub(crate) struct Table {
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    name: String,
    may_use: Vec<String>,
    in_tests: Vec<String>,
    pure: bool,
}

impl Table {
    /// A row may use only what stands above it, so the arrows can only point downwards.
    pub(crate) fn parse(architecture: &str) -> Result<Table, String> {
        let cells = document::table(architecture, "## Borders")
            .ok_or(format!("{ARCHITECTURE}: no table under the heading `## Borders`"))?;
        let mut rows: Vec<Row> = Vec::new();
        for row in &cells {
            let [name, may_use, in_tests, pure] = row.as_slice() else {
                return Err(format!("{ARCHITECTURE}: a row of the borders has {} cells, not 4", row.len()));
            };
            let [name] = document::names(name).try_into().map_err(|_| {
                format!("{ARCHITECTURE}: the first cell of a row of the borders is one name, not `{name}`")
            })?;
            if rows.iter().any(|row| row.name == name) {
                return Err(format!("{ARCHITECTURE}: `{name}` has two rows in the borders"));
            }
            let may_use = if may_use == "all above" {
                rows.iter().map(|row| row.name.clone()).filter(|name| name != FIXTURES).collect()
            } else {
                document::names(may_use)
            };
            if let Some(unknown) = may_use.iter().find(|used| rows.iter().all(|row| row.name != **used)) {
                return Err(format!("{ARCHITECTURE}: `{name}` may use `{unknown}`, which has no row above it"));
            }
            rows.push(Row { name, may_use, in_tests: document::names(in_tests), pure: pure == "pure" });
        }
        Ok(Table { rows })
    }

    fn row(&self, name: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.name == name)
    }

    pub(crate) fn is_pure(&self, name: &str) -> bool {
        self.row(name).is_some_and(|row| row.pure)
    }

    pub(crate) fn planned(&self, workspace: &Workspace) -> Vec<String> {
        let is_there = |row: &Row| workspace.members.iter().any(|member| member.name == row.name);
        self.rows.iter().filter(|row| !is_there(row)).map(|row| row.name.clone()).collect()
    }
}

impl Row {
    fn allows(&self, used: &str, only_in_tests: bool) -> bool {
        let listed = |names: &[String]| names.iter().any(|name| name == used);
        listed(&self.may_use) || (only_in_tests && (used == FIXTURES || used == self.name || listed(&self.in_tests)))
    }
}

pub(crate) fn check(workspace: &Workspace, table: &Table) -> Vec<String> {
    let mut problems = Vec::new();
    for member in &workspace.members {
        let name = &member.name;
        let Some(row) = table.row(name) else {
            problems.push(format!("`{name}` has no row in the table of borders; add one in {ARCHITECTURE}"));
            continue;
        };
        for arrow in member.arrows.iter().filter(|arrow| !row.allows(&arrow.to, arrow.only_in_tests)) {
            let allowed = if row.may_use.is_empty() { "nothing".to_owned() } else { row.may_use.join(", ") };
            let tests = if arrow.only_in_tests { " in tests" } else { "" };
            problems.push(format!(
                "`{name}` may not use `{}`{tests}; {ARCHITECTURE} allows it {allowed}. Pass what is needed from a crate \
                 that may know both, or change the house and say why there",
                arrow.to
            ));
        }
    }
    problems
}

/// Every crate has its paragraph.
pub(crate) fn paragraphs(workspace: &Workspace, architecture: &str) -> Vec<String> {
    let has = |name: &str| architecture.lines().any(|line| line == format!("### {name}"));
    let missing = workspace.members.iter().filter(|member| !has(&member.name));
    let told = |name: &str| {
        format!("`{name}` has no paragraph `### {name}` in {ARCHITECTURE}: what it does, what it may not know")
    };
    missing.map(|member| told(&member.name)).collect()
}
