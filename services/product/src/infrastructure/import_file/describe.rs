//! Reads what a row says about its product as a whole: title, description, category, tags, state.

use super::cells::{flag, text};
use super::draft::Draft;
use super::fields::Field;
use super::html;
use super::problems::shortened;
use super::row::Row;
use super::{limits, lists};
use crate::domain::description::{has_tags, is_too_deep, without_tags};
use crate::domain::import::Problem;

/// Reads what a row says about the product as a whole.
pub(super) fn describe(draft: &mut Draft, row: &dyn Row) {
    let faults = &mut draft.faults;
    draft.title = title(row, faults);
    if row.get(Field::Handle).len() > limits::TEXT {
        faults.push(row.error(
            Field::Handle,
            "text_too_long",
            "A handle may have at most 500 letters. A missing closing quote often causes this.",
        ));
    }
    let body = row.get(Field::Body);
    if body.len() > limits::DESCRIPTION {
        let hint = format!(
            "The description has {} kB and may have {}. A missing closing quote often causes this.",
            body.len() >> 10,
            limits::DESCRIPTION >> 10
        );
        faults.push(row.error(Field::Body, "text_too_long", &hint));
    } else {
        if is_too_deep(body) {
            faults.push(row.warning(Field::Body, "description_cleaned", "The description leaves very many elements open and was read as plain text. Look at it in the shop."));
        } else if html::is_active(body) {
            faults.push(row.warning(Field::Body, "description_cleaned", "Scripts, styles, forms or handlers were taken out of the description; text and pictures stay. Look at it in the shop."));
        }
        draft.body = body.to_string();
    }
    let short = |field: Field, faults: &mut Vec<Problem>| {
        let cell = text(row.get(field));
        if cell.len() > limits::TEXT {
            faults.push(row.warning(
                field,
                "text_too_long",
                "This is longer than 500 letters and was left out.",
            ));
            return None;
        }
        Some(cell).filter(|cell| !cell.is_empty())
    };
    draft.vendor = short(Field::Vendor, faults);
    draft.kind = short(Field::Kind, faults);
    draft.category = category(row, draft.kind.as_deref(), faults);
    draft.tags = tags(row, faults);
    draft.published = published(row, faults);
    if flag(row, Field::GiftCard, false, faults) {
        faults.push(row.warning(Field::GiftCard, "gift_card_is_product", "Gift cards are sold like any other product: no code is made and no balance is kept. Leave it out if that is not meant."));
    }
}

fn title(row: &dyn Row, faults: &mut Vec<Problem>) -> String {
    let cell = row.get(Field::Title);
    if cell.contains(['\n', '\r']) {
        faults.push(spans_lines(row, cell));
    }
    let title = if has_tags(cell) {
        faults.push(row.warning(
            Field::Title,
            "markup_in_title",
            "A title is plain text; its tags were taken out. Remove them from the file.",
        ));
        text(without_tags(cell).trim())
    } else {
        text(cell)
    };
    if title.len() > limits::TEXT {
        let hint = "A title may have at most 500 letters. A missing closing quote above often causes this.";
        faults.push(row.error(Field::Title, "text_too_long", hint));
        return shortened(&title);
    }
    title
}

/// A title over several lines is odd; with the marks of other cells in it, it has swallowed them, price and all.
fn spans_lines(row: &dyn Row, cell: &str) -> Problem {
    if cell.contains(['"', ',', ';', '\t', '|']) {
        let hint = "The title runs on into other cells and lines, so a quote is missing or too many here. The product was left out: mend the quotes.";
        return row.error(Field::Title, "quote_misplaced", hint);
    }
    let hint = "The title spans several lines and was read as one. Write it on one line.";
    row.warning(Field::Title, "title_spans_lines", hint)
}

/// The path of `Home & Garden > Kitchen`, else the type.
fn category(row: &dyn Row, kind: Option<&str>, faults: &mut Vec<Problem>) -> Vec<String> {
    let path: Vec<String> = row
        .get(Field::Category)
        .split(['>', '›'])
        .map(|step| lists::humanised(&text(step.trim())))
        .filter(|step| !step.is_empty())
        .collect();
    if path.len() > limits::CATEGORY_STEPS || path.iter().any(|step| step.len() > limits::TEXT) {
        faults.push(row.warning(
            Field::Category,
            "category_too_long",
            "A category has at most 8 steps parted by >. The product was read without one.",
        ));
        return vec![];
    }
    if path.is_empty() { kind.map(lists::humanised).into_iter().collect() } else { path }
}

fn tags(row: &dyn Row, faults: &mut Vec<Problem>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    let mut tags: Vec<String> =
        row.list(Field::Tags).into_iter().map(text).filter(|tag| seen.insert(tag.to_lowercase())).collect();
    let all = tags.len();
    tags.retain(|tag| tag.len() <= limits::TEXT);
    tags.truncate(limits::TAGS);
    if tags.len() < all {
        faults.push(row.warning(
            Field::Tags,
            "too_many_tags",
            "A product may have 250 tags of 500 letters; the others were left out.",
        ));
    }
    tags
}

/// `Status` says what the merchant wants, `Published` whether it is in the online shop: visible is what is both.
fn published(row: &dyn Row, faults: &mut Vec<Problem>) -> bool {
    let active = match row.get(Field::Status).to_ascii_lowercase().as_str() {
        "" | "active" | "published" | "publish" | "enabled" => true,
        "draft" | "archived" | "unlisted" | "inactive" | "disabled" | "hidden" => false,
        _ => {
            faults.push(row.warning(
                Field::Status,
                "status_unknown",
                "Write active, draft or archived. The product was read as a draft.",
            ));
            false
        }
    };
    active && flag(row, Field::Published, true, faults)
}

/// A title in a continuation row that is not the product's.
pub(super) fn note_other_title(draft: &mut Draft, row: &dyn Row) {
    let cell = row.get(Field::Title);
    if !cell.is_empty() && text(cell) != draft.title && !has_tags(cell) {
        let hint = format!(
            "The product with this handle is called {} on line {}; that title was kept. If two products are meant, give each its own handle.",
            shortened(&draft.title),
            draft.lines.first
        );
        draft.faults.push(row.warning(Field::Title, "title_differs", &hint));
    }
}
