//! A message that ends the process of whoever takes it, each time anew: it ends among the dead, all others are handled, and
//! once the cause is mended it is sent back and handled, once.

// Processes, brokers and recorders are real: there is no simulated world below them.
#![allow(clippy::disallowed_methods)]

use super::broker::settings;
use super::dead_letters::dead;
use super::messages::{Sold, sell, service};
use async_trait::async_trait;
use hanse_database::sql::Sql;
use hanse_database::{Db, DbError, LiteOptions, Tx};
use hanse_kernel::Secret;
use hanse_messaging::acts::Operator;
use hanse_messaging::{Consumers, DeadLetters, Handle, HandlerError, Rabbit, RabbitSettings, Received};
use hanse_testkit::{Engine, TestHost, broker_url};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const URL: &str = "HANSE_TEST_VICTIM_URL";
const PREFIX: &str = "HANSE_TEST_VICTIM_PREFIX";
const FILE: &str = "HANSE_TEST_VICTIM_FILE";
const MENDED: &str = "HANSE_TEST_VICTIM_MENDED";
/// More than one consumer has in hand at once.
const OTHERS: i64 = 150;

struct Fragile {
    mended: bool,
}

#[async_trait]
impl Handle<Sold> for Fragile {
    async fn handle(&self, tx: &mut Tx, sold: &Received<Sold>) -> Result<(), HandlerError> {
        if sold.message.sku == "POISON" && !self.mended {
            std::process::abort();
        }
        let counted = &sold.message;
        tx.execute("insert into counted (sku, number) values ($1, $2)", &[&counted.sku, &counted.number])
            .await?;
        Ok(())
    }
}

async fn store(file: &Path) -> Db {
    let histories = hanse_runtime::platform_migrations();
    let db = Db::open_sqlite(file, LiteOptions::default(), &histories).await.expect("a store");
    let made: Result<u64, DbError> = db
        .tx((), |tx, ()| {
            Box::pin(async move {
                let sql = "create table if not exists counted (sku text not null, number bigint not null)";
                tx.execute(sql, &[]).await
            })
        })
        .await;
    made.expect("a table");
    db
}

/// The process that is ended again and again. It is started by the story below, not for itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a process of the story below"]
async fn victim() {
    let given = |name: &str| std::env::var(name).expect("started by the story");
    let (effects, db) = (hanse_testkit::effects(), store(Path::new(&given(FILE))).await);
    let fragile = Fragile { mended: std::env::var_os(MENDED).is_some() };
    let consumers = Consumers::new("books", db, effects.clone()).on::<Sold>("books.count", fragile);
    let settings = RabbitSettings {
        expires: Some(Duration::from_secs(60)),
        ..RabbitSettings::new(Secret::from(given(URL)), &given(PREFIX))
    };
    let rabbit = Rabbit::new(settings, effects);
    rabbit.subscribe(&consumers);
    futures::future::join(rabbit.keep(), rabbit.take(&consumers, futures::future::pending())).await;
}

struct Victim(Child);

impl Victim {
    fn start(settings: &RabbitSettings, file: &Path, mended: bool) -> Self {
        let mut victim = Command::new(std::env::current_exe().expect("this very program"));
        victim.args(["--exact", "platform::crash_loop::victim", "--ignored", "--nocapture"]);
        victim.env(URL, broker_url()).env(PREFIX, &settings.prefix).env(FILE, file);
        if mended {
            victim.env(MENDED, "1");
        }
        let victim = victim.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Self(victim.spawn().expect("started"))
    }

    fn is_gone(&mut self) -> bool {
        self.0.try_wait().expect("its state").is_some()
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn counted(db: &Db) -> Vec<(String, i64)> {
    let counted: Result<_, DbError> = db
        .read((), |tx, ()| {
            Box::pin(async move {
                let sql = "select sku, number from counted order by sku, number";
                tx.query(sql, &[], |r| Ok((r.get(0)?, r.get(1)?))).await
            })
        })
        .await;
    counted.expect("a look at the books")
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < Duration::from_secs(180), "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_nobody_survives_ends_among_the_dead_and_harms_no_other() {
    let settings = settings(&broker_url());
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("books.sqlite");
    let books = store(&file).await;
    let shop = TestHost::with_broker(Engine::Sqlite, settings.clone());
    let till = service(&shop, "till", false).await;
    // Its queue is there once the first sale has come through.
    let mut victim = Victim::start(&settings, &file, false);
    let mut number = 0;
    until("the first sale is counted", async || {
        number += 1;
        sell(&shop, &till, "FIRST", number, number).await;
        shop.settle().await;
        !counted(&books).await.is_empty()
    })
    .await;
    drop(victim);
    for number in 0..OTHERS {
        sell(&shop, &till, &format!("MUG {number}"), number, 1).await;
        if number == OTHERS / 3 {
            sell(&shop, &till, "POISON", 1, 1).await;
        }
    }
    shop.settle().await;
    let poison =
        shop.published().into_iter().find(|sent| sent.subject == "POISON").expect("sold").envelope.id;

    let mut deaths = 0;
    victim = Victim::start(&settings, &file, false);
    until("the poison is dead", async || {
        if victim.is_gone() {
            deaths += 1;
            victim = Victim::start(&settings, &file, false);
        }
        !dead(&settings).await.is_empty()
    })
    .await;
    let others = |all: Vec<(String, i64)>| all.into_iter().filter(|sale| sale.0.starts_with("MUG")).count();
    until("all the others are counted", async || {
        // The broker may have told of the poison's end before the end of its last process was seen.
        if victim.is_gone() {
            deaths += 1;
            victim = Victim::start(&settings, &file, false);
        }
        others(counted(&books).await) as i64 == OTHERS
    })
    .await;
    assert!(deaths >= 20, "it ended only {deaths} processes");
    let ids: Vec<_> = dead(&settings).await.iter().map(|letter| letter.id).collect();
    assert_eq!(ids, [poison], "others died with it");
    let letter = dead(&settings).await.remove(0);
    assert_eq!(letter.consumer.as_deref(), Some("books.count"));
    assert!(letter.reason.contains("ended, again and again"), "{}", letter.reason);

    // Mended. The operator's process ends after the broker has the letter and before it is removed from the dead.
    drop(victim);
    let _mended = Victim::start(&settings, &file, true);
    let operator = DeadLetters::open(&settings, hanse_testkit::effects()).await.expect("at the broker");
    let letter = operator.look(1).await.expect("a look").remove(0);
    operator.send_again(&letter).await.expect("the broker has it");
    drop((letter, operator));
    let poisoned = |all: Vec<(String, i64)>| all.into_iter().filter(|sale| sale.0 == "POISON").count();
    until("it is handled", async || poisoned(counted(&books).await) == 1).await;
    until("it is twice at the broker, not lost", async || dead(&settings).await.len() == 1).await;
    let history = shop.host("books", hanse_http::idempotency::MIGRATIONS).await;
    let operator = DeadLetters::open(&settings, hanse_testkit::effects()).await.expect("at the broker");
    let letter = operator.look(1).await.expect("a look").remove(0);
    let by = Operator { who: "ben".into(), reason: None };
    operator.redrive(letter, &history.consumers(), &by).await.expect("sent back");
    operator.close().await;
    // Behind it in the queue: when this one is counted, it has been dealt with.
    sell(&shop, &till, "LAST", 1, 1).await;
    until("the queue went on", async || counted(&books).await.iter().any(|sale| sale.0 == "LAST")).await;
    assert_eq!((poisoned(counted(&books).await), dead(&settings).await.len()), (1, 0));
}
