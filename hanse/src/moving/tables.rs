//! What is to be known of single tables. All that is not named here travels, column by column, so that a new table is
//! carried without anybody thinking of it; a test asks about it all the same.

/// Tables that do not travel, and why.
const STAYS: [(&str, &str); 3] = [
    ("errands", "who is on the way to a provider of logins and back: for ten minutes at most"),
    ("job", "who does what now and then, and when: the league begins anew"),
    ("outbox_lease", "who publishes which part of the outbox: processes that have ended by then"),
];

/// Every database keeps the history of its own schema.
const HISTORY: &str = "_migrations";
const HISTORIES: (&str, &str) = ("…_migrations", "the history of the database's own schema");

/// What a new database is given by its migrations and its service's first start, before there is a shop: a move puts the
/// shop's own in place of it. Anything in another table is somebody's.
const FIRST_FITTINGS: [&str; 11] = [
    "catalogue_state",
    "channels",
    "location",
    "sealed_table",
    "shipping_brackets",
    "shipping_methods",
    "shipping_zone_countries",
    "shipping_zones",
    "signing_keys",
    "tax_rates",
    "template",
];

/// A counter that is a row on SQLite and a sequence on PostgreSQL, where a row would make all who draw from it conflict.
#[derive(Debug, PartialEq, Eq)]
pub struct Counter {
    pub table: &'static str,
    /// Holds what is drawn next.
    pub column: &'static str,
    pub sequence: &'static str,
}

pub const COUNTERS: [Counter; 1] =
    [Counter { table: "order_numbers", column: "next", sequence: "order_numbers" }];

/// As what a table is known that does not travel, and why; None when it does.
pub fn stays(table: &str) -> Option<(&'static str, &'static str)> {
    if table.ends_with(HISTORY) {
        return Some(HISTORIES);
    }
    STAYS.iter().find(|(name, _)| *name == table).copied()
}

/// Whether rows in it are no sign of a shop.
pub fn fitted_anyway(table: &str) -> bool {
    stays(table).is_some() || FIRST_FITTINGS.contains(&table)
}

pub fn counter(table: &str) -> Option<&'static Counter> {
    COUNTERS.iter().find(|counter| counter.table == table)
}

/// All tables that are named here.
#[cfg(test)]
pub fn named() -> Vec<&'static str> {
    let stay = STAYS.iter().map(|(name, _)| *name);
    stay.chain(FIRST_FITTINGS).chain(COUNTERS.iter().map(|c| c.table)).collect()
}
