//! What the stories share: a running auth, shoppers, and short ways to ask.

use hanse_auth::{AuthConfig, Hashing};
use hanse_auth_contract::rpc::accounts_client::AccountsClient;
use hanse_auth_contract::rpc::{ExchangeRequest, GetKeysRequest, GetLinkRequest, MailLink};
use hanse_auth_contract::{LinkAsked, LinkPurpose};
use hanse_database::sql::Sql;
use hanse_http::{Authenticator, JwtVerifier, KeySource, Known};
use hanse_kernel::Actor;
use hanse_rpc::Link;
use hanse_runtime::Host;
use hanse_testkit::{Answer, Client, Engine, TestHost, TestModule};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

pub const PASSWORD: &str = "a long enough one";

/// Hashing that costs next to nothing: what it should cost in earnest is not these tests' question. Nor is it when an answer
/// leaves, which stories whose time stands still would wait for.
pub fn config() -> AuthConfig {
    let hashing = Hashing { memory_kib: 64, iterations: 1, ..Hashing::default() };
    AuthConfig { hashing, answer_beat: Duration::ZERO, ..AuthConfig::default() }
}

pub struct World {
    pub test: TestHost,
    pub host: Host,
    pub auth: TestModule,
}

impl World {
    pub async fn start(test: TestHost, config: AuthConfig) -> Self {
        let host = test.host("auth", hanse_auth::MIGRATIONS).await;
        let module = hanse_auth::module(host.clone(), config).await.expect("auth starts");
        Self { auth: test.start(module), host, test }
    }

    pub fn anybody(&self) -> Client {
        self.auth.client(Actor::Anonymous)
    }

    pub async fn register(&self, email: &str) -> Value {
        let body = json!({"email": email, "password": PASSWORD, "name": "Ana Lund"});
        self.anybody().post("/api/auth/register", body).await.expect(201)
    }

    pub async fn login(&self, email: &str, password: &str) -> Answer {
        self.anybody().post("/api/auth/login", json!({"email": email, "password": password})).await
    }

    /// The tokens of a new login.
    pub async fn tokens(&self, email: &str) -> Tokens {
        Tokens::of(&self.login(email, PASSWORD).await.expect(200))
    }

    pub async fn refresh(&self, token: &str) -> Answer {
        self.anybody().post("/api/auth/refresh", json!({"refresh_token": token})).await
    }

    /// Logs in as a browser does; what the cookie holds.
    pub async fn cookie(&self, email: &str) -> String {
        let body = json!({"email": email, "password": PASSWORD, "transport": "cookie"});
        let answer = self.anybody().post("/api/auth/login", body).await;
        let line = answer.headers["set-cookie"].to_str().expect("text").to_string();
        answer.expect(200);
        line.split([';', '=']).nth(1).expect("a value").to_string()
    }

    /// Somebody's browser, logged in with the password.
    pub async fn at_browser(&self, email: &str, actor: Actor) -> Client {
        let cookie = self.cookie(email).await;
        self.auth.client(actor).header("cookie", &format!("hanse_session={cookie}"))
    }

    /// Auth's questions, asked by the service `caller`.
    pub fn ask(&self, caller: &'static str) -> AccountsClient<Link> {
        AccountsClient::new(self.test.network_of(caller).link("auth"))
    }

    /// The access token for a session cookie; empty when there is no such session.
    pub async fn exchange(&self, cookie: &str) -> String {
        self.exchanged(ExchangeRequest { session_token: cookie.into(), api_key: String::new() }).await
    }

    /// The access token for the key of a program; empty when there is no such key.
    pub async fn exchange_key(&self, key: &str) -> String {
        self.exchanged(ExchangeRequest { session_token: String::new(), api_key: key.into() }).await
    }

    async fn exchanged(&self, request: ExchangeRequest) -> String {
        self.ask("gateway").exchange(request).await.expect("an answer").into_inner().access_token
    }

