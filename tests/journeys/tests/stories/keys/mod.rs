//! The same request under the same key has one effect and one answer, on every route that takes a key. Which these are is
//! read from the shop's own document, so that a new one is noticed by not being here.

pub mod cases;

use anyhow::{Context, Result, ensure};
use cases::{As, Case, Effect, Goods, told};
use futures::future::try_join_all;
use hanse_journeys::{Answer, Http, Shop, key, until_within};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What moves money, or the goods behind it: it has to take a key, whatever else the document says.
const OF_MONEY: [&str; 7] = [
    "POST /api/store/checkout",
    "POST /api/store/orders/{id}/payments",
    "POST /api/store/orders/{id}/cancel",
    "POST /api/admin/orders/{id}/fulfil",
    "POST /api/admin/orders/{id}/cancel",
    "POST /api/admin/orders/{id}/refund",
    "POST /api/admin/inventory/adjustments",
];
/// What takes none: what is told there is secret or personal and is not kept, or happens twice without harm; a webhook has
/// its provider's own name of the event.
const WITHOUT: [&str; 37] = [
    "POST /api/auth/register",
    "POST /api/auth/login",
    "POST /api/auth/login/factor",
    "POST /api/auth/login/passkey",
    "POST /api/auth/login/passkey/ask",
    "POST /api/auth/factors/passkeys",
    "POST /api/auth/factors/passkeys/ask",
    "POST /api/auth/factors/passkeys/confirm",
    "POST /api/auth/factors/passkeys/{id}/remove",
    "POST /api/auth/step-up",
    "POST /api/auth/factors/totp",
    "POST /api/auth/factors/totp/confirm",
    "POST /api/auth/factors/totp/remove",
    "POST /api/auth/factors/recovery-codes",
    "POST /api/auth/refresh",
    "POST /api/auth/logout",
    "POST /api/auth/password",
    "POST /api/auth/password/forgot",
    "POST /api/auth/password/reset",
    "POST /api/auth/email/verify",
    "POST /api/auth/email/verification",
    "POST /api/auth/email/change",
    "POST /api/auth/email/confirm",
    "POST /api/auth/identities/{provider}/link",
    "POST /api/admin/staff",
    "POST /api/admin/staff/invitations",
    "POST /api/admin/roles",
    "POST /api/auth/invitations/show",
    "POST /api/auth/invitations/accept",
    "POST /api/admin/api-keys",
    "POST /api/store/me/addresses",
    "POST /api/store/me/erase",
    "POST /api/store/me/export",
    "POST /api/admin/customers/{id}/erase",
    "POST /api/admin/orders/{id}/erase-person",
    "POST /api/store/payments/{id}/test-action",
    "POST /api/store/payments/webhooks/{provider}",
];
const AT_ONCE: usize = 6;
/// Longer than a call that died holds its key.
const PATIENCE: Duration = Duration::from_secs(90);

/// Every POST of the document, and whether it takes a key: `Some(true)` when it has to be there.
fn posts(document: &Value) -> Result<BTreeMap<String, Option<bool>>> {
    let mut found = BTreeMap::new();
    for (path, item) in document["paths"].as_object().context("no paths")? {
        let operation = &item["post"];
        if operation.is_object() {
            let mut parameters = operation["parameters"].as_array().into_iter().flatten();
            let key = parameters.find(|p| p["in"] == "header" && p["name"] == "Idempotency-Key");
            found.insert(format!("POST {path}"), key.map(|key| key["required"] == true));
        }
    }
    Ok(found)
}

