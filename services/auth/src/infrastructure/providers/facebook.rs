//! Facebook: plain OAuth 2.0 with PKCE, and a question to its Graph API for who it is. There is no signed token: what it tells is
//! believed because it was asked for it, over TLS, with what only it and this shop know.

use super::outbound::{Ask, Outbound};
use super::{Registered, challenge, email_of, name_of, read, refused, secret, with_query};
use crate::application::ports::{Provider, ProviderError, Returned};
use crate::domain::{Marks, ProviderId, Subject, Told, Word};
use async_trait::async_trait;
use hanse_kernel::Secret;
use hanse_kernel::personal::ExposeSecret;
use http::{HeaderValue, Method};
use ring::hmac;
use serde::Deserialize;
use url::Url;

/// Where it is asked.
#[derive(Debug, Clone)]
pub struct Addresses {
    pub authorize: Url,
    pub token: Url,
    pub profile: Url,
}

pub struct Facebook {
    pub id: ProviderId,
    pub label: String,
    pub registered: Registered,
    pub addresses: Addresses,
    pub outbound: Outbound,
}

#[derive(Deserialize)]
struct Tokens {
    #[serde(deserialize_with = "secret")]
    access_token: Secret,
}

#[derive(Deserialize)]
struct Profile {
    id: String,
    #[serde(default)]
    name: Option<String>,
    /// Left out where the person did not allow it, or has none.
    #[serde(default)]
    email: Option<String>,
}

/// Of Facebook's ids, which are numbers.
const LONGEST_ID: usize = 64;

#[async_trait]
impl Provider for Facebook {
    fn id(&self) -> &ProviderId {
        &self.id
    }

    fn label(&self) -> &str {
        &self.label
    }

    async fn address(&self, marks: &Marks) -> Result<String, ProviderError> {
        let pairs = [
            ("response_type", "code"),
            ("client_id", &self.registered.client_id),
            ("redirect_uri", &self.registered.redirect_uri),
            ("scope", "email public_profile"),
            ("state", marks.state.expose_secret()),
            ("code_challenge", &challenge(&marks.verifier)),
            ("code_challenge_method", "S256"),
        ];
        Ok(with_query(self.addresses.authorize.clone(), &pairs))
    }

    async fn identify(&self, returned: &Returned, marks: &Marks) -> Result<Told, ProviderError> {
        let token = self.exchange(&returned.code, marks).await?;
        let profile = self.profile(&token).await?;
        if profile.id.is_empty() || profile.id.len() > LONGEST_ID {
            return Err(refused("a profile without an id"));
        }
        Ok(Told {
            subject: Subject::of(&self.id, &profile.id),
            email: profile.email.as_deref().and_then(email_of),
            word: Word::Silent,
            name: profile.name.as_deref().and_then(name_of),
        })
    }
}

impl Facebook {
    async fn exchange(&self, code: &Secret, marks: &Marks) -> Result<Secret, ProviderError> {
        let Registered { client_id, client_secret, redirect_uri } = &self.registered;
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "authorization_code")
            .append_pair("code", code.expose_secret())
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("code_verifier", marks.verifier.expose_secret())
            .append_pair("client_id", client_id)
            .append_pair("client_secret", client_secret.expose_secret())
            .finish();
        let ask = Ask { method: Method::POST, authorization: None, body: Some(form) };
        let answer = self.outbound.send(&self.addresses.token, ask).await?;
        read::<Tokens>("the exchange of the code", answer).map(|tokens| tokens.access_token)
    }

    /// With the proof that we know the app's secret, so that a token that got lost is of no use to others.
    async fn profile(&self, token: &Secret) -> Result<Profile, ProviderError> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.registered.client_secret.expose_secret().as_bytes());
        let proof = hex::encode(hmac::sign(&key, token.expose_secret().as_bytes()));
        let mut at = self.addresses.profile.clone();
        at.query_pairs_mut().append_pair("fields", "id,name,email").append_pair("appsecret_proof", &proof);
        let bearer = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()))
            .map_err(|_| refused("an access token that is none"))?;
        let ask = Ask { authorization: Some(bearer), ..Ask::GET };
        read("the profile", self.outbound.send(&at, ask).await?)
    }
}
