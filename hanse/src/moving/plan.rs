//! How a service's tables travel: which go, in which order, into which columns. Both sides are asked what they are made of;
//! where they do not agree there is no plan, and nothing is begun.

use super::cell::Kind;
use super::route::Route;
use super::schema::{Schema, Table, quoted};
use super::tables::{self, COUNTERS, Counter};
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A route with what its far end needs.
#[derive(Debug, PartialEq, Eq)]
pub struct Lane {
    pub route: Route,
    /// Of the columns.
    pub kinds: Vec<Kind>,
    /// Places of columns that refer to other rows of the same table: put in when all of them are there.
    pub own: Vec<usize>,
    /// Columns that the engine numbers.
    pub numbered: Vec<String>,
}

#[derive(Debug)]
pub struct Plan {
    /// A table comes after those that it refers to.
    pub lanes: Vec<Arc<Lane>>,
    pub counters: Vec<&'static Counter>,
}

impl Lane {
    /// One statement for so many rows.
    pub fn insert(&self, rows: usize) -> String {
        let columns: Vec<String> = self.route.columns.iter().map(|name| quoted(name)).collect();
        let width = columns.len();
        let row = |row: usize| {
            let places: Vec<String> = (1..=width).map(|n| format!("${}", row * width + n)).collect();
            format!("({})", places.join(", "))
        };
        let rows: Vec<String> = (0..rows).map(row).collect();
        let numbered = if self.numbered.is_empty() { "" } else { " overriding system value" };
        let (table, columns) = (quoted(&self.route.table), columns.join(", "));
        format!("insert into {table} ({columns}){numbered} values {}", rows.join(", "))
    }

    /// Puts `$1` into a column of the row with the key `$2…`.
    pub fn link(&self, place: usize) -> String {
        let name = |place: usize| quoted(&self.route.columns[place]);
        let key =
            self.route.key.iter().enumerate().map(|(n, place)| format!("{} = ${}", name(*place), n + 2));
        let key = key.collect::<Vec<_>>().join(" and ");
        format!("update {} set {} = $1 where {key}", quoted(&self.route.table), name(place))
    }
}

impl Plan {
    pub fn make(source: &Schema, target: &Schema) -> Result<Self> {
        let mut lanes = vec![];
        for route in Route::all(source)? {
            let there = target.tables.get(&route.table);
            let there = there.with_context(|| format!("the league has no table {}", route.table))?;
            let here = &source.tables[&route.table];
            let lane = lane(route, here, there)?;
            lanes.push(lane);
        }
        let mut counters = vec![];
        for counter in &COUNTERS {
            let (row, sequence) =
                (source.tables.contains_key(counter.table), target.sequences.contains(counter.sequence));
            match (row, sequence) {
                (true, true) => counters.push(counter),
                (false, false) => {}
                _ => bail!("the counter {} is on one side only", counter.table),
            }
        }
        nothing_left_over(target, &lanes, &counters)?;
        Ok(Self { lanes: in_order(lanes, target)?, counters })
    }
}

fn lane(route: Route, here: &Table, there: &Table) -> Result<Lane> {
    let table = &route.table;
    let (ours, theirs) = (&here.columns, &there.columns);
    if let Some(column) = ours.keys().find(|c| !theirs.contains_key(*c)) {
        bail!("the league has no column {table}.{column}");
    }
    if let Some(column) = theirs.keys().find(|c| !ours.contains_key(*c)) {
        bail!("the data folder has no column {table}.{column}");
    }
    if here.key != there.key {
        bail!("{table} has the key {:?} in the data folder and {:?} in the league", here.key, there.key);
    }
    let kind = |column: &String| {
        let name = &theirs[column].kind;
        Kind::of(name).with_context(|| format!("{table}.{column} is a {name}, which no table has had before"))
    };
    let kinds = route.columns.iter().map(kind).collect::<Result<_>>()?;
    let mut own = vec![];
    for (column, _) in there.refers.iter().filter(|(_, other)| other == table) {
        if !theirs[column].nullable {
            bail!("{table}.{column} refers to its own table and must never be empty: no row can come first");
        }
        own.extend(route.columns.iter().position(|name| name == column));
    }
    let numbered = route.columns.iter().filter(|column| theirs[*column].numbered).cloned().collect();
    Ok(Lane { route, kinds, own, numbered })
}

/// What the league has must come from somewhere.
fn nothing_left_over(target: &Schema, lanes: &[Lane], counters: &[&Counter]) -> Result<()> {
    let goes = |table: &str| lanes.iter().any(|lane| lane.route.table == table);
    let ours = |table: &str| super::record::TABLES.contains(&table);
    let tables = target.tables.keys().filter(|t| tables::stays(t).is_none() && !ours(t));
    if let Some(table) = tables.into_iter().find(|table| !goes(table)) {
        bail!("the data folder has no table {table}");
    }
    let counted = |sequence: &str| counters.iter().any(|counter| counter.sequence == sequence);
    if let Some(sequence) = target.sequences.iter().find(|sequence| !counted(sequence)) {
        bail!("nobody knows where the sequence {sequence} goes on");
    }
    Ok(())
}

