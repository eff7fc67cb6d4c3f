//! What a shared level of answers must do, on Redis: two processes, each with its own memory in front of it.

use crate::application::answers::{Answers, Body, Lookup, Moment};
use crate::application::shared_answers::{SharedAnswers, SharedFound, Subject};
use crate::infrastructure::RedisAnswers;
use hanse_kernel::effects::ManualClock;
use hanse_kernel::{ProductId, Timestamp};
use hanse_redis::{Redis, RedisConfig};
use hanse_testkit::{RedisPlace, effects, private_redis, redis_place, redis_prefix};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// One process of the service. Its clock stands still, so that its own memory keeps nothing too long by itself.
struct Process {
    clock: Arc<ManualClock>,
    shared: Arc<RedisAnswers>,
    answers: Answers,
}

impl Process {
    fn at(place: &RedisPlace) -> Self {
        let config = RedisConfig { prefix: place.prefix.clone(), ..RedisConfig::new(place.url.clone()) };
        let redis = Redis::new(config, effects()).expect("an address");
        let shared = Arc::new(RedisAnswers::new(redis, effects()));
        let clock = ManualClock::at(Timestamp::from_micros(0));
        let answers = Answers::new(1 << 20, clock.clone(), Some(shared.clone()));
        Self { clock, shared, answers }
    }

    /// What its own memory has is old now.
    fn later(&self) {
        self.clock.advance(Duration::from_millis(700));
    }

    async fn page(&self) -> Option<String> {
        text(&self.answers.page("mug").await)
    }

    async fn list(&self) -> Option<String> {
        text(&self.answers.list("all").await)
    }

    async fn keep_page(&self, moment: Moment, shown: &str) {
        self.answers.keep_page("mug".into(), moment, mug(), Body::new(shown.to_string())).await;
    }

    async fn read_and_keep(&self, shown: &str) {
        let moment = missing(self.answers.page("mug").await);
        self.keep_page(moment, shown).await;
        let moment = missing(self.answers.list("all").await);
        self.answers.keep_list("all".into(), moment, Body::new(shown.to_string())).await;
    }
}

fn mug() -> ProductId {
    ProductId::new(Uuid::from_u128(7))
}

fn lamp() -> ProductId {
    ProductId::new(Uuid::from_u128(8))
}

fn text(found: &Lookup) -> Option<String> {
    match found {
        Lookup::Kept(body) => Some(String::from_utf8_lossy(&body.bytes).into_owned()),
        Lookup::Missing(_) => None,
    }
}

fn missing(found: Lookup) -> Moment {
    match found {
        Lookup::Missing(moment) => moment,
        Lookup::Kept(_) => panic!("it is kept"),
    }
}

#[tokio::test]
async fn what_one_process_read_the_others_need_not() {
    let place = redis_place();
    let (one, other) = (Process::at(&place), Process::at(&place));
    one.read_and_keep("old").await;
    assert_eq!((other.page().await, other.list().await), (Some("old".into()), Some("old".into())));
    // Also when its own memory is too old to be believed.
    other.later();
    assert_eq!((other.page().await, other.list().await), (Some("old".into()), Some("old".into())));
}

#[tokio::test]
async fn a_change_in_one_process_lets_go_what_all_have() {
    let place = redis_place();
    let (one, other) = (Process::at(&place), Process::at(&place));
    one.read_and_keep("old").await;
    other.answers.page_changed(mug());
    assert_eq!(other.page().await, None, "at once where it was made, told or not");
    other.shared.tell().await;
    assert_eq!((other.page().await, other.list().await), (None, Some("old".into())), "lists did not change");
    one.later();
    assert_eq!(one.page().await, None);
    other.answers.lists_changed();
    other.shared.tell().await;
    one.later();
    assert_eq!(one.list().await, None);
    // Another product's change is none of this page's.
    one.read_and_keep("new").await;
    other.answers.page_changed(lamp());
    other.shared.tell().await;
    one.later();
    assert_eq!(one.page().await, Some("new".into()));
}

#[tokio::test]
async fn what_was_read_before_a_change_is_not_kept_after_it() {
    let place = redis_place();
    let (one, other) = (Process::at(&place), Process::at(&place));
    let moment = missing(one.answers.page("mug").await);
    other.answers.page_changed(mug());
    other.shared.tell().await;
    one.keep_page(moment, "old").await;
    assert_eq!(other.page().await, None);
    one.later();
    let moment = missing(one.answers.page("mug").await);
    other.answers.page_changed(lamp());
    other.shared.tell().await;
    one.keep_page(moment, "new").await;
    assert_eq!(other.page().await, Some("new".into()));
}

#[tokio::test]
async fn after_a_restart_nothing_from_before_is_found() {
    let mut server = private_redis::start().expect("a server");
    let place = RedisPlace { url: server.url(), prefix: redis_prefix() };
    let (one, other) = (Process::at(&place), Process::at(&place));
    one.read_and_keep("old").await;
    assert_eq!(other.page().await, Some("old".into()));
    server.kill().expect("killed");
    // While it is away changes reach nobody, and answers come from the store.
    other.later();
    let moment = missing(other.answers.page("mug").await);
    other.keep_page(moment, "read from the store").await;
    assert_eq!(other.page().await, Some("read from the store".into()), "its own memory goes on");
    server.restart().expect("back");
    one.later();
    let effects = effects();
    let back = async {
        while !matches!(one.shared.find("page:mug").await, SharedFound::Missing(Some(_))) {
            effects.timers.sleep(Duration::from_millis(20)).await;
        }
    };
    effects.within(Duration::from_secs(20), back).await.expect("it answers again");
    assert_eq!(one.page().await, None, "the log of writes still had it");
}

#[tokio::test]
async fn changes_that_could_not_be_told_are_told_later() {
    let mut server = private_redis::start().expect("a server");
    let place = RedisPlace { url: server.url(), prefix: redis_prefix() };
    let (one, other) = (Process::at(&place), Process::at(&place));
    one.read_and_keep("old").await;
    other.page().await;
    server.freeze().expect("frozen");
    other.answers.page_changed(mug());
    let told = other.shared.clone();
    let telling = tokio_task(async move { told.tell().await });
    other.shared.waiting().await;
    server.thaw().expect("thawed");
    telling.await.expect("told");
    one.later();
    assert!(matches!(one.shared.find("page:mug").await, SharedFound::Missing(_)));
    other.shared.changed(Subject::Lists);
    other.shared.tell().await;
    assert!(matches!(one.shared.find("list:all").await, SharedFound::Missing(_)));
}

#[allow(clippy::disallowed_methods, reason = "a test lives in the real world")]
fn tokio_task(work: impl Future<Output = ()> + Send + 'static) -> tokio::task::JoinHandle<()> {
    tokio::spawn(work)
}
