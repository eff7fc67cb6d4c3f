//! Keys of people: made where something is first written, alike on both engines, opened by nobody else, gone with an erasure.

// Two who meet at a barrier have to be on threads of their own.
#![allow(clippy::disallowed_methods)]

use hanse_database::sql::{Bind, Sql};
use hanse_database::{Db, DbError, Engine, Tx};
use hanse_kernel::system::SystemRng;
use hanse_kernel::{Clock, Effects, UserId};
use hanse_testkit::{TestDb, TestWorld};
use hanse_vault::{Column, Keeper, Keyring, Rows, Subject, Vault, is_sealed};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Barrier};
use std::time::Duration;
use uuid::Uuid;

const NOTE: Column = Column::new("notes", "note");
const ASIDE: Column = Column::new("notes", "aside");
const NOTES: Rows = Rows::of("notes", &["person", "number"], &["person"], &[NOTE, ASIDE]);
/// More than one page and one batch of them.
const MANY: i64 = 1203;

const TABLE: &str = "create table notes (
    person /*pg*/uuid/*end*/ /*lite*/blob/*end*/ not null, number bigint not null, note text not null, aside text,
    primary key (person, number))";

struct Desk {
    test: TestDb,
    world: TestWorld,
    effects: Effects,
}

fn person(n: u128) -> UserId {
    UserId::new(Uuid::from_u128(n))
}

fn ring(master: u8) -> Keyring {
    Keyring::new([master; 32], Arc::new(SystemRng))
}

impl Desk {
    fn db(&self) -> &Db {
        &self.test.db
    }
    fn vault(&self, service: &'static str, ring: Keyring) -> Vault {
        let clock: Arc<dyn Clock> = self.effects.clock.clone();
        Vault::new(service, ring, clock)
    }
    fn keeper(&self, vault: &Vault) -> Keeper {
        Keeper::new(self.db().clone(), vault.clone(), self.effects.clone(), vec![NOTES].into())
    }
    /// What is stored of a text, in a unit of its own.
    async fn seal(&self, vault: &Vault, who: UserId, text: &'static str) -> Result<String, DbError> {
        let unit = self.db().tx((vault.clone(), who), move |tx, (vault, who)| {
            Box::pin(async move { vault.of(tx, *who).await?.seal(NOTE, text) })
        });
        unit.await
    }
    async fn open(&self, vault: &Vault, who: UserId, stored: &str) -> Result<String, DbError> {
        self.open_as(vault, who, NOTE, stored).await
    }
    async fn open_as(
        &self,
        vault: &Vault,
        who: UserId,
        column: Column,
        stored: &str,
    ) -> Result<String, DbError> {
        let input = (vault.clone(), who, stored.to_string());
        let read = self.db().read(input, move |tx, (vault, who, stored)| {
            Box::pin(async move { vault.find(tx, *who).await?.open(column, stored) })
        });
        read.await
    }
    async fn number(&self, sql: &'static str) -> i64 {
        let read: Result<Option<i64>, DbError> =
            self.db().read((), move |tx, ()| Box::pin(tx.query_opt(sql, &[], |r| r.get(0)))).await;
        read.expect("answers").expect("a row")
    }
    async fn texts(&self, sql: &'static str) -> Vec<Option<String>> {
        let read: Result<Vec<Option<String>>, DbError> =
            self.db().read((), move |tx, ()| Box::pin(tx.query(sql, &[], |r| r.get(0)))).await;
        read.expect("answers")
    }
    async fn change(&self, sql: &'static str) {
        let done: Result<u64, DbError> =
            self.db().tx((), move |tx, ()| Box::pin(async move { tx.execute(sql, &[]).await })).await;
        done.expect("done");
    }
}

async fn on_both(story: impl AsyncFn(Desk)) {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let world = TestWorld::new();
        let effects = world.effects();
        let desk = Desk { test: hanse_testkit::open(engine, &[]).await, world, effects };
        desk.change(TABLE).await;
        story(desk).await;
    }
}

