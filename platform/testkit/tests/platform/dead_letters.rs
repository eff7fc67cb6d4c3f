//! The broker's dead letters in an operator's hands: looked at, sent back, given up, and never lost on the way.

use super::broker::settings;
use super::messages::{Count, Sold, counted, sell, service};
use hanse_messaging::acts::{self, Operator, Place};
use hanse_messaging::rabbit::DeadError;
use hanse_messaging::{Consumers, DeadLetters, Letter, RabbitSettings};
use hanse_runtime::Host;
use hanse_testkit::{Engine, TestHost, broker_url};
use lapin::options::BasicPublishOptions;

fn ben(reason: Option<&str>) -> Operator {
    Operator { who: "ben".into(), reason: reason.map(str::to_string) }
}

async fn operator(settings: &RabbitSettings) -> DeadLetters {
    DeadLetters::open(settings, hanse_testkit::effects()).await.expect("at the broker")
}

/// Takes a look and leaves again.
pub(super) async fn dead(settings: &RabbitSettings) -> Vec<Letter> {
    let operator = operator(settings).await;
    let letters = operator.look(100).await.expect("a look");
    operator.close().await;
    letters
}

/// Puts something into a queue, or among the dead, by hand.
pub(super) async fn put(queue: &str, content: &[u8]) {
    let stranger = lapin::Connection::connect(&broker_url(), Default::default()).await.expect("connected");
    let channel = stranger.create_channel().await.expect("a channel");
    let options = BasicPublishOptions::default();
    let sent = channel.basic_publish("".into(), queue.into(), options, content, Default::default()).await;
    sent.expect("sent").await.expect("taken");
    stranger.close(200, "done".into()).await.expect("closed");
}

