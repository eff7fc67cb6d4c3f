//! Access tokens: what they say ([`Claims`]) and how they are verified. EdDSA alone, typed `at+jwt` (RFC 9068);
//! signing is the identity service's.

mod cache;

use crate::auth::{AuthError, Authenticator, Known, Shown};
use async_trait::async_trait;
use cache::{Cache, Verified};
use hanse_kernel::{Actor, Clock, Permission, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

/// The header's `typ`: an access token and nothing else that the same key may sign.
pub const TYPE: &str = "at+jwt";
/// Nothing longer is even parsed.
pub const MAX_TOKEN: usize = 4096;
/// How far clocks may differ, in seconds.
const LEEWAY: i64 = 5;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Customer,
    Staff,
}

/// What an access token says. Times are seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    pub iss: String,
    pub aud: String,
    /// The user's id as on the wire, `user_…`.
    pub sub: String,
    pub exp: i64,
    pub iat: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    pub jti: String,
    pub kind: Kind,
    /// What staff may do; a name that this version does not know grants nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub perms: Vec<String>,
    /// The session that it was issued to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// When its holder last showed who they are (OpenID Connect Core section 2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// How they did, such as `pwd` and `otp` (RFC 8176); [`Claims::KEY`]: a program did, by a key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// Staff who have to enrol a second factor first.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unenrolled: bool,
}

impl Claims {
    pub const KEY: &str = "key";

    /// The header to sign them under.
    pub fn header(kid: &str) -> Header {
        Header { typ: Some(TYPE.into()), kid: Some(kid.into()), ..Header::new(Algorithm::EdDSA) }
    }

    /// Who holds a token with these claims; `None` when the subject is no user's id.
    pub fn actor(&self) -> Option<Actor> {
        let user = self.sub.parse().ok()?;
        Some(match self.kind {
            Kind::Customer => Actor::Customer { user },
            Kind::Staff => {
                let known: BTreeSet<Permission> =
                    self.perms.iter().filter_map(|p| Permission::parse(p)).collect();
                Actor::Staff { user, permissions: Arc::new(known) }
            }
        })
    }
}

impl Claims {
    /// How its holder has shown who they are.
    pub fn shown(&self) -> Shown {
        match self.auth_time {
            _ if self.unenrolled => Shown::Unenrolled,
            _ if self.amr.iter().any(|way| way == Self::KEY) => Shown::Key,
            Some(seconds) => Shown::At(Timestamp::from_micros(seconds.saturating_mul(1_000_000))),
            None => Shown::Sometime,
        }
    }

    /// Who holds a token with these claims, and how they have shown it.
    pub fn known(&self) -> Option<Known> {
        Some(Known { actor: self.actor()?, shown: self.shown() })
    }
}

/// The public keys that access tokens are signed with, by key id. Asked for every token, so it answers from memory.
#[async_trait]
pub trait KeySource: Send + Sync {
    async fn ed25519(&self, kid: &str) -> Option<[u8; 32]>;
}

pub struct JwtVerifier {
    issuer: String,
    audience: String,
    keys: Arc<dyn KeySource>,
    clock: Arc<dyn Clock>,
    cache: Cache,
}

impl JwtVerifier {
    pub fn new(
        issuer: impl Into<String>,
        audience: impl Into<String>,
        keys: Arc<dyn KeySource>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { issuer: issuer.into(), audience: audience.into(), keys, clock, cache: Cache::new(4096) }
    }

    /// The claims of a token that is good now.
    pub async fn verify(&self, token: &str) -> Result<Claims, AuthError> {
        self.full(token).await.map(|(claims, _)| claims)
    }

    async fn full(&self, token: &str) -> Result<(Claims, (String, [u8; 32])), AuthError> {
        if token.len() > MAX_TOKEN {
            return Err(AuthError::Invalid("too long"));
        }
        let header =
            jsonwebtoken::decode_header(token).map_err(|_| AuthError::Invalid("unreadable header"))?;
        if header.alg != Algorithm::EdDSA {
            return Err(AuthError::Invalid("another algorithm than EdDSA"));
        }
        if !header
            .typ
            .is_some_and(|t| t.eq_ignore_ascii_case(TYPE) || t.eq_ignore_ascii_case("application/at+jwt"))
        {
            return Err(AuthError::Invalid("not typed as an access token"));
        }
        if header.crit.is_some() {
            return Err(AuthError::Invalid("critical extensions that we do not know"));
        }
        let kid =
            header.kid.filter(|k| (1..=64).contains(&k.len())).ok_or(AuthError::Invalid("no key id"))?;
        let key = self.keys.ed25519(&kid).await.ok_or(AuthError::Invalid("unknown key"))?;
        let claims =
            jsonwebtoken::decode::<Claims>(token, &DecodingKey::from_ed_der(&key), &self.signature_alone())
                .map_err(|_| AuthError::Invalid("bad signature or claims"))?
                .claims;
        self.judge(&claims)?;
        Ok((claims, (kid, key)))
    }

    /// The library would ask the system's clock; issuer, audience and times are judged by [`Self::judge`].
    fn signature_alone(&self) -> Validation {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        validation.required_spec_claims = HashSet::new();
        validation
    }

    fn judge(&self, claims: &Claims) -> Result<(), AuthError> {
        let now = self.now();
        if claims.iss != self.issuer {
            Err(AuthError::Invalid("another issuer"))
        } else if claims.aud != self.audience {
            Err(AuthError::Invalid("another audience"))
        } else if has_expired(claims.exp, now) {
            Err(AuthError::Invalid("expired"))
        } else if claims.iat.max(claims.nbf.unwrap_or(i64::MIN)) > now.saturating_add(LEEWAY) {
            Err(AuthError::Invalid("not valid yet"))
        } else {
            Ok(())
        }
    }

    fn now(&self) -> i64 {
        self.clock.now().micros() / 1_000_000
    }
}

fn has_expired(exp: i64, now: i64) -> bool {
    exp.saturating_add(LEEWAY) <= now
}

#[async_trait]
impl Authenticator for JwtVerifier {
    async fn authenticate(&self, token: &str) -> Result<Known, AuthError> {
        if token.len() > MAX_TOKEN {
            return Err(AuthError::Invalid("too long"));
        }
        let digest: [u8; 32] = Sha256::digest(token).into();
        if let Some(known) = self.cache.get(&digest) {
            // A key that was withdrawn withdraws its tokens at once, cached or not.
            if !has_expired(known.exp, self.now()) && self.keys.ed25519(&known.kid).await == Some(known.key) {
                return Ok(known.holder);
            }
        }
        let (claims, (kid, key)) = self.full(token).await?;
        let holder = claims.known().ok_or(AuthError::Invalid("the subject is no user"))?;
        self.cache.put(digest, Verified { holder: holder.clone(), exp: claims.exp, kid: kid.into(), key });
        Ok(holder)
    }
}