#[tokio::test]
async fn what_is_sealed_is_opened_by_its_person_column_service_and_master_and_by_nothing_else() {
    on_both(async |desk| {
        let vault = desk.vault("user", ring(1));
        let stored = desk.seal(&vault, person(1), "Kanarie").await.expect("sealed");
        assert!(is_sealed(&stored) && !stored.contains("Kanarie"), "{stored}");
        desk.seal(&vault, person(2), "Kanarie").await.expect("sealed");
        assert_eq!(desk.open(&vault, person(1), &stored).await.expect("opened"), "Kanarie");
        let again = desk.vault("user", ring(1));
        assert_eq!(desk.open(&again, person(1), &stored).await.expect("opened"), "Kanarie");

        let told = |refused: Result<String, DbError>| refused.expect_err("refused").to_string();
        assert!(told(desk.open(&vault, person(2), &stored).await).contains("notes.note does not open"));
        assert!(told(desk.open_as(&vault, person(1), ASIDE, &stored).await).contains("notes.aside"));
        let nobody = told(desk.open(&vault, person(3), &stored).await);
        assert!(nobody.contains("destroyed"), "{nobody}");
        let other_service = told(desk.open(&desk.vault("order", ring(1)), person(1), &stored).await);
        assert!(
            other_service.contains("order: the wrapped key of") && other_service.contains("does not open"),
            "{other_service}"
        );
        let other_master = told(desk.open(&desk.vault("user", ring(2)), person(1), &stored).await);
        assert!(other_master.contains("former_personal"), "{other_master}");
        desk.vault("user", ring(1)).check(desk.db()).await.expect("the shop's own keys");
        let refused = desk.vault("user", ring(2)).check(desk.db()).await.expect_err("others");
        assert!(refused.to_string().contains("give the shop back the keys"), "{refused}");

        // One person's key in another's row is none.
        desk.change(
            "update person_key set wrapped = (select wrapped from person_key order by subject limit 1)",
        )
        .await;
        let swapped = told(desk.open(&desk.vault("user", ring(1)), person(2), &stored).await);
        assert!(swapped.contains("belongs to another row"), "{swapped}");
        for says_nothing in ["", "{}", "[]", "null"] {
            assert_eq!(desk.seal(&vault, person(1), says_nothing).await.expect("kept"), says_nothing);
        }
        assert_eq!(desk.open(&vault, person(9), "of before").await.expect("as it is"), "of before");
    })
    .await;
}

#[tokio::test]
async fn a_unit_that_is_undone_leaves_no_key_and_nobody_remembers_one() {
    on_both(async |desk| {
        let vault = desk.vault("user", ring(1));
        let undone = desk.db().tx((vault.clone(), person(1)), |tx, (vault, who)| {
            Box::pin(async move {
                let key = vault.of(tx, *who).await?;
                assert!(vault.find(tx, *who).await?.is_there(), "the unit sees its own key");
                let stored = key.seal(NOTE, "Kanarie")?;
                assert_eq!(vault.of(tx, *who).await?.open(NOTE, &stored)?, "Kanarie", "and it is one");
                Err::<(), _>(DbError::Other("undone".into()))
            })
        });
        undone.await.expect_err("undone");
        assert_eq!((vault.remembers(), desk.number("select count(*) from person_key").await), (0, 0));
        let stored = desk.seal(&vault, person(1), "Kanarie").await.expect("sealed");
        assert_eq!(vault.remembers(), 1, "once it was committed");
        assert_eq!(desk.open(&vault, person(1), &stored).await.expect("opened"), "Kanarie");
    })
    .await;
}

#[tokio::test]
async fn many_who_write_of_somebody_at_once_end_with_one_key() {
    on_both(async |desk| {
        // As two processes, each with what it remembers.
        let vaults = [desk.vault("user", ring(1)), desk.vault("user", ring(1))];
        let texts = (0..20).map(|n| desk.seal(&vaults[n % 2], person(1), "Kanarie"));
        let texts = futures::future::try_join_all(texts).await.expect("sealed");
        assert_eq!(desk.number("select count(*) from person_key").await, 1);
        for text in &texts {
            assert_eq!(desk.open(&vaults[0], person(1), text).await.expect("opened"), "Kanarie");
        }
        // Those of a queue see what others have committed meanwhile.
        let queued = (0..10).map(|n| {
            desk.db().tx_queue((vaults[n % 2].clone(), person(2)), |tx, (vault, who)| {
                Box::pin(async move { vault.of(tx, *who).await?.seal(NOTE, "Kanarie") })
            })
        });
        let texts: Result<Vec<String>, DbError> = futures::future::try_join_all(queued).await;
        let texts = texts.expect("sealed");
        assert_eq!(desk.number("select count(*) from person_key").await, 2);
        for text in &texts {
            assert_eq!(desk.open(&vaults[1], person(2), text).await.expect("opened"), "Kanarie");
        }
    })
    .await;
}

