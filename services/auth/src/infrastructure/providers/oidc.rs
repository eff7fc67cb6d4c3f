//! A provider that speaks OpenID Connect: found by its issuer's document, asked by code with PKCE, believed by its signature.

use super::id_token::{About, Bad, Expected, IdClaims, Truth, verify};
use super::outbound::{Ask, Outbound};
use super::{Registered, address_of, challenge, email_of, name_of, read, refused, secret, with_query};
use crate::application::ports::{Provider, ProviderError, Returned};
use crate::domain::{Marks, ProviderId, Subject, Told, Word};
use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hanse_kernel::personal::ExposeSecret;
use hanse_kernel::{Effects, Secret, Timestamp};
use http::{HeaderValue, Method};
use jsonwebtoken::jwk::JwkSet;
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// The issuer's document and its keys are asked for anew after so long.
const KEPT: Duration = Duration::from_secs(60 * 60);
/// A key that is not known makes them be asked for anew, but not more often than this.
const AGAIN: Duration = Duration::from_secs(10);

/// Of OpenID Connect Discovery 1.0 section 3, what is used here.
#[derive(Debug, Clone, Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    userinfo_endpoint: Option<String>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    /// RFC 9207 section 3.
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

#[derive(Deserialize)]
struct Tokens {
    #[serde(deserialize_with = "secret")]
    access_token: Secret,
    #[serde(deserialize_with = "secret")]
    id_token: Secret,
}

/// Of the user info endpoint.
#[derive(Deserialize)]
struct Info {
    sub: String,
    #[serde(flatten)]
    about: About,
}

/// Something of the provider's, and since when it is known.
struct Known<T> {
    value: Arc<T>,
    since: Timestamp,
}

pub struct Oidc {
    pub id: ProviderId,
    pub label: String,
    pub issuer: String,
    pub registered: Registered,
    pub outbound: Outbound,
    pub effects: Effects,
    document: Mutex<Option<Known<Document>>>,
    keys: Mutex<Option<Known<JwkSet>>>,
}

impl Oidc {
    pub fn new(
        id: ProviderId,
        label: String,
        issuer: String,
        registered: Registered,
        outbound: Outbound,
        effects: Effects,
    ) -> Self {
        let (document, keys) = (Mutex::default(), Mutex::default());
        Self { id, label, issuer, registered, outbound, effects, document, keys }
    }

    /// Whoever comes while it is being fetched waits for the same answer.
    async fn document(&self) -> Result<Arc<Document>, ProviderError> {
        let mut held = self.document.lock().await;
        let now = self.effects.now();
        if let Some(known) = held.as_ref().filter(|known| now < known.since.plus(KEPT)) {
            return Ok(known.value.clone());
        }
        let at = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let answer = self.outbound.send(&address_of(&at)?, Ask::GET).await?;
        let document: Document = read("its document", answer)?;
        if document.issuer != self.issuer {
            return Err(refused(format!(
                "its document is of another issuer than auth.providers.{}.issuer, which must be the same to the letter",
                self.id
            )));
        }
        let value = Arc::new(document);
        *held = Some(Known { value: value.clone(), since: now });
        Ok(value)
    }

    async fn keys(&self, document: &Document, kept: Duration) -> Result<Arc<JwkSet>, ProviderError> {
        let mut held = self.keys.lock().await;
        let now = self.effects.now();
        if let Some(known) = held.as_ref().filter(|known| now < known.since.plus(kept)) {
            return Ok(known.value.clone());
        }
        let answer = self.outbound.send(&address_of(&document.jwks_uri)?, Ask::GET).await?;
        let set: serde_json::Value = read("its keys", answer)?;
        // A key of a kind that nobody here knows is no reason to do without the others.
        let keys = set["keys"].as_array().into_iter().flatten();
        let keys = keys.filter_map(|key| serde_json::from_value(key.clone()).ok()).collect();
        let value = Arc::new(JwkSet { keys });
        *held = Some(Known { value: value.clone(), since: now });
        Ok(value)
    }

    /// With keys that are known, and if the right one is not among them with those of now.
    async fn verified(&self, document: &Document, token: &Secret) -> Result<IdClaims, ProviderError> {
        let expected = Expected {
            issuer: &self.issuer,
            client_id: &self.registered.client_id,
            now: self.effects.now().micros() / 1_000_000,
        };
        let mut found = Err(Bad::UnknownKey);
        for kept in [KEPT, AGAIN] {
            let keys = self.keys(document, kept).await?;
            found = verify(token.expose_secret(), &keys, &expected);
            if !matches!(found, Err(Bad::UnknownKey)) {
                break;
            }
        }
        found.map_err(|bad| match bad {
            Bad::UnknownKey => refused("its ID token is signed with a key that it does not publish"),
            Bad::Token(why) => refused(format!("its ID token: {why}")),
        })
    }

