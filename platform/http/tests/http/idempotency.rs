//! The contract of recorded answers, on both engines.

use crate::private_postgres;
use crate::world::{Answer, clock, effects, user};
use axum::response::{IntoResponse, Response};
use hanse_database::{Db, DbError, LiteOptions};
use hanse_http::idempotency::{self, LEASE, RETENTION};
use hanse_http::{Created, Fingerprint, Idempotency, IdempotencyKey, Json, Problem, StatusCode};
use hanse_kernel::effects::ManualClock;
use hanse_kernel::system::SystemRng;
use hanse_kernel::{Actor, CorrelationId, Ctx};
use hanse_vault::{Column, Keyring, Vault, is_sealed};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use uuid::Uuid;

#[derive(Clone)]
struct World {
    db: Db,
    clock: Arc<ManualClock>,
    keys: Idempotency,
    calls: Arc<AtomicU32>,
}

fn world(db: Db) -> World {
    let clock = clock();
    let vault = Vault::new("shop", Keyring::new([7; 32], Arc::new(SystemRng)), clock.clone());
    let keys = Idempotency::new(db.clone(), effects(&clock), vault);
    World { keys, db, clock, calls: Arc::default() }
}

fn somebody(actor: Actor) -> Ctx {
    Ctx::new(actor, CorrelationId::parse("c").unwrap())
}

fn ctx() -> Ctx {
    somebody(Actor::Customer { user: user(1) })
}

const SCOPE: &str = "POST /api/store/checkout";

impl World {
    /// A call whose work answers what `outcome` says; each work counts.
    async fn call(
        &self,
        ctx: &Ctx,
        key: &str,
        body: &str,
        outcome: impl FnOnce(Uuid) -> Result<Response, Problem>,
    ) -> Answer {
        let key = IdempotencyKey(key.into());
        let work = |operation| async move {
            self.calls.fetch_add(1, Ordering::SeqCst);
            outcome(operation)
        };
        let answered = self.keys.run(ctx, SCOPE, &key, Fingerprint::of_bytes(body.as_bytes()), work).await;
        Answer::of(answered.unwrap_or_else(IntoResponse::into_response)).await
    }
    async fn create(&self, key: &str) -> Answer {
        self.call(&ctx(), key, "body", created).await
    }
    fn worked(&self) -> u32 {
        self.calls.swap(0, Ordering::SeqCst)
    }
}

fn created(operation: Uuid) -> Result<Response, Problem> {
    let mut response =
        Created("/orders/1".into(), json!({"operation": operation, "text": "ä\u{0}\"\\"})).into_response();
    response.headers_mut().insert("set-cookie", "s=1".parse().unwrap());
    Ok(response)
}

/// The same suite on both engines.
async fn on_each_engine<F: Future<Output = ()>>(suite: impl Fn(World) -> F) {
    let folder = tempfile::tempdir().unwrap();
    let histories = [idempotency::MIGRATIONS, hanse_vault::MIGRATIONS];
    let lite =
        Db::open_sqlite(&folder.path().join("shop.db"), LiteOptions::default(), &histories).await.unwrap();
    suite(world(lite.clone())).await;
    lite.close().await;
    let server = tokio::task::spawn_blocking(private_postgres::start).await.unwrap().unwrap();
    let pg = Db::open_postgres(server.url(), 4, effects(&clock()), &histories).await.unwrap();
    suite(world(pg.clone())).await;
    pg.close().await;
}

#[test]
fn both_engines_have_the_same_schema() {
    for (sqlite, postgres) in [
        (
            include_str!("../../migrations/sqlite/V1__idempotency.sql"),
            include_str!("../../migrations/postgres/V1__idempotency.sql"),
        ),
        (
            include_str!("../../migrations/sqlite/V2__sealed.sql"),
            include_str!("../../migrations/postgres/V2__sealed.sql"),
        ),
    ] {
        assert_eq!(sqlite, postgres);
    }
}

#[tokio::test]
async fn the_contract_of_idempotency_keys_holds_on_both_engines() {
    on_each_engine(|w| async move {
        replayed_byte_for_byte(&w).await;
        another_request_is_refused(&w).await;
        refusals_free_the_key_and_failures_keep_the_operation(&w).await;
        a_live_call_holds_the_key(&w).await;
        a_dead_call_is_taken_over(&w).await;
        the_first_answer_wins(&w).await;
        a_late_success_after_a_refused_takeover_is_kept(&w).await;
        secrets_are_not_stored(&w).await;
        answers_are_sealed_and_found_when_they_have_to_go(&w).await;
        what_was_recorded_before_is_given_and_found(&w).await;
        a_unit_can_require_its_claim(&w).await;
        old_answers_are_forgotten(&w).await;
        one_of_many_at_once_works(&w).await;
    })
    .await;
}

