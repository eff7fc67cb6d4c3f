//! Cuts the text of a table into rows: finds the delimiter, counts lines, notices quotes that are never closed.

use super::problems::error;
use crate::domain::import::Problem;
use csv::{ReaderBuilder, StringRecord};

/// Skips blank lines and Excel's `sep=;` line, and finds the delimiter: the candidate that stands most often between
/// the headers.
pub(super) fn opening(text: &str) -> (&str, u64, u8) {
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
pub(super) enum Ending {
    /// By a line end.
    Whole,
    /// By the end of the file: perhaps not all of it.
    AtEndOfFile,
    /// By the end of the file inside quotes that were opened on `line` in cell number `column`.
    OpenQuote { line: u64, column: usize },
}

/// The rows of a table with the line where each begins.
pub(super) struct Rows<'a> {
    text: &'a str,
    reader: csv::Reader<&'a [u8]>,
    delimiter: u8,
    line_end: u8,
    /// First line of the row that was read last.
    pub line: u64,
    /// Bytes of the text whose line ends are counted in `line`.
    counted: usize,
}

impl<'a> Rows<'a> {
    pub fn new(text: &'a str, line: u64, delimiter: u8) -> Self {
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
    pub fn next(&mut self, record: &mut StringRecord) -> Result<Option<Ending>, Problem> {
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
    pub fn is_done(&self) -> bool {
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