    /// Who the access token says somebody is, verified as the gateway does: with the published keys.
    pub async fn actor(&self, token: &str) -> Option<Actor> {
        self.known(token).await.map(|known| known.actor)
    }

    /// And how they have shown it.
    pub async fn known(&self, token: &str) -> Option<Known> {
        self.verifier().await.authenticate(token).await.ok()
    }

    /// The id of the session that the access token was issued to.
    pub async fn session(&self, token: &str) -> String {
        let claims = self.verifier().await.verify(token).await.expect("a good token");
        claims.sid.expect("a session")
    }

    async fn verifier(&self) -> JwtVerifier {
        let keys = self.ask("gateway").get_keys(GetKeysRequest {}).await.expect("keys").into_inner().keys;
        let known = keys.into_iter().map(|k| (k.kid, k.public_key.try_into().expect("32 bytes"))).collect();
        let clock = self.test.effects.clock.clone();
        JwtVerifier::new("hanse", "hanse", Arc::new(Keys(known)), clock)
    }

    /// The links that were asked for so far, in the order of asking.
    pub async fn links(&self, purpose: LinkPurpose) -> Vec<LinkAsked> {
        self.test.settle().await;
        let mut asked = self.test.published_of::<LinkAsked>();
        asked.retain(|link| link.purpose == purpose);
        asked.sort_by_key(|link| link.link_id);
        asked
    }

    /// What the mail of a link gets when it is written; none when nobody is to be written to.
    pub async fn mail(&self, link: &LinkAsked) -> Option<MailLink> {
        let request = GetLinkRequest { link_id: link.link_id.to_string() };
        match self.ask("notification").get_link(request).await {
            Ok(mail) => Some(mail.into_inner()),
            Err(status) => {
                assert_eq!(status.code(), tonic::Code::NotFound, "{status}");
                None
            }
        }
    }

    pub async fn forgot(&self, email: &str) -> Answer {
        self.anybody().post("/api/auth/password/forgot", json!({"email": email})).await
    }

    pub async fn reset(&self, token: &str, password: &str) -> Answer {
        let body = json!({"token": token, "password": password});
        self.anybody().post("/api/auth/password/reset", body).await
    }

    /// Asks for a new password, and reads the mail.
    pub async fn reset_token(&self, email: &str) -> String {
        self.forgot(email).await.expect(202);
        let asked = self.links(LinkPurpose::ResetPassword).await;
        let newest = asked.last().expect("a link was asked for");
        self.mail(newest).await.expect("a mail").token
    }

    /// One number from auth's store.
    pub async fn count(&self, sql: &'static str) -> i64 {
        let found = self.host.db.read((), move |tx, ()| Box::pin(tx.query_opt(sql, &[], |row| row.get(0))));
        let found: Result<Option<i64>, hanse_database::DbError> = found.await;
        found.expect("the store answers").expect("a row")
    }

    /// Changes auth's store behind its back.
    pub async fn meddle(&self, sql: &'static str) {
        let done: Result<u64, hanse_database::DbError> =
            self.host.db.tx((), move |tx, ()| Box::pin(tx.execute(sql, &[]))).await;
        done.expect("the statement runs");
    }
}

struct Keys(BTreeMap<String, [u8; 32]>);

#[async_trait::async_trait]
impl KeySource for Keys {
    async fn ed25519(&self, kid: &str) -> Option<[u8; 32]> {
        self.0.get(kid).copied()
    }
}

pub struct Tokens {
    pub access: String,
    pub refresh: String,
}

impl Tokens {
    pub fn of(body: &Value) -> Self {
        let text = |field: &str| body[field].as_str().expect(field).to_string();
        Self { access: text("access_token"), refresh: text("refresh_token") }
    }
}

/// Tells a story on SQLite and on PostgreSQL.
pub async fn on_both(config: impl Fn() -> AuthConfig, story: impl AsyncFn(World)) {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        story(World::start(TestHost::new(engine), config()).await).await;
    }
}
