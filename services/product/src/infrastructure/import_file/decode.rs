//! Bytes to text: byte order marks, UTF-8, UTF-16, Windows-1252, and files that are no text at all.

use super::limits;
use super::problems::{Problems, error, warning};
use crate::domain::import::Problem;
use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::borrow::Cow;

/// The text of a file, without its byte order mark. What is wrong with the encoding becomes a warning; a file that is
/// no text is refused.
pub(super) fn decode<'a>(bytes: &'a [u8], problems: &mut Problems) -> Result<Cow<'a, str>, Problem> {
    if bytes.len() > limits::FILE_BYTES {
        let hint = format!(
            "The file is larger than {} MB. Split it and import the parts.",
            limits::FILE_BYTES >> 20
        );
        return Err(error(1, "file_too_large", hint));
    }
    let text = if let Some(rest) = bytes.strip_prefix(b"\xFF\xFE") {
        utf16(UTF_16LE, rest, problems)
    } else if let Some(rest) = bytes.strip_prefix(b"\xFE\xFF") {
        utf16(UTF_16BE, rest, problems)
    } else {
        if let Some(kind) = other_kind(bytes) {
            let hint = format!(
                "This is {kind}, not a text file. Save or export the products as CSV (UTF-8) and import that."
            );
            return Err(error(1, "not_a_text_file", hint));
        }
        eight_bit(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes), problems)
    };
    if text.trim().is_empty() {
        return Err(error(
            1,
            "file_empty",
            "The file is empty. Export the products again and import the new file.",
        ));
    }
    Ok(text)
}

fn utf16(
    encoding: &'static encoding_rs::Encoding,
    bytes: &[u8],
    problems: &mut Problems,
) -> Cow<'static, str> {
    let (text, damaged) = encoding.decode_without_bom_handling(bytes);
    if damaged {
        let hint =
            "Some characters could not be read and show as �. Save the file as UTF-8 and import it again.";
        problems.add(warning(1, "characters_damaged", hint));
    }
    Cow::Owned(text.into_owned())
}

fn eight_bit<'a>(bytes: &'a [u8], problems: &mut Problems) -> Cow<'a, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        // Valid up to its very end, where a character is cut in two: UTF-8 of an upload that broke off. The rows
        // tell of the rest.
        Err(fault) if fault.error_len().is_none() && !bytes[..fault.valid_up_to()].is_ascii() => {
            let whole = &bytes[..fault.valid_up_to()];
            problems.add(warning(
                last_line(whole),
                "file_cut_off",
                "The file ends in the middle of a character. The upload may have broken off: send the file again.",
            ));
            String::from_utf8_lossy(whole)
        }
        Err(fault) => {
            let line = last_line(&bytes[..fault.valid_up_to()]);
            problems.add(warning(
                line,
                "encoding_assumed",
                "The file is not UTF-8 and was read as Windows-1252. Look at letters such as é or ü in the titles; if they are wrong, save the file as CSV UTF-8 and import it again.",
            ));
            WINDOWS_1252.decode_without_bom_handling(bytes).0
        }
    }
}

fn last_line(bytes: &[u8]) -> u64 {
    1 + bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// What a file is by its first bytes, when it is certainly not text.
fn other_kind(bytes: &[u8]) -> Option<&'static str> {
    let known: [(&[u8], &str); 6] = [
        (b"PK\x03\x04", "an Excel workbook or another archive"),
        (b"\xD0\xCF\x11\xE0", "an old Excel workbook"),
        (b"%PDF", "a PDF document"),
        (b"\x89PNG", "a picture"),
        (b"\xFF\xD8\xFF", "a picture"),
        (b"\x1F\x8B", "a compressed file"),
    ];
    known
        .iter()
        .find(|(start, _)| bytes.starts_with(start))
        .map(|(_, kind)| *kind)
        .or_else(|| bytes.iter().take(4_096).any(|byte| *byte == 0).then_some("a binary file"))
}