async fn destroyed(desk: &Desk, vault: &Vault, who: UserId) -> bool {
    let unit = desk.db().tx((vault.clone(), who), |tx, (vault, who)| Box::pin(vault.destroy(tx, *who)));
    let done: Result<bool, DbError> = unit.await;
    done.expect("destroyed")
}

#[tokio::test]
async fn a_destroyed_key_opens_nothing_and_who_remembers_it_elsewhere_forgets_it_soon() {
    on_both(async |desk| {
        let (here, elsewhere) = (desk.vault("user", ring(1)), desk.vault("user", ring(1)));
        let stored = desk.seal(&here, person(1), "Kanarie").await.expect("sealed");
        assert_eq!(desk.open(&elsewhere, person(1), &stored).await.expect("opened"), "Kanarie");
        assert_eq!((here.remembers(), elsewhere.remembers()), (1, 1));
        assert!(destroyed(&desk, &here, person(1)).await);
        assert!(!destroyed(&desk, &here, person(1)).await, "once");
        let told = desk.open(&here, person(1), &stored).await.expect_err("destroyed").to_string();
        assert!(told.contains("destroyed"), "{told}");
        desk.world.advance(Duration::from_secs(60));
        assert!(desk.open(&elsewhere, person(1), &stored).await.is_err());

        // Whoever is written of anew has another key; what is remembered of the old one does no harm.
        let before = desk.seal(&elsewhere, person(2), "before").await.expect("sealed");
        desk.open(&here, person(2), &before).await.expect("opened");
        destroyed(&desk, &elsewhere, person(2)).await;
        let after = desk.seal(&elsewhere, person(2), "after").await.expect("sealed");
        assert!(desk.open(&here, person(2), &after).await.is_err(), "the old one is remembered");
        assert_eq!(desk.open(&here, person(2), &after).await.expect("looked for again"), "after");
        let sealed = desk.seal(&here, person(2), "later").await.expect("sealed with the one that is there");
        assert_eq!(desk.open(&elsewhere, person(2), &sealed).await.expect("opened"), "later");
    })
    .await;
}

/// Somebody is written of in a unit that sees what others commit, while another unit erases them.
struct Meeting {
    vault: Vault,
    /// The way that the writer takes the key.
    hold: bool,
    /// The key has been taken; the eraser has found nothing of them.
    taken: Barrier,
    looked: Barrier,
    runs: AtomicU32,
}

async fn write_held(tx: &mut Tx, meeting: &Meeting) -> Result<(), DbError> {
    let key = match meeting.hold {
        true => meeting.vault.hold(tx, person(1)).await?,
        false => meeting.vault.of(tx, person(1)).await?,
    };
    let note = key.seal(NOTE, "Kanarie")?;
    tokio::task::block_in_place(|| {
        meeting.taken.wait();
        meeting.looked.wait();
    });
    let sql = "insert into notes (person, number, note) values ($1, 1, $2)";
    tx.execute(sql, &[&person(1), &note]).await.map(|_| ())
}

async fn erase_met(tx: &mut Tx, meeting: &Meeting) -> Result<(), DbError> {
    let first = meeting.runs.fetch_add(1, Ordering::SeqCst) == 0;
    if first {
        tokio::task::block_in_place(|| meeting.taken.wait());
    }
    tx.execute("delete from notes where person = $1", &[&person(1)]).await?;
    if first {
        tokio::task::block_in_place(|| meeting.looked.wait());
    }
    meeting.vault.destroy(tx, person(1)).await.map(|_| ())
}

