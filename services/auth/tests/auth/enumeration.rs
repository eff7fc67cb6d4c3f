//! Whether an address has an account shows neither in what is answered nor in what it costs. Time is not asserted, it depends
//! on the machine (`cargo xtask bench --enumeration` measures it); what takes time is counted.

use crate::world::{PASSWORD, World, config, on_both};
use hanse_auth::AuthConfig;
use hanse_kernel::Actor;
use hanse_testkit::{Answer, Client, Engine, TestHost, TestWorld};
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

/// What is asked about an address, and how it is answered.
struct Question {
    path: &'static str,
    body: fn(&str) -> Value,
    status: u16,
}

/// The first registration opens the account that the others find.
const QUESTIONS: [Question; 4] = [
    Question {
        path: "/api/auth/register",
        body: |email| json!({"email": email, "password": PASSWORD, "name": "Ana Lund"}),
        status: 201,
    },
    Question { path: "/api/auth/password/forgot", body: |email| json!({"email": email}), status: 202 },
    Question {
        path: "/api/auth/login",
        body: |email| json!({"email": email, "password": "not the one that she has"}),
        status: 401,
    },
    // By somebody who has an account of their own.
    Question {
        path: "/api/auth/email/change",
        body: |email| json!({"email": email, "current_password": PASSWORD}),
        status: 202,
    },
];

#[tokio::test]
async fn whoever_has_an_account_or_not_is_answered_on_the_beat() {
    const BEAT: Duration = Duration::from_millis(77);
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let time = TestWorld::new();
        let test = TestHost::with_effects(engine, time.effects());
        let world = World::start(test, AuthConfig { answer_beat: BEAT, ..config() }).await;
        let on_the_beat = async |client: &Client, question: &Question, email: &str| -> Answer {
            let asked = client.post(question.path, (question.body)(email));
            let mut asked = std::pin::pin!(asked);
            while !time.is_waited_for(BEAT) {
                let answered = futures::poll!(asked.as_mut());
                assert!(answered.is_pending(), "{} of {email} is answered before the beat", question.path);
                tokio::task::yield_now().await;
            }
            assert!(futures::poll!(asked.as_mut()).is_pending(), "{} of {email}", question.path);
            time.advance(BEAT);
            asked.await
        };
        let bo = on_the_beat(&world.anybody(), &QUESTIONS[0], "bo@example.org").await.expect(201);
        let bo = Actor::Customer { user: bo["user_id"].as_str().unwrap().parse().unwrap() };
        let bo = world.auth.client(bo);
        for question in &QUESTIONS {
            for email in ["ana@example.org", "ana@example.org", "nobody@example.org"] {
                let client = if question.path.contains("change") { &bo } else { &world.anybody() };
                on_the_beat(client, question, email).await.expect(question.status);
            }
        }
        // A login that succeeds tells nothing that its person does not know.
        world.login("ana@example.org", PASSWORD).await.expect(200);
    }
}