async fn replayed_byte_for_byte(w: &World) {
    let first = w.create("replay").await;
    assert_eq!((first.status.as_u16(), first.header("idempotency-replayed")), (201, None));
    let again = w.create("replay").await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    for name in ["location", "content-type"] {
        assert_eq!(again.header(name), first.header(name));
    }
    assert!(again.header("set-cookie").is_none(), "a cookie belongs to one exchange");
    assert_eq!(w.worked(), 1);
    // Another caller's key of the same name is another key.
    let stranger = w.call(&somebody(Actor::Anonymous), "replay", "other", created).await;
    assert_eq!((stranger.status.as_u16(), w.worked()), (201, 1));
    assert_ne!(stranger.json()["operation"], first.json()["operation"]);
}

async fn another_request_is_refused(w: &World) {
    w.create("reused").await;
    let other = w.call(&ctx(), "reused", "another body", created).await;
    assert_eq!(other.problem(), (422, "idempotency_key_reused".into()));
    assert_eq!(w.worked(), 1);
}

async fn refusals_free_the_key_and_failures_keep_the_operation(w: &World) {
    let (mut operations, ctx) = (Vec::new(), ctx());
    for problem in [Problem::validation("no"), Problem::conflict("cart_changed", "no")] {
        let refused = w.call(&ctx, "retry", "body", |operation| {
            operations.push(operation);
            Err(problem)
        });
        assert!(refused.await.status.is_client_error());
    }
    // With its key free it may even be another request.
    for problem in [Problem::unavailable("payment"), Problem::timeout()] {
        let failed = w.call(&ctx, "retry", "new body", |operation| {
            operations.push(operation);
            Err(problem)
        });
        assert!(failed.await.status.is_server_error());
    }
    let done = w.call(&ctx, "retry", "new body", created).await;
    let last = done.json()["operation"].as_str().unwrap().parse::<Uuid>().unwrap();
    assert_ne!(operations[0], operations[1]);
    assert_ne!(operations[1], operations[2]);
    assert_eq!(operations[2..], [last, last]);
    assert_eq!(w.worked(), 5);
}

/// Begins a call that goes on only when it is told to.
fn begin(
    w: &World,
    key: &'static str,
    outcome: fn(Uuid) -> Result<Response, Problem>,
) -> (tokio::task::JoinHandle<Answer>, Arc<Notify>, Arc<Notify>) {
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (w, b, g) = (w.clone(), begun.clone(), go_on.clone());
    #[allow(clippy::disallowed_methods)]
    let call = tokio::spawn(async move {
        let work = |operation| async move {
            b.notify_one();
            g.notified().await;
            outcome(operation)
        };
        let key = IdempotencyKey(key.into());
        let answered = w.keys.run(&ctx(), SCOPE, &key, Fingerprint::of_bytes(b"body"), work).await;
        Answer::of(answered.unwrap_or_else(IntoResponse::into_response)).await
    });
    (call, begun, go_on)
}

async fn a_live_call_holds_the_key(w: &World) {
    let (call, begun, go_on) = begin(w, "live", created);
    begun.notified().await;
    let second = w.create("live").await;
    assert_eq!(second.problem(), (409, "idempotency_in_flight".into()));
    assert_eq!((second.header("retry-after"), w.worked()), (Some("1"), 0));
    go_on.notify_one();
    let answer = call.await.unwrap();
    assert_eq!((answer.status.as_u16(), &answer.body), (201, &w.create("live").await.body));
}

async fn a_dead_call_is_taken_over(w: &World) {
    let (call, begun, _) = begin(w, "dead", created);
    begun.notified().await;
    call.abort();
    assert_eq!(w.create("dead").await.problem().1, "idempotency_in_flight");
    w.clock.advance(LEASE);
    assert_eq!(w.create("dead").await.status.as_u16(), 201);
    assert_eq!(w.worked(), 1);
}

async fn the_first_answer_wins(w: &World) {
    let (slow, begun, go_on) = begin(w, "slow", created);
    begun.notified().await;
    w.clock.advance(LEASE);
    let quick = w.call(&ctx(), "slow", "body", |_| Ok((StatusCode::OK, Json("quick")).into_response())).await;
    go_on.notify_one();
    let slow = slow.await.unwrap();
    assert_eq!((slow.status.as_u16(), &slow.body), (200, &quick.body));
    assert_eq!(slow.header("idempotency-replayed"), Some("true"));
    assert_eq!(w.worked(), 1);
}

