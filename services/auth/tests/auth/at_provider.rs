//! What the stories about providers of logins share: a provider, a shop that knows it, and a browser that goes between them.

use crate::world::{World, config};
use hanse_auth::{AuthConfig, FacebookUrls, ProviderConfig, ProviderKind};
use hanse_kernel::{Actor, Proof};
use hanse_testkit::identity_provider::{CLIENT_ID, CLIENT_SECRET};
use hanse_testkit::{Answer, Engine, IdentityProvider, TestHost};
use http::header::{LOCATION, SET_COOKIE};
use serde_json::json;
use std::collections::BTreeMap;

pub fn provider(id: &str, kind: ProviderKind, at: &IdentityProvider) -> ProviderConfig {
    let url =
        |path: &str| (kind == ProviderKind::Facebook).then(|| format!("{}/facebook/{path}", at.issuer()));
    ProviderConfig {
        id: id.into(),
        kind,
        label: Some("Kontor ID".into()),
        issuer: (kind != ProviderKind::Facebook).then(|| at.issuer()),
        client_id: CLIENT_ID.into(),
        client_secret: CLIENT_SECRET.into(),
        private_network: false,
        facebook: FacebookUrls { authorize: url("authorize"), token: url("token"), profile: url("me") },
    }
}

/// A shop with three doors to the same provider: by OpenID Connect, as Google, and as Facebook.
pub fn shop(at: &IdentityProvider) -> AuthConfig {
    let providers = vec![
        provider("kontor", ProviderKind::Oidc, at),
        provider("google", ProviderKind::Google, at),
        provider("facebook", ProviderKind::Facebook, at),
    ];
    AuthConfig { providers, public_url: "https://shop.example".into(), ..config() }
}

/// Tells a story on SQLite and on PostgreSQL.
pub async fn on_both(story: impl AsyncFn(&World, &IdentityProvider)) {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let at = IdentityProvider::start(hanse_testkit::effects()).await;
        let world = World::start(TestHost::new(engine), shop(&at)).await;
        story(&world, &at).await;
    }
}

/// Keeps cookies, and is whoever its session says.
pub struct Browser<'a> {
    pub world: &'a World,
    pub at: &'a IdentityProvider,
    pub cookies: BTreeMap<String, String>,
    pub actor: Actor,
    pub proof: Proof,
}

pub fn location(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", String::from_utf8_lossy(&answer.bytes));
    assert_eq!(answer.headers["cache-control"], "no-store");
    answer.headers[LOCATION].to_str().unwrap().to_string()
}

impl<'a> Browser<'a> {
    pub fn new(world: &'a World, at: &'a IdentityProvider) -> Self {
        Self { world, at, cookies: BTreeMap::new(), actor: Actor::Anonymous, proof: Proof::Recent }
    }

    fn client(&self) -> hanse_testkit::Client {
        let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let client = self.world.auth.client(self.actor.clone()).proof(self.proof);
        if pairs.is_empty() { client } else { client.header("cookie", &pairs.join("; ")) }
    }

    fn keep(&mut self, answer: &Answer) {
        for line in answer.headers.get_all(SET_COOKIE) {
            let line = line.to_str().unwrap();
            assert!(line.contains("HttpOnly") && line.contains("SameSite=Lax"), "{line}");
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            match value {
                "" => _ = self.cookies.remove(name),
                value => _ = self.cookies.insert(name.into(), value.into()),
            }
        }
    }

    pub async fn open(&mut self, path: &str) -> Answer {
        let answer = self.client().get(path).await;
        self.keep(&answer);
        if let Some(session) = self.cookies.get("hanse_session") {
            let token = self.world.exchange(session).await;
            self.actor = self.world.actor(&token).await.unwrap_or(Actor::Anonymous);
        }
        answer
    }

    /// To the provider and back: the address with which it comes back.
    pub async fn sets_out(&mut self, provider: &str, query: &str) -> String {
        let started = self.open(&format!("/api/auth/oauth/{provider}/start{query}")).await;
        self.at.visit(&location(&started))
    }

    /// Logs in: where it ends.
    pub async fn logs_in(&mut self, provider: &str) -> String {
        let back = self.sets_out(provider, "").await;
        location(&self.open(&back).await)
    }

    /// Links, as whoever is logged in: where it ends.
    pub async fn links(&mut self, provider: &str) -> String {
        let back = self.asks_to_link(provider).await;
        location(&self.open(&back).await)
    }

    pub async fn asks_to_link(&mut self, provider: &str) -> String {
        let asked = self.client().post(&format!("/api/auth/identities/{provider}/link"), json!({})).await;
        self.keep(&asked);
        self.at.visit(asked.expect(200)["url"].as_str().unwrap())
    }

    pub async fn get(&self, path: &str) -> serde_json::Value {
        self.client().get(path).await.expect(200)
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.client().delete(path).await
    }

    pub async fn post(&self, path: &str, body: serde_json::Value) -> Answer {
        self.client().post(path, body).await
    }
}

/// The word in the address by which a page tells why nobody was let in.
pub fn refused(location: &str) -> &str {
    let query = location.split_once('?').map(|(_, query)| query).unwrap_or_default();
    query.split('&').find_map(|pair| pair.strip_prefix("refused=")).unwrap_or_default()
}
