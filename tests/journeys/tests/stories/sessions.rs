//! Sessions of browsers: a cookie from login to logout.

use anyhow::{Context, Result, ensure};
use hanse_journeys::{Answer, Call, Http, Shop, login, until};
use reqwest::Method;
use serde_json::json;

const PASSWORD: &str = "a long enough secret";

/// Registers and logs in as a browser does; the cookie.
async fn browser(http: &Http, email: &str) -> Result<String> {
    let account = json!({"email": email, "password": PASSWORD, "name": "Ana Lund"});
    http.post("/api/auth/register").json(&account).expect(201).await?;
    again(http, email).await
}

async fn again(http: &Http, email: &str) -> Result<String> {
    let body = json!({"email": email, "password": PASSWORD, "transport": "cookie"});
    let answer = http.post("/api/auth/login").json(&body).send().await?;
    answer.expect(200)?;
    assert!(answer.json()["access_token"].is_null(), "no script of a page gets a token: {}", answer.text());
    let line = answer.header("set-cookie");
    assert!(line.contains("HttpOnly") && line.contains("SameSite=Lax"), "{line}");
    Ok(line.split(';').next().context("no cookie")?.to_string())
}

fn with(call: Call, cookie: &str) -> Call {
    call.header("cookie", cookie).header("sec-fetch-site", "same-origin").header("x-requested-with", "hanse")
}

