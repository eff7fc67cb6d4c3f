//! Access tokens: good ones, and every way of forging one that we know.

use crate::world::{clock, user};
use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use ed25519_dalek::{Signer, SigningKey};
use hanse_http::jwt::{Kind, MAX_TOKEN};
use hanse_http::{AuthError, Authenticator, Claims, JwtVerifier, KeySource, Known, Shown};
use hanse_kernel::effects::ManualClock;
use hanse_kernel::{Actor, Clock, Permission, Timestamp};
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

#[derive(Default)]
struct Keys {
    asked: AtomicU32,
    withdrawn: AtomicBool,
}

#[async_trait]
impl KeySource for Keys {
    async fn ed25519(&self, kid: &str) -> Option<[u8; 32]> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        (kid == "k1" && !self.withdrawn.load(Ordering::SeqCst)).then(|| key().verifying_key().to_bytes())
    }
}

struct World {
    keys: Arc<Keys>,
    clock: Arc<ManualClock>,
    verifier: JwtVerifier,
}

fn world() -> World {
    let (keys, clock) = (Arc::new(Keys::default()), clock());
    let verifier = JwtVerifier::new("https://shop.example", "hanse", keys.clone(), clock.clone());
    World { keys, clock, verifier }
}

impl World {
    fn now(&self) -> i64 {
        self.clock.now().micros() / 1_000_000
    }
    fn claims(&self) -> Value {
        json!({"iss": "https://shop.example", "aud": "hanse", "sub": user(1).to_string(), "iat": self.now(),
               "exp": self.now() + 300, "jti": "j1", "kind": "customer"})
    }
    async fn refused(&self, token: &str) {
        let direct = self.verifier.verify(token).await.map(|_| ());
        assert!(matches!(direct, Err(AuthError::Invalid(_))), "{direct:?}");
        assert!(matches!(self.verifier.authenticate(token).await, Err(AuthError::Invalid(_))));
    }
}

fn header() -> Value {
    json!({"alg": "EdDSA", "typ": "at+jwt", "kid": "k1"})
}

fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.{}", B64.encode(header.to_string()), B64.encode(claims.to_string()))
}

fn signed(header: &Value, claims: &Value) -> String {
    let message = unsigned(header, claims);
    let signature = key().sign(message.as_bytes());
    format!("{message}.{}", B64.encode(signature.to_bytes()))
}

fn with(mut json: Value, name: &str, value: Value) -> Value {
    json[name] = value;
    json
}

fn without(mut json: Value, name: &str) -> Value {
    json.as_object_mut().unwrap().remove(name);
    json
}

#[tokio::test]
async fn a_good_token_tells_who_holds_it() {
    let w = world();
    let customer = w.verifier.authenticate(&signed(&header(), &w.claims())).await.unwrap();
    assert_eq!(customer, Known::actor(Actor::Customer { user: user(1) }));

    let perms = json!(["orders:read", "moon:fly"]);
    let staff = with(with(w.claims(), "kind", json!("staff")), "perms", perms);
    let staff = w.verifier.authenticate(&signed(&header(), &staff)).await.unwrap();
    assert!(staff.actor.may(Permission::OrdersRead));
    assert!(!staff.actor.may(Permission::OrdersWrite));

    let perms = with(w.claims(), "perms", json!(["orders:read"]));
    let customer = w.verifier.authenticate(&signed(&header(), &perms)).await.unwrap();
    assert!(!customer.actor.may(Permission::OrdersRead), "only staff hold permissions");
}

#[tokio::test]
async fn a_token_tells_when_and_how_its_holder_was_last_known() {
    let w = world();
    let shown = async |name: &str, value: Value| {
        let claims = with(with(w.claims(), "auth_time", json!(77)), name, value);
        w.verifier.authenticate(&signed(&header(), &claims)).await.unwrap().shown
    };
    assert_eq!(shown("amr", json!(["pwd", "otp"])).await, Shown::At(Timestamp::from_micros(77_000_000)));
    assert_eq!(shown("amr", json!(["key"])).await, Shown::Key);
    assert_eq!(shown("unenrolled", json!(true)).await, Shown::Unenrolled);
    let without = w.verifier.authenticate(&signed(&header(), &w.claims())).await.unwrap();
    assert_eq!(without.shown, Shown::Sometime);
}

#[tokio::test]
async fn what_the_signer_makes_the_verifier_reads() {
    let w = world();
    let claims = Claims {
        iss: "https://shop.example".into(),
        aud: "hanse".into(),
        sub: user(9).to_string(),
        exp: w.now() + 300,
        iat: w.now(),
        nbf: Some(w.now()),
        jti: "j".into(),
        kind: Kind::Staff,
        perms: vec!["catalogue:write".into()],
        sid: Some("s".into()),
        auth_time: Some(w.now() - 60),
        amr: vec!["pwd".into(), "otp".into()],
        unenrolled: false,
    };
    use ed25519_dalek::pkcs8::EncodePrivateKey;
    let der = key().to_pkcs8_der().unwrap();
    let signing = jsonwebtoken::EncodingKey::from_ed_der(der.as_bytes());
    let token = jsonwebtoken::encode(&Claims::header("k1"), &claims, &signing).unwrap();
    assert_eq!(w.verifier.verify(&token).await.unwrap(), claims);
}

