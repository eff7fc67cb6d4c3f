//! Whether an address has an account shows neither in what is answered nor in what it costs. Time is not asserted, it depends
//! on the machine (`cargo xtask bench --enumeration` measures it); what takes time is counted.

use crate::world::{PASSWORD, World, config, on_both};
use hanse_auth::AuthConfig;
use hanse_testkit::{Answer, Engine, TestHost, TestWorld};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde_json::{Value, json};
use std::time::Duration;

/// What was done so far that takes time: passwords hashed, messages sent, rows kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Work {
    hashings: u64,
    messages: usize,
    links: i64,
    tries: i64,
}

async fn done(world: &World, measured: &PrometheusHandle) -> Work {
    world.test.settle().await;
    let told = measured.render();
    let line = told.lines().find_map(|line| line.strip_prefix("auth_hashings_total "));
    Work {
        hashings: line.map_or(0, |number| number.parse().expect("a number")),
        messages: world.test.published().len(),
        links: world.count("select count(*) from account_links").await,
        tries: world.count("select cast(coalesce(sum(count), 0) as bigint) from password_tries").await,
    }
}

/// What a call costs, and what it is answered.
async fn cost(world: &World, measured: &PrometheusHandle, path: &str, body: Value) -> (Work, Answer) {
    let before = done(world, measured).await;
    let answer = world.anybody().post(path, body).await;
    let after = done(world, measured).await;
    let work = Work {
        hashings: after.hashings - before.hashings,
        messages: after.messages - before.messages,
        links: after.links - before.links,
        tries: after.tries - before.tries,
    };
    (work, answer)
}

#[tokio::test]
async fn known_and_unknown_addresses_cost_the_same_work() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let measured = recorder.handle();
    // All of the story happens on this thread.
    let _here = metrics::set_default_local_recorder(&recorder);
    on_both(config, async |world| {
        world.register("ana@example.org").await;
        let login = |email: &str| json!({"email": email, "password": "not the one that she has"});
        let forgot = |email: &str| json!({"email": email});
        let register = |email: &str| json!({"email": email, "password": PASSWORD, "name": "Eve"});
        for (path, hashings, body) in [
            ("/api/auth/login", 1, &login as &dyn Fn(&str) -> Value),
            ("/api/auth/password/forgot", 0, &forgot),
            ("/api/auth/register", 1, &register),
        ] {
            let (known, answered) = cost(&world, &measured, path, body("ana@example.org")).await;
            let (unknown, answered_too) = cost(&world, &measured, path, body("nobody@example.org")).await;
            assert_eq!(known, unknown, "{path}");
            assert_eq!(known.hashings, hashings, "{path}");
            assert_eq!(answered.status, answered_too.status, "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn whoever_has_an_account_or_not_is_answered_on_the_beat() {
    const BEAT: Duration = Duration::from_millis(77);
    let time = TestWorld::new();
    let test = TestHost::with_effects(Engine::Sqlite, time.effects());
    let world = World::start(test, AuthConfig { answer_beat: BEAT, ..config() }).await;
    let registering = |email: &str| json!({"email": email, "password": PASSWORD, "name": "Ana Lund"});
    let mailing = |email: &str| json!({"email": email});
    let guessing = |email: &str| json!({"email": email, "password": "not the one that she has"});
    let questions: [(&str, &dyn Fn(&str) -> Value, u16); 3] = [
        ("/api/auth/register", &registering, 201),
        ("/api/auth/password/forgot", &mailing, 202),
        ("/api/auth/login", &guessing, 401),
    ];
    for (path, body, status) in questions {
        // The first registration opens the account that the other questions find.
        for email in ["ana@example.org", "ana@example.org", "nobody@example.org"] {
            let anybody = world.anybody();
            let asked = anybody.post(path, body(email));
            let mut asked = std::pin::pin!(asked);
            while !time.is_waited_for(BEAT) {
                let answered = futures::poll!(asked.as_mut());
                assert!(answered.is_pending(), "{path} of {email} is answered before the beat");
                tokio::task::yield_now().await;
            }
            assert!(futures::poll!(asked.as_mut()).is_pending(), "{path} of {email}");
            time.advance(BEAT);
            asked.await.expect(status);
        }
    }
    // A login that succeeds tells nothing that its person does not know.
    world.login("ana@example.org", PASSWORD).await.expect(200);
}
