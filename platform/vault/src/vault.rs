//! One service's keys of people, in its own database: made in the unit that first writes something of somebody, found by
//! whoever reads it, destroyed by an erasure.

use crate::aead::{KEY, KeyBytes, belonging};
use crate::cache::Cache;
use crate::error::VaultError;
use crate::index::Index;
use crate::key::{HeldBy, HeldKey, Key, Opened};
use crate::keyring::Keyring;
use crate::subject::Subject;
use hanse_database::sql::{Bind, Sql, list};
use hanse_database::{Db, DbError, Tx};
use hanse_kernel::Clock;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};
use uuid::Uuid;
use zeroize::Zeroizing;

/// Asked for at once.
const PAGE: usize = 128;

/// Cheap to clone.
#[derive(Clone)]
pub struct Vault(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub service: &'static str,
    pub keyring: Keyring,
    pub clock: Arc<dyn Clock>,
    cache: Mutex<Cache>,
}

impl Inner {
    pub fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn destroyed(&self, subjects: &[Subject]) {
        self.cache().destroy(subjects, self.clock.now());
    }

    pub fn belonging(&self, subject: Subject) -> Vec<u8> {
        belonging(&[b"hanse person key v1", self.service.as_bytes(), subject.uuid().as_bytes()])
    }

    pub fn unwrap(&self, subject: Subject, wrapped: &[u8], master: &str) -> Result<KeyBytes, VaultError> {
        let service = self.service;
        let other = || VaultError::OtherMaster { service, master: master.into() };
        let opened = self.keyring.unwrap(master, &self.belonging(subject), wrapped).ok_or_else(other)?;
        opened.ok_or(VaultError::BrokenKey { service, subject: subject.uuid() })
    }
}

impl Vault {
    pub fn new(service: &'static str, keyring: Keyring, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Inner { service, keyring, clock, cache: Mutex::default() }))
    }

    /// The key of somebody of whom something is to be written. There is none yet: it is made, and is there once the unit
    /// commits. What is written must be readable afterwards, so the row itself is asked for, whatever is remembered here.
    pub async fn of(&self, tx: &mut Tx, subject: impl Into<Subject> + Send) -> Result<Key, DbError> {
        let subject = subject.into();
        if let Some(key) = self.look(tx, subject).await? {
            return Ok(key);
        }
        let (bytes, wrapped) = self.fresh(subject)?;
        let made = tx
            .execute(
                "insert into person_key (subject, wrapped, master, made_at) values ($1, $2, $3, $4)
                 on conflict (subject) do nothing",
                &[&subject.uuid(), &wrapped, &self.0.keyring.present(), &self.0.clock.now()],
            )
            .await?;
        if made == 1 {
            return Ok(self.keep(tx, Arc::new(Opened { subject, bytes })));
        }
        // Another unit was a moment earlier; whoever does not see its row yet is run again.
        let there = self.look(tx, subject).await?;
        there.ok_or_else(|| DbError::Other(format!("{}: a key of a person is not there", self.0.service)))
    }

    /// As [`Vault::of`], for a unit that is not run again when what it only read has changed by its end (READ COMMITTED and
    /// REPEATABLE READ: `tx_queue` and `tx_one`): whoever destroys the key at the same moment waits for it, is run again, and
    /// then sees what it has written.
    pub async fn hold(&self, tx: &mut Tx, subject: impl Into<Subject> + Send) -> Result<Key, DbError> {
        let subject = subject.into();
        let (bytes, mine) = self.fresh(subject)?;
        // In one go: the key that is there, written anew as it is, or else this one.
        let sql = "insert into person_key (subject, wrapped, master, made_at) values ($1, $2, $3, $4)
                   on conflict (subject) do update set made_at = person_key.made_at returning wrapped, master";
        let (id, master, now) = (subject.uuid(), self.0.keyring.present(), self.0.clock.now());
        let params: [&dyn Bind; 4] = [&id, &mine, &master, &now];
        let row = tx.query_opt(sql, &params, |r| Ok((r.get::<Vec<u8>>(0)?, r.get(1)?))).await?;
        match row {
            Some((there, _)) if there == mine => Ok(self.keep(tx, Arc::new(Opened { subject, bytes }))),
            Some((there, master)) => self.opened(tx, subject, there, master),
            None => Err(DbError::Conflict { attempts: 1 }),
        }
    }

