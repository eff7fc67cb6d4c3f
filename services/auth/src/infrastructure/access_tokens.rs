//! Access tokens: JWTs signed with Ed25519 (RFC 9068, RFC 8037), by keys held in memory.

use crate::application::AuthError;
use crate::application::ports::{AccessToken, AccessTokens, Holder, PublicKey};
use crate::domain::{Account, KeySchedule, SigningKey, StaffFactor, Standing};
use async_trait::async_trait;
use ed25519_dalek::pkcs8::EncodePrivateKey;
use hanse_http::jwt::{Claims, Kind};
use hanse_http::{JwtVerifier, KeySource};
use hanse_kernel::personal::ExposeSecret;
use hanse_kernel::{Effects, Permission, Secret, SessionId, Timestamp};
use jsonwebtoken::EncodingKey;
use std::collections::BTreeSet;
use std::fmt::Display;
use std::sync::{Arc, RwLock};
use std::time::Duration;

pub struct SignedTokens {
    ring: Arc<KeyRing>,
    verifier: JwtVerifier,
    effects: Effects,
    issuer: String,
    audience: String,
    lifetime: Duration,
    staff_factor: StaffFactor,
}

/// What a token is issued for.
enum Holding<'a> {
    Session(&'a Holder),
    Key,
}

impl SignedTokens {
    pub fn new(
        issuer: &str,
        audience: &str,
        lifetime: Duration,
        schedule: KeySchedule,
        staff_factor: StaffFactor,
        effects: Effects,
    ) -> Self {
        let ring = Arc::new(KeyRing { schedule, effects: effects.clone(), held: RwLock::default() });
        let verifier = JwtVerifier::new(issuer, audience, ring.clone(), effects.clock.clone());
        Self {
            ring,
            verifier,
            effects,
            issuer: issuer.into(),
            audience: audience.into(),
            lifetime,
            staff_factor,
        }
    }

    /// Judged by what was shown in this session: one from before the factor was enrolled is no better than one without.
    fn is_unenrolled(&self, Holder { account, session, owes_factor }: &Holder) -> bool {
        let required = self.staff_factor == StaffFactor::Required;
        *owes_factor || (required && account.standing.is_staff() && !session.has_factor())
    }

    fn claims(
        &self,
        account: &Account,
        permissions: &BTreeSet<Permission>,
        holding: &Holding<'_>,
        now: Timestamp,
    ) -> Claims {
        let kind = match account.standing {
            Standing::Customer => Kind::Customer,
            Standing::Staff(_) => Kind::Staff,
        };
        let seconds = |time: Timestamp| time.micros() / 1_000_000;
        let holder = match holding {
            Holding::Session(holder) => Some(holder),
            Holding::Key => None,
        };
        let session = holder.map(|holder| &holder.session);
        Claims {
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            sub: account.id.to_string(),
            exp: seconds(now.plus(self.lifetime)),
            iat: seconds(now),
            nbf: None,
            jti: self.effects.ids.uuid().simple().to_string(),
            kind,
            perms: permissions.iter().map(|p| p.as_str().to_string()).collect(),
            sid: session.map(|session| session.id.to_string()),
            auth_time: session.map(|session| seconds(session.proven_at)),
            amr: match holding {
                Holding::Session(holder) => {
                    holder.session.proven_by.iter().map(|m| m.amr().to_string()).collect()
                }
                Holding::Key => vec![Claims::KEY.into()],
            },
            unenrolled: holder.is_some_and(|holder| self.is_unenrolled(holder)),
        }
    }
}

#[async_trait]
impl AccessTokens for SignedTokens {
    fn issue(&self, holder: &Holder, now: Timestamp) -> Result<AccessToken, AuthError> {
        let permissions = holder.account.standing.permissions();
        let claims = self.claims(&holder.account, &permissions, &Holding::Session(holder), now);
        let jwt = self.ring.sign(&claims, now)?;
        Ok(AccessToken { secret: jwt.into(), expires_in: self.lifetime })
    }

    fn issue_for_key(
        &self,
        account: &Account,
        permissions: &BTreeSet<Permission>,
        now: Timestamp,
    ) -> Result<AccessToken, AuthError> {
        let jwt = self.ring.sign(&self.claims(account, permissions, &Holding::Key, now), now)?;
        Ok(AccessToken { secret: jwt.into(), expires_in: self.lifetime })
    }

    async fn session_of(&self, token: &Secret) -> Option<SessionId> {
        self.verifier.verify(token.expose_secret()).await.ok()?.sid?.parse().ok()
    }

    fn hold(&self, keys: Vec<SigningKey>) -> Result<(), AuthError> {
        let encoded = |key: &SigningKey| -> Result<EncodingKey, AuthError> {
            let pair = ed25519_dalek::SigningKey::from_bytes(&key.pair.seed);
            Ok(EncodingKey::from_ed_der(pair.to_pkcs8_der().map_err(crypto)?.as_bytes()))
        };
        let signers = keys.iter().map(encoded).collect::<Result<_, _>>()?;
        *self.ring.held.write().unwrap_or_else(|e| e.into_inner()) = Arc::new(Held { keys, signers });
        Ok(())
    }

    fn published(&self, now: Timestamp) -> Vec<PublicKey> {
        self.ring.published(now)
    }
}

fn crypto(error: impl Display) -> AuthError {
    AuthError::Crypto(format!("access token: {error}"))
}

/// By generation, each key beside the form in which it signs.
#[derive(Default)]
struct Held {
    keys: Vec<SigningKey>,
    signers: Vec<EncodingKey>,
}

/// The keys of this process. Which of them signs is a matter of the time at which it is asked, not of when they were
/// loaded: all processes change over at the same moment.
struct KeyRing {
    schedule: KeySchedule,
    effects: Effects,
    held: RwLock<Arc<Held>>,
}

impl KeyRing {
    fn held(&self) -> Arc<Held> {
        self.held.read().unwrap_or_else(|e| e.into_inner()).clone()
    }

    fn sign(&self, claims: &Claims, now: Timestamp) -> Result<String, AuthError> {
        let held = self.held();
        let signer =
            self.schedule.plan(&held.keys, now).signer.ok_or_else(|| crypto("no key to sign with"))?;
        let header = Claims::header(&held.keys[signer].pair.kid);
        jsonwebtoken::encode(&header, claims, &held.signers[signer]).map_err(crypto)
    }

    fn published(&self, now: Timestamp) -> Vec<PublicKey> {
        let held = self.held();
        let published = self.schedule.plan(&held.keys, now).published.into_iter();
        let pairs = published.map(|i| &held.keys[i].pair);
        pairs.map(|pair| PublicKey { kid: pair.kid.clone(), key: pair.public }).collect()
    }
}

#[async_trait]
impl KeySource for KeyRing {
    async fn ed25519(&self, kid: &str) -> Option<[u8; 32]> {
        let published = self.published(self.effects.now());
        published.into_iter().find(|key| key.kid == kid).map(|key| key.key)
    }
}
