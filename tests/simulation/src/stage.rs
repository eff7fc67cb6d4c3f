//! What worlds are played on: a store for each service, which is filled once and put back for the next world, and a shop
//! with goods on sale.

use crate::executor::step_aside;
use crate::services;
use crate::weather::Fault;
use crate::world::World;
use futures::FutureExt;
use futures::future::BoxFuture;
use hanse_database::sql::Sql;
use hanse_database::{Db, DbError, Interlude, Moment, Unit};
use hanse_messaging::Envelope;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Weak};

/// The store of each service. Cheap to clone.
#[derive(Clone)]
pub struct Stores {
    all: Arc<Vec<Db>>,
    door: Arc<Doors>,
}

#[derive(Default)]
struct Doors {
    world: Mutex<Weak<World>>,
    /// The world itself looks: nothing happens meanwhile.
    aside: AtomicBool,
}

struct Door {
    service: usize,
    doors: Arc<Doors>,
}

impl Interlude for Door {
    fn at(&self, moment: Moment) -> BoxFuture<'static, Result<(), DbError>> {
        if self.doors.aside.load(Ordering::Relaxed) {
            return Box::pin(std::future::ready(Ok(())));
        }
        let world = self.doors.world.lock().unwrap_or_else(|e| e.into_inner()).upgrade();
        let service = self.service;
        Box::pin(async move {
            match world {
                Some(world) => between(&world, service, moment).await,
                None => Ok(()),
            }
        })
    }
}

async fn between(world: &Arc<World>, service: usize, moment: Moment) -> Result<(), DbError> {
    match moment {
        Moment::Before => {
            world.may_crash(service, Fault::CrashBeforeUnit).await;
            if world.strikes(Fault::UnitRefused) {
                return Err(DbError::Unavailable("the line to the store broke".into()));
            }
            if world.strikes(Fault::StoreSlow) {
                world.sleep(world.fate.millis(100, 6_000)).await;
            }
            step_aside().await;
        }
        Moment::Committed => {
            world.may_crash(service, Fault::CrashAfterCommit).await;
            if world.strikes(Fault::CommitUntold) {
                return Err(DbError::Unavailable("the line to the store broke after the commit".into()));
            }
            step_aside().await;
        }
        Moment::Reading => {
            world.may_crash(service, Fault::CrashWhileReading).await;
            if world.fate.below(4) == 0 {
                step_aside().await;
            }
        }
    }
    Ok(())
}

impl Stores {
    pub fn open() -> Result<Self, DbError> {
        let door = Arc::<Doors>::default();
        let mut all = vec![];
        for service in 0..services::NAMES.len() {
            let mut histories = hanse_runtime::platform_migrations().to_vec();
            histories.push(services::history(service));
            all.push(Db::open_inline(&histories, Arc::new(Door { service, doors: door.clone() }))?);
        }
        Ok(Self { all: Arc::new(all), door })
    }

    pub fn of(&self, service: usize) -> Db {
        self.all[service].clone()
    }

    /// From now on this world stands between the services and their stores.
    pub fn belong_to(&self, world: &Arc<World>) {
        *self.door.world.lock().unwrap_or_else(|e| e.into_inner()) = Arc::downgrade(world);
    }

    pub fn mark(&self) -> Result<(), DbError> {
        self.all.iter().try_for_each(Db::mark)
    }

    pub fn back_to_mark(&self) -> Result<(), DbError> {
        for db in self.all.iter() {
            self.aside(|| {
                db.tx((), |tx, ()| {
                    Box::pin(async move {
                        tx.execute("pragma ignore_check_constraints = off", &[]).await.map(|_| ())
                    })
                })
                .now_or_never()
            })
            .unwrap_or(Ok::<(), DbError>(()))?;
            db.back_to_mark()?;
        }
        Ok(())
    }

    fn aside<T>(&self, work: impl FnOnce() -> T) -> T {
        self.door.aside.store(true, Ordering::Relaxed);
        let done = work();
        self.door.aside.store(false, Ordering::Relaxed);
        done
    }
}

impl World {
    /// The world's own look into a store, which nobody notices. None when it could not be read.
    pub fn look<I, T>(&self, service: usize, input: I, question: impl Unit<I, T, DbError>) -> Option<T>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
    {
        let db = self.store(service);
        self.stores().aside(|| db.read(input, question).now_or_never())?.ok()
    }

    /// The world's own hand in a store.
    pub fn change<I>(&self, service: usize, input: I, deed: impl Unit<I, (), DbError>)
    where
        I: Send + Sync + 'static,
    {
        let db = self.store(service);
        if let Some(Err(error)) = self.stores().aside(|| db.tx(input, deed).now_or_never()) {
            self.tell(crate::story::WORLD, format!("a hand in a store slipped: {error}"));
        }
    }

    pub fn alter(&self, service: usize, sql: &'static str) -> Result<(), DbError> {
        let db = self.store(service);
        let done = self.stores().aside(|| {
            db.tx(sql, |tx, sql| {
                Box::pin(async move {
                    // Some of these answer with a row.
                    tx.query(sql, &[], |_| Ok(())).await.map(|_| ())
                })
            })
            .now_or_never()
        });
        done.unwrap_or_else(|| Err(DbError::Other("it waited".into())))
    }

    /// Counts that something meets an order in the state in which it is.
    pub fn note_state(&self, what: &str, order: &str) {
        let Ok(order) = order.parse::<hanse_kernel::OrderId>() else { return };
        if let Some(state) = self.state_of(order) {
            self.count(&format!("{what} {state}"));
        }
    }

    fn state_of(&self, order: hanse_kernel::OrderId) -> Option<String> {
        let state = self.look(services::ORDER, order, |tx, order| {
            Box::pin(async move {
                tx.query_opt("select state from orders where id = $1", &[order], |r| r.get::<String>(0)).await
            })
        });
        state.flatten()
    }

    /// Counts which answer meets an order in which state.
    pub fn note_answer(&self, envelope: &Envelope) {
        let Some(outcome) = crate::post::outcome(envelope) else { return };
        let Some(order) = crate::post::field(envelope, "order_id") else { return };
        let Ok(order) = order.parse::<hanse_kernel::OrderId>() else { return };
        if let Some(state) = self.state_of(order) {
            self.count(&format!("saga: {state} × {outcome}"));
        }
    }
}
