//! `hanse move`: what a data folder holds, carried into the databases of a league. The folder is only read. A run that was
//! interrupted is taken up by the next one, and nothing counts as moved before both sides have been compared.
//!
//! docs/adr/0045 says why it is done so.

mod cell;
mod leg;
mod place;
mod plan;
mod record;
mod report;
mod rest;
mod route;
mod schema;
mod source;
mod tables;
mod target;
#[cfg(test)]
mod tests;

pub use record::refuse_half;
pub use report::{Progress, Report};
pub use source::address as without_a_change;

use crate::compose::NAMES;
use crate::config::Config;
use crate::folder::Folder;
use crate::secrets::{InPlace, Kept, Secrets};
use anyhow::{Result, bail};
use hanse_kernel::Effects;
use leg::{Bound, Leg};
use place::State;
use record::Mover;
use source::Source;
use std::path::Path;

pub struct Move<'a> {
    pub config: &'a Config,
    pub effects: &'a Effects,
    pub progress: &'a Progress,
    /// Everything is read and checked, nothing is written.
    pub dry_run: bool,
}

impl Move<'_> {
    /// Moves the shop in `data`. An error leaves what has come so far for the next run, and the folder as it is in any case.
    pub async fn run(&self, data: &Path) -> Result<Report> {
        let began = self.effects.now();
        let folder = Folder::hold(data)?;
        let kept = Secrets::kept(&folder)?;
        let keys = self.keys(&kept).await?;
        let mut sources = vec![];
        for name in NAMES {
            let source = Source::open(folder.path(), name)?;
            source.check_histories(&crate::compose::histories(name)?)?;
            sources.push((*name, source));
        }
        let states = self.states(kept.shop(), folder.path()).await?;
        let mut legs = vec![];
        for (name, source) in sources {
            legs.push(Leg::survey(name, source, self.progress)?);
        }
        let mut report = Report::of(&legs, keys);
        if states.iter().all(|state| matches!(state, State::Whole(_))) {
            unchanged(&legs, &states)?;
            (report.moved, report.before) = (true, true);
        } else if self.dry_run {
            report.dry_run = true;
            self.rehearse(&legs, &states).await?;
        } else {
            self.carry(legs, states, &kept, &mut report).await?;
        }
        report.seconds = self.effects.now().since(began).as_secs_f64();
        Ok(report)
    }

    /// What stands where the shop's keys are to go.
    async fn keys(&self, kept: &Kept) -> Result<&'static str> {
        match kept.stand(&self.config.keys, self.effects).await? {
            InPlace::Nothing => Ok("to_write"),
            InPlace::Same => Ok("there"),
            InPlace::OtherMaster => bail!(
                "{} has another master key (`personal`) than the data folder, and could not read what is sealed \
                 there. Write the folder's `personal` into its `former_personal` (the league then wraps the keys of people \
                 anew), or take it away: `hanse move` puts the shop's own there",
                self.config.keys.shown()
            ),
            InPlace::Others => bail!(
                "{} holds other keys than the shop's, which its logins and orders depend on. If no shop uses them, take them \
                 away and put the shop's own there, the text of secrets.json in its data folder (into a file that is not there \
                 `hanse move` puts them itself); else name another place",
                self.config.keys.shown()
            ),
        }
    }

    /// Of all databases, before anything is written into one of them.
    async fn states(&self, shop: [u8; 32], folder: &Path) -> Result<Vec<State>> {
        let mut states = vec![];
        for name in NAMES {
            self.progress.at("looking at", name, "its database");
            states.push(place::state(self.config, self.effects, name, shop).await?);
        }
        let whole = |state: &State| matches!(state, State::Whole(_));
        if let Some(new) = states.iter().position(|state| matches!(state, State::New))
            && states.iter().any(whole)
        {
            bail!(
                "the shop was moved before, but the database of {} knows nothing of it: restore that from a backup, or \
                 make all of them anew to move the shop again",
                NAMES[new]
            );
        }
        if !states.iter().all(whole) {
            place::no_carts_elsewhere(self.config, self.effects).await?;
            rest::is_all_in_the_folder(folder, self.effects).await?;
        }
        Ok(states)
    }

    async fn rehearse(&self, legs: &[Leg], states: &[State]) -> Result<()> {
        for (leg, state) in legs.iter().zip(states) {
            may_go_on(leg, state, states)?;
            let db = place::open(self.config, self.effects, leg.name, &[]).await?;
            let checked = leg.rehearse(&db, self.progress).await;
            db.close().await;
            checked?;
        }
        Ok(())
    }

    async fn carry(
        &self,
        legs: Vec<Leg>,
        states: Vec<State>,
        kept: &Kept,
        report: &mut Report,
    ) -> Result<()> {
        let all: u64 = legs.iter().map(Leg::rows).sum();
        self.progress.measured(all * 2);
        let id = self.effects.ids.uuid();
        for (leg, state) in legs.iter().zip(&states) {
            if !may_go_on(leg, state, &states)? {
                self.progress.notice(&format!(
                    "what {} holds has changed since the move was interrupted: it is begun anew",
                    leg.name
                ));
            }
        }
        let mut bound = vec![];
        for (leg, state) in legs.into_iter().zip(states) {
            let histories = crate::compose::histories(leg.name)?;
            let db = place::open(self.config, self.effects, leg.name, &histories).await?;
            let mover = Mover { id, shop: kept.shop(), source: leg.digest, now: self.effects.now() };
            report.resumed |= !matches!(state, State::New);
            bound.push(Bound::board(leg, db, state, mover).await?);
        }
        let began = self.effects.now();
        let mut written = 0;
        for bound in &bound {
            written += bound.carry(self.progress).await?;
        }
        let took = self.effects.now().since(began).as_secs_f64();
        report.rows_per_second = if took > 0.0 { written as f64 / took } else { 0.0 };
        for bound in &bound {
            bound.compare(self.progress).await?;
        }
        if report.keys == "to_write" {
            kept.write(&self.config.keys.file)?;
            report.keys = "written";
        }
        for bound in &bound {
            bound.end(self.effects, self.progress).await?;
        }
        for bound in bound {
            bound.leave().await;
        }
        report.moved = true;
        Ok(())
    }
}

/// False: what was moved so far is of no use, because its source has changed since.
fn may_go_on(leg: &Leg, state: &State, all: &[State]) -> Result<bool> {
    let same = match state {
        State::New => true,
        State::Half(record) | State::Whole(record) => record.source == leg.digest,
    };
    if !same && all.iter().any(|state| matches!(state, State::Whole(_))) {
        bail!(
            "{} has changed since the shop was moved, and the league works with what it held then. Nothing is carried \
             after it; what was done in the folder since has to be done in the league",
            leg.name
        );
    }
    Ok(same)
}

fn unchanged(legs: &[Leg], states: &[State]) -> Result<()> {
    legs.iter().zip(states).try_for_each(|(leg, state)| may_go_on(leg, state, states).map(|_| ()))
}
