//! Answers that all processes share, in Redis. Every change of a subject gets a number from one growing count; an answer
//! carries the number that the count had before it was read, and is good while its subject's last change is not newer.

use crate::application::answers::Body;
use crate::application::shared_answers::{SharedAnswers, SharedFound, SharedMoment, Subject};
use async_trait::async_trait;
use hanse_kernel::{Effects, Timestamp};
use hanse_redis::{Redis, RedisError, Script};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// An answer lives no longer, which bounds what a process does that could not tell of its change, or died before it did.
const LONGEST: Duration = Duration::from_secs(5);
/// A change that could not be told is told again, until all answers that it speaks of have ended by themselves.
const AGAIN: Duration = Duration::from_millis(100);
const GIVE_UP: Duration = LONGEST.saturating_mul(2);
/// The number of a subject's last change outlives every reading that began before it.
const REMEMBERED: Duration = Duration::from_secs(60 * 60);
/// Changes told in one call.
const BATCH: usize = 500;

const FIND: &str = "
local kept = redis.call('HMGET', KEYS[1], 'moment', 'subject', 'body')
if kept[1] then
  local changed = redis.call('GET', ARGV[1] .. kept[2])
  if not changed or tonumber(changed) <= tonumber(kept[1]) then
    return {kept[2], kept[3]}
  end
end
return {redis.call('GET', KEYS[2]) or '0'}
";

const KEEP: &str = "
local changed = redis.call('GET', KEYS[2])
if not changed or tonumber(changed) <= tonumber(ARGV[1]) then
  redis.call('HSET', KEYS[1], 'moment', ARGV[1], 'subject', ARGV[2], 'body', ARGV[3])
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
end
";

/// By the clock where that is ahead, so that a count which was lost does not begin anew behind the moments of readings
/// that are under way.
const CHANGE: &str = "
local clock = redis.call('TIME')
local number = math.max(tonumber(redis.call('GET', KEYS[1]) or 0) + 1, clock[1] * 1000000 + clock[2])
number = string.format('%.0f', number)
redis.call('SET', KEYS[1], number)
for i = 2, #ARGV do
  redis.call('SET', ARGV[i], number, 'PX', ARGV[1])
end
";

#[derive(Clone)]
pub struct RedisAnswers(Arc<Inner>);

struct Inner {
    redis: Redis,
    effects: Effects,
    find: Script,
    keep: Script,
    change: Script,
    untold: Mutex<Untold>,
    wake: Notify,
}

#[derive(Default)]
struct Untold {
    /// With the number of the change: one that changes again while it is being told is told again.
    subjects: BTreeMap<Subject, u64>,
    changes: u64,
}

fn name(subject: Subject) -> String {
    match subject {
        Subject::Lists => "lists".into(),
        Subject::Page(product) => product.to_string(),
    }
}

fn subject(name: &str) -> Option<Subject> {
    if name == "lists" { Some(Subject::Lists) } else { name.parse().ok().map(Subject::Page) }
}

impl RedisAnswers {
    pub fn new(redis: Redis, effects: Effects) -> Self {
        Self(Arc::new(Inner {
            redis,
            effects,
            find: Script::new("answer_find", FIND),
            keep: Script::new("answer_keep", KEEP),
            change: Script::new("answers_change", CHANGE),
            untold: Mutex::default(),
            wake: Notify::new(),
        }))
    }

    fn untold(&self) -> MutexGuard<'_, Untold> {
        self.0.untold.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers of a run of the server that is over are never found again: changes may not have reached it at its end.
    fn key(&self, run: &str, key: &str) -> String {
        self.0.redis.key(format_args!("answer:{run}:{key}"))
    }

    fn changes(&self) -> String {
        self.0.redis.key("answers-changed")
    }

    fn changed_key(&self, subject: &str) -> String {
        self.0.redis.key(format_args!("answers-changed:{subject}"))
    }

    async fn look(&self, key: &str) -> Result<SharedFound, RedisError> {
        let redis = &self.0.redis;
        let run = redis.server_run().await?;
        let keys = [self.key(&run, key), self.changes()];
        let told: Vec<Vec<u8>> = redis.run(&self.0.find, &keys, self.changed_key("")).await?;
        // It may have been asked anew over a connection to a later run.
        if redis.server_run().await? != run {
            return Ok(SharedFound::Missing(None));
        }
        let text = |at: usize| told.get(at).and_then(|bytes| std::str::from_utf8(bytes).ok());
        Ok(match (text(0), told.get(1)) {
            (Some(name), Some(body)) => match subject(name) {
                Some(subject) => SharedFound::Body(subject, Body::new(body.clone())),
                None => SharedFound::Missing(None),
            },
            (Some(number), None) => SharedFound::Missing(number.parse().ok().map(SharedMoment)),
            _ => SharedFound::Missing(None),
        })
    }

    async fn tell_batch(&self, batch: &[(Subject, u64)]) {
        let mut arguments = vec![REMEMBERED.as_millis().to_string()];
        arguments.extend(batch.iter().map(|(subject, _)| self.changed_key(&name(*subject))));
        let Inner { redis, effects, change, .. } = &*self.0;
        let began: Timestamp = effects.now();
        while let Err(error) = redis.run::<()>(change, &[self.changes()], &arguments).await {
            metrics::counter!("product_answers_untold_total").increment(1);
            if effects.now().since(began) > GIVE_UP {
                tracing::debug!(%error, "old answers have ended by themselves");
                return;
            }
            effects.timers.sleep(AGAIN).await;
        }
    }
}

#[async_trait]
impl SharedAnswers for RedisAnswers {
    async fn find(&self, key: &str) -> SharedFound {
        // What we have changed and not told yet may be shown there as it was.
        if !self.untold().subjects.is_empty() {
            return SharedFound::Missing(None);
        }
        self.look(key).await.unwrap_or_else(|error| {
            tracing::debug!(%error, "answers are read from the store");
            SharedFound::Missing(None)
        })
    }

    async fn keep(&self, key: &str, moment: SharedMoment, subject: Subject, body: &Body) {
        let Inner { redis, keep, .. } = &*self.0;
        let kept = async {
            let run = redis.server_run().await?;
            let subject = name(subject);
            let keys = [self.key(&run, key), self.changed_key(&subject)];
            let (moment, longest) = (moment.0.to_string(), LONGEST.as_millis().to_string());
            let arguments = [moment.as_bytes(), subject.as_bytes(), body.bytes.as_ref(), longest.as_bytes()];
            redis.run::<()>(keep, &keys, &arguments).await
        };
        let kept: Result<(), RedisError> = kept.await;
        if let Err(error) = kept {
            tracing::debug!(%error, "an answer is not shared");
        }
    }

    fn changed(&self, subject: Subject) {
        let mut untold = self.untold();
        untold.changes += 1;
        let number = untold.changes;
        untold.subjects.insert(subject, number);
        self.0.wake.notify_one();
    }

    async fn waiting(&self) {
        while self.untold().subjects.is_empty() {
            self.0.wake.notified().await;
        }
    }

    async fn tell(&self) {
        loop {
            let batch: Vec<(Subject, u64)> = self
                .untold()
                .subjects
                .iter()
                .take(BATCH)
                .map(|(subject, number)| (*subject, *number))
                .collect();
            if batch.is_empty() {
                return;
            }
            self.tell_batch(&batch).await;
            self.untold().subjects.retain(|subject, number| !batch.contains(&(*subject, *number)));
        }
    }
}