    /// A key of nobody yet, and as it is stored once it is this person's.
    fn fresh(&self, subject: Subject) -> Result<(KeyBytes, Vec<u8>), DbError> {
        let mut bytes = Zeroizing::new([0; KEY]);
        self.0.keyring.rng.fill(&mut *bytes);
        let wrapped = self.0.keyring.wrap(&self.0.belonging(subject), &bytes).ok_or(VaultError::Sealing)?;
        Ok((bytes, wrapped))
    }

    /// The key of whoever a row is about that was read.
    pub async fn find(&self, tx: &mut Tx, subject: impl Into<Subject> + Send) -> Result<HeldKey, DbError> {
        let subject = subject.into();
        match self.remembered(subject) {
            Some(key) => Ok(HeldKey(Some(key))),
            None => Ok(HeldKey(self.look(tx, subject).await?)),
        }
    }

    /// As [`Vault::find`], but always asked for, and for nobody as much is done as for somebody: the time that it takes does not
    /// tell whether a row was found.
    pub async fn find_unnoticed(&self, tx: &mut Tx, subject: Option<Subject>) -> Result<HeldKey, DbError> {
        let found = self.look(tx, subject.unwrap_or(Subject::INDEX)).await?;
        Ok(HeldKey(found.filter(|_| subject.is_some())))
    }

