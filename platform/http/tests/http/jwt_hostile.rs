//! Every hostile token is refused; and each check of a verifier has one that would come in without it, so that the list is
//! known to look at all of them.

use crate::hostile::Forge;
use crate::world::{clock, user};
use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use ed25519_dalek::{Signature, SigningKey};
use hanse_http::{AuthError, Authenticator, Claims, JwtVerifier, KeySource};
use hanse_kernel::Clock;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

pub const ISSUER: &str = "https://shop.example";
pub const AUDIENCE: &str = "hanse";

pub struct OneKey(pub [u8; 32]);

#[async_trait]
impl KeySource for OneKey {
    async fn ed25519(&self, kid: &str) -> Option<[u8; 32]> {
        (kid == "k1").then_some(self.0)
    }
}

pub fn forge(now: i64) -> Forge {
    let claims = json!({"iss": ISSUER, "aud": AUDIENCE, "sub": user(1).to_string(), "iat": now, "exp": now + 300,
                        "jti": "j1", "kind": "customer"});
    let header = json!({"alg": "EdDSA", "typ": "at+jwt", "kid": "k1"});
    Forge { header, claims, key: SigningKey::from_bytes(&[7; 32]), now }
}

#[tokio::test]
async fn all_of_them_are_refused_and_the_good_one_is_not() {
    let clock = clock();
    let forge = forge(clock.now().micros() / 1_000_000);
    let keys = Arc::new(OneKey(forge.key.verifying_key().to_bytes()));
    let verifier = JwtVerifier::new(ISSUER, AUDIENCE, keys, clock);
    // Once before and once after the good one, which is remembered.
    for _ in 0..2 {
        let mut came_in = vec![];
        for (name, token) in forge.tokens() {
            match verifier.authenticate(&token).await {
                Err(AuthError::Invalid(_)) => {}
                other => came_in.push((name, other)),
            }
        }
        assert!(came_in.is_empty(), "{came_in:?}");
        assert!(verifier.authenticate(&forge.good()).await.is_ok());
    }
    let names: BTreeSet<_> = forge.tokens().into_iter().map(|(name, _)| name).collect();
    assert!(names.len() >= 60 && names.len() == forge.tokens().len(), "{}", names.len());
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    Length,
    Parts,
    Algorithm,
    Type,
    Critical,
    Key,
    Signature,
    Doubles,
    Issuer,
    Audience,
    Expiry,
    Issued,
    NotBefore,
    Subject,
}

const CHECKS: [Check; 14] = [
    Check::Length,
    Check::Parts,
    Check::Algorithm,
    Check::Type,
    Check::Critical,
    Check::Key,
    Check::Signature,
    Check::Doubles,
    Check::Issuer,
    Check::Audience,
    Check::Expiry,
    Check::Issued,
    Check::NotBefore,
    Check::Subject,
];

/// A verifier that is written out check by check, so that one can be taken out of it.
pub fn lets_in(token: &str, forge: &Forge, without: Option<Check>) -> Option<()> {
    let holds = |check, fine: bool| (fine || without == Some(check)).then_some(());
    holds(Check::Length, token.len() <= 4096)?;
    let parts: Vec<&str> = token.split('.').collect();
    holds(Check::Parts, parts.len() == 3)?;
    let [head, body, proof] = parts.get(..3)?.try_into().ok()?;
    let read = |part: &str| B64.decode(part).ok();
    let header: Value = serde_json::from_slice(&read(head)?).ok()?;
    holds(Check::Algorithm, header["alg"] == "EdDSA")?;
    holds(Check::Type, header["typ"] == "at+jwt")?;
    holds(Check::Critical, header.get("crit").is_none())?;
    holds(Check::Key, header["kid"] == "k1")?;
    let signed = Signature::from_slice(&read(proof)?).ok().is_some_and(|signature| {
        forge.key.verifying_key().verify_strict(format!("{head}.{body}").as_bytes(), &signature).is_ok()
    });
    holds(Check::Signature, signed)?;
    let body = read(body)?;
    let strict = serde_json::from_slice::<Claims>(&body).ok();
    let last_wins = || serde_json::from_value(serde_json::from_slice::<Value>(&body).ok()?).ok();
    let claims: Claims = if without == Some(Check::Doubles) { last_wins()? } else { strict? };
    holds(Check::Issuer, claims.iss == ISSUER)?;
    holds(Check::Audience, claims.aud == AUDIENCE)?;
    holds(Check::Expiry, claims.exp > forge.now)?;
    holds(Check::Issued, claims.iat <= forge.now)?;
    holds(Check::NotBefore, claims.nbf.is_none_or(|nbf| nbf <= forge.now))?;
    holds(Check::Subject, claims.actor().is_some())
}

#[test]
fn a_verifier_that_lacks_any_one_check_lets_one_of_them_in() {
    let forge = forge(clock().now().micros() / 1_000_000);
    let tokens = forge.tokens();
    let came_in = |without| {
        let in_ = tokens.iter().filter(|(_, token)| lets_in(token, &forge, without).is_some());
        in_.map(|(name, _)| *name).collect::<Vec<_>>()
    };
    assert!(lets_in(&forge.good(), &forge, None).is_some());
    // A header with a name twice is one that this plain verifier does not read strictly; the real one does.
    assert_eq!(came_in(None), ["alg twice"]);
    for check in CHECKS {
        assert!(came_in(Some(check)).len() > 1, "no token is there for {check:?}");
    }
}