    async fn exchange(
        &self,
        document: &Document,
        code: &Secret,
        marks: &Marks,
    ) -> Result<Tokens, ProviderError> {
        let ask = self.exchange_of(document, code, marks)?;
        let answer = self.outbound.send(&address_of(&document.token_endpoint)?, ask).await?;
        read("the exchange of the code", answer)
    }

    fn exchange_of(&self, document: &Document, code: &Secret, marks: &Marks) -> Result<Ask, ProviderError> {
        let Registered { client_id, client_secret, redirect_uri } = &self.registered;
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", code.expose_secret())
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("code_verifier", marks.verifier.expose_secret());
        let methods = document.token_endpoint_auth_methods_supported.as_deref();
        // `client_secret_basic` is what a provider takes that does not say (OpenID Connect Discovery section 3).
        let basic = methods.is_none_or(|all| all.iter().any(|method| method == "client_secret_basic"));
        let authorization = match basic {
            true => Some(basic_of(client_id, client_secret)?),
            false => {
                form.append_pair("client_id", client_id)
                    .append_pair("client_secret", client_secret.expose_secret());
                None
            }
        };
        Ok(Ask { method: Method::POST, authorization, body: Some(form.finish()) })
    }

    /// Many tell a person's address only there (OpenID Connect Core section 5.4).
    async fn info(&self, document: &Document, tokens: &Tokens, sub: &str) -> Result<About, ProviderError> {
        let Some(at) = &document.userinfo_endpoint else { return Ok(About::default()) };
        let bearer = format!("Bearer {}", tokens.access_token.expose_secret());
        let bearer = HeaderValue::try_from(bearer).map_err(|_| refused("an access token that is none"))?;
        let ask = Ask { authorization: Some(bearer), ..Ask::GET };
        let info: Info =
            read("what it tells of the person", self.outbound.send(&address_of(at)?, ask).await?)?;
        // Section 5.3.2: or one person's address would be taken for another's.
        if info.sub != sub {
            return Err(refused("what it tells is of another person than the ID token"));
        }
        Ok(info.about)
    }

    /// Who sends the browser back (RFC 9207): another provider's code is not for this one's token endpoint.
    fn check_sender(&self, document: &Document, issuer: Option<&str>) -> Result<(), ProviderError> {
        match issuer {
            Some(issuer) if issuer == self.issuer => Ok(()),
            Some(_) => Err(refused("the browser comes back from another issuer")),
            None if document.authorization_response_iss_parameter_supported => {
                Err(refused("the browser does not say from which issuer it comes back, as it should"))
            }
            None => Ok(()),
        }
    }
}

#[async_trait]
impl Provider for Oidc {
    fn id(&self) -> &ProviderId {
        &self.id
    }

    fn label(&self) -> &str {
        &self.label
    }

    async fn address(&self, marks: &Marks) -> Result<String, ProviderError> {
        let document = self.document().await?;
        let pairs = [
            ("response_type", "code"),
            ("client_id", &self.registered.client_id),
            ("redirect_uri", &self.registered.redirect_uri),
            ("scope", "openid email profile"),
            ("state", marks.state.expose_secret()),
            ("nonce", marks.nonce.expose_secret()),
            ("code_challenge", &challenge(&marks.verifier)),
            ("code_challenge_method", "S256"),
        ];
        Ok(with_query(address_of(&document.authorization_endpoint)?, &pairs))
    }

    async fn identify(&self, returned: &Returned, marks: &Marks) -> Result<Told, ProviderError> {
        let document = self.document().await?;
        self.check_sender(&document, returned.issuer.as_deref())?;
        let tokens = self.exchange(&document, &returned.code, marks).await?;
        let claims = self.verified(&document, &tokens.id_token).await?;
        if !claims.nonce.as_deref().is_some_and(|nonce| marks.is_nonce(nonce)) {
            return Err(refused("its ID token was made for another login"));
        }
        let about = match claims.about.email {
            Some(_) => claims.about,
            None => self.info(&document, &tokens, &claims.sub).await?,
        };
        let verified = about.email_verified.as_ref().is_some_and(Truth::is_true);
        Ok(Told {
            subject: Subject::of(&self.id, &claims.sub),
            email: about.email.as_deref().and_then(email_of),
            word: if verified { Word::Given } else { Word::Refused },
            name: name(&about),
        })
    }
}

fn name(about: &About) -> Option<crate::domain::PersonName> {
    let whole = about.name.as_deref().and_then(name_of);
    whole.or_else(|| {
        let parts = [&about.given_name, &about.family_name];
        let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        name_of(&parts.join(" "))
    })
}

/// Both parts are encoded as in a form first (RFC 6749 section 2.3.1).
fn basic_of(id: &str, secret: &Secret) -> Result<HeaderValue, ProviderError> {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encoded(id), encoded(secret.expose_secret()));
    HeaderValue::try_from(format!("Basic {}", STANDARD.encode(pair)))
        .map_err(|_| refused("a client id or secret that cannot be sent"))
}
