//! Access tokens, hunted: whatever is let in, a verifier that is written out check by check lets in too.

use crate::hostile::Forge;
use crate::jwt_hostile::{AUDIENCE, Check, ISSUER, OneKey, forge, lets_in};
use crate::world::clock;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use ed25519_dalek::Signer;
use futures::FutureExt;
use hanse_fuzz::{Came, Hunt, came};
use hanse_http::{AuthError, Authenticator, JwtVerifier};
use hanse_kernel::Clock;
use std::sync::Arc;

/// An input is a token as it came; or, of two lines, a header and claims that somebody gets signed by the key that is
/// believed: what they say is then all that stands between them and coming in.
fn token(input: &[u8], forge: &Forge) -> String {
    let text = String::from_utf8_lossy(input);
    match text.split_once('\n') {
        None => text.into_owned(),
        Some((header, claims)) => {
            let message = format!("{}.{}", B64.encode(header), B64.encode(claims));
            let signature = forge.key.sign(message.as_bytes());
            format!("{message}.{}", B64.encode(signature.to_bytes()))
        }
    }
}

fn hunt(forge: &Forge) -> Hunt {
    let lines = |header: &serde_json::Value, claims: &serde_json::Value| format!("{header}\n{claims}");
    let decoded = forge.tokens().into_iter().filter_map(|(_, token)| {
        let mut parts = token.split('.').map(|part| String::from_utf8(B64.decode(part).ok()?).ok());
        Some(format!("{}\n{}", parts.next()??, parts.next()??))
    });
    let signed: Vec<String> = decoded.filter(|text| text.matches('\n').count() == 1).collect();
    let whole = forge.tokens().into_iter().map(|(_, token)| token);
    Hunt::new("jwt", env!("CARGO_MANIFEST_DIR"))
        .seeds(signed)
        .seeds(whole)
        .seeds([lines(&forge.header, &forge.claims), forge.good()])
        .words([
            "\"alg\":",
            "\"kid\":\"k1\"",
            "\"aud\":",
            "\"iss\":",
            "\"exp\":",
            "\"kind\":\"staff\"",
            "\"sub\":",
            "null",
        ])
        .words([
            "EdDSA",
            "none",
            "at+jwt",
            "hanse",
            "https://shop.example",
            "customer",
            "\\u0041",
            "[",
            "]",
            "{",
            "}",
            ",",
        ])
}

#[test]
fn jwt_nobody_comes_in_whom_any_check_would_refuse() {
    let clock = clock();
    let forge = forge(clock.now().micros() / 1_000_000);
    let keys = Arc::new(OneKey(forge.key.verifying_key().to_bytes()));
    let verifier = JwtVerifier::new(ISSUER, AUDIENCE, keys, clock);
    hunt(&forge).expect_nothing(|input| {
        let token = token(input, &forge);
        // The key is at hand: nothing is waited for.
        match verifier.authenticate(&token).now_or_never().ok_or("it waits")? {
            Ok(_) if lets_in(&token, &forge, None).is_none() => Err(format!("{token} comes in")),
            Ok(actor) => came(actor),
            Err(AuthError::Invalid(why)) => came(why),
            Err(AuthError::Unavailable(why)) => Err(format!("a token makes the verifier fail: {why}")),
        }
    });
}

#[test]
fn jwt_a_verifier_that_lacks_a_check_is_found_out() {
    let forge = forge(clock().now().micros() / 1_000_000);
    // Some of the seeds have been trouble elsewhere; what comes of them is.
    let hunt = |check: Check| {
        let without = move |input: &[u8]| -> Came {
            let token = token(input, &forge_again());
            let forge = forge_again();
            match (lets_in(&token, &forge, Some(check)), lets_in(&token, &forge, None)) {
                (Some(()), None) => Err(format!("{token} comes in")),
                (a, b) => came((a, b, token.len() / 16)),
            }
        };
        let good = format!("{}\n{}", forge.header, forge.claims);
        Hunt::new("jwt", env!("CARGO_MANIFEST_DIR"))
            .seeds([good, forge.good()])
            .seeds(forge.tokens().into_iter().map(|(_, token)| token))
            .words(["null", "1", "\"x\"", "staff", "none", "another", "JWT"])
            .rounds(20_000)
            .expect_a_finding(without)
    };
    for check in [Check::Audience, Check::Issuer, Check::Algorithm, Check::Signature] {
        hunt(check);
    }
}

fn forge_again() -> Forge {
    forge(clock().now().micros() / 1_000_000)
}