/// A shop whose books have a letter among the dead: a sale that came into a queue that takes other messages.
async fn with_a_dead_sale(shop: &TestHost, settings: &RabbitSettings) -> (Host, Consumers) {
    let (till, books) = (service(shop, "till", false).await, service(shop, "books", true).await);
    sell(shop, &till, "MUG", 0, 1).await;
    shop.settle().await;
    let sold = shop.published().remove(0).envelope;
    let stray = hanse_messaging::Envelope { kind: "till.Opened.v1".into(), ..sold };
    put(&format!("{}.books.count", settings.prefix), stray.to_json().expect("JSON").as_bytes()).await;
    shop.until("it is dead", async || dead(settings).await.len() == 1).await;
    let consumers = books.consumers().on::<Sold>("books.count", Count);
    (books, consumers)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_letter_tells_whose_it_was_and_why_it_died() {
    let settings = settings(&broker_url());
    let shop = TestHost::with_broker(Engine::Sqlite, settings.clone());
    with_a_dead_sale(&shop, &settings).await;
    let letter = dead(&settings).await.remove(0);
    let sold = shop.published().remove(0).envelope;
    assert_eq!(
        (letter.id, letter.service(), letter.consumer.as_deref()),
        (sold.id, Some("books"), Some("books.count"))
    );
    assert_eq!(letter.reason, "its consumer does not take till.Opened.v1");
    let age = shop.effects.now().since(letter.died_at.expect("the broker tells when"));
    assert!(age < std::time::Duration::from_secs(60), "{age:?}");
    // However often it is looked at, it stays.
    for _ in 0..30 {
        assert_eq!(dead(&settings).await.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_that_is_sent_back_comes_under_its_own_id_and_is_gone_from_the_dead() {
    let settings = settings(&broker_url());
    let shop = TestHost::with_broker(Engine::Postgres, settings.clone());
    let (books, consumers) = with_a_dead_sale(&shop, &settings).await;
    let id = dead(&settings).await.remove(0).id;
    // Nothing was mended, so it dies again; its id is still its own.
    let operator = operator(&settings).await;
    let letter = operator.look(1).await.expect("a look").remove(0);
    operator.redrive(letter, &consumers, &ben(None)).await.expect("sent back");
    operator.close().await;
    shop.until("it died again", async || dead(&settings).await.iter().any(|letter| letter.id == id)).await;
    assert_eq!(dead(&settings).await.len(), 1);
    let done = acts::latest(&books.db, Place::Dead).await.expect("a history");
    assert_eq!((done.len(), done[0].who.as_str(), done[0].message), (1, "ben", id));
    assert_eq!((done[0].deed.as_str(), done[0].kind.as_deref()), ("redrive", Some("till.Opened.v1")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rubbish_is_shown_and_given_up_but_not_sent_back() {
    let settings = settings(&broker_url());
    let shop = TestHost::with_broker(Engine::Sqlite, settings.clone());
    let books = service(&shop, "books", true).await;
    // The broker has been reached when this one is through.
    shop.send("till", "MUG", &Sold { sku: "MUG".into(), number: 1 }).await;
    let rubbish = &[0xff, 0xfe, b'!'][..];
    put(&format!("{}.books.count", settings.prefix), rubbish).await;
    put(&format!("{}.dead", settings.prefix), b"left on the doorstep").await;
    shop.until("both are dead", async || dead(&settings).await.len() == 2).await;
    let consumers = books.consumers().on::<Sold>("books.count", Count);
    let operator = operator(&settings).await;
    let mut letters = operator.look(10).await.expect("a look");
    letters.sort_by_key(|letter| letter.consumer.is_none());
    let doorstep = letters.remove(1);
    let letter = letters.remove(0);
    assert_eq!((letter.body.as_slice(), letter.envelope.is_none()), (rubbish, true));
    assert!(letter.reason.starts_with("it is no message"), "{}", letter.reason);
    let id = letter.id;
    let refused = operator.redrive(letter, &consumers, &ben(None)).await.expect_err("refused");
    assert!(matches!(&refused, DeadError::Stays(why) if why.contains("discard")), "{refused}");
    assert_eq!(doorstep.service(), None);
    operator.discard(doorstep, None, &ben(Some("a prank"))).await.expect("given up");
    operator.close().await;
    // What was refused is still there, under the same id.
    let operator = self::operator(&settings).await;
    let letter = operator.look(10).await.expect("a look").remove(0);
    assert_eq!(letter.id, id);
    operator.discard(letter, Some(&consumers), &ben(Some("a prank"))).await.expect("given up");
    operator.close().await;
    assert_eq!(dead(&settings).await.len(), 0);
    let done = acts::latest(&books.db, Place::Dead).await.expect("a history");
    assert_eq!((done.len(), done[0].message, done[0].reason.as_deref()), (1, id, Some("a prank")));
    assert_eq!(counted(&books).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_whose_queue_is_gone_stays_dead() {
    let settings = settings(&broker_url());
    let shop = TestHost::with_broker(Engine::Sqlite, settings.clone());
    let (_, consumers) = with_a_dead_sale(&shop, &settings).await;
    drop(shop);
    let stranger = lapin::Connection::connect(&broker_url(), Default::default()).await.expect("connected");
    let channel = stranger.create_channel().await.expect("a channel");
    let queue = format!("{}.books.count", settings.prefix);
    channel.queue_delete(queue.as_str().into(), Default::default()).await.expect("deleted");
    let operator = operator(&settings).await;
    let letter = operator.look(1).await.expect("a look").remove(0);
    let refused = operator.redrive(letter, &consumers, &ben(None)).await.expect_err("refused");
    assert!(matches!(&refused, DeadError::Stays(why) if why.contains("books.count")), "{refused}");
    operator.close().await;
    assert_eq!(dead(&settings).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_without_a_shop_is_told_apart_from_one_that_is_away() {
    let nobody = settings(&broker_url());
    let told = DeadLetters::open(&nobody, hanse_testkit::effects()).await.err().expect("refused").to_string();
    assert!(told.contains("hanse migrate"), "{told}");
    let away = settings("amqp://hanse:secret@127.0.0.1:9/%2f");
    let told = DeadLetters::open(&away, hanse_testkit::effects()).await.err().expect("refused").to_string();
    assert!(told.contains("broker.url") && !told.contains("secret"), "{told}");
}
