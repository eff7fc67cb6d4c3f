//! The audit log: an entry is there with what it tells of or not at all, the chain has no gaps however many seal it, and whoever
//! changes it behind the shop's back is found. On both engines.
#![allow(clippy::disallowed_methods)]

use hanse_database::sql::Sql;
use hanse_database::{Db, DbError, Engine};
use hanse_kernel::{Actor, Ctx, Timestamp, UserId, Whence};
use hanse_record::seal::{self, End};
use hanse_record::{Entry, GENESIS, anchors, read, verify};
use hanse_runtime::{Host, Sealer};
use hanse_testkit::{TestHost, TestWorld};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// Any service's tables will do.
const NO_TABLES: hanse_database::migrate::Migrations = hanse_http::idempotency::MIGRATIONS;

async fn on_both(test: impl AsyncFn(TestHost, Host, TestWorld)) {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let world = TestWorld::new();
        let shop = TestHost::with_effects(engine, world.effects());
        let host = shop.host("order", NO_TABLES).await;
        test(shop, host, world).await;
    }
}

fn manager() -> Actor {
    Actor::Staff { user: UserId::new(Uuid::from_u128(7)), permissions: Arc::default() }
}

fn refund(order: impl std::fmt::Display) -> Entry {
    Entry::new("order.refunded", "order", order).changed(json!({"refunded": 0}), json!({"refunded": 500}))
}

async fn note(host: &Host, ctx: &Ctx, entry: Entry) {
    let input = (host.record.clone(), ctx.clone(), entry);
    let noted = host.db.tx(input, |tx, (record, ctx, entry)| Box::pin(record.note(tx, ctx, entry.clone())));
    noted.await.expect("written down");
}

async fn notes(shop: &TestHost, host: &Host, count: u32) {
    for n in 0..count {
        note(host, &shop.ctx(manager()), refund(n)).await;
    }
}

fn beginning() -> End {
    End { seq: 0, hash: GENESIS.to_vec() }
}

/// What is wrong with the log, and its end.
async fn verified(host: &Host) -> (Vec<String>, End) {
    let (mut faults, mut at) = (vec![], beginning());
    loop {
        let page = verify::page(&host.db, host.service, at, host.effects.now()).await.expect("verified");
        faults.extend(page.faults.into_iter().map(|fault| fault.what));
        at = page.end;
        if !page.more {
            return (faults, at);
        }
    }
}

async fn change(db: &Db, sql: &'static str) -> Result<u64, DbError> {
    db.tx((), move |tx, ()| Box::pin(async move { tx.execute(sql, &[]).await })).await
}

/// What somebody does who owns the database.
async fn force(db: &Db, sql: &'static str) {
    change(db, "drop trigger if exists record_entry_stays /*pg*/on record_entry/*end*/")
        .await
        .expect("dropped");
    change(db, "drop trigger if exists record_entry_is_kept /*pg*/on record_entry/*end*/")
        .await
        .expect("dropped");
    assert!(change(db, sql).await.expect("forged") > 0, "{sql}");
}

async fn all(db: &Db) -> Vec<hanse_record::Stored> {
    read::newest(db, read::Wanted { limit: 500, ..Default::default() }).await.expect("read")
}

