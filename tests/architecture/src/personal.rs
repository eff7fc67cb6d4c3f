//! Rule: whoever adds a column that can hold words decides whether they may be about somebody. What may stands in the
//! operators' page with what erasure does to it, everything else in a list of ours; and whoever holds something is asked for it.

use crate::{Breach, Source};
use std::collections::{BTreeMap, BTreeSet};

const RULE: &str = "personal";
pub const PAGE: &str = "docs/operations/personal-data.md";
pub const IMPERSONAL: &str = "tests/architecture/impersonal.txt";
/// Where `user` lists whom it asks.
pub const HOLDERS: &str = "services/user/src/application/export.rs";
const WORDS: [&str; 4] = ["text", "bytea", "json", "jsonb"];

/// Columns, by `service.table`.
type Columns<'a> = BTreeMap<String, BTreeMap<&'a str, (&'a Source, usize)>>;

pub fn breaches(sources: &[Source]) -> Vec<Breach> {
    let [Some(page), Some(list), Some(holders)] =
        [PAGE, IMPERSONAL, HOLDERS].map(|path| sources.iter().find(|source| source.path == path))
    else {
        return vec![Breach::new(
            PAGE,
            1,
            RULE,
            format!("one of {PAGE}, {IMPERSONAL}, {HOLDERS} is missing"),
        )];
    };
    let mut columns = Columns::new();
    for source in sources {
        if let Some((owner, engine)) = source.path.split_once("/migrations/")
            && engine.starts_with("postgres/")
            && !source.path.starts_with("xtask/")
            && let Some(owner) = owner.rsplit('/').next()
        {
            read(owner, source, &mut columns);
        }
    }
    let (personal, impersonal) = (told(page), listed(list));
    let mut found = vec![];
    for (table, columns) in &columns {
        for (column, (source, line)) in columns {
            let name = format!("{table}.{column}");
            match (personal.contains_key(&name), impersonal.contains_key(&name)) {
                (true, true) => {
                    found.push(Breach::new(&source.path, *line, RULE, format!("{name} stands in both lists")))
                }
                (false, false) => {
                    let why = format!(
                        "{name} can hold words: if they may be about somebody, {PAGE} needs a row that says what \
                         erasure does to it, else {IMPERSONAL} a word"
                    );
                    found.push(Breach::new(&source.path, *line, RULE, why));
                }
                _ => {}
            }
        }
    }
    for (list, names) in [(PAGE, &personal), (IMPERSONAL, &impersonal)] {
        for (name, line) in names {
            let (table, column) = name.rsplit_once('.').unwrap_or((name, ""));
            if !columns.get(table).is_some_and(|columns| columns.contains_key(column)) {
                found.push(Breach::new(list, *line, RULE, format!("there is no column {name} with words")));
            }
        }
    }
    found.extend(unasked(sources, &personal, holders));
    found
}

/// Services that hold something and are not asked, or the other way round. What stands in every service's database is told by
/// whom it is about.
fn unasked(sources: &[Source], personal: &BTreeMap<String, usize>, holders: &Source) -> Vec<Breach> {
    let is_service = |name: &&str| {
        sources.iter().any(|source| source.path.starts_with(&format!("services/{name}/migrations/")))
    };
    let hold: BTreeSet<&str> =
        personal.keys().filter_map(|name| name.split('.').next()).filter(is_service).collect();
    let asked: BTreeSet<&str> = holders
        .text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("(\"")?.split_once("\", By::"))
        .map(|(name, _)| name)
        .chain(["user"])
        .collect();
    let not_asked = hold.difference(&asked).map(|name| format!("{name} holds something and is not asked"));
    let for_nothing = asked.difference(&hold).map(|name| format!("{name} is asked and holds nothing"));
    let line = holders.line_of("pub const HOLDERS");
    not_asked.chain(for_nothing).map(|why| Breach::new(HOLDERS, line, RULE, why)).collect()
}