/// What is wrong between the document and what is visited here.
fn forgotten(document: &Value, visited: &BTreeSet<&str>) -> Result<Vec<String>> {
    let mut wrong = vec![];
    let posts = posts(document)?;
    for (route, key) in &posts {
        let route = route.as_str();
        match key {
            Some(_) if !visited.contains(route) => {
                wrong.push(format!("{route} takes a key and is not visited"))
            }
            None if !WITHOUT.contains(&route) => wrong.push(format!("{route} takes no key")),
            Some(false) | None if OF_MONEY.contains(&route) => {
                wrong.push(format!("{route} does not require a key"))
            }
            _ => {}
        }
    }
    let gone = visited.iter().chain(&WITHOUT).chain(&OF_MONEY).filter(|route| !posts.contains_key(**route));
    wrong.extend(gone.map(|route| format!("{route} is not in the document")));
    Ok(wrong)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_has_one_effect_and_one_answer_on_every_route_that_takes_a_key() -> Result<()> {
    let mut shop = Shop::open().await?;
    let (http, staff) = (&shop.http, shop.staff().await?);
    let goods = Goods::laid_out(http, &staff).await?;
    let mut cases = goods.of_money().await?;
    cases.extend(goods.of_the_rest().await?);
    let document = http.get("/api/openapi.json").expect(200).await?;
    let visited = cases.iter().map(|case| case.route).collect();
    assert_eq!(forgotten(&document, &visited)?, [""; 0]);
    let posts = posts(&document)?;
    for case in &cases {
        let required = posts.get(case.route).copied().flatten().unwrap_or_default();
        repeated(case, required, http, &staff).await.with_context(|| case.route)?;
    }
    // Each of these has been visited; a rule that does not see a route that is missing sees nothing.
    let all: BTreeSet<&str> = cases.iter().map(|case| case.route).collect();
    let without_one = all.iter().copied().filter(|route| *route != "POST /api/store/checkout").collect();
    assert_eq!(
        forgotten(&document, &without_one)?,
        ["POST /api/store/checkout takes a key and is not visited"]
    );
    shop.audit(1).await?;
    shop.stop().await
}

async fn repeated(case: &Case, required: bool, http: &Http, staff: &str) -> Result<()> {
    let before = case.effect.count(http, staff).await?;
    if required {
        case.call(http, staff)?.refused(400, "idempotency_key_missing").await?;
        ensure!(case.effect.count(http, staff).await? == before, "it was done without a key");
    }
    case.call(http, staff)?.key(&"k".repeat(256)).refused(422, "validation").await?;
    let key = key();
    let calls = (0..AT_ONCE).map(|_| async { case.call(http, staff)?.key(&key).send().await });
    let answers = try_join_all(calls).await?;
    let mut first = None;
    for answer in &answers {
        let in_flight = answer.status == 409 && answer.json()["code"] == "idempotency_in_flight";
        if !in_flight {
            ensure!(answer.status < 300, "{} {}", answer.status, answer.text());
            let first: &&Answer = first.get_or_insert(answer);
            ensure!(told(first) == told(answer), "two answers: {} and {}", first.text(), answer.text());
        }
    }
    let first = first.context("all of them were told that another is at work")?;
    let again = case.call(http, staff)?.key(&key).send().await?;
    ensure!(told(first) == told(&again), "told {}, then {}", first.text(), again.text());
    ensure!(again.header("idempotency-replayed") == "true", "it does not say that it is a repetition");
    if let Some((other, elsewhere)) = case.other_call(http, staff)? {
        let other = other.key(&key).send().await?;
        match case.by {
            // The token opens one order: another is not theirs, whatever the key.
            As::Holder(_) if elsewhere => {
                ensure!(matches!(other.status, 401 | 403 | 404), "{} {}", other.status, other.text());
            }
            _ => _ = other.refused(422, "idempotency_key_reused")?,
        }
    }
    once(case, before, http, staff).await
}

async fn once(case: &Case, before: Option<u64>, http: &Http, staff: &str) -> Result<()> {
    let Some(before) = before else { return Ok(()) };
    // What was acknowledged may still be on its way to where it is seen.
    until_within(PATIENCE, &format!("{} to be seen", case.route), async || {
        let now = case.effect.count(http, staff).await?.context("it was counted before")?;
        ensure!(now <= before + 1, "{before} before, {now} after");
        Ok((now == before + 1).then_some(()))
    })
    .await
}

/// The process dies between taking the request and telling the answer, on every route of money at once; whoever asks again
/// with the same key gets what one request would have done, and nothing else happened.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_whose_answer_was_lost_with_the_process_is_done_once() -> Result<()> {
    let mut shop = Shop::open().await?;
    let http = shop.http.clone();
    let staff = shop.staff().await?;
    let mut cases = vec![];
    let goods = Goods::laid_out(&http, &staff).await?;
    for _ in 0..3 {
        cases.extend(goods.of_money().await?);
    }
    let mut all = vec![];
    for case in cases {
        let before = match case.effect {
            // Three of these happen to the same list at the same time.
            Effect::Items(_) if !case.route.contains("{id}") => None,
            _ => case.effect.count(&http, &staff).await?,
        };
        all.push((case, key(), before));
    }
    let shared = ["/api/admin/orders?limit=100".to_string(), adjustments(&goods)];
    let mut counted = vec![];
    for path in &shared {
        counted.push(Effect::Items(path.clone()).count(&http, &staff).await?.unwrap_or_default());
    }
    let done = tokio::sync::watch::Sender::new(0);
    let calls = all.iter().map(|(case, key, _)| {
        let (http, staff, done) = (&http, &staff, &done);
        async move {
            let answer = case.call(http, staff)?.key(key).send().await.ok();
            done.send_modify(|done| *done += 1);
            Ok::<_, anyhow::Error>(answer)
        }
    });
    // All are asked for at once, and the end comes when some of them are answered: it finds the others everywhere.
    let (some, mut answers) = (all.len() / 4, done.subscribe());
    let kill = async {
        answers.wait_for(|done| *done >= some).await?;
        shop.kill().await
    };
    let (answered, killed) = tokio::join!(try_join_all(calls), kill);
    killed?;
    let answered = answered?;
    shop.start().await?;
    let staff = shop.staff().await?;
    let lost = answered.iter().filter(|answer| answer.is_none()).count();
    for ((case, key, before), early) in all.iter().zip(&answered) {
        let what = format!("{} to be answered", case.route);
        let late = until_within(PATIENCE, &what, async || {
            let answer = case.call(&http, &staff)?.key(key).send().await?;
            let waits = answer.json()["code"] == "idempotency_in_flight" || answer.status == 503;
            Ok((!waits).then_some(answer))
        });
        let late = late.await?;
        ensure!(late.status < 300, "{}: {} {}", case.route, late.status, late.text());
        if let Some(early) = early.as_ref().filter(|early| early.status < 300) {
            ensure!(told(early) == told(&late), "{}: {} then {}", case.route, early.text(), late.text());
        }
        once(case, *before, &http, &staff).await.with_context(|| case.route)?;
    }
    for (path, before) in shared.iter().zip(counted) {
        let now = Effect::Items(path.clone()).count(&http, &staff).await?.unwrap_or_default();
        ensure!(now == before + 3, "{path}: {before} before, three more asked for, {now} now");
    }
    ensure!(lost > 0, "every request was answered before the end: nothing was lost that could be repeated");
    shop.audit(1).await?;
    shop.stop().await
}

fn adjustments(goods: &Goods<'_>) -> String {
    format!("/api/admin/inventory/adjustments?variant_id={}&limit=100", goods.rope)
}
