//! What it costs to be somebody: reading a token, a request with one beside the same without, and a flood of logins beside
//! people who buy.

use crate::buying::{self, Good};
use crate::client::Client;
use crate::load::{Amount, Figures, Worker, drive};
use crate::process::Watched;
use anyhow::{Context, Result, bail};
use async_trait::async_trait;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey;
use hanse_http::jwt::{Claims, Kind};
use hanse_http::{JwtVerifier, KeySource};
use hanse_kernel::system::SystemClock;
use hanse_kernel::{Clock, UserId};
use nix::sys::resource::{UsageWho, getrusage};
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};

const EMAIL: &str = "shopper@example.org";
const PASSWORD: &str = "a long walk on the beach";
/// Each read once, as a gateway reads the token of somebody whom it has not seen before.
const TOKENS: usize = 4_000;
/// The three ways to come are measured in turn, so often, for the machine is not equally fast all the time.
const ROUNDS: u32 = 4;
/// Connections over which somebody guesses passwords as fast as they are refused.
const GUESSERS: usize = 32;
/// Of the rate at which people can buy on this machine: they still can while others do something.
const AT_EASE: f64 = 0.3;

#[derive(Clone, Debug, Default, Serialize)]
pub struct Identity {
    /// CPU microseconds to verify an access token that was not seen before.
    pub token_micros: f64,
    /// CPU milliseconds of reading a cart: as nobody, with a token, with a session's cookie.
    pub nobody_ms: f64,
    pub token_ms: f64,
    pub cookie_ms: f64,
    pub flood: Flood,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct Flood {
    pub checkouts_per_second: f64,
    pub calm_p99_ms: f64,
    pub flooded_p99_ms: f64,
    pub logins_per_second: f64,
}

impl Identity {
    /// What this way to come costs more than to come as nobody, in milliseconds.
    pub fn more(&self, way: impl Fn(&Self) -> f64) -> f64 {
        way(self) - self.nobody_ms
    }
}

impl Flood {
    pub fn ratio(&self) -> f64 {
        if self.calm_p99_ms > 0.0 { self.flooded_p99_ms / self.calm_p99_ms } else { f64::INFINITY }
    }
}

struct Keys([u8; 32]);

#[async_trait]
impl KeySource for Keys {
    async fn ed25519(&self, _: &str) -> Option<[u8; 32]> {
        Some(self.0)
    }
}

/// In this process, with the code that the gateway runs.
pub async fn tokens() -> Result<f64> {
    let key = SigningKey::from_bytes(&[7; 32]);
    let encoding = jsonwebtoken::EncodingKey::from_ed_der(key.to_pkcs8_der()?.as_bytes());
    let now = SystemClock.now().micros() / 1_000_000;
    let token = |n: usize| {
        let claims = Claims {
            iss: "hanse".into(),
            aud: "hanse".into(),
            sub: UserId::new(uuid::Uuid::from_u128(n as u128)).to_string(),
            exp: now + 300,
            iat: now,
            nbf: None,
            jti: n.to_string(),
            kind: Kind::Customer,
            perms: vec![],
            sid: None,
            auth_time: None,
            amr: vec![],
            unenrolled: false,
        };
        jsonwebtoken::encode(&Claims::header("k1"), &claims, &encoding)
    };
    let tokens = (0..TOKENS).map(token).collect::<Result<Vec<_>, _>>()?;
    let keys = Arc::new(Keys(key.verifying_key().to_bytes()));
    let verifier = JwtVerifier::new("hanse", "hanse", keys, Arc::new(SystemClock));
    let before = spent()?;
    for token in &tokens {
        verifier.verify(token).await.ok().context("a good token was refused")?;
    }
    Ok((spent()? - before) / TOKENS as f64)
}

/// CPU microseconds of this thread.
fn spent() -> Result<f64> {
    let usage = getrusage(UsageWho::RUSAGE_THREAD)?;
    let micros = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 * 1e6 + time.tv_usec() as f64;
    Ok(micros(usage.user_time()) + micros(usage.system_time()))
}

/// Carts with the same goods read as nobody, with a token and with a cookie, in turn.
pub async fn requests(
    server: &impl Watched,
    connections: usize,
    time: Duration,
    good: &Good,
    found: &mut Identity,
) -> Result<()> {
    let mut client = Client::new(server.address());
    let account = json!({"email": EMAIL, "password": PASSWORD, "name": "Ana Lund"});
    client.post("/api/auth/register", &account).await?.expect(&[200, 201, 202], "an account")?;
    let login = json!({"email": EMAIL, "password": PASSWORD});
    let tokens = client.post("/api/auth/login", &login).await?.expect(&[200], "login")?;
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().context("no access token")?);
    let cookie = cookie(&mut client).await?;
    // A cart that somebody opened is theirs alone, so nobody reads one of their own; all are filled alike.
    let ways = [vec![], vec![("authorization", bearer.as_str())], vec![("cookie", cookie.as_str())]];
    let guests = filled(&mut client, &ways[0], good).await?;
    let hers = filled(&mut client, &ways[1], good).await?;
    let paths = [&guests, &hers, &hers];
    let mut sums = [0.0; 3];
    for _ in 0..ROUNDS {
        for ((way, path), sum) in ways.iter().zip(paths).zip(&mut sums) {
            let figures = ask(server, connections, time / ROUNDS, path, way).await?;
            *sum += figures.cpu_ms / f64::from(ROUNDS);
        }
    }
    [found.nobody_ms, found.token_ms, found.cookie_ms] = sums;
    Ok(())
}