async fn me(http: &Http, cookie: &str) -> Result<Answer> {
    with(http.get("/api/auth/me"), cookie).send().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_ends_the_session_at_once() -> Result<()> {
    let mut shop = Shop::open().await?;
    let http = &shop.http;
    let cookie = browser(http, "ana@example.org").await?;
    me(http, &cookie).await?.expect(200)?;
    let left = with(http.post("/api/auth/logout"), &cookie).send().await?;
    assert_eq!(left.status, 204, "{}", left.text());
    assert!(left.header("set-cookie").contains("Max-Age=0"), "{}", left.header("set-cookie"));
    me(http, &cookie).await?.refused(401, "unauthenticated")?;

    // Whatever else the logout brings along, the cookie's session is over.
    let cookie = again(http, "ana@example.org").await?;
    let token = login(http, "ana@example.org", PASSWORD).await?;
    me(http, &cookie).await?.expect(200)?;
    let left = with(http.post("/api/auth/logout"), &cookie).bearer(&token).send().await?;
    assert_eq!(left.status, 204, "{}", left.text());
    me(http, &cookie).await?.refused(401, "unauthenticated")?;
    shop.stop().await
}

/// Whoever ends it: its person from elsewhere, a new password, the shop. The gateway has just seen that the cookie is good.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_ended_from_elsewhere_is_over_at_once() -> Result<()> {
    let mut shop = Shop::open().await?;
    let http = &shop.http;
    let (email, staff) = ("ana@example.org", shop.staff().await?);
    let here = browser(http, email).await?;
    let good = async |cookie: &str| me(http, cookie).await?.expect(200).map(|_| ());
    let over = async |cookie: &str| me(http, cookie).await?.refused(401, "unauthenticated").map(|_| ());

    let there = again(http, email).await?;
    good(&there).await?;
    let listed = with(http.get("/api/auth/sessions"), &here).expect(200).await?;
    let other = listed["sessions"].as_array().context("no list")?.iter().find(|one| one["current"] != true);
    let path = format!("/api/auth/sessions/{}", other.context("no other")?["id"].as_str().context("no id")?);
    with(http.call(Method::DELETE, &path), &here).expect(204).await?;
    over(&there).await.context("ended one by one")?;

    let there = again(http, email).await?;
    good(&there).await?;
    with(http.call(Method::DELETE, "/api/auth/sessions"), &here).expect(204).await?;
    over(&there).await.context("ended with all others")?;

    let there = again(http, email).await?;
    good(&there).await?;
    let change = json!({"current_password": PASSWORD, "password": "another long secret"});
    with(http.post("/api/auth/password"), &here).json(&change).expect(204).await?;
    over(&there).await.context("a new password")?;
    let change = json!({"current_password": "another long secret", "password": PASSWORD});
    with(http.post("/api/auth/password"), &here).json(&change).expect(204).await?;
    good(&here).await.context("where it was done it goes on")?;

    // Somebody who works here is dismissed.
    let hired = json!({"email": "max@example.org", "role": "support", "password": PASSWORD});
    let made = http.post("/api/admin/staff").bearer(&staff).json(&hired).expect(201).await?;
    let max = again(http, "max@example.org").await?;
    good(&max).await?;
    let path = format!("/api/admin/staff/{}", made["user_id"].as_str().context("no id")?);
    http.call(Method::DELETE, &path).bearer(&staff).expect(204).await?;
    over(&max).await.context("dismissed")?;

    // And somebody wants to be forgotten: as soon as auth has heard of it.
    let token = login(http, email, PASSWORD).await?;
    let erase = json!({"password": PASSWORD});
    let answer = with(http.post("/api/store/me/erase"), &here).json(&erase).send().await?;
    ensure!(answer.status == 202, "{}", answer.text());
    until("the account to be gone", async || {
        Ok((http.get("/api/auth/me").bearer(&token).send().await?.status != 200).then_some(()))
    })
    .await?;
    over(&here).await.context("erased")?;
    shop.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_under_way_outlives_the_logout() -> Result<()> {
    let mut shop = Shop::open().await?;
    let http = &shop.http;
    for _ in 0..20 {
        let email = format!("{}@example.org", hanse_journeys::key());
        let cookie = browser(http, &email).await?;
        // None of these is in the cache yet: they ask auth while the logout is under way.
        let meanwhile = futures::future::join_all((0..8).map(|_| me(http, &cookie)));
        let logout = with(http.post("/api/auth/logout"), &cookie).send();
        let (answers, left) = futures::future::join(meanwhile, logout).await;
        assert_eq!(left?.status, 204);
        for answer in answers {
            assert!(matches!(answer?.status, 200 | 401));
        }
        me(http, &cookie).await?.refused(401, "unauthenticated")?;
    }
    shop.stop().await
}

/// Whoever sends one later than a quarter of a second after its use is taken for a thief: a machine that is too slow for fifty at
/// once gets another try.
const ROUNDS: usize = 10;

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_refreshes_at_once_one_goes_on_and_the_session_lives() -> Result<()> {
    let mut shop = Shop::open().await?;
    let http = &shop.http;
    let account = json!({"email": "ana@example.org", "password": PASSWORD, "name": "Ana Lund"});
    http.post("/api/auth/register").json(&account).expect(201).await?;
    let log_in = json!({"email": "ana@example.org", "password": PASSWORD});
    let mut rounds = 0;
    let alive = loop {
        rounds += 1;
        ensure!(rounds <= ROUNDS, "no session outlived its race");
        let tokens = http.post("/api/auth/login").json(&log_in).expect(200).await?;
        let body = json!({"refresh_token": tokens["refresh_token"]});
        let all = (0..50).map(|_| http.post("/api/auth/refresh").json(&body).send());
        let mut good = vec![];
        for answer in futures::future::join_all(all).await {
            let answer = answer?;
            match answer.status {
                200 => good.push(answer.json()),
                _ => _ = answer.refused(401, "refresh_token_invalid")?,
            }
        }
        ensure!(good.len() == 1, "{} of fifty went on", good.len());
        let next = json!({"refresh_token": good[0]["refresh_token"]});
        let next = http.post("/api/auth/refresh").json(&next).send().await?;
        match next.status {
            200 => break next.json(),
            // One came after the answer, as a thief does: whatever is of this login is over.
            _ => _ = next.refused(401, "refresh_token_invalid")?,
        }
    };
    let access = alive["access_token"].as_str().context("no token")?;
    http.get("/api/auth/me").bearer(access).expect(200).await?;
    let last = json!({"refresh_token": alive["refresh_token"]});
    http.post("/api/auth/refresh").json(&last).expect(200).await?;
    http.post("/api/auth/refresh").json(&last).refused(401, "refresh_token_invalid").await?;
    shop.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn another_site_changes_nothing_with_a_shoppers_cookie() -> Result<()> {
    let mut shop = Shop::open().await?;
    let http = &shop.http;
    let cookie = browser(http, "ana@example.org").await?;
    for (name, value) in
        [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "http://evil.example")]
    {
        let call = http.post("/api/auth/logout").header("cookie", &cookie).header(name, value);
        call.refused(403, "cross_site").await.with_context(|| format!("{name}: {value}"))?;
    }
    http.post("/api/auth/logout").header("cookie", &cookie).refused(403, "cross_site").await?;
    // A form of the shop's own pages is nobody's, whatever cookie comes along.
    let form = http
        .post("/api/store/me/addresses")
        .header("cookie", &cookie)
        .header("sec-fetch-site", "same-origin");
    form.json(&json!({})).refused(403, "cross_site").await?;
    me(http, &cookie).await?.expect(200)?;
    shop.stop().await
}
