//! One service's part of a move: its file is counted, carried page by page, compared, and declared whole.

use super::place::State;
use super::plan::{Lane, Plan};
use super::record::{self, Mark, Mover, Page};
use super::report::Progress;
use super::route::{Route, Row, Tally};
use super::source::Source;
use super::tables::{self, COUNTERS};
use super::target;
use crate::compose::HOME;
use anyhow::{Context, Result, bail};
use hanse_database::Db;
use hanse_kernel::Effects;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

/// What a file holds.
pub struct Leg {
    pub name: &'static str,
    pub source: Source,
    /// By table.
    pub tallies: BTreeMap<String, Tally>,
    /// Tables that do not travel, with the reason.
    pub stay: BTreeMap<&'static str, &'static str>,
    /// Of all that travels.
    pub digest: [u8; 32],
}

impl Leg {
    /// Reads everything once.
    pub fn survey(name: &'static str, source: Source, progress: &Progress) -> Result<Self> {
        let schema = source.schema()?;
        let mut tallies = BTreeMap::new();
        let mut digest = Sha256::new();
        for route in Route::all(&schema)? {
            progress.at("counting", name, &route.table);
            let tally = source.tally(&route, &mut |rows| progress.more(rows))?;
            digest.update(tally.digest);
            tallies.insert(route.table, tally);
        }
        for counter in COUNTERS.iter().filter(|counter| schema.tables.contains_key(counter.table)) {
            digest.update(source.count(counter)?.to_be_bytes());
        }
        let stay = schema.tables.keys().filter_map(|table| tables::stays(table)).collect();
        progress.line("counted", name, "", tallies.values().map(|t| t.rows).sum(), 0)?;
        Ok(Self { name, source, tallies, stay, digest: digest.finalize().into() })
    }

    pub fn rows(&self) -> u64 {
        self.tallies.values().map(|tally| tally.rows).sum()
    }

    fn tally(&self, lane: &Lane) -> Result<&Tally> {
        let table = &lane.route.table;
        self.tallies.get(table).with_context(|| format!("{}: {table} was not counted", self.name))
    }

    async fn plan(&self, db: &Db) -> Result<Plan> {
        let (here, there) = (self.source.schema()?, target::schema(db).await?);
        Plan::make(&here, &there).with_context(|| format!("{} cannot be moved", self.name))
    }

    /// Whether every value has a place at the other end; of a database without tables there is nothing to compare with.
    pub async fn rehearse(&self, db: &Db, progress: &Progress) -> Result<()> {
        if target::schema(db).await?.tables.is_empty() {
            return Ok(());
        }
        for lane in &self.plan(db).await?.lanes {
            progress.at("checking", self.name, &lane.route.table);
            let mut mark = Mark::default();
            loop {
                let rows = self.source.page(&lane.route, mark.last.as_ref())?;
                let Some(last) = rows.last() else { break };
                self.fits(lane, &mark, &rows)?;
                mark =
                    Mark { written: mark.written + rows.len() as u64, last: Some(lane.route.key_of(last)) };
                progress.more(rows.len() as u64);
            }
        }
        Ok(())
    }

    fn fits(&self, lane: &Lane, before: &Mark, rows: &[Row]) -> Result<()> {
        let route = &lane.route;
        for (number, row) in (before.written + 1..).zip(rows) {
            for ((cell, kind), column) in row.iter().zip(&lane.kinds).zip(&route.columns) {
                if let Err(why) = cell.fits(*kind) {
                    bail!("{}: {}.{column}, row {number} by its key: {why}", self.name, route.table);
                }
            }
        }
        Ok(())
    }
}

/// A leg with its far end open.
pub struct Bound {
    leg: Leg,
    db: Db,
    plan: Plan,
    mover: Uuid,
    marks: BTreeMap<String, Mark>,
    /// It was declared whole by an earlier run.
    whole: bool,
}

