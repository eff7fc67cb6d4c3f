//! A provider of logins on loopback: OpenID Connect, and OAuth 2.0 as Facebook speaks it. It holds its clients to the standards
//! (PKCE, redirect address, one use of a code), and misbehaves towards them as it is told to.

use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hanse_kernel::Effects;
use http::{HeaderMap, StatusCode, header};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub const CLIENT_ID: &str = "kontor shop";
pub const CLIENT_SECRET: &str = "hush: hush/50%";

/// How an ID token is signed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Signing {
    #[default]
    Properly,
    /// With a key that it does not publish, under the name of the one that it does.
    Forged,
    /// Not at all (`alg: none`).
    Unsigned,
    /// With the client's secret.
    Secret,
    /// With the published key, as if that were a secret (the confusion of algorithms).
    Confused,
}

/// How an endpoint answers.
#[derive(Debug, Clone)]
pub enum Answer {
    Status(u16, String),
    /// More than anybody needs to read.
    Huge,
    /// Not before the caller has given up.
    Never,
    /// Redirects elsewhere.
    Elsewhere(String),
}

/// Who has logged in there, and what is wrong with the provider.
#[derive(Debug, Clone, Default)]
pub struct Manners {
    /// The claims about the person: `sub`, `email`, `email_verified`, `name`.
    pub person: Value,
    /// Put into the ID token in place of what belongs there; null takes it away.
    pub claims: BTreeMap<&'static str, Value>,
    pub signing: Signing,
    /// What the browser is sent back with as `iss`; none: as it should be.
    pub sender: Option<String>,
    /// By path.
    pub answers: BTreeMap<&'static str, Answer>,
    /// The address and the name are told by the user info endpoint alone.
    pub reserved: bool,
    /// Put into the user info in place of what belongs there.
    pub info: BTreeMap<&'static str, Value>,
    /// Put into the issuer's document in place of what belongs there.
    pub document: BTreeMap<&'static str, Value>,
}

/// One code that was given out.
struct Given {
    challenge: String,
    nonce: Option<String>,
    redirect_uri: String,
    client_id: String,
    person: Value,
}

struct Key {
    kid: String,
    pkcs8: Vec<u8>,
    public: Vec<u8>,
}

struct Desk {
    manners: Manners,
    key: Key,
    generations: u32,
    codes: BTreeMap<String, Given>,
    /// Whose each access token is.
    access: BTreeMap<String, Value>,
    asked: BTreeMap<String, u32>,
}

#[derive(Clone)]
struct Behind {
    issuer: String,
    effects: Effects,
    desk: Arc<Mutex<Desk>>,
}

/// Listens on a free port of 127.0.0.1; ends when dropped.
pub struct IdentityProvider {
    behind: Behind,
    serving: JoinHandle<()>,
}

fn key(generation: u32) -> Key {
    let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
    let pkcs8 = made.expect("a key").as_ref().to_vec();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8, &SystemRandom::new());
    let public = pair.expect("a key").public_key().as_ref().to_vec();
    Key { kid: format!("key-{generation}"), pkcs8, public }
}

impl IdentityProvider {
    pub async fn start(effects: Effects) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address: SocketAddr = listener.local_addr().expect("an address");
        let person =
            json!({"sub": "4711", "email": "ana@example.org", "email_verified": true, "name": "Ana Lund"});
        let desk = Desk {
            manners: Manners { person, ..Manners::default() },
            key: key(1),
            generations: 1,
            codes: BTreeMap::new(),
            access: BTreeMap::new(),
            asked: BTreeMap::new(),
        };
        let desk = Arc::new(Mutex::new(desk));
        let behind = Behind { issuer: format!("http://{address}"), effects, desk };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(document))
            .route("/jwks", get(jwks))
            .route("/token", post(token))
            .route("/userinfo", get(info))
            .route("/facebook/token", post(facebook_token))
            .route("/facebook/me", get(facebook_me))
            .with_state(behind.clone());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { behind, serving }
    }

    pub fn issuer(&self) -> String {
        self.behind.issuer.clone()
    }

    /// Another behaviour from now on.
    pub fn behave(&self, change: impl FnOnce(&mut Manners)) {
        change(&mut self.behind.desk().manners);
    }

    /// Signs with another key from now on, and publishes that alone.
    pub fn turn_key(&self) {
        let mut desk = self.behind.desk();
        desk.generations += 1;
        desk.key = key(desk.generations);
    }

    /// How often a path was asked.
    pub fn asked(&self, path: &str) -> u32 {
        self.behind.desk().asked.get(path).copied().unwrap_or_default()
    }

    /// Somebody's browser was sent to this address, and they log in: the path and query that it is sent back to.
    ///
    /// # Panics
    /// When what it was sent with is not as the standards have it.
    pub fn visit(&self, address: &str) -> String {
        let person = self.behind.desk().manners.person.clone();
        self.visit_as(address, person)
    }

    /// As [`IdentityProvider::visit`], for many who come at the same time.
    ///
    /// # Panics
    /// As that.
    pub fn visit_as(&self, address: &str, person: Value) -> String {
        let (at, query) = address.split_once('?').expect("a query");
        let pairs: BTreeMap<String, String> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let get = |name: &str| pairs.get(name).cloned().unwrap_or_else(|| panic!("no {name} in {address}"));
        let facebook = at.ends_with("/facebook/authorize");
        assert!(facebook || at == format!("{}/authorize", self.behind.issuer), "{at}");
        assert_eq!((get("response_type").as_str(), get("code_challenge_method").as_str()), ("code", "S256"));
        assert_eq!(get("client_id"), CLIENT_ID);
        assert!(get("state").len() >= 32, "the state can be guessed");
        assert!(facebook || get("scope").split(' ').any(|scope| scope == "openid"));
        let mut desk = self.behind.desk();
        let code = format!("code-{}", self.behind.effects.ids.uuid().simple());
        let given = Given {
            challenge: get("code_challenge"),
            nonce: pairs.get("nonce").cloned(),
            redirect_uri: get("redirect_uri"),
            client_id: get("client_id"),
            person,
        };
        let back = given.redirect_uri.clone();
        desk.codes.insert(code.clone(), given);
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("code", &code).append_pair("state", &get("state")).append_pair("scope", "email");
        if !facebook {
            let issuer = desk.manners.sender.clone().unwrap_or_else(|| self.behind.issuer.clone());
            query.append_pair("iss", &issuer);
        }
        let path = back.splitn(4, '/').nth(3).expect("a path");
        format!("/{path}?{}", query.finish())
    }
}

