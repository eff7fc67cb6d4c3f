//! Tables: a header, and rows that are judged by it as a whole before their cells are read.

use super::columns::{Columns, too_wide};
use super::fields::{Dialect, Field};
use super::group::Grouper;
use super::problems::{At, Problems, error, shortened, warning};
use super::row::{Labels, Row};
use super::table_rows::{Ending, Rows, opening};
use super::{Drafts, Settings};
use crate::domain::import::{Format, Problem};
use csv::StringRecord;

/// Reads a table with a header row.
pub(super) fn read(
    text: &str,
    dialect: Option<Dialect>,
    settings: Settings,
    problems: &mut Problems,
) -> Result<Drafts, Problem> {
    let (text, line, delimiter) = opening(text);
    let mut rows = Rows::new(text, line, delimiter);
    let mut record = StringRecord::new();
    if rows.next(&mut record)?.is_none() {
        return Err(error(
            1,
            "file_empty",
            "The file is empty. Export the products again and import the new file.",
        ));
    }
    let header_line = rows.line;
    if too_wide(record.len()) {
        let hint = format!(
            "The first row has {} columns; that is no product file. Check how it was exported.",
            record.len()
        );
        return Err(error(header_line, "too_many_columns", hint));
    }
    let headers = record.iter().map(str::to_string).collect();
    let columns = Columns::map(headers, header_line, dialect, problems)?;
    let mut grouper = Grouper::new(columns.dialect, settings.currency, problems);
    let mut count = 0;
    let mut short = ShortRows::default();
    while let Some(ending) = rows.next(&mut record)? {
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        count += 1;
        let mut fault = row_fault(&record, &columns, rows.line, &ending);
        if fault.is_none() && record.len() < columns.count() {
            fault = short.note(&record, &columns, rows.line, &ending);
        }
        let known = match ending {
            Ending::OpenQuote { column, .. } => column,
            _ => record.len(),
        };
        grouper.row(&TableRow { record: &record, columns: &columns, line: rows.line, fault, known });
        if count >= settings.max_rows && !rows.is_done() {
            let hint = format!(
                "The file has more than {} rows; what follows this line was not read. Split the file and import the parts.",
                settings.max_rows
            );
            grouper.cut(error(rows.line, "too_many_rows", hint));
            break;
        }
    }
    let drafts = grouper.into_drafts();
    short.tell(problems);
    if count == 0 {
        return Err(error(
            header_line,
            "no_rows",
            "The file has a header but no products. Export the products again and import the new file.",
        ));
    }
    let format = match columns.dialect {
        Dialect::Shopify => Format::ShopifyCsv,
        Dialect::Named => Format::Csv,
    };
    Ok(Drafts { format, rows: count, drafts, labels: Labels::of(|field| columns.shown_label(field)) })
}

/// What makes a row untrustworthy as a whole.
fn row_fault(record: &StringRecord, columns: &Columns, line: u64, ending: &Ending) -> Option<Problem> {
    if let Ending::OpenQuote { line: opened, column } = ending {
        let hint = format!(
            "The quote that opens on line {opened} is never closed, so the file cannot be read from there on. The upload may have broken off: send the file again, or close the quote."
        );
        let label = columns.header(*column);
        return Some(
            error(*opened, "quote_not_closed", hint).at(label, record.get(*column).unwrap_or_default()),
        );
    }
    let beyond = record.iter().skip(columns.count()).find(|cell| !cell.trim().is_empty())?;
    let hint = format!(
        "This row has {} cells but the header has {}, so its cells cannot be told apart. Put quotes around texts that contain a comma.",
        record.len(),
        columns.count()
    );
    let mut fault = error(line, "too_many_cells", hint);
    fault.value = Some(shortened(beyond));
    Some(fault)
}

/// Rows with fewer cells than the header: usual in some exports, so one warning speaks for all; but if only the last
/// row is short and nothing ends it, the upload broke off.
#[derive(Default)]
struct ShortRows {
    count: u64,
    first: Option<u64>,
}

impl ShortRows {
    fn note(
        &mut self,
        record: &StringRecord,
        columns: &Columns,
        line: u64,
        ending: &Ending,
    ) -> Option<Problem> {
        if *ending == Ending::AtEndOfFile && self.count == 0 {
            let hint = "The file ends in the middle of this row. The upload may have broken off: send the file again.";
            let last = record.len().saturating_sub(1);
            return Some(
                error(line, "file_cut_off", hint)
                    .at(columns.header(last), record.get(last).unwrap_or_default()),
            );
        }
        self.count += 1;
        self.first.get_or_insert(line);
        None
    }

    fn tell(&self, problems: &mut Problems) {
        if let Some(first) = self.first {
            let rows = match self.count {
                1 => "This row has".to_string(),
                2 => "This row and another have".to_string(),
                n => format!("This row and {} others have", n - 1),
            };
            let hint = format!(
                "{rows} fewer cells than the header; the missing ones were read as blank. Check that no comma is missing."
            );
            problems.add(warning(first, "row_too_short", hint));
        }
    }
}

struct TableRow<'a> {
    record: &'a StringRecord,
    columns: &'a Columns,
    line: u64,
    fault: Option<Problem>,
    /// Cells beyond these are lost to an open quote.
    known: usize,
}

impl Row for TableRow<'_> {
    fn line(&self) -> u64 {
        self.line
    }
    fn get(&self, field: Field) -> &str {
        self.columns
            .index(field)
            .filter(|i| *i < self.known)
            .and_then(|i| self.record.get(i))
            .map_or("", str::trim)
    }
    fn label(&self, field: Field) -> &str {
        self.columns.label(field)
    }
    fn knows(&self, field: Field) -> bool {
        self.columns.has(field)
    }
    fn fault(&self) -> Option<&Problem> {
        self.fault.as_ref()
    }
}
