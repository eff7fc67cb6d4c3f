//! A shop whose staff have second factors: enrolled before anything else, shown at the login, known to the whole shop at once.

use anyhow::{Context, Result};
use hanse_journeys::{Answer, Call, Http, Shop, key};
use hanse_testkit::{App, KeyFob};
use serde_json::{Value, json};

const REQUIRED: &str = "[auth]\nstaff_factor = \"required\"\n";

fn with(call: Call, cookie: &str) -> Call {
    call.header("cookie", cookie).header("sec-fetch-site", "same-origin").header("x-requested-with", "hanse")
}

/// Logs in with a browser; its cookie.
async fn enter(http: &Http, email: &str, password: &str) -> Result<String> {
    let login = json!({"email": email, "password": password, "transport": "cookie"});
    let answer = http.post("/api/auth/login").json(&login).send().await?;
    answer.expect(200)?;
    Ok(answer.header("set-cookie").split(';').next().context("no cookie")?.to_string())
}

async fn begin_passkey(http: &Http, cookie: &str, password: &str) -> Result<Answer> {
    let begin = json!({"current_password": password});
    with(http.post("/api/auth/factors/passkeys"), cookie).json(&begin).send().await
}

/// Adds a passkey; the recovery codes that are told with it.
async fn add_passkey(http: &Http, cookie: &str, password: &str) -> Result<Value> {
    let asked = begin_passkey(http, cookie, password).await?.expect(200)?;
    let made = KeyFob::new(&http.origin().replace("127.0.0.1", "localhost")).make(&asked["options"]);
    let body = json!({"ceremony": asked["ceremony"], "credential": made, "name": "Fob"});
    let told = with(http.post("/api/auth/factors/passkeys/confirm"), cookie).json(&body).expect(200).await?;
    Ok(told["recovery_codes"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_enrol_a_factor_before_they_do_anything_else() -> Result<()> {
    let mut shop = Shop::open_on(|data| Ok(std::fs::write(data.join("hanse.toml"), REQUIRED)?)).await?;
    let http = &shop.http;
    let [email, password] = shop.owner();
    let cookie = enter(http, email, password).await?;
    let elsewhere = enter(http, email, password).await?;
    let orders = || with(http.get("/api/admin/orders"), &cookie);
    let told = orders().refused(403, "factor_enrolment_required").await?;
    assert_eq!(told["enrol"], "/api/auth/factors/totp");
    with(http.get("/api/store/orders"), &cookie).refused(403, "factor_enrolment_required").await?;
    with(http.get("/api/auth/me"), &cookie).expect(200).await?;
    let begin = with(http.post("/api/auth/factors/totp"), &cookie);
    let begun = begin.json(&json!({"current_password": password})).expect(200).await?;
    let app = App::of(begun["secret"].as_str().context("no secret")?);
    let confirm = with(http.post("/api/auth/factors/totp/confirm"), &cookie);
    let told = confirm.json(&json!({"code": app.code_now()})).expect(200).await?;
    // Wherever the shop had remembered what this session may, it is told anew.
    orders().expect(200).await?;
    // A passkey comes beside it from this session, which has just shown the app, and from no other.
    begin_passkey(http, &elsewhere, password).await?.refused(403, "step_up_required")?;
    let codes = add_passkey(http, &cookie, password).await?;
    assert_eq!(codes, json!([]), "those of the app are as good");

    // A program of theirs shows it at the login.
    let asked = http.post("/api/auth/login").json(&json!({"email": email, "password": password}));
    let asked = asked.expect(200).await?;
    assert!(asked["mfa_required"] == true && asked["access_token"].is_null(), "{asked}");
    let shown = json!({"challenge": asked["challenge"], "recovery_code": told["recovery_codes"][0]});
    let tokens = http.post("/api/auth/login/factor").json(&shown).expect(200).await?;
    let token = tokens["access_token"].as_str().context("no token")?;
    let hired = json!({"email": "ada@example.org", "role": "support", "password": "a long enough secret"});
    http.post("/api/admin/staff").bearer(token).json(&hired).expect(201).await?;
    // A passkey that is the first lets in as an app does, at once.
    let ada = enter(http, "ada@example.org", "a long enough secret").await?;
    with(http.get("/api/admin/orders"), &ada).refused(403, "factor_enrolment_required").await?;
    let codes = add_passkey(http, &ada, "a long enough secret").await?;
    assert_eq!(codes.as_array().map(Vec::len), Some(10), "{codes}");
    with(http.get("/api/admin/orders"), &ada).expect(200).await?;
    let refund = format!("/api/admin/orders/ord_{:032}/refund", 1);
    let body = json!({"reason": "there is none"});
    http.post(&refund).bearer(token).key(&key()).json(&body).refused(404, "not_found").await?;
    shop.stop().await
}
