//! The operators' tables as they are written.

use super::stall::CALLS;
use anyhow::{Context, Result, bail, ensure};
use std::path::Path;

/// How a thing is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Its process has ended, its door is closed.
    Away,
    /// It takes what is said to it, and says nothing.
    Hung,
}

/// What is not there, and a cell per call.
pub struct Row {
    pub how: How,
    pub name: String,
    pub cells: Vec<String>,
}

/// The rows of both tables.
pub fn rows() -> Result<Vec<Row>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operations/degraded.md");
    let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    read(&text)
}

fn read(text: &str) -> Result<Vec<Row>> {
    let (mut rows, mut how) = (vec![], None);
    for line in text.lines() {
        if !line.starts_with("| ") {
            // The line under a head belongs to it.
            how = how.filter(|_| line.starts_with('|'));
            continue;
        }
        let mut cells: Vec<String> =
            line.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect();
        let name = cells.remove(0);
        let Some(how) = how else {
            how = Some(match name.as_str() {
                "away" => How::Away,
                "hung" => How::Hung,
                other => bail!("there is a table of what is {other}"),
            });
            ensure!(cells == CALLS, "the calls of the table of what is {name} are {cells:?}");
            continue;
        };
        ensure!(cells.len() == CALLS.len(), "the row {name} lacks cells");
        rows.push(Row { how, name, cells });
    }
    ensure!(!rows.is_empty(), "there is no table");
    Ok(rows)
}

#[test]
fn a_row_belongs_to_the_table_whose_head_is_above_it() -> Result<()> {
    let (head, row) = (CALLS.join(" | "), CALLS.map(|_| "200").join(" | "));
    let text =
        format!("| away | {head} |\n|---|\n| a | {row} |\n\n| hung | {head} |\n|---|\n| b | {row} |\n");
    let read_back = read(&text)?;
    ensure!(
        read_back.iter().map(|row| (row.how, row.name.as_str())).eq([(How::Away, "a"), (How::Hung, "b")])
    );
    ensure!(
        read(&text.replace("| hung", "| late")).is_err() && read(&text.replace("login", "logout")).is_err()
    );
    Ok(())
}