#[tokio::test]
async fn forged_headers_are_refused() {
    let w = world();
    let claims = w.claims();
    w.refused(&format!("{}.", unsigned(&with(header(), "alg", json!("none")), &claims))).await;
    w.refused(&signed(&with(header(), "alg", json!("none")), &claims)).await;

    // The public key as the secret of a symmetric algorithm.
    let message = unsigned(&with(header(), "alg", json!("HS256")), &claims);
    let mut mac = Hmac::<Sha256>::new_from_slice(&key().verifying_key().to_bytes()).unwrap();
    mac.update(message.as_bytes());
    w.refused(&format!("{message}.{}", B64.encode(mac.finalize().into_bytes()))).await;

    for (name, value) in [
        ("alg", json!("ES256")),
        ("alg", json!("EDDSA")),
        ("typ", json!("JWT")),
        ("typ", json!("rt+jwt")),
        ("kid", json!("k2")),
        ("kid", json!("")),
        ("kid", json!("k".repeat(65))),
        ("kid", json!(1)),
        ("crit", json!(["b64"])),
    ] {
        w.refused(&signed(&with(header(), name, value), &claims)).await;
    }
    for missing in ["alg", "typ", "kid"] {
        w.refused(&signed(&without(header(), missing), &claims)).await;
    }
    // Keys that the token itself brings are not looked at.
    let evil = SigningKey::from_bytes(&[8; 32]);
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": B64.encode(evil.verifying_key().to_bytes())});
    let message = unsigned(&with(header(), "jwk", jwk), &claims);
    w.refused(&format!("{message}.{}", B64.encode(evil.sign(message.as_bytes()).to_bytes()))).await;
}

#[tokio::test]
async fn wrong_claims_are_refused() {
    let w = world();
    let now = w.now();
    for (name, value) in [
        ("iss", json!("https://evil.example")),
        ("aud", json!("other")),
        ("aud", json!(["hanse", "other"])),
        ("exp", json!(now - 5)),
        ("exp", json!(now - 86_400)),
        ("exp", json!("soon")),
        ("iat", json!(now + 60)),
        ("nbf", json!(now + 60)),
        ("iat", json!(i64::MAX)),
        ("kind", json!("root")),
    ] {
        w.refused(&signed(&header(), &with(w.claims(), name, value))).await;
    }
    for missing in ["iss", "aud", "sub", "exp", "iat", "jti", "kind"] {
        w.refused(&signed(&header(), &without(w.claims(), missing))).await;
    }
    let nobody = signed(&header(), &with(w.claims(), "sub", json!("ord_1")));
    assert!(matches!(w.verifier.authenticate(&nobody).await, Err(AuthError::Invalid(_))));
    // Clocks may differ by a moment.
    for (name, value) in [("exp", now - 4), ("iat", now + 5), ("nbf", now + 5)] {
        assert!(
            w.verifier.verify(&signed(&header(), &with(w.claims(), name, json!(value)))).await.is_ok(),
            "{name}"
        );
    }
}

#[tokio::test]
async fn what_is_no_token_is_refused() {
    let w = world();
    let good = signed(&header(), &w.claims());
    for junk in [
        "",
        ".",
        "..",
        "a.b",
        "a.b.c",
        "....",
        "é.é.é",
        &good.replace('.', ""),
        &format!("{good}.x"),
        &good[1..],
    ] {
        w.refused(junk).await;
    }
    let (message, signature) = good.rsplit_once('.').unwrap();
    w.refused(&format!("{message}.")).await;
    w.refused(&format!("{message}.{}", &signature[..40])).await;
    let flipped = if signature.starts_with('A') { "B" } else { "A" };
    w.refused(&format!("{message}.{flipped}{}", &signature[1..])).await;
    let swapped = unsigned(&header(), &with(w.claims(), "kind", json!("staff")));
    w.refused(&format!("{swapped}.{signature}")).await;

    let asked = w.keys.asked.load(Ordering::SeqCst);
    let large = signed(&header(), &with(w.claims(), "sid", json!("x".repeat(MAX_TOKEN))));
    w.refused(&large).await;
    assert_eq!(w.keys.asked.load(Ordering::SeqCst), asked, "not even looked into");
}

#[tokio::test]
async fn a_token_seen_before_still_ends_with_its_time_and_its_key() {
    let w = world();
    let token = signed(&header(), &w.claims());
    for _ in 0..3 {
        assert!(w.verifier.authenticate(&token).await.is_ok());
    }
    w.keys.withdrawn.store(true, Ordering::SeqCst);
    w.refused(&token).await;
    w.keys.withdrawn.store(false, Ordering::SeqCst);
    assert!(w.verifier.authenticate(&token).await.is_ok());
    w.clock.advance(Duration::from_secs(304));
    assert!(w.verifier.authenticate(&token).await.is_ok());
    w.clock.advance(Duration::from_secs(1));
    w.refused(&token).await;
}