#[tokio::test]
async fn a_key_is_made_or_found_and_held_by_one_statement() {
    on_both(async |desk| {
        let vault = desk.vault("user", ring(1));
        let mut sealed = vec![];
        for round in ["made", "found"] {
            let unit = desk.db().tx_queue(vault.clone(), |tx, vault| {
                Box::pin(async move {
                    let before = tx.statements();
                    let key = vault.hold(tx, person(1)).await?;
                    Ok::<_, DbError>((tx.statements() - before, key.seal(NOTE, "Kanarie")?))
                })
            });
            let (statements, stored) = unit.await.expect("held");
            assert_eq!(statements, 1, "{round}");
            sealed.push(stored);
        }
        // Whoever has nothing remembered reads both with what is stored.
        for stored in &sealed {
            let fresh = desk.vault("user", ring(1));
            assert_eq!(desk.open(&fresh, person(1), stored).await.expect("opened"), "Kanarie");
        }
        assert_eq!(desk.number("select count(*) from person_key").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_holds_a_key_keeps_an_erasure_from_overlooking_what_they_write() {
    // Only PostgreSQL lets two write at once. Without holding the key, the eraser overlooks it.
    for (hold, one, left) in [(true, false, 0), (true, true, 0), (false, false, 1)] {
        let world = TestWorld::new();
        let effects = world.effects();
        let desk = Desk { test: hanse_testkit::open(Engine::Postgres, &[]).await, world, effects };
        desk.change(TABLE).await;
        let vault = desk.vault("user", ring(1));
        desk.seal(&vault, person(1), "Kanarie").await.expect("there is a key");
        let (taken, looked) = (Barrier::new(2), Barrier::new(2));
        let meeting = Arc::new(Meeting { vault, hold, taken, looked, runs: AtomicU32::new(0) });
        let writer = {
            let (db, meeting) = (desk.db().clone(), meeting.clone());
            tokio::spawn(async move {
                match one {
                    true => db.tx_one(meeting, |tx, meeting| Box::pin(write_held(tx, meeting))).await,
                    false => db.tx_queue(meeting, |tx, meeting| Box::pin(write_held(tx, meeting))).await,
                }
            })
        };
        let eraser = {
            let (db, meeting) = (desk.db().clone(), meeting.clone());
            tokio::spawn(async move { db.tx(meeting, |tx, meeting| Box::pin(erase_met(tx, meeting))).await })
        };
        writer.await.expect("no panic").expect("written");
        eraser.await.expect("no panic").expect("erased");
        assert_eq!(desk.number("select count(*) from notes").await, left, "held: {hold}");
        assert_eq!(desk.number("select count(*) from person_key").await, 0);
        assert_eq!(meeting.runs.load(Ordering::SeqCst) > 1, hold);
        desk.db().close().await;
    }
}

#[tokio::test]
async fn many_people_are_opened_by_one_question_and_only_so_many_are_remembered() {
    on_both(async |desk| {
        let vault = desk.vault("user", ring(1));
        let make = desk.db().tx(vault.clone(), |tx, vault| {
            Box::pin(async move {
                for n in 1..=4200 {
                    vault.of(tx, person(n)).await?;
                }
                Ok::<(), DbError>(())
            })
        });
        make.await.expect("made");
        assert_eq!(vault.remembers(), 4096);
        let fresh = desk.vault("user", ring(1));
        let found = desk.db().read(fresh.clone(), |tx, vault| {
            Box::pin(async move {
                let all = (1..=301).map(|n| Subject::from(person(n * 10)));
                let held = vault.find_all(tx, all.chain([person(9_999_999).into()])).await?;
                Ok::<_, DbError>((1..=301).map(|n| held.of(person(n * 10)).is_there()).collect::<Vec<_>>())
            })
        });
        assert!(found.await.expect("found").into_iter().all(|there| there));
        assert_eq!(fresh.remembers(), 301);
    })
    .await;
}

async fn write(
    tx: &mut Tx,
    who: UserId,
    number: i64,
    note: &str,
    aside: Option<&str>,
) -> Result<(), DbError> {
    let params: [&dyn Bind; 4] = [&who, &number, &note, &aside];
    tx.execute("insert into notes (person, number, note, aside) values ($1, $2, $3, $4)", &params).await?;
    Ok(())
}

#[tokio::test]
async fn rows_from_before_are_sealed_once_and_then_left_alone() {
    on_both(async |desk| {
        let vault = desk.vault("user", ring(1));
        let before = desk.db().tx((), |tx, ()| {
            Box::pin(async move {
                for n in 0..MANY {
                    let aside = (n % 3 == 0).then_some("{}");
                    write(tx, person(1 + u128::try_from(n % 7).unwrap_or(0)), n, "Kanarie", aside).await?;
                }
                write(tx, person(20), 1, "", None).await
            })
        });
        let written: Result<(), DbError> = before.await;
        written.expect("written");
        let plain = "select count(*) from notes where note = 'Kanarie'";
        assert_eq!(desk.number(plain).await, MANY);
        let mut keeper = desk.keeper(&vault);
        keeper.round().await.expect("sealed");
        assert_eq!(desk.number(plain).await, 0);
        assert_eq!(
            desk.number("select count(*) from person_key").await,
            7,
            "nothing was said of the last one"
        );
        assert_eq!(desk.number("select count(*) from notes where aside = '{}'").await, (MANY + 2) / 3);
        let all = desk.texts("select note from notes where number = 5").await;
        let stored = all[0].as_deref().expect("there");
        assert_eq!(desk.open(&vault, person(6), stored).await.expect("opened"), "Kanarie");

        // Who is replaced may write once more; a day later nobody does, and nobody looks any more.
        desk.change("update notes set note = 'late' where number = 5").await;
        let done = "select count(*) from sealed_table where done";
        for (look, late, is_done) in [("again", 0, 0), ("clean", 0, 0), ("too soon", 0, 0)] {
            keeper.round().await.expect(look);
            assert_eq!(desk.number("select count(*) from notes where note = 'late'").await, late, "{look}");
            assert_eq!(desk.number(done).await, is_done, "{look}");
        }
        desk.world.advance(Duration::from_secs(24 * 60 * 60));
        keeper.round().await.expect("a day later");
        assert_eq!(desk.number(done).await, 1);
        desk.change("update notes set note = 'by hand' where number = 5").await;
        desk.keeper(&vault).round().await.expect("done");
        assert_eq!(desk.number("select count(*) from notes where note = 'by hand'").await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_master_key_is_turned_and_the_former_one_thrown_away() {
    on_both(async |desk| {
        let old = desk.vault("user", ring(1));
        let mut stored = vec![];
        for n in 1..=250 {
            stored.push(desk.seal(&old, person(n), "Kanarie").await.expect("sealed"));
        }
        let blind = async |vault: &Vault| {
            let index = desk.db().tx(vault.clone(), |tx, vault| {
                Box::pin(async move { Ok::<_, DbError>(vault.index(tx).await?.of(NOTE, "ana")) })
            });
            index.await.expect("an index")
        };
        let found_by = blind(&old).await;
        // All know the next one before the first wraps with it; who only knows it wraps nothing anew.
        let waiting = desk.vault("user", ring(1).beside(&[], Some([2; 32])));
        desk.keeper(&waiting).round().await.expect("nothing to do");
        let turned = desk.vault("user", ring(2).beside(&[[1; 32]], None));
        desk.seal(&turned, person(300), "later").await.expect("sealed");
        waiting.check(desk.db()).await.expect("it knows both");
        desk.keeper(&waiting).round().await.expect("nothing to do");
        let masters = "select count(distinct master) from person_key";
        assert_eq!(desk.number(masters).await, 2);
        desk.keeper(&turned).round().await.expect("wrapped anew");
        assert_eq!(desk.number(masters).await, 1);

        let alone = desk.vault("user", ring(2));
        alone.check(desk.db()).await.expect("the former one is needed no more");
        for (n, stored) in (1..).zip(&stored) {
            assert_eq!(desk.open(&alone, person(n), stored).await.expect("opened"), "Kanarie");
        }
        assert_eq!(blind(&alone).await, found_by, "people are found as before");
        assert!(desk.open(&desk.vault("user", ring(1)), person(1), &stored[0]).await.is_err());
    })
    .await;
}

#[tokio::test]
async fn blind_words_are_found_by_their_beginnings_and_tell_nothing_else() {
    on_both(async |desk| {
        let vault = desk.vault("user", ring(1));
        let told = desk.db().tx(vault, |tx, vault| {
            Box::pin(async move {
                assert!(vault.find_index(tx).await?.is_none(), "nothing was written");
                let index = vault.index(tx).await?;
                let all = index.beginnings(NOTE, "ölund", 4);
                assert_eq!(all.len(), 4);
                for (place, start) in ["ö", "öl", "ölu", "ölun", "ölund", "ölunder"].into_iter().enumerate()
                {
                    assert_eq!(index.beginning(NOTE, start, 4), all[place.min(3)], "{start}");
                }
                assert_ne!(index.of(NOTE, "ana"), index.of(ASIDE, "ana"));
                assert!(!all.contains(&index.beginning(NOTE, "o", 4)));
                assert_eq!(index.beginnings(NOTE, "", 4), [""; 0]);
                Ok::<_, DbError>(all.concat())
            })
        });
        assert!(!told.await.expect("told").contains("lund"));
    })
    .await;
}
