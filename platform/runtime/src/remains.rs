//! What a service still has of people who were erased: the audit asks, its own tables answer.

use hanse_database::sql::{Bind, Sql, list};
use hanse_database::{DbError, Tx};
use hanse_kernel::{Timestamp, UserId};
use hanse_rpc::audit::{Breach, RemainsRequest};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tonic::Status;
use uuid::Uuid;

/// People asked about at once.
pub const MOST_PEOPLE: usize = 500;
/// Which invariant it is about.
const KNOWN_NOWHERE: u32 = 20;
/// A key that was made in the moment of an erasure opens a recorded answer for 72 hours, and nothing after that.
const ANSWERS_STAY: Duration = Duration::from_secs(4 * 24 * 60 * 60);
const REMEDY: &str = "`hanse erasures --again` tells all services of all erasures once more; if it stays, look for parked messages \
                      of this service and for the message user.UserErased in its log";

/// Somebody who was erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErasedPerson {
    pub user: UserId,
    /// When all were told of it the last time.
    pub told_at: Timestamp,
}

/// Who is asked about.
#[derive(Debug, Clone)]
pub struct Erased {
    people: BTreeMap<UserId, Timestamp>,
    /// What has changed since then is left alone.
    pub at_rest_since: Timestamp,
}

impl Erased {
    pub fn new(people: &[ErasedPerson], at_rest_since: Timestamp) -> Self {
        Self { people: people.iter().map(|person| (person.user, person.told_at)).collect(), at_rest_since }
    }

    pub(crate) fn asked(request: RemainsRequest) -> Result<Self, Status> {
        if request.people.len() > MOST_PEOPLE {
            return Err(Status::invalid_argument(format!("at most {MOST_PEOPLE} people at once")));
        }
        let person = |person: hanse_rpc::audit::ErasedPerson| {
            let user = person.user_id.parse();
            let user = user.map_err(|e| Status::invalid_argument(format!("people.user_id {e}")))?;
            Ok(ErasedPerson { user, told_at: Timestamp::from_micros(person.told_at) })
        };
        let people = request.people.into_iter().map(person).collect::<Result<Vec<_>, Status>>()?;
        Ok(Self::new(&people, Timestamp::from_micros(request.at_rest_since)))
    }

    pub(crate) fn is_nobody(&self) -> bool {
        self.people.is_empty()
    }

    /// Their ids for an `in` clause whose places begin at `$1`, and how many places those are. Few texts are prepared: the last id
    /// fills them up.
    pub fn ids(&self) -> Vec<UserId> {
        let mut ids: Vec<UserId> = self.people.keys().copied().collect();
        if let Some(last) = ids.last().copied() {
            ids.resize(ids.len().next_power_of_two(), last);
        }
        ids
    }
}

/// What is still there.
#[derive(Debug, Default)]
pub struct Remains {
    rows: BTreeMap<UserId, BTreeSet<String>>,
    /// Their keys are needed for something that may stay.
    keys_stay: BTreeSet<UserId>,
}

impl Remains {
    /// A row that is found by `place`, `table.column`, and this value.
    pub fn add(&mut self, user: UserId, place: &str, value: impl ToString) {
        self.rows.entry(user).or_default().insert(format!("{place} = {}", value.to_string()));
    }

    /// Their keys are not missed: something of theirs may stay for a while.
    pub fn keys_stay(&mut self, people: impl IntoIterator<Item = UserId>) {
        self.keys_stay.extend(people);
    }

    /// Rows with their ids in a column, none of which may be left.
    pub async fn look(
        &mut self,
        tx: &mut Tx,
        erased: &Erased,
        table: &str,
        column: &str,
    ) -> Result<(), DbError> {
        self.look_where(tx, erased, table, column, "1 = 1").await
    }

    /// The same, of rows for which this SQL is true.
    pub async fn look_where(
        &mut self,
        tx: &mut Tx,
        erased: &Erased,
        table: &str,
        column: &str,
        condition: &str,
    ) -> Result<(), DbError> {
        let ids = erased.ids();
        let sql = format!(
            "select distinct {column} from {table} where {condition} and {column} in {}",
            list(1, ids.len())
        );
        let ids: Vec<&dyn Bind> = ids.iter().map(|id| id as &dyn Bind).collect();
        let place = format!("{table}.{column}");
        for user in tx.query(&sql, &ids, |r| r.id::<UserId>(0)).await? {
            self.add(user, &place, user);
        }
        Ok(())
    }

    /// The same, of rows that were not changed (`changed`: a time) since all were told of the erasure: who had been let in a moment
    /// before may have made others, which go by themselves.
    pub async fn look_untouched(
        &mut self,
        tx: &mut Tx,
        erased: &Erased,
        table: &str,
        column: &str,
        changed: &str,
    ) -> Result<(), DbError> {
        let ids = erased.ids();
        let sql = format!("select {column}, {changed} from {table} where {column} in {}", list(1, ids.len()));
        let ids: Vec<&dyn Bind> = ids.iter().map(|id| id as &dyn Bind).collect();
        let place = format!("{table}.{column}");
        let found = tx.query(&sql, &ids, |r| Ok((r.id::<UserId>(0)?, r.get::<Timestamp>(1)?))).await?;
        for (user, changed) in found {
            if erased.people.get(&user).is_some_and(|told_at| changed <= *told_at) {
                self.add(user, &place, user);
            }
        }
        Ok(())
    }

    /// Keys that were there when all were told, and those for which nothing is left that they open.
    pub(crate) async fn keys(&mut self, tx: &mut Tx, erased: &Erased) -> Result<(), DbError> {
        let ids: Vec<Uuid> = erased.ids().iter().map(UserId::uuid).collect();
        let sql = format!("select subject, made_at from person_key where subject in {}", list(1, ids.len()));
        let ids: Vec<&dyn Bind> = ids.iter().map(|id| id as &dyn Bind).collect();
        let found = tx.query(&sql, &ids, |r| Ok((UserId::new(r.get(0)?), r.get::<Timestamp>(1)?))).await?;
        for (user, made_at) in found {
            let before = erased.people.get(&user).is_some_and(|told_at| made_at <= *told_at);
            let idle = made_at <= erased.at_rest_since.minus(ANSWERS_STAY);
            if (before || idle) && !self.keys_stay.contains(&user) {
                self.add(user, "person_key.subject", user);
            }
        }
        Ok(())
    }

    /// One for each person of whom anything is left.
    pub(crate) fn breaches(self, service: &str) -> Vec<Breach> {
        let breach = |(user, rows): (UserId, BTreeSet<String>)| Breach {
            invariant: KNOWN_NOWHERE,
            subject: format!("{service}: {user}"),
            detail: format!("{service} still has something of {user}, who was erased"),
            remedy: REMEDY.into(),
            rows: rows.iter().map(|row| format!("{service}.{row}")).collect(),
        };
        self.rows.into_iter().map(breach).collect()
    }
}
