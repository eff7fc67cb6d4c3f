//! Versions of message types. A consumer's queue brings every version of its type; which of a service's consumers one is
//! for, and what is told when it is for none of them, is decided here.

/// A type without its version, and the version: `order.OrderPlaced.v1` is the first of `order.OrderPlaced`. A type
/// without a version is all there is of it.
pub(crate) fn split(kind: &str) -> (&str, u32) {
    let parts = kind.rsplit_once(".v").and_then(|(family, version)| Some((family, version.parse().ok()?)));
    parts.unwrap_or((kind, 0))
}

pub(crate) fn family(kind: &str) -> &str {
    split(kind).0
}

/// Why a service that takes `known` cannot take `kind`, a version of the same that none of its consumers knows.
pub(crate) fn unknown(service: &str, known: &str, kind: &str) -> String {
    if split(kind).1 > split(known).1 {
        format!("{kind} is newer than {service}, which knows {known}: upgrade {service}, then redrive it")
    } else {
        format!(
            "{kind} is older than {service}, which takes {known} by now: let a release that knows it handle it"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{family, split, unknown};

    #[test]
    fn versions_belong_to_a_family() {
        assert_eq!(split("order.OrderPlaced.v12"), ("order.OrderPlaced", 12));
        assert_eq!(split("order.OrderPlaced"), ("order.OrderPlaced", 0));
        assert_eq!(family("order.very.v"), "order.very.v");
    }

    #[test]
    fn the_reason_says_which_side_is_behind() {
        let newer = unknown("books", "till.Sold.v1", "till.Sold.v2");
        assert!(newer.contains("upgrade books") && newer.contains("till.Sold.v2"), "{newer}");
        assert!(unknown("books", "till.Sold.v10", "till.Sold.v9").contains("older"));
    }
}