impl Drop for IdentityProvider {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Behind {
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().expect("no test panicked while holding it")
    }

    /// Counts the question, and answers it otherwise where that was asked for.
    async fn otherwise(&self, path: &'static str) -> Option<Response> {
        let answer = {
            let mut desk = self.desk();
            *desk.asked.entry(path.to_string()).or_default() += 1;
            desk.manners.answers.get(path).cloned()?
        };
        Some(match answer {
            Answer::Status(status, body) => {
                (StatusCode::from_u16(status).expect("a status"), body).into_response()
            }
            Answer::Huge => Body::from(vec![b' '; 4 * 1024 * 1024]).into_response(),
            Answer::Never => std::future::pending().await,
            Answer::Elsewhere(to) => (StatusCode::FOUND, [(header::LOCATION, to)]).into_response(),
        })
    }

    fn jwk(&self) -> Value {
        let desk = self.desk();
        let half = |at: std::ops::Range<usize>| URL_SAFE_NO_PAD.encode(&desk.key.public[at]);
        json!({"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": desk.key.kid,
            "x": half(1..33), "y": half(33..65)})
    }

    fn id_token(&self, given: &Given) -> String {
        let jwk = self.jwk();
        let desk = self.desk();
        let manners = &desk.manners;
        let now = self.effects.now().micros() / 1_000_000;
        let mut claims = json!({"iss": self.issuer, "aud": given.client_id, "iat": now, "exp": now + 300, "nonce": given.nonce});
        let told: Vec<&str> =
            if manners.reserved { vec!["sub"] } else { vec!["sub", "email", "email_verified", "name"] };
        for name in told {
            if let Some(value) = given.person.get(name) {
                claims[name] = value.clone();
            }
        }
        put(&mut claims, &manners.claims);
        let sign = |algorithm, key: &EncodingKey| {
            let header = Header { kid: Some(desk.key.kid.clone()), ..Header::new(algorithm) };
            jsonwebtoken::encode(&header, &claims, key).expect("a token")
        };
        let secret = |bytes: &[u8]| sign(Algorithm::HS256, &EncodingKey::from_secret(bytes));
        match manners.signing {
            Signing::Properly => sign(Algorithm::ES256, &EncodingKey::from_ec_der(&desk.key.pkcs8)),
            Signing::Forged => sign(Algorithm::ES256, &EncodingKey::from_ec_der(&key(0).pkcs8)),
            Signing::Secret => secret(CLIENT_SECRET.as_bytes()),
            Signing::Confused => secret(jwk.to_string().as_bytes()),
            Signing::Unsigned => {
                let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
                format!("{}.{}.", part(&json!({"alg": "none", "typ": "JWT"})), part(&claims))
            }
        }
    }

