//! A job is done by one process at a time, when it is due, and by another one when that process has died.

use hanse_kernel::Effects;
use hanse_runtime::jobs::Job;
use hanse_testkit::{Engine, TestWorld, open_with};
use std::time::Duration;

const EVERY: Duration = Duration::from_secs(900);
const LEASE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn one_of_two_has_the_turn_and_the_other_takes_over_when_it_dies() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let world = TestWorld::new();
        let effects: Effects = world.effects();
        let store = open_with(engine, &[], effects.clone()).await;
        let [one, other] = [0, 1].map(|_| Job::new("audit", store.db.clone(), effects.clone()));
        let begin = async |job: &Job| job.begin(EVERY, LEASE).await.expect("a store");
        one.announce(EVERY).await.expect("a store");
        other.announce(EVERY).await.expect("a store");
        assert!(!begin(&one).await, "it is not due yet");
        assert_eq!(one.last().await.expect("a store"), None);

        world.advance(EVERY);
        assert!(begin(&one).await && !begin(&other).await && !begin(&one).await, "one at a time");
        assert!(one.end("well", EVERY).await.expect("a store"));
        let told = other.last().await.expect("a store").expect("it ended");
        assert_eq!((told.outcome.as_str(), told.at), ("well", effects.now()));
        assert!(!begin(&other).await, "it is done");

        // Whose turn it is dies: nobody takes it before its lease has run out, and it has no say after.
        world.advance(EVERY);
        assert!(begin(&other).await);
        world.advance(LEASE / 2);
        assert!(!begin(&one).await);
        world.advance(LEASE);
        assert!(begin(&one).await);
        assert!(!other.end("late", EVERY).await.expect("a store"));
        assert_eq!(one.last().await.expect("a store").expect("one").outcome, "well");

        // Given back, it is begun by the next at once; due sooner where somebody wants it more often.
        one.give_back().await.expect("a store");
        assert!(begin(&other).await);
        assert!(other.end("well", EVERY).await.expect("a store"));
        world.advance(EVERY / 3);
        assert!(!one.begin(EVERY / 3, LEASE).await.expect("a store"), "brought forward");
        world.advance(EVERY / 3);
        assert!(one.begin(EVERY / 3, LEASE).await.expect("a store"));
        store.db.close().await;
    }
}