fn read<'a>(owner: &str, source: &'a Source, columns: &mut Columns<'a>) {
    let mut table = String::new();
    for (index, line) in source.text.lines().enumerate() {
        let words: Vec<&str> = line.split("--").next().unwrap_or_default().split_whitespace().collect();
        let column = match words.as_slice() {
            ["create", "table", name, ..] => {
                table = format!("{owner}.{}", name.trim_end_matches('('));
                continue;
            }
            ["alter", "table", name, "add", "column", column, kind, ..] => {
                Some((format!("{owner}.{name}"), *column, *kind))
            }
            [column, kind, ..] if !table.is_empty() => Some((table.clone(), *column, *kind)),
            _ => None,
        };
        if let Some((of, column, kind)) = column
            && WORDS.contains(&kind.trim_end_matches([',', ';']))
        {
            columns.entry(of).or_default().insert(column, (source, index + 1));
        }
        if line.trim_start().starts_with(')') {
            table.clear();
        }
    }
}

/// Rows of the page: | `service.table` | `column`, `column` | …
fn told(page: &Source) -> BTreeMap<String, usize> {
    let mut names = BTreeMap::new();
    for (index, line) in page.text.lines().enumerate() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        if let ["", table, columns, _, _, _, _, ..] = cells.as_slice()
            && let Some(table) = table.strip_prefix('`').and_then(|table| table.strip_suffix('`'))
        {
            let columns = columns.split(',').map(|column| column.trim().trim_matches('`'));
            names.extend(columns.map(|column| (format!("{table}.{column}"), index + 1)));
        }
    }
    names
}

/// Lines of the list: `service.table: column column`.
fn listed(list: &Source) -> BTreeMap<String, usize> {
    let lines = list.text.lines().enumerate().filter(|(_, line)| !line.starts_with('#'));
    let split = lines.filter_map(|(index, line)| Some((index, line.split_once(':')?)));
    split
        .flat_map(|(index, (table, columns))| {
            columns.split_whitespace().map(move |column| (format!("{table}.{column}"), index + 1))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn house(schema: &str, page: &str, list: &str, holders: &str) -> Vec<String> {
        let sources = [
            Source::new("services/guests/migrations/postgres/V1__guests.sql", schema),
            Source::new(
                "services/user/migrations/postgres/V1__user.sql",
                "create table names (\n  name text\n);",
            ),
            Source::new(PAGE, format!("| `user.names` | `name` | a | b | c | d |\n{page}")),
            Source::new(IMPERSONAL, list),
            Source::new(HOLDERS, holders),
        ];
        breaches(&sources)
            .iter()
            .map(|breach| format!("{}:{} {}", breach.file, breach.line, breach.text))
            .collect()
    }

    const SCHEMA: &str = "create table book (\n  id uuid primary key,\n  -- Whose?\n  who text not null,\n  room text\n);\nalter table book add column bill bytea;";
    const ROW: &str = "| `guests.book` | `who`, `bill` | a | b | c | d |";
    const ASKED: &str = "pub const HOLDERS: x = [\n    (\"guests\", By::Person),\n];";

    #[test]
    fn every_column_with_words_has_its_place() {
        assert_eq!(house(SCHEMA, ROW, "# ours\nguests.book: room", ASKED), [""; 0]);
        let undecided = house(SCHEMA, ROW, "", ASKED);
        assert!(undecided[0].contains("V1__guests.sql:5 guests.book.room can hold words"), "{undecided:?}");
        let added = house(SCHEMA, &ROW.replace(", `bill`", ""), "guests.book: room", ASKED);
        assert!(added[0].contains("V1__guests.sql:7 guests.book.bill can hold words"), "{added:?}");
        let both = house(SCHEMA, ROW, "guests.book: room who", ASKED);
        assert!(both[0].contains("guests.book.who stands in both lists"), "{both:?}");
        let gone = house(SCHEMA, ROW, "guests.book: room floor", ASKED);
        assert!(gone[0].contains("there is no column guests.book.floor"), "{gone:?}");
    }

    #[test]
    fn whoever_holds_something_is_asked_for_it() {
        let forgotten = house(SCHEMA, ROW, "guests.book: room", "pub const HOLDERS: x = [];");
        assert_eq!(forgotten, [format!("{HOLDERS}:1 guests holds something and is not asked")]);
        let asked = ASKED.replace("];", "    (\"cellar\", By::Orders),\n];");
        let nothing = house(SCHEMA, ROW, "guests.book: room", &asked);
        assert_eq!(nothing, [format!("{HOLDERS}:1 cellar is asked and holds nothing")]);
    }
}