    /// The code's, if everything about its exchange is as it should be; it is used up in any case.
    fn redeem(&self, form: &BTreeMap<String, String>, client: Option<(String, String)>) -> Option<Given> {
        let mut desk = self.desk();
        let given = desk.codes.remove(form.get("code")?)?;
        let verifier = form.get("code_verifier")?;
        let good = client? == (CLIENT_ID.to_string(), CLIENT_SECRET.to_string())
            && form.get("grant_type")? == "authorization_code"
            && *form.get("redirect_uri")? == given.redirect_uri
            && URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) == given.challenge;
        good.then_some(given)
    }

    fn access_token(&self, given: Given) -> String {
        let token = format!("access-{}", self.effects.ids.uuid().simple());
        self.desk().access.insert(token.clone(), given.person);
        token
    }

    /// The access token that was sent, and whose it is.
    fn whose(&self, headers: &HeaderMap) -> Option<(String, Value)> {
        let sent = headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
        Some((sent.to_string(), self.desk().access.get(sent)?.clone()))
    }
}

fn put(into: &mut Value, others: &BTreeMap<&'static str, Value>) {
    for (name, value) in others {
        match (value, into.as_object_mut()) {
            (Value::Null, Some(object)) => _ = object.remove(*name),
            _ => into[*name] = value.clone(),
        }
    }
}

async fn document(State(behind): State<Behind>) -> Response {
    if let Some(other) = behind.otherwise("/.well-known/openid-configuration").await {
        return other;
    }
    let issuer = &behind.issuer;
    let mut told = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/jwks"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "authorization_response_iss_parameter_supported": true,
    });
    put(&mut told, &behind.desk().manners.document);
    Json(told).into_response()
}

async fn jwks(State(behind): State<Behind>) -> Response {
    if let Some(other) = behind.otherwise("/jwks").await {
        return other;
    }
    // One that is of no use stands beside it, as in the wild.
    let odd = json!({"kty": "XYZ", "kid": "odd"});
    Json(json!({"keys": [odd, behind.jwk()]})).into_response()
}

/// `client_secret_basic`, or from the form.
fn client(headers: &HeaderMap, form: &BTreeMap<String, String>) -> Option<(String, String)> {
    let Some(authorization) = headers.get(header::AUTHORIZATION) else {
        return Some((form.get("client_id")?.clone(), form.get("client_secret")?.clone()));
    };
    let basic = STANDARD.decode(authorization.to_str().ok()?.strip_prefix("Basic ")?).ok()?;
    let (id, secret) = std::str::from_utf8(&basic).ok()?.split_once(':')?;
    let decoded = |text: &str| {
        let pair = format!("v={text}");
        form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned())
    };
    Some((decoded(id)?, decoded(secret)?))
}

fn invalid_grant() -> Response {
    let body = json!({"error": "invalid_grant", "error_description": "<b>no</b>"});
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

async fn token(
    State(behind): State<Behind>,
    headers: HeaderMap,
    Form(form): Form<BTreeMap<String, String>>,
) -> Response {
    if let Some(other) = behind.otherwise("/token").await {
        return other;
    }
    let Some(given) = behind.redeem(&form, client(&headers, &form)) else { return invalid_grant() };
    let id_token = behind.id_token(&given);
    let access_token = behind.access_token(given);
    Json(json!({"access_token": access_token, "token_type": "Bearer", "expires_in": 300, "id_token": id_token}))
        .into_response()
}

async fn info(State(behind): State<Behind>, headers: HeaderMap) -> Response {
    if let Some(other) = behind.otherwise("/userinfo").await {
        return other;
    }
    let Some((_, mut told)) = behind.whose(&headers) else { return StatusCode::UNAUTHORIZED.into_response() };
    put(&mut told, &behind.desk().manners.info);
    Json(told).into_response()
}

async fn facebook_token(
    State(behind): State<Behind>,
    Form(form): Form<BTreeMap<String, String>>,
) -> Response {
    if let Some(other) = behind.otherwise("/facebook/token").await {
        return other;
    }
    let Some(given) = behind.redeem(&form, client(&HeaderMap::new(), &form)) else { return invalid_grant() };
    Json(json!({"access_token": behind.access_token(given), "token_type": "bearer", "expires_in": 5_000_000}))
        .into_response()
}

async fn facebook_me(
    State(behind): State<Behind>,
    headers: HeaderMap,
    Query(query): Query<BTreeMap<String, String>>,
) -> Response {
    if let Some(other) = behind.otherwise("/facebook/me").await {
        return other;
    }
    let Some((token, person)) = behind.whose(&headers) else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, CLIENT_SECRET.as_bytes());
    let proof: String =
        ring::hmac::sign(&key, token.as_bytes()).as_ref().iter().map(|b| format!("{b:02x}")).collect();
    if query.get("appsecret_proof") != Some(&proof) {
        return (StatusCode::BAD_REQUEST, Json(json!({"error": {"type": "GraphMethodException"}})))
            .into_response();
    }
    let mut told = json!({"id": person["sub"]});
    for field in query.get("fields").map(String::as_str).unwrap_or_default().split(',') {
        if let (false, Some(value)) = (field == "id", person.get(field)) {
            told[field] = value.clone();
        }
    }
    // As the Graph API says it.
    ([(header::CONTENT_TYPE, "text/javascript; charset=UTF-8")], Bytes::from(told.to_string()))
        .into_response()
}