/// The path of a cart with one piece in it.
async fn filled(client: &mut Client, who: &[(&str, &str)], good: &Good) -> Result<String> {
    let cart =
        client.json("POST", "/api/store/carts", who, &json!({})).await?.expect(&[201], "a new cart")?;
    let path = format!("/api/store/carts/{}", cart["id"].as_str().context("a cart without an id")?);
    let line = json!({"variant_id": good.id, "quantity": 1});
    client.json("POST", &format!("{path}/items"), who, &line).await?.expect(&[200, 201], "add to cart")?;
    Ok(path)
}

async fn cookie(client: &mut Client) -> Result<String> {
    let login = json!({"email": EMAIL, "password": PASSWORD, "transport": "cookie"});
    let answer = client.post("/api/auth/login", &login).await?;
    let cookie = answer.cookies.iter().find(|cookie| cookie.contains("session")).cloned();
    answer.expect(&[200, 204], "login with a cookie")?;
    cookie.context("no session's cookie")
}

async fn ask(
    server: &impl Watched,
    connections: usize,
    time: Duration,
    path: &str,
    headers: &[(&str, &str)],
) -> Result<Figures> {
    let asking = |mut worker: Worker| async move {
        while worker.goes_on() {
            let began = Instant::now();
            let answer = worker.client.send("GET", path, headers, b"").await?;
            if answer.status != 200 {
                bail!("{path} answered {}: {}", answer.status, answer.text());
            }
            worker.done(began);
        }
        Ok(worker)
    };
    drive(server, connections, Amount::For(time), asking).await
}

/// People buy at ease, then at the same rate while somebody guesses passwords over many connections.
pub async fn flood(
    server: &impl Watched,
    time: Duration,
    goods: &[Good],
    most_checkouts: f64,
) -> Result<Flood> {
    let rate = most_checkouts * AT_EASE;
    let calm = buying::paced_checkouts(server, GUESSERS, time, goods, rate).await?;
    let guessing = drive(server, GUESSERS, Amount::For(time), guess);
    let buying = buying::paced_checkouts(server, GUESSERS, time, goods, rate);
    let (guessed, flooded) = futures::future::try_join(guessing, buying).await?;
    Ok(Flood {
        checkouts_per_second: rate,
        calm_p99_ms: calm.p99_ms,
        flooded_p99_ms: flooded.p99_ms,
        logins_per_second: guessed.per_second,
    })
}

/// Each time another address, so that nobody's tries run out: every guess costs the shop a check.
async fn guess(mut worker: Worker) -> Result<Worker> {
    let mut number = 0;
    while worker.goes_on() {
        number += 1;
        let email = format!("guess-{}-{number}@example.org", worker.index);
        let began = Instant::now();
        let answer =
            worker.client.post("/api/auth/login", &json!({"email": email, "password": PASSWORD})).await?;
        if !matches!(answer.status, 401 | 429 | 503) {
            bail!("a guess was answered {}: {}", answer.status, answer.text());
        }
        worker.done(began);
    }
    Ok(worker)
}
