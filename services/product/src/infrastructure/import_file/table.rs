//! Tables: finds the delimiter, cuts the text into rows with their lines, notices rows that are cut off.

use super::columns::{Columns, Dialect, Field, too_wide};
use super::group::Grouper;
use super::problems::{At, Problems, error, shortened, warning};
use super::row::{Labels, Row};
use super::{Drafts, Settings};
use crate::domain::import::{Format, Problem};
use csv::{ReaderBuilder, StringRecord};

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
    Ok(Drafts { format, rows: count, drafts, labels: Labels::of(|field| columns.label(field).to_string()) })
}

/// Skips blank lines and Excel's `sep=;` line, and finds the delimiter: the candidate that stands most often between
/// the headers.
fn opening(text: &str) -> (&str, u64, u8) {
    let (blank, text) = text.split_at(text.len() - text.trim_start_matches(['\r', '\n', '\u{feff}']).len());
    let mut line = 1 + line_ends(blank, text);
    let first = text.split(['\r', '\n']).next().unwrap_or_default();
    if let Some(delimiter) = first.strip_prefix("sep=").and_then(|d| d.bytes().next()).filter(u8::is_ascii) {
        let rest = text[first.len()..].trim_start_matches(['\r', '\n']);
        line += line_ends(&text[..text.len() - rest.len()], text);
        return (rest, line, delimiter);
    }
    let mut quoted = false;
    let mut counts = [(b',', 0_u32), (b';', 0), (b'\t', 0), (b'|', 0)];
    for byte in text.bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\r' | b'\n' if !quoted => break,
            _ if quoted => {}
            _ => counts.iter_mut().filter(|(d, _)| *d == byte).for_each(|(_, n)| *n += 1),
        }
    }
    let most = counts.iter().map(|(_, n)| *n).max().unwrap_or(0);
    let delimiter = counts.iter().find(|(_, n)| *n == most).map_or(b',', |(d, _)| *d);
    (text, line, delimiter)
}

/// Line ends in a part of a text: of the kind that the whole text uses.
fn line_ends(part: &str, whole: &str) -> u64 {
    let end = if whole.contains('\n') { b'\n' } else { b'\r' };
    part.bytes().filter(|byte| *byte == end).count() as u64
}

/// How a row came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// By a line end.
    Whole,
    /// By the end of the file: perhaps not all of it.
    AtEndOfFile,
    /// By the end of the file inside quotes that were opened on `line` in cell number `column`.
    OpenQuote { line: u64, column: usize },
}

/// The rows of a table with the line where each begins.
struct Rows<'a> {
    text: &'a str,
    reader: csv::Reader<&'a [u8]>,
    delimiter: u8,
    line_end: u8,
    /// First line of the row that was read last.
    line: u64,
    /// Bytes of the text whose line ends are counted in `line`.
    counted: usize,
}

impl<'a> Rows<'a> {
    fn new(text: &'a str, line: u64, delimiter: u8) -> Self {
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .buffer_capacity(1 << 16)
            .from_reader(text.as_bytes());
        let line_end = if text.contains('\n') { b'\n' } else { b'\r' };
        Self { text, reader, delimiter, line_end, line, counted: 0 }
    }

    /// Reads the next row into `record`. None: there is none.
    fn next(&mut self, record: &mut StringRecord) -> Result<Option<Ending>, Problem> {
        let before = self.offset();
        let more = self.reader.read_record(record).map_err(|fault| {
            let hint = format!(
                "The table could not be read here: {fault}. Save it as CSV (UTF-8) and import it again."
            );
            error(self.line, "row_unreadable", hint)
        })?;
        if !more {
            return Ok(None);
        }
        let bytes = self.text.as_bytes();
        let start = before + bytes[before..].iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        self.line += bytes[self.counted..start].iter().filter(|b| **b == self.line_end).count() as u64;
        self.counted = start;
        if !self.is_done()
            || self.text.ends_with(['\r', '\n']) && open_quote(&bytes[start..], self.delimiter).is_none()
        {
            return Ok(Some(Ending::Whole));
        }
        Ok(Some(match open_quote(&bytes[start..], self.delimiter) {
            None => Ending::AtEndOfFile,
            Some((offset, column)) => {
                let above =
                    bytes[start..start + offset].iter().filter(|b| **b == self.line_end).count() as u64;
                Ending::OpenQuote { line: self.line + above, column }
            }
        }))
    }

    fn offset(&self) -> usize {
        usize::try_from(self.reader.position().byte()).unwrap_or(usize::MAX).min(self.text.len())
    }
    fn is_done(&self) -> bool {
        self.text.as_bytes()[self.offset()..].iter().all(|b| matches!(b, b'\r' | b'\n'))
    }
}

/// Whether a row ends inside quotes: where they were opened, and in which cell (from 0).
fn open_quote(row: &[u8], delimiter: u8) -> Option<(usize, usize)> {
    enum In {
        CellStart,
        Cell,
        Quotes(usize),
        QuoteInQuotes(usize),
    }
    let (mut state, mut column) = (In::CellStart, 0);
    for (i, byte) in row.iter().enumerate() {
        state = match state {
            In::Quotes(opened) if *byte == b'"' => In::QuoteInQuotes(opened),
            In::Quotes(opened) => In::Quotes(opened),
            In::QuoteInQuotes(opened) if *byte == b'"' => In::Quotes(opened),
            In::CellStart if *byte == b'"' => In::Quotes(i),
            _ if *byte == delimiter => {
                column += 1;
                In::CellStart
            }
            _ => In::Cell,
        };
    }
    match state {
        In::Quotes(opened) => Some((opened, column)),
        _ => None,
    }
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
            let rows = if self.count == 1 {
                "This row has".to_string()
            } else {
                format!("This and {} further rows have", self.count - 1)
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
