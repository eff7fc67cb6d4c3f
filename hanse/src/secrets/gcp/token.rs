//! Who this process is at Google: a service account by the file of its key, or whoever the machine (or the pod) is, by its metadata
//! server.

use super::Surroundings;
use super::way::{self, Ask, Way};
use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderName, HeaderValue, Method, StatusCode};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject;
use serde::Deserialize;
use serde_json::json;
use url::Url;
use zeroize::Zeroizing;

const METADATA: &str = "metadata.google.internal";
const FLAVOR: HeaderName = HeaderName::from_static("metadata-flavor");
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";
/// A token is some kilobytes at most.
const LARGEST: usize = 32 * 1024;
/// How long what is signed is good for; Google takes an hour at most.
const GOOD_FOR: u64 = 10 * 60;

pub enum Identity {
    /// <https://developers.google.com/identity/protocols/oauth2/service-account>
    Account { email: String, key_id: String, key: Box<RsaKeyPair>, at: Url },
    /// <https://docs.cloud.google.com/compute/docs/metadata/overview>
    Machine { at: Url },
}

/// What is shown for every request. It does not print.
pub struct Token(HeaderValue);

impl Token {
    pub fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

/// The file that Google hands out with a new key.
#[derive(Deserialize)]
struct KeyFile {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    client_email: String,
    #[serde(default)]
    private_key_id: String,
    #[serde(default)]
    private_key: Zeroizing<String>,
    #[serde(default)]
    token_uri: String,
}

#[derive(Deserialize)]
struct Granted {
    access_token: Zeroizing<String>,
}

impl Identity {
    pub fn of(around: &Surroundings) -> Result<Self> {
        match &around.credentials {
            Some(file) => Self::account(file),
            None => Self::machine(around.metadata_host.as_deref().unwrap_or(METADATA)),
        }
    }

    fn machine(host: &str) -> Result<Self> {
        let at = format!("http://{host}/computeMetadata/v1/instance/service-accounts/default/token");
        let at = Url::parse(&at).ok().filter(|at| at.has_host() && at.username().is_empty());
        let at = at.with_context(|| {
            format!("GCE_METADATA_HOST: {host} is no host; it is written host or host:port")
        })?;
        Ok(Self::Machine { at })
    }

    /// Errors of the reader may quote what they read; none of them is told.
    fn account(file: &str) -> Result<Self> {
        let of = format!("GOOGLE_APPLICATION_CREDENTIALS: {file}");
        let text = std::fs::read(file).map(Zeroizing::new);
        let text = text.with_context(|| format!("{of} cannot be read; is it there, and yours?"))?;
        let read: Option<KeyFile> = serde_json::from_slice(&text).ok();
        let read = read.with_context(|| format!("{of} is no file of credentials"))?;
        if read.kind != "service_account" {
            bail!(
                "{of} is not the key of a service account, and nothing else is taken. On a machine or in a cluster of Google's leave \
                 the variable out: the service account that runs there is taken"
            );
        }
        let der = PrivatePkcs8KeyDer::from_pem_slice(read.private_key.as_bytes()).ok();
        let key = der.and_then(|der| RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).ok());
        let key =
            key.with_context(|| format!("{of} holds no private key that can be used; make a new one"))?;
        let at = Url::parse(&read.token_uri).ok().filter(way::is_safe);
        let at = at.with_context(|| format!("{of}: its token_uri is no https:// address"))?;
        Ok(Self::Account { email: read.client_email, key_id: read.private_key_id, key: Box::new(key), at })
    }

    pub fn who(&self) -> &str {
        match self {
            Self::Account { email, .. } => email,
            Self::Machine { .. } => "the service account of this machine",
        }
    }

    pub async fn token(&self, way: &Way) -> Result<Token> {
        match self {
            Self::Account { email, at, .. } => {
                let ask = Ask { method: Method::POST, form: Some(self.signed(way)?), ..Ask::GET };
                let answer = way.ask(at, &ask, LARGEST).await?;
                if answer.status != StatusCode::OK {
                    bail!(
                        "{email} is refused by {at} ({}). Is the account still there, is its key still valid, and is this \
                         machine's clock right?",
                        answer.status.as_u16()
                    );
                }
                Token::read(&answer.body)
            }
            Self::Machine { at } => {
                let ask = Ask { header: Some((FLAVOR, HeaderValue::from_static("Google"))), ..Ask::GET };
                let answer = way.ask(at, &ask, LARGEST).await.context(
                    "there is no metadata server here. Outside of Google's machines name the file of a service account's key \
                     in GOOGLE_APPLICATION_CREDENTIALS",
                )?;
                if answer.status == StatusCode::NOT_FOUND {
                    bail!("this machine (or this pod) runs as no service account; give it one");
                }
                // Whoever else listens there does not know of it.
                let is_google = answer.headers.get(FLAVOR).is_some_and(|flavor| flavor == "Google");
                if answer.status != StatusCode::OK || !is_google {
                    bail!(
                        "what answers at {at} is no metadata server of Google's ({})",
                        answer.status.as_u16()
                    );
                }
                Token::read(&answer.body)
            }
        }
    }

    /// RFC 7523: a form that asks for a token with what the key has signed.
    fn signed(&self, way: &Way) -> Result<Zeroizing<String>> {
        let Self::Account { email, key_id, key, at } = self else { bail!("a machine signs nothing") };
        let now = u64::try_from(way.now().micros() / 1_000_000).context("the clock is before 1970")?;
        let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let head = part(json!({"alg": "RS256", "typ": "JWT", "kid": key_id}));
        let claims = part(
            json!({"iss": email, "scope": SCOPE, "aud": at.as_str(), "iat": now, "exp": now + GOOD_FOR}),
        );
        let mut signature = vec![0; key.public().modulus_len()];
        let message = format!("{head}.{claims}");
        // Padded without chance (RSASSA-PKCS1-v1_5): the generator only blinds.
        let signed = key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature);
        signed.ok().context("the private key does not sign")?;
        let assertion = format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature));
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")
            .append_pair("assertion", &assertion)
            .finish();
        Ok(Zeroizing::new(form))
    }
}

impl Token {
    fn read(body: &[u8]) -> Result<Self> {
        let granted: Option<Granted> = serde_json::from_slice(body).ok();
        let header = granted.and_then(|granted| {
            HeaderValue::try_from(format!("Bearer {}", granted.access_token.as_str())).ok()
        });
        let mut header = header.context("what came is no token")?;
        header.set_sensitive(true);
        Ok(Self(header))
    }
}
