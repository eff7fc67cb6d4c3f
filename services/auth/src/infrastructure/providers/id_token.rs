//! ID tokens: what an OpenID provider signs about somebody who has logged in (OpenID Connect Core section 3.1.3.7).

use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use std::collections::HashSet;

/// So far the provider's clock and ours may differ, in seconds.
const LEEWAY: i64 = 60;
/// Whoever logs in comes back at once: a token is made then, and not kept for later.
const OLDEST: i64 = 10 * 60;
const LONGEST: usize = 16 * 1024;
const LONGEST_SUBJECT: usize = 255;

/// Only those whose signature nobody can make who can verify it: with a shared secret, a client could sign for the provider.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

#[derive(Debug, Deserialize)]
pub struct IdClaims {
    iss: String,
    pub sub: String,
    aud: Audience,
    #[serde(default)]
    azp: Option<String>,
    exp: i64,
    iat: i64,
    #[serde(default)]
    pub nonce: Option<String>,
    #[serde(flatten)]
    pub about: About,
}

/// What is told of a person, in the token or by the user info endpoint.
#[derive(Debug, Default, Deserialize)]
pub struct About {
    #[serde(default)]
    pub email: Option<String>,
    #[serde(default)]
    pub email_verified: Option<Truth>,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub given_name: Option<String>,
    #[serde(default)]
    pub family_name: Option<String>,
}

/// Some providers write it as a text.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Truth {
    Bool(bool),
    Text(String),
}

impl Truth {
    pub fn is_true(&self) -> bool {
        match self {
            Self::Bool(truth) => *truth,
            Self::Text(text) => text == "true",
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Audience {
    fn is_only(&self, client: &str) -> bool {
        match self {
            Self::One(one) => one == client,
            Self::Many(many) => many.len() == 1 && many[0] == client,
        }
    }
    fn contains(&self, client: &str) -> bool {
        match self {
            Self::One(one) => one == client,
            Self::Many(many) => many.iter().any(|one| one == client),
        }
    }
}

/// What a token has to say.
pub struct Expected<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    /// Seconds since 1970.
    pub now: i64,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Bad {
    /// Signed with a key that is not in the set: the provider may have a new one.
    UnknownKey,
    Token(&'static str),
}

/// Whether it is good for us and now. The nonce is the caller's to compare.
pub fn verify(token: &str, keys: &JwkSet, expected: &Expected<'_>) -> Result<IdClaims, Bad> {
    if token.len() > LONGEST {
        return Err(Bad::Token("too long"));
    }
    let header =
        decode_header(token).map_err(|_| Bad::Token("unreadable header, or no algorithm that is known"))?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(Bad::Token("an algorithm that proves nothing"));
    }
    if header.crit.is_some() {
        return Err(Bad::Token("critical extensions that we do not know"));
    }
    let key = key(keys, header.kid.as_deref(), header.alg).ok_or(Bad::UnknownKey)?;
    let key = DecodingKey::from_jwk(key).map_err(|_| Bad::Token("a key that cannot be used"))?;
    let decoded = decode::<IdClaims>(token, &key, &signature_alone(header.alg));
    let claims = decoded.map_err(|_| Bad::Token("bad signature or claims"))?.claims;
    judge(&claims, expected).map_err(Bad::Token)?;
    Ok(claims)
}

/// Without a key id there has to be just one key that fits.
fn key<'a>(keys: &'a JwkSet, kid: Option<&str>, alg: Algorithm) -> Option<&'a Jwk> {
    let fits = |key: &&Jwk| {
        let signs = key.common.public_key_use.as_ref().is_none_or(|of| *of == PublicKeyUse::Signature);
        let same = key.common.key_algorithm.is_none_or(|own| own.to_string() == format!("{alg:?}"));
        signs && same && kid.is_none_or(|kid| key.common.key_id.as_deref() == Some(kid))
    };
    let mut found = keys.keys.iter().filter(fits);
    let first = found.next()?;
    (kid.is_some() || found.next().is_none()).then_some(first)
}

/// The library would ask the system's clock; the rest is judged by [`judge`].
fn signature_alone(alg: Algorithm) -> Validation {
    let mut validation = Validation::new(alg);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation.required_spec_claims = HashSet::new();
    validation
}

fn judge(claims: &IdClaims, expected: &Expected<'_>) -> Result<(), &'static str> {
    let Expected { issuer, client_id, now } = *expected;
    if claims.iss != issuer {
        Err("another issuer")
    } else if !claims.aud.contains(client_id) {
        Err("another audience")
    } else if !claims.aud.is_only(client_id) && claims.azp.is_none() {
        Err("several audiences, and not who asked")
    } else if claims.azp.as_deref().is_some_and(|azp| azp != client_id) {
        Err("asked for by another client")
    } else if claims.exp.saturating_add(LEEWAY) <= now {
        Err("expired")
    } else if claims.iat > now.saturating_add(LEEWAY) {
        Err("from the future")
    } else if claims.iat.saturating_add(OLDEST) <= now {
        Err("of long ago")
    } else if claims.sub.is_empty() || claims.sub.len() > LONGEST_SUBJECT {
        Err("no subject")
    } else {
        Ok(())
    }
}