async fn a_late_success_after_a_refused_takeover_is_kept(w: &World) {
    let (slow, begun, go_on) = begin(w, "late", created);
    begun.notified().await;
    w.clock.advance(LEASE);
    assert_eq!(
        w.call(&ctx(), "late", "body", |_| Err(Problem::conflict("cart_changed", "no")))
            .await
            .status
            .as_u16(),
        409
    );
    go_on.notify_one();
    let late = slow.await.unwrap();
    assert_eq!(late.status.as_u16(), 201);
    assert_eq!(w.create("late").await.body, late.body);

    // A call that lost its lease does not give away what another holds now.
    let (slow, begun, go_on) = begin(w, "lost", |_| Err(Problem::conflict("cart_changed", "no")));
    begun.notified().await;
    w.clock.advance(LEASE);
    let (second, began, finish) = begin(w, "lost", created);
    began.notified().await;
    go_on.notify_one();
    assert_eq!(slow.await.unwrap().status.as_u16(), 409);
    assert_eq!(w.create("lost").await.problem().1, "idempotency_in_flight");
    finish.notify_one();
    assert_eq!(second.await.unwrap().status.as_u16(), 201);
    w.worked();
}

async fn secrets_are_not_stored(w: &World) {
    let token = |operation: Uuid| format!("tok-{}", operation.simple());
    let call = || async {
        let key = IdempotencyKey("secret".into());
        let work =
            |operation| async move { Ok(Json(json!({"id": operation, "access_token": token(operation)}))) };
        let print = Fingerprint::of(&("cart_1", 3)).unwrap();
        let answer =
            w.keys.run_sealed(&ctx(), SCOPE, &key, print, |operation| vec![token(operation)], work).await;
        Answer::of(answer.unwrap()).await
    };
    let (first, again) = (call().await, call().await);
    assert_eq!(first.body, again.body);
    let operation: Uuid = first.json()["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(first.json()["access_token"], token(operation));
    let stored: Vec<String> =
        w.db.read((), |tx, ()| {
            Box::pin(async move {
                use hanse_database::sql::Sql;
                tx.query("select body from http_idempotency where key = 'secret'", &[], |row| row.get(0))
                    .await
            })
        })
        .await
        .map_err(|e: DbError| e)
        .unwrap();
    assert_eq!(stored.len(), 1);
    assert!(is_sealed(&stored[0]), "{}", stored[0]);
    // A guest's is found by the id that it shows, whatever was taken out of it; that of somebody who works here is not.
    for (actor, found) in
        [(Actor::Anonymous, 1), (Actor::Staff { user: user(9), permissions: Arc::default() }, 0)]
    {
        let work = |_| async { Ok(Json(json!({"access_token": "tok-guest", "id": "ord_guest"}))) };
        let (key, print) = (IdempotencyKey("secret".into()), Fingerprint::of_bytes(b"guest"));
        let ctx = somebody(actor);
        w.keys.run_sealed(&ctx, SCOPE, &key, print, |_| vec!["tok-guest".into()], work).await.unwrap();
        let forget = w.db.tx((), |tx, ()| Box::pin(idempotency::forget_about(tx, "ord_guest")));
        let forgotten: Result<u64, DbError> = forget.await;
        assert_eq!(forgotten.unwrap(), found);
    }
    // Nor is one in it that whoever has the keys could read.
    let vault = Vault::new("shop", Keyring::new([7; 32], Arc::new(SystemRng)), w.clock.clone());
    let opened = w.db.read((vault, stored[0].clone()), |tx, (vault, stored)| {
        Box::pin(async move {
            vault.find(tx, user(1)).await?.open(Column::new("http_idempotency", "body"), stored)
        })
    });
    let opened: Result<String, DbError> = opened.await;
    let opened = opened.unwrap();
    assert!(opened.contains(&operation.to_string()) && !opened.contains("tok-"), "{opened}");
}

/// Headers, body and what guests' answers are found by, of all that were recorded under keys like this.
async fn stored(w: &World, key: &'static str) -> Vec<[Option<String>; 3]> {
    let rows = w.db.read(key, |tx, key| {
        Box::pin(async move {
            use hanse_database::sql::Sql;
            let sql = "select headers, body, about from http_idempotency where key = $1 order by scope";
            tx.query(sql, &[key], |r| Ok([r.get(0)?, r.get(1)?, r.get(2)?])).await
        })
    });
    let rows: Result<_, DbError> = rows.await;
    rows.unwrap()
}

async fn answers_are_sealed_and_found_when_they_have_to_go(w: &World) {
    let shown = |_| Ok(Created("/carts/cart_kanarie".into(), json!({"id": "cart_kanarie"})).into_response());
    let guest = somebody(Actor::Anonymous);
    let first = w.call(&guest, "sealed", "b", shown).await;
    w.call(&ctx(), "sealed", "b", shown).await;
    let all = stored(w, "sealed").await;
    assert_eq!(all.len(), 2);
    assert!(all.iter().all(|row| row.iter().flatten().all(|text| !text.contains("kanarie"))), "{all:?}");
    assert!(all.iter().all(|[headers, body, _]| {
        [headers, body].into_iter().flatten().filter(|text| is_sealed(text)).count() == 2
    }));
    assert_eq!(all.iter().filter(|[_, _, about]| about.is_some()).count(), 1, "the guest's");
    let again = w.call(&guest, "sealed", "b", shown).await;
    assert_eq!((again.status, again.body), (first.status, first.body));

    let forget = |id: &'static str| w.db.tx(id, |tx, id| Box::pin(idempotency::forget_about(tx, id)));
    let gone: Result<u64, DbError> = forget("cart_kanaries").await;
    assert_eq!(gone.unwrap(), 0);
    let gone: Result<u64, DbError> = forget("cart_kanarie").await;
    assert_eq!(gone.unwrap(), 1);
    assert_eq!(stored(w, "sealed").await.len(), 1, "the customer's goes with them");
    let gone = w.db.tx((), |tx, ()| Box::pin(idempotency::forget_customer(tx, user(1))));
    let gone: Result<u64, DbError> = gone.await;
    assert!(gone.unwrap() >= 1);
    assert_eq!(stored(w, "sealed").await.len(), 0);
    w.worked();
}

async fn what_was_recorded_before_is_given_and_found(w: &World) {
    let shown = |_| Ok(Json(json!({"id": "cart_before"})).into_response());
    let guest = somebody(Actor::Anonymous);
    let first = w.call(&guest, "before", "b", shown).await;
    let sql =
        "update http_idempotency set about = null, headers = '[[\"content-type\",\"application/json\"]]',
                 body = '{\"id\":\"cart_before\"}' where key = 'before'";
    let done = w.db.tx((), move |tx, ()| {
        Box::pin(async move {
            use hanse_database::sql::Sql;
            tx.execute(sql, &[]).await
        })
    });
    let done: Result<u64, DbError> = done.await;
    assert_eq!(done.unwrap(), 1);
    let again = w.call(&guest, "before", "b", shown).await;
    assert_eq!(again.body, first.body);
    let gone = w.db.tx((), |tx, ()| Box::pin(idempotency::forget_about(tx, "cart_before")));
    let gone: Result<u64, DbError> = gone.await;
    assert_eq!(gone.unwrap(), 1);
    w.worked();
}

async fn a_unit_can_require_its_claim(w: &World) {
    let stands = |operation: Uuid| async move {
        let answer = w.db.tx(operation, |tx, operation| Box::pin(idempotency::stands(tx, *operation)));
        answer.await.map_err(|e: DbError| e).unwrap()
    };
    let key = IdempotencyKey("unit".into());
    let mut held = None;
    let work = |operation| {
        held = Some(operation);
        async move {
            assert!(stands(operation).await);
            Err::<Response, _>(Problem::validation("no"))
        }
    };
    let refused = w.keys.run(&ctx(), SCOPE, &key, Fingerprint::of_bytes(b""), work).await.unwrap();
    assert_eq!(refused.status().as_u16(), 422);
    assert!(!stands(held.unwrap()).await, "given free by the refusal");
}

async fn old_answers_are_forgotten(w: &World) {
    let first = w.create("old").await;
    w.clock.advance(RETENTION);
    assert_eq!(w.create("old").await.body, first.body);
    w.clock.advance(Duration::from_secs(1));
    w.worked();
    let anew = w.call(&ctx(), "old", "another body", created).await;
    assert_eq!((anew.status.as_u16(), w.worked()), (201, 1));
    assert!(w.keys.sweep().await.unwrap() > 0);
    assert_eq!(w.keys.sweep().await.unwrap(), 0);
    assert_eq!(w.call(&ctx(), "old", "another body", created).await.body, anew.body, "too young to go");
    w.worked();
}

async fn one_of_many_at_once_works(w: &World) {
    let calls = (0..20).map(|_| {
        let w = w.clone();
        #[allow(clippy::disallowed_methods)]
        tokio::spawn(async move { w.create("many").await })
    });
    let answers: Vec<Answer> =
        futures::future::join_all(calls).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(w.worked(), 1);
    let won: Vec<&Answer> = answers.iter().filter(|a| a.status.as_u16() == 201).collect();
    assert!(!won.is_empty() && won.iter().all(|a| a.body == won[0].body));
    for lost in answers.iter().filter(|a| a.status.as_u16() != 201) {
        assert_eq!(lost.problem().1, "idempotency_in_flight");
    }
}
