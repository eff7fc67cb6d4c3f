//! People who come by, open an account, look around and go, whatever happens to the shop meanwhile. They ask of services
//! that a checkout does without.

use crate::league::League;
use anyhow::{Context, Result, ensure};
use hanse_journeys::{Http, links, pause};
use hanse_testkit::{App, IdentityProvider};
use rand::Rng;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const AT_ONCE: usize = 2;
/// One in so many cares for more than to look around.
const CAREFUL: u32 = 4;
/// An account is opened by a message.
const OPENS: Duration = Duration::from_secs(10);
/// Of whoever cares for the account.
const NEW_PASSWORD: &str = "the-long-way-back";
/// Whatever has happened, somebody's visit goes well before long.
const LONGEST: Duration = Duration::from_secs(90);

pub struct Passers {
    /// Visits that went well from beginning to end.
    visits: Arc<AtomicU64>,
    _passing: JoinSet<()>,
}

impl Passers {
    pub fn come(league: &League) -> Self {
        let (visits, mut passing) = (Arc::new(AtomicU64::new(0)), JoinSet::new());
        for _ in 0..AT_ONCE {
            let (http, visits, provider) = (league.http.clone(), visits.clone(), league.provider.clone());
            passing.spawn(async move {
                loop {
                    // Who finds the shop in trouble goes away; there are others.
                    match visit(&http, &provider).await {
                        Ok(()) => _ = visits.fetch_add(1, Ordering::SeqCst),
                        Err(_) => pause().await,
                    }
                }
            });
        }
        Self { visits, _passing: passing }
    }

    /// Waits until somebody who came from now on has done all that people do here.
    pub async fn go_on(&self) -> Result<()> {
        // Those who are in the shop may have done the difficult part before.
        let enough = self.visits.load(Ordering::SeqCst) + AT_ONCE as u64 + 1;
        let began = Instant::now();
        while self.visits.load(Ordering::SeqCst) < enough {
            ensure!(began.elapsed() < LONGEST, "nobody can open an account and look around");
            pause().await;
        }
        Ok(())
    }
}

async fn visit(http: &Http, provider: &IdentityProvider) -> Result<()> {
    let email = format!("passer-{:016x}@example.org", rand::rng().random::<u64>());
    let password = "a-long-way-to-malmo";
    let account = json!({"email": email, "password": password, "name": "Passer"});
    let answer = http.post("/api/auth/register").json(&account).send().await?;
    ensure!(answer.status < 300, "{}", answer.text());
    let login = json!({"email": email, "password": password, "transport": "cookie"});
    let answer = http.post("/api/auth/login").json(&login).send().await?;
    let cookie = answer.header("set-cookie").split(';').next().unwrap_or_default().to_string();
    ensure!(answer.status < 300 && !cookie.is_empty(), "{}", answer.text());
    for page in ["/", "/api/store/products", "/api/store/products/rope"] {
        http.get(page).header("cookie", &cookie).expect(200).await?;
    }
    let began = Instant::now();
    while http.get("/api/store/me").header("cookie", &cookie).send().await?.status != 200 {
        ensure!(began.elapsed() < OPENS, "the account is not opened");
        pause().await;
    }
    if rand::rng().random_ratio(1, CAREFUL) {
        let token = cares_for_account(http, provider, &email, password).await?;
        return leaves_for_good(http, &token, &email).await;
    }
    let logout = http.post("/api/auth/logout").header("cookie", &cookie);
    let answer = logout.header("x-requested-with", "hanse").json(&json!({})).send().await?;
    ensure!(answer.status < 300, "{}", answer.text());
    Ok(())
}

/// Registers again with an address that they have forgotten to have used, logs in with another device, links a provider of logins, enrols an authenticator app, asks for another address, and takes another password. All of it is told to whom it
/// belongs to. What they are still logged in with.
pub async fn cares_for_account(
    http: &Http,
    provider: &IdentityProvider,
    email: &str,
    password: &str,
) -> Result<String> {
    let again = json!({"email": email, "password": password, "name": "Passer"});
    http.post("/api/auth/register").json(&again).expect(201).await?;
    let login = json!({"email": email, "password": password});
    let mut token = String::new();
    // The first device is nobody's news, the second is.
    for agent in ["ship/1", "shore/1"] {
        let call = http.post("/api/auth/login").header("user-agent", agent).json(&login);
        let tokens = call.expect(200).await?;
        token = tokens["access_token"].as_str().context("no access token")?.to_string();
    }
    links(http, provider, &token, email).await?;
    let begin = json!({"current_password": password});
    let begun = http.post("/api/auth/factors/totp").bearer(&token).json(&begin).expect(200).await?;
    let app = App::of(begun["secret"].as_str().context("no secret")?);
    let confirm = json!({"code": app.code_now()});
    let told = http.post("/api/auth/factors/totp/confirm").bearer(&token).json(&confirm).expect(200).await?;
    ensure!(told["recovery_codes"].as_array().is_some_and(|codes| codes.len() == 10), "{told}");
    let change = json!({"current_password": password, "email": format!("new-{email}")});
    let asked = http.post("/api/auth/email/change").bearer(&token).json(&change).send().await?;
    ensure!(asked.status == 202, "{}", asked.text());
    let change = json!({"current_password": password, "password": NEW_PASSWORD});
    let changed = http.post("/api/auth/password").bearer(&token).json(&change).send().await?;
    ensure!(changed.status == 204, "{}", changed.text());
    Ok(token)
}

/// Has everything told that the shop holds, and then the account erased.
pub async fn leaves_for_good(http: &Http, token: &str, email: &str) -> Result<()> {
    let told = http.post("/api/store/me/export").bearer(token).json(&json!({})).expect(200).await?;
    ensure!(told["held"]["auth"]["account"][0]["email"] == email, "{told}");
    let erase = json!({"password": NEW_PASSWORD});
    let erased = http.post("/api/store/me/erase").bearer(token).json(&erase).send().await?;
    ensure!(erased.status == 202, "{}", erased.text());
    // The gateway may have heard by now that there is nobody any more.
    let again = http.post("/api/store/me/erase").bearer(token).json(&erase).send().await?;
    ensure!(matches!(again.status, 202 | 401), "{}", again.text());
    Ok(())
}