    /// As [`Vault::find`], for many rows.
    pub async fn find_all(
        &self,
        tx: &mut Tx,
        subjects: impl IntoIterator<Item = Subject> + Send,
    ) -> Result<HeldBy, DbError> {
        let (mut held, mut asked) = (HeldBy::default(), vec![]);
        let subjects: BTreeSet<Subject> = subjects.into_iter().collect();
        for subject in subjects {
            match self.remembered(subject) {
                Some(key) => _ = held.0.insert(subject, key),
                None => asked.push(subject.uuid()),
            }
        }
        for asked in asked.chunks(PAGE) {
            let asked = filled(asked.to_vec());
            let sql = format!(
                "select wrapped, master, subject from person_key where subject in {}",
                list(1, asked.len())
            );
            let params: Vec<&dyn Bind> = asked.iter().map(|id| id as &dyn Bind).collect();
            let rows = tx.query(&sql, &params, |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?))).await?;
            for (wrapped, master, id) in rows {
                let subject = Subject::of_uuid(id);
                let key = self.opened(tx, subject, wrapped, master)?;
                held.0.insert(subject, key);
            }
        }
        Ok(held)
    }

    /// As [`Vault::find`], for who reads what stands elsewhere, and is in no unit.
    ///
    /// # Errors
    /// Those of the store, and a key that does not open.
    pub async fn find_in(&self, db: &Db, subject: impl Into<Subject> + Send) -> Result<HeldKey, DbError> {
        let subject = subject.into();
        match self.remembered(subject) {
            Some(key) => Ok(HeldKey(Some(key))),
            None => Ok(HeldKey(self.look_in(db, subject).await?)),
        }
    }

    /// As [`Vault::of`], for who writes elsewhere, and is in no unit: the key is there before what it seals is, and stays if
    /// that is not written after all.
    ///
    /// # Errors
    /// Those of the store, and a key that does not open.
    pub async fn of_in(&self, db: &Db, subject: impl Into<Subject> + Send) -> Result<Key, DbError> {
        let subject = subject.into();
        if let Some(key) = self.look_in(db, subject).await? {
            return Ok(key);
        }
        let input = (self.clone(), subject);
        db.tx_one(input, |tx, (this, subject)| Box::pin(async move { this.of(tx, *subject).await })).await
    }

    async fn look_in(&self, db: &Db, subject: Subject) -> Result<Option<Key>, DbError> {
        let input = (self.clone(), subject);
        db.read(input, |tx, (this, subject)| Box::pin(async move { this.look(tx, *subject).await })).await
    }

    /// Nothing that was sealed with it is read again, in copies of the database neither: those hold the key as well, until
    /// the master key that wrapped it then is thrown away. False: there was none.
    pub async fn destroy(&self, tx: &mut Tx, subject: impl Into<Subject> + Send) -> Result<bool, DbError> {
        Ok(self.destroy_all(tx, [subject.into()]).await? == 1)
    }

    /// As [`Vault::destroy`], for many; how many keys there were.
    pub async fn destroy_all(
        &self,
        tx: &mut Tx,
        subjects: impl IntoIterator<Item = Subject> + Send,
    ) -> Result<u64, DbError> {
        let subjects: Vec<Subject> = subjects.into_iter().collect();
        self.0.destroyed(&subjects);
        let mut gone = 0;
        for some in subjects.chunks(PAGE) {
            let ids = filled(some.iter().map(Subject::uuid).collect());
            let sql = format!("delete from person_key where subject in {}", list(1, ids.len()));
            let params: Vec<&dyn Bind> = ids.iter().map(|id| id as &dyn Bind).collect();
            gone += tx.execute(&sql, &params).await?;
        }
        let inner = self.0.clone();
        tx.after_commit(move || inner.destroyed(&subjects));
        Ok(gone)
    }

    /// For who writes what is to be looked for. That key is never destroyed: what is remembered is good.
    pub async fn index(&self, tx: &mut Tx) -> Result<Index, DbError> {
        match self.remembered(Subject::INDEX) {
            Some(key) => Ok(Index(key)),
            None => Ok(Index(self.of(tx, Subject::INDEX).await?)),
        }
    }

    /// For who looks for something. None: nothing was ever written.
    pub async fn find_index(&self, tx: &mut Tx) -> Result<Option<Index>, DbError> {
        Ok(self.find(tx, Subject::INDEX).await?.0.map(Index))
    }

    /// Whether the shop's keys open the keys of people in this database: before anybody works on it.
    pub async fn check(&self, db: &Db) -> Result<(), DbError> {
        db.read(self.clone(), |tx, this| {
            Box::pin(async move {
                // From one to the next, however many people there are.
                let sql = "with recursive met (master) as (
                             select min(master) from person_key
                             union all
                             select (select min(k.master) from person_key k where k.master > met.master)
                             from met where met.master is not null)
                           select master from met where master is not null";
                let masters = tx.query(sql, &[], |r| r.get::<String>(0)).await?;
                match masters.into_iter().find(|master| !this.0.keyring.knows(master)) {
                    // Here it is not a matter of waiting: the process is not to start.
                    Some(master) => {
                        let other = VaultError::OtherMaster { service: this.0.service, master };
                        Err(DbError::Other(other.to_string()))
                    }
                    None => Ok(()),
                }
            })
        })
        .await
    }

    /// How many opened keys are remembered here.
    pub fn remembers(&self) -> usize {
        self.0.cache().len()
    }

    fn remembered(&self, subject: Subject) -> Option<Key> {
        let opened = self.0.cache().find(subject, self.0.clock.now())?;
        Some(Key { vault: self.0.clone(), opened })
    }

    async fn look(&self, tx: &mut Tx, subject: Subject) -> Result<Option<Key>, DbError> {
        let sql = "select wrapped, master from person_key where subject = $1";
        let row = tx.query_opt(sql, &[&subject.uuid()], |r| Ok((r.get(0)?, r.get(1)?))).await?;
        let Some((wrapped, master)) = row else { return Ok(None) };
        self.opened(tx, subject, wrapped, master).map(Some)
    }

    fn opened(
        &self,
        tx: &mut Tx,
        subject: Subject,
        wrapped: Vec<u8>,
        master: String,
    ) -> Result<Key, DbError> {
        let bytes = self.0.unwrap(subject, &wrapped, &master)?;
        Ok(self.keep(tx, Arc::new(Opened { subject, bytes })))
    }

    /// Remembers it once the unit has been committed: the row may be the unit's own, and go again with it.
    fn keep(&self, tx: &mut Tx, opened: Arc<Opened>) -> Key {
        let (inner, key, now) = (self.0.clone(), opened.clone(), self.0.clock.now());
        tx.after_commit(move || inner.cache().keep(key, now));
        Key { vault: self.0.clone(), opened }
    }
}

/// Few texts are prepared: the last one is asked for until their number is a power of two.
fn filled(mut asked: Vec<Uuid>) -> Vec<Uuid> {
    if let Some(last) = asked.last().copied() {
        asked.resize(asked.len().next_power_of_two(), last);
    }
    asked
}
