//! What is remembered of sessions, so that auth is not asked for every request: each gateway for itself.

use async_trait::async_trait;
use futures::lock::Mutex;
use hanse_auth_contract::EndedSessions;
use hanse_http::Known;
use moka::future::Cache;
use moka::policy::EvictionPolicy;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

/// What an exchange told is believed for so long: where nobody tells that a session has ended, it is noticed then.
pub(super) const BELIEVED: Duration = Duration::from_secs(20);
/// How long an end is remembered: longer than an exchange that was under way when it came can take, and than what such a
/// one noted stays there.
pub(super) const ENDED: Duration = Duration::from_secs(120);

/// SHA-256 of the cookie's token: whoever reads what is remembered cannot make the token from it.
pub(crate) type Digest = [u8; 32];

/// What auth gave for a cookie.
#[derive(Debug, Clone)]
pub(crate) struct Exchanged {
    pub holder: Known,
    /// The session's id, `sess_…`.
    pub session: Option<String>,
    pub access_token: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Seen {
    Known(Known),
    /// It is over: auth need not be asked.
    Ended,
    Nothing,
}

#[async_trait]
pub(crate) trait Board: Send + Sync {
    async fn look(&self, cookie: &Digest) -> Seen;
    /// Remembers for a while who it is. An end that came meanwhile stays.
    async fn note(&self, cookie: &Digest, exchanged: &Exchanged);
    /// Auth is asked anew: what it would tell has changed.
    async fn forget(&self, cookie: &Digest);
    /// From now on it is over, also for an exchange that is under way.
    async fn end(&self, cookie: &Digest);
}

/// In the memory of one gateway.
pub(crate) struct OwnBoard {
    /// Beside the session's id.
    known: Cache<Digest, (Known, Option<Arc<str>>)>,
    /// Asked before `known`, so that an exchange which was answered before the end and is noted after it gives nobody
    /// in.
    ended: Cache<Digest, ()>,
    /// Ids of sessions that auth has told are over.
    over: Cache<Arc<str>, ()>,
    news: EndedSessions,
    /// Whoever looks while another takes in the news waits for it: it is told to one of them alone.
    hearing: Mutex<()>,
}

impl OwnBoard {
    /// Of a gateway that hears of ends from auth in the same process.
    pub(crate) fn new(news: EndedSessions) -> Self {
        let known = Cache::builder().max_capacity(10_000).time_to_live(BELIEVED).build();
        Self { known, ended: ends(), over: ends(), news, hearing: Mutex::default() }
    }

    async fn hear(&self) {
        let _alone = self.hearing.lock().await;
        for session in self.news.told() {
            self.over.insert(session.to_string().into(), ()).await;
        }
    }
}

/// The newest always stay: an end must not give way to sessions that are asked for more often.
fn ends<K: Hash + Eq + Send + Sync + 'static>() -> Cache<K, ()> {
    let newest = EvictionPolicy::lru();
    Cache::builder().max_capacity(100_000).eviction_policy(newest).time_to_live(ENDED).build()
}

#[async_trait]
impl Board for OwnBoard {
    async fn look(&self, cookie: &Digest) -> Seen {
        if self.ended.contains_key(cookie) {
            return Seen::Ended;
        }
        self.hear().await;
        match self.known.get(cookie).await {
            Some((_, Some(session))) if self.over.contains_key(&session) => Seen::Ended,
            Some((holder, _)) => Seen::Known(holder),
            None => Seen::Nothing,
        }
    }

    async fn note(&self, cookie: &Digest, exchanged: &Exchanged) {
        let known = (exchanged.holder.clone(), exchanged.session.as_deref().map(Arc::from));
        self.known.insert(*cookie, known).await;
    }

    async fn forget(&self, cookie: &Digest) {
        self.known.invalidate(cookie).await;
    }

    async fn end(&self, cookie: &Digest) {
        self.ended.insert(*cookie, ()).await;
        self.known.invalidate(cookie).await;
    }
}
