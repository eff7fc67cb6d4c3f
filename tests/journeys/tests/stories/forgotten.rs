//! A forgotten password, from the question to the mail to the new login.

use anyhow::{Context, Result};
use hanse_journeys::{Http, Shop, login, until};
use serde_json::{Value, json};

const OLD: &str = "a long enough secret";
const NEW: &str = "another long secret";

/// What the newest mail of this kind carries in the fragment of its link.
async fn token_in_mail(http: &Http, kind: &str) -> Result<String> {
    until("the mail with the link", async || {
        let mails = http.get("/api/dev/mails").expect(200).await?;
        let mail = mails["items"].as_array().into_iter().flatten().find(|mail| mail["kind"] == kind).cloned();
        let Some(text) = mail.as_ref().and_then(|mail| mail["text"].as_str()) else { return Ok(None) };
        let (_, rest) = text.split_once("#token=").context("a mail without a link")?;
        Ok(rest.split_whitespace().next().map(str::to_string))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_forgot_the_password_comes_in_again_by_way_of_the_mail() -> Result<()> {
    let mut shop = Shop::open().await?;
    let http = &shop.http;
    let account = json!({"email": "ana@example.org", "password": OLD, "name": "Ana Lund"});
    http.post("/api/auth/register").json(&account).expect(201).await?;
    let proof = token_in_mail(http, "verify_email").await?;
    let verified = http.post("/api/auth/email/verify").json(&json!({"token": proof})).send().await?;
    assert_eq!(verified.status, 204, "{}", verified.text());
    let access = login(http, "ana@example.org", OLD).await?;
    let me = http.get("/api/auth/me").bearer(&access).expect(200).await?;
    assert_eq!(me["email_verified"], Value::Bool(true), "{me}");

    let forgot =
        http.post("/api/auth/password/forgot").json(&json!({"email": "ana@example.org"})).send().await?;
    assert_eq!(forgot.status, 202, "{}", forgot.text());
    let token = token_in_mail(http, "reset_password").await?;
    let body = json!({"token": token, "password": NEW});
    let reset = http.post("/api/auth/password/reset").json(&body).send().await?;
    assert_eq!(reset.status, 204, "{}", reset.text());
    assert!(reset.header("set-cookie").contains("hanse_device="), "the browser is known from now on");
    http.post("/api/auth/password/reset").json(&body).send().await?.refused(410, "link_invalid")?;
    login(http, "ana@example.org", NEW).await?;
    let old = json!({"email": "ana@example.org", "password": OLD});
    http.post("/api/auth/login").json(&old).send().await?.refused(401, "wrong_credentials")?;
    until("the warning by mail", async || {
        let mails = http.get("/api/dev/mails").expect(200).await?;
        let told =
            mails["items"].as_array().into_iter().flatten().any(|mail| mail["kind"] == "password_changed");
        Ok(told.then_some(()))
    })
    .await?;
    // Whoever forgot even that there is an account, and registers once more, is told by mail alone.
    http.post("/api/auth/register").json(&account).expect(201).await?;
    until("the mail about it", async || {
        let mails = http.get("/api/dev/mails").expect(200).await?;
        let kinds = mails["items"].as_array().into_iter().flatten().map(|mail| &mail["kind"]);
        Ok(kinds.into_iter().any(|kind| kind == "registration_repeated").then_some(()))
    })
    .await?;
    for page in ["/account/forgot", "/account/reset", "/account/verify"] {
        assert_eq!(http.get(page).send().await?.status, 200, "{page}");
    }
    shop.stop().await
}