impl Bound {
    /// Begins, or goes on where another run was interrupted.
    pub async fn board(leg: Leg, db: Db, state: State, mover: Mover) -> Result<Self> {
        let plan = leg.plan(&db).await?;
        let (mut marks, id) = (BTreeMap::new(), mover.id);
        let whole = matches!(state, State::Whole(_));
        match state {
            State::Whole(_) => {}
            State::Half(record) if record.source == mover.source => {
                record::take_over(&db, id).await?;
                marks = record::marks(&db).await?;
            }
            State::Half(_) | State::New => record::begin(&db, &plan, mover).await?,
        }
        Ok(Self { leg, db, plan, mover: id, marks, whole })
    }

    /// Writes what is not there yet; how many rows that were.
    pub async fn carry(&self, progress: &Progress) -> Result<u64> {
        let mut written = 0;
        for lane in self.plan.lanes.iter().filter(|_| !self.whole) {
            written += self.step(lane, false, progress).await?;
            if !lane.own.is_empty() {
                self.step(lane, true, progress).await?;
            }
        }
        if self.whole {
            progress.more(self.leg.rows());
        }
        Ok(written)
    }

    async fn step(&self, lane: &Arc<Lane>, links: bool, progress: &Progress) -> Result<u64> {
        let (name, table) = (self.leg.name, &lane.route.table);
        let step = if links { format!("{table}, links") } else { table.clone() };
        let of = self.leg.tally(lane)?.rows;
        progress.at("writing", name, table);
        let mut mark = self.marks.get(&step).cloned().unwrap_or_default();
        let before = mark.written;
        loop {
            let rows = self.leg.source.page(&lane.route, mark.last.as_ref())?;
            if rows.is_empty() {
                break;
            }
            self.leg.fits(lane, &mark, &rows)?;
            let count = rows.len() as u64;
            let page =
                Page { lane: lane.clone(), step: step.clone(), links, rows, before: mark, mover: self.mover };
            let written = record::write(&self.db, page).await;
            mark = written.with_context(|| format!("{name}: {table} cannot be written into"))?;
            if !links {
                progress.more(count);
                progress.line("wrote", name, table, mark.written, of)?;
            }
        }
        if mark.written != of {
            bail!(
                "{name}: {table} held {of} rows when it was counted, and {} when it was read",
                mark.written
            );
        }
        if !links {
            progress.more(before);
        }
        Ok(mark.written - before)
    }

    /// Reads everything at the far end, and holds it against what was counted.
    pub async fn compare(&self, progress: &Progress) -> Result<()> {
        let name = self.leg.name;
        for lane in self.plan.lanes.iter().filter(|_| !self.whole) {
            let (table, tally) = (&lane.route.table, self.leg.tally(lane)?);
            progress.at("comparing", name, table);
            let there = target::tally(&self.db, lane, tally, &mut |rows| progress.more(rows)).await;
            let there = there.with_context(|| format!("{name}: {table} cannot be compared"))?;
            if there.rows != tally.rows || there.digest != tally.digest {
                bail!(
                    "{name}: {table} is not the same on both sides: {} rows with the digest {} in the data folder, {} rows \
                     with {} in the league. The move has not ended, and no service starts on it. Make new databases and \
                     move the shop again; if that does not help, report a defect",
                    tally.rows,
                    tally.shown(),
                    there.rows,
                    there.shown()
                );
            }
            progress.line("compared", name, table, there.rows, tally.rows)?;
        }
        Ok(())
    }

    /// Lets the service work on it.
    pub async fn end(&self, effects: &Effects, progress: &Progress) -> Result<()> {
        let name = self.leg.name;
        if !self.whole {
            progress.at("ending", name, "its numbers go on");
            let counts: Result<Vec<i64>> =
                self.plan.counters.iter().map(|counter| self.leg.source.count(counter)).collect();
            // Where stands what is done to the shop as a whole.
            let deed = (name == HOME).then(|| {
                let ctx = crate::control::operator(effects, &crate::control::login());
                (hanse_record::Record::new(HOME, effects.clone()), ctx)
            });
            let by = (self.mover, effects.now());
            let ended = record::end(&self.db, &self.plan, counts?, by, deed).await;
            ended.with_context(|| format!("{name}: the move cannot be ended"))?;
        }
        progress.line("ended", name, "", self.leg.rows(), self.leg.rows())
    }
    pub async fn leave(self) {
        self.db.close().await;
    }
}