#[tokio::test]
async fn an_entry_is_there_with_what_it_tells_of_or_not_at_all() {
    on_both(async |shop, host, _| {
        let mut ctx = shop.ctx(manager());
        ctx.whence = Some(Arc::new(Whence { api_key: Some("hak_1".into()), ..Whence::default() }));
        let input = (host.record.clone(), ctx.clone());
        let undone: Result<(), DbError> = host
            .db
            .tx(input, |tx, (record, ctx)| {
                Box::pin(async move {
                    record.note(tx, ctx, refund("undone")).await?;
                    Err(DbError::Other("it was not to be".into()))
                })
            })
            .await;
        undone.expect_err("undone");
        note(&host, &ctx, refund("ord_1")).await;
        let [entry] = <[_; 1]>::try_from(all(&host.db).await).expect("one");
        assert_eq!((entry.subject.as_str(), entry.action.as_str()), ("ord_1", "order.refunded"));
        assert_eq!((entry.actor_kind.as_str(), entry.api_key.as_deref()), ("program", Some("hak_1")));
        assert_eq!(entry.was.as_deref(), Some(r#"{"refunded":0}"#));
        assert_eq!(entry.correlation, ctx.correlation.to_string());
        assert_eq!(entry.link, None, "nobody has sealed it yet");
        Sealer::of(&host).seal_all().await.expect("sealed");
        assert_eq!(all(&host.db).await[0].link.as_ref().map(|link| link.seq), Some(1));
    })
    .await;
}

#[tokio::test]
async fn any_number_of_processes_seal_one_chain_without_gaps_while_others_write() {
    on_both(async |shop, host, world| {
        let sealing = (0..3).map(|_| {
            let (sealer, world) = (Sealer::of(&host), world.clone());
            async move {
                for _ in 0..40 {
                    sealer.seal_all().await.expect("sealed");
                    world.advance(Duration::from_millis(1));
                }
            }
        });
        let writing = (0..4).map(|_| notes(&shop, &host, 30));
        futures::future::join(futures::future::join_all(sealing), futures::future::join_all(writing)).await;
        Sealer::of(&host).seal_all().await.expect("sealed");
        let (faults, end) = verified(&host).await;
        assert_eq!((faults, end.seq), (vec![], 120));
    })
    .await;
}

#[tokio::test]
async fn what_a_process_wrote_before_it_ended_another_one_seals() {
    on_both(async |shop, host, world| {
        notes(&shop, &host, 3).await;
        // That process is gone. Of another one's entries nobody here is woken.
        world.advance(Duration::from_secs(600));
        let (faults, _) = verified(&host).await;
        assert_eq!(faults, ["3 entries are not sealed"]);
        let successor = Host::new(
            "order",
            host.effects.clone(),
            host.db.clone(),
            host.network.clone(),
            &hanse_testkit::keyring(),
        );
        let stop = hanse_runtime::Stop::new();
        let (sealer, asked) = (Sealer::of(&successor), stop.clone());
        let running = tokio::spawn(async move { sealer.run(asked.asked()).await });
        shop.until("all to be sealed", async || verified(&host).await.1.seq == 3).await;
        stop.now();
        running.await.expect("ended");
        assert_eq!(verified(&host).await.0, [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn what_is_sealed_is_neither_changed_nor_deleted() {
    on_both(async |shop, host, _| {
        notes(&shop, &host, 2).await;
        change(&host.db, "delete from record_entry").await.expect_err("not even before it is sealed");
        Sealer::of(&host).seal_all().await.expect("sealed");
        for sql in [
            "update record_entry set subject = 'another'",
            "update record_entry set seq = seq + 10",
            "delete from record_entry where seq = 2",
        ] {
            change(&host.db, sql).await.expect_err(sql);
        }
        assert_eq!(verified(&host).await.0, [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn whoever_owns_the_database_and_changes_the_log_is_found() {
    let forgeries = [
        (
            "update record_entry set became = '{}' where seq = 3",
            "entry 3 (order.refunded) is not what was sealed",
        ),
        ("delete from record_entry where seq = 3", "entry 3 is missing"),
        ("delete from record_entry where seq in (2, 3)", "entries 2 to 3 are missing"),
        ("update record_entry set seq = 1000 where seq = 3", "entry 3 is missing"),
        ("delete from record_entry where seq = 5", "the log ends with entry 4, but 5 were sealed"),
        (
            "update record_entry set hash = prev_hash where seq = 5",
            "entry 5, the last one, is another than was sealed last",
        ),
        ("update record_entry set prev_hash = hash where seq = 4", "entry 4 does not follow entry 3"),
    ];
    for (forgery, told) in forgeries {
        on_both(async |shop, host, _| {
            notes(&shop, &host, 5).await;
            Sealer::of(&host).seal_all().await.expect("sealed");
            assert_eq!(verified(&host).await.0, [""; 0]);
            force(&host.db, forgery).await;
            let (faults, _) = verified(&host).await;
            assert!(faults.iter().any(|fault| fault.contains(told)), "{forgery}: {faults:?}");
        })
        .await;
    }
}

#[tokio::test]
async fn two_entries_that_were_put_in_each_others_place_are_found() {
    on_both(async |shop, host, _| {
        notes(&shop, &host, 5).await;
        Sealer::of(&host).seal_all().await.expect("sealed");
        force(&host.db, "update record_entry set seq = seq + 1000 where seq in (2, 3)").await;
        force(&host.db, "update record_entry set seq = 1005 - seq where seq in (1002, 1003)").await;
        let (faults, _) = verified(&host).await;
        for told in [
            "entry 2 does not follow entry 1",
            "entry 2 (order.refunded) is not",
            "entry 3 (order.refunded) is not",
        ] {
            assert!(faults.iter().any(|fault| fault.contains(told)), "{told}: {faults:?}");
        }
    })
    .await;
}

/// A forger who knows how the chain is made, and makes it anew.
async fn rewritten(host: &Host, first: &'static str) {
    force(&host.db, first).await;
    force(&host.db, "update record_entry set seq = null, prev_hash = null, hash = null").await;
    change(&host.db, "delete from record_head").await.expect("forged");
    Sealer::of(host).seal_all().await.expect("sealed anew");
    assert_eq!(verified(host).await.0, [""; 0], "by itself the chain is in order");
}

#[tokio::test]
async fn a_log_that_was_rewritten_as_a_whole_or_cut_off_is_found_by_what_others_were_told() {
    let cut = "delete from record_entry where seq > 3";
    let changed = "update record_entry set subject = 'somebody else' where seq = 2";
    for first in [cut, changed] {
        on_both(async |shop, host, world| {
            let keeper = shop.host("analytics", NO_TABLES).await;
            let consumers = hanse_runtime::keep_anchors(keeper.consumers(), &keeper.effects);
            shop.subscribe(&consumers);
            let empty = hanse_http::Routes::<()>::new("order").build();
            shop.start_idle(hanse_runtime::Module {
                host: host.clone(),
                routes: empty,
                rpc: tonic::service::Routes::default(),
                allow: hanse_rpc::Allow::new("order", &[]),
                consumers: host.consumers(),
                workers: vec![],
            });
            notes(&shop, &host, 5).await;
            Sealer::of(&host).seal_all().await.expect("sealed");
            let mut told = vec![];
            shop.until("the end to be told", async || {
                told = anchors::after(&keeper.db, "order", 0).await.expect("told");
                !told.is_empty()
            })
            .await;
            assert_eq!(told, [verified(&host).await.1]);
            let agrees = async || {
                let there = verify::hashes(&host.db, vec![told[0].seq]).await.expect("asked");
                there == told
            };
            assert!(agrees().await);
            rewritten(&host, first).await;
            assert!(!agrees().await, "{first}");
            change(&keeper.db, "delete from record_anchor").await.expect_err("an anchor stays");

            // An operator knows why: from then on the log counts as it stands, and what is told next counts again.
            let (end, gap) = (verified(&host).await.1, anchors::Gap { after: 0, until: told[0].seq });
            let accepted: Result<(), DbError> = keeper
                .db
                .tx((gap, end.clone(), keeper.effects.now()), |tx, (gap, end, now)| {
                    Box::pin(async move { anchors::accept(tx, "order", gap, end, *now).await })
                })
                .await;
            accepted.expect("accepted");
            assert_eq!(anchors::after(&keeper.db, "order", 0).await.expect("told"), []);
            assert_eq!(anchors::verified(&keeper.db, "order").await.expect("told"), Some(end));
            notes(&shop, &host, 3).await;
            world.advance(seal::TOLD_EVERY);
            Sealer::of(&host).seal_all().await.expect("sealed");
            let mut again = vec![];
            shop.until("the end to be told again", async || {
                again = anchors::after(&keeper.db, "order", 0).await.expect("told");
                !again.is_empty()
            })
            .await;
            assert_eq!(again, [verified(&host).await.1]);
            // Also under a number that something else was told of before; there the first word counts as ever.
            let anew = seal::End { seq: told[0].seq, hash: vec![7; 32] };
            for end in [anew.clone(), told[0].clone(), anew.clone()] {
                let kept: Result<(), DbError> = keeper
                    .db
                    .tx((end, keeper.effects.now()), |tx, (end, now)| {
                        Box::pin(async move { anchors::keep(tx, "order", end, *now).await })
                    })
                    .await;
                kept.expect("kept");
            }
            let all = anchors::after(&keeper.db, "order", 0).await.expect("told");
            assert_eq!(all, [anew, again[0].clone()]);
        })
        .await;
    }
}

#[tokio::test]
async fn the_end_of_the_chain_is_told_at_most_every_ten_seconds_and_never_forgotten() {
    on_both(async |shop, host, world| {
        let sealed = async |at: Timestamp| {
            let input = (host.record.clone(), at);
            let sealed: Result<_, DbError> = host
                .db
                .tx_queue(input, |tx, (record, at)| {
                    Box::pin(async move { seal::seal(tx, record, *at).await })
                })
                .await;
            sealed.expect("sealed")
        };
        notes(&shop, &host, 1).await;
        assert_eq!(sealed(world.now()).await.tell.map(|end| end.seq), Some(1));
        notes(&shop, &host, 2).await;
        assert_eq!(sealed(world.now()).await.tell, None);
        assert!(!seal::is_due(&host.db, world.now()).await.expect("looked"));
        world.advance(seal::TOLD_EVERY);
        assert!(seal::is_due(&host.db, world.now()).await.expect("looked"), "though nothing is to be sealed");
        assert_eq!(sealed(world.now()).await.tell.map(|end| end.seq), Some(3));
    })
    .await;
}

#[tokio::test]
async fn a_flood_of_refused_logins_becomes_one_entry_a_minute() {
    on_both(async |shop, host, world| {
        let refused = async |by: &'static str| {
            let input = (host.record.clone(), shop.ctx(Actor::Anonymous), by);
            let counted = host.db.tx_queue(input, |tx, (record, ctx, by)| {
                let entry = Entry::new("login.refused", "user", by);
                Box::pin(async move { record.tally(tx, ctx, &[by.as_bytes()], entry).await })
            });
            counted.await.expect("counted");
        };
        for _ in 0..200 {
            refused("ana").await;
        }
        refused("ben").await;
        Sealer::of(&host).seal_all().await.expect("sealed");
        assert_eq!(all(&host.db).await, [], "it is counted first");
        world.advance(seal::COUNTED_FOR);
        Sealer::of(&host).seal_all().await.expect("sealed");
        let mut told: Vec<_> =
            all(&host.db).await.into_iter().map(|entry| (entry.subject, entry.times)).collect();
        told.sort();
        assert_eq!(told, [("ana".to_string(), 200), ("ben".to_string(), 1)]);
        assert_eq!(verified(&host).await.0, [""; 0]);
        refused("ana").await;
        world.advance(seal::COUNTED_FOR);
        Sealer::of(&host).seal_all().await.expect("sealed");
        assert_eq!(all(&host.db).await.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn the_log_is_read_by_who_what_and_when_and_in_pages() {
    on_both(async |shop, host, world| {
        let other = Actor::Staff { user: UserId::new(Uuid::from_u128(8)), permissions: Arc::default() };
        for (actor, action) in [
            (manager(), "order.refunded"),
            (manager(), "order.cancelled"),
            (other.clone(), "order.refunded"),
            (other, "orders.counted"),
        ] {
            note(&host, &shop.ctx(actor), Entry::new(action, "order", "ord_1")).await;
            world.advance(Duration::from_secs(1));
        }
        let asked = async |wanted: read::Wanted| {
            let found = read::newest(&host.db, wanted).await.expect("read");
            found.into_iter().map(|entry| entry.action).collect::<Vec<_>>()
        };
        let wanted = || read::Wanted { limit: 10, ..Default::default() };
        let area = read::Wanted { action: Some("order".into()), ..wanted() };
        assert_eq!(asked(area).await, ["order.refunded", "order.cancelled", "order.refunded"]);
        let own = read::Wanted { actor: Some(UserId::new(Uuid::from_u128(7)).to_string()), ..wanted() };
        assert_eq!(asked(own).await, ["order.cancelled", "order.refunded"]);
        let late = read::Wanted { from: Some(world.now().minus(Duration::from_secs(1))), ..wanted() };
        assert_eq!(asked(late).await, ["orders.counted"]);
        let first = read::newest(&host.db, read::Wanted { limit: 3, ..wanted() }).await.expect("read");
        let place = first.last().map(|entry| (entry.at, entry.id));
        assert_eq!(asked(read::Wanted { before: place, ..wanted() }).await, ["order.refunded"]);
    })
    .await;
}

#[tokio::test]
async fn an_entry_costs_one_statement() {
    let host = TestHost::new(Engine::Sqlite).host("order", NO_TABLES).await;
    let ctx = Ctx::background("order", Uuid::from_u128(1));
    // Large work has 10,000 statements a unit: as many entries fit, and not one more.
    let count = async |entries: u32| {
        let input = (host.record.clone(), ctx.clone(), entries);
        host.db
            .tx(input, |tx, (record, ctx, entries)| {
                Box::pin(async move {
                    for n in 0..*entries {
                        record.note(tx, ctx, refund(n)).await?;
                    }
                    Ok::<(), DbError>(())
                })
            })
            .await
    };
    count(10_000).await.expect("as many as statements");
    count(10_001).await.expect_err("one more");
}

#[tokio::test]
async fn a_store_that_was_brought_up_to_date_is_written_down_once() {
    on_both(async |shop, host, _| {
        let histories =
            || hanse_runtime::platform_migrations().iter().map(|platform| platform.name).collect();
        let ctx = shop.ctx(Actor::service("order"));
        let noted = async || {
            hanse_record::schema::note(&host.db, &host.record, &ctx, histories())
                .await
                .expect("written down");
            Sealer::of(&host).seal_all().await.expect("sealed");
            let wanted =
                read::Wanted { action: Some("store.migrated".into()), limit: 9, ..read::Wanted::default() };
            read::newest(&host.db, wanted).await.expect("read")
        };
        assert_eq!(noted().await, [], "it was made just now");
        let later = "insert into record_migrations (version, name, applied_on, checksum)
                     values (98, 'later', '2199-01-01T00:00:00.5Z', '1')";
        change(&host.db, later).await.expect("as a later program does");
        noted().await;
        let [entry] = <[_; 1]>::try_from(noted().await).expect("once");
        assert_eq!((entry.subject_kind.as_str(), entry.subject.as_str()), ("store", "order"));
        let versions = |text: &Option<String>| -> serde_json::Value {
            serde_json::from_str(text.as_deref().unwrap_or_default()).expect("JSON")
        };
        let (was, became) = (versions(&entry.was), versions(&entry.became));
        assert_eq!((&was["record"], &became["record"]), (&json!(2), &json!(98)));
        assert_eq!(was["messaging"], became["messaging"]);
        // The next one follows what was written down, not what the store began with.
        let another = "insert into record_migrations (version, name, applied_on, checksum)
                       values (99, 'later still', '2199-01-02T00:00:00Z', '1')";
        change(&host.db, another).await.expect("and another");
        let all = noted().await;
        assert_eq!((all.len(), versions(&all[0].was)["record"].clone()), (2, json!(98)));
    })
    .await;
}