fn in_order(mut lanes: Vec<Lane>, target: &Schema) -> Result<Vec<Arc<Lane>>> {
    let (mut ordered, mut there) = (vec![], BTreeSet::new());
    while !lanes.is_empty() {
        let ready = |lane: &Lane| {
            let table = &lane.route.table;
            target.tables[table].refers.iter().all(|(_, other)| other == table || there.contains(other))
        };
        let Some(next) = lanes.iter().position(ready) else {
            let tables: Vec<_> = lanes.iter().map(|lane| lane.route.table.as_str()).collect();
            bail!("{} refer to each other in a circle", tables.join(", "));
        };
        let lane = lanes.remove(next);
        there.insert(lane.route.table.clone());
        ordered.push(Arc::new(lane));
    }
    Ok(ordered)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moving::schema::Field;

    fn field(kind: &str) -> Field {
        Field { kind: kind.into(), nullable: true, numbered: false }
    }

    fn table(columns: &[(&str, &str)], refers: &[(&str, &str)]) -> Table {
        let columns = columns.iter().map(|(name, kind)| (name.to_string(), field(kind))).collect();
        let refers = refers.iter().map(|(column, other)| (column.to_string(), other.to_string())).collect();
        Table { columns, key: vec!["id".into()], refers }
    }

    /// Shelves stand in rooms, and in other shelves.
    fn shop(blob: &str, integer: &str) -> Schema {
        let shelf = table(
            &[("id", blob), ("room", blob), ("within", blob), ("made", integer)],
            &[("room", "room"), ("within", "shelf")],
        );
        let tables = [
            ("shelf", shelf),
            ("room", table(&[("id", blob), ("number", integer)], &[])),
            ("outbox_lease", table(&[("id", integer)], &[])),
            ("order_numbers", table(&[("id", integer), ("next", integer)], &[])),
        ];
        let tables = tables.into_iter().map(|(name, table)| (name.to_string(), table)).collect();
        Schema { tables, sequences: BTreeSet::new() }
    }

    fn both() -> (Schema, Schema) {
        let (source, mut target) = (shop("BLOB", "INTEGER"), shop("uuid", "int8"));
        target.tables.remove("order_numbers");
        target.sequences.insert("order_numbers".into());
        (source, target)
    }

    #[test]
    fn tables_go_after_those_that_they_refer_to_and_leases_stay() {
        let (source, target) = both();
        let plan = Plan::make(&source, &target).expect("a plan");
        let order: Vec<_> = plan.lanes.iter().map(|lane| lane.route.table.as_str()).collect();
        assert_eq!(order, ["room", "shelf"]);
        assert_eq!(plan.counters, [&COUNTERS[0]]);
        let shelf = &plan.lanes[1];
        assert_eq!(shelf.route.columns, ["id", "made", "room", "within"]);
        assert_eq!(
            (&shelf.kinds[..], &shelf.own[..]),
            (&[Kind::Uuid, Kind::Int, Kind::Uuid, Kind::Uuid][..], &[3][..])
        );
        assert_eq!(shelf.link(3), "update \"shelf\" set \"within\" = $1 where \"id\" = $2");
        assert_eq!(
            plan.lanes[0].insert(2),
            "insert into \"room\" (\"id\", \"number\") values ($1, $2), ($3, $4)"
        );
    }

    #[test]
    fn where_both_sides_do_not_agree_there_is_no_plan() {
        type Defect = fn(&mut Schema, &mut Schema);
        let defects: [(Defect, &str); 9] = [
            (|_, t| drop(t.tables.remove("room")), "no table room"),
            (|s, _| drop(s.tables.remove("room")), "no table room"),
            (|_, t| drop(t.tables.get_mut("room").unwrap().columns.remove("number")), "room.number"),
            (|s, _| drop(s.tables.get_mut("room").unwrap().columns.remove("number")), "room.number"),
            (|_, t| t.tables.get_mut("room").unwrap().key.push("number".into()), "key"),
            (
                |_, t| {
                    drop(t.tables.get_mut("room").unwrap().columns.insert("number".into(), field("float8")))
                },
                "float8",
            ),
            (
                |_, t| {
                    assert!(
                        t.tables.get_mut("room").unwrap().refers.insert(("number".into(), "shelf".into()))
                    )
                },
                "circle",
            ),
            (
                |_, t| t.tables.get_mut("shelf").unwrap().columns.get_mut("within").unwrap().nullable = false,
                "own table",
            ),
            (|_, t| assert!(t.sequences.insert("parcel_numbers".into())), "parcel_numbers"),
        ];
        for (plant, told) in defects {
            let (mut source, mut target) = both();
            plant(&mut source, &mut target);
            let error = Plan::make(&source, &target).expect_err(told).to_string();
            assert!(error.contains(told), "{told}: {error}");
        }
        let (source, mut target) = both();
        target.sequences.clear();
        assert!(Plan::make(&source, &target).expect_err("a counter").to_string().contains("one side"));
    }
}
