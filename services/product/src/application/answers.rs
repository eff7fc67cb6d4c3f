//! Answers kept: whole bodies by their normalised question, let go as soon as what they show has changed. In memory first;
//! where several processes answer, then where they share them.

use super::shared_answers::{SharedAnswers, SharedFound, SharedMoment, Subject};
use bytes::Bytes;
use hanse_kernel::{Clock, ProductId, Timestamp};
use moka::future::Cache;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// An answer is never older than this, whoever changed what it shows: another process may have.
const LONGEST: Duration = Duration::from_millis(700);
/// So long a list may be behind a change of our own: with changes coming all the time, lists are made anew a few
/// times a second instead of for every request.
const LIST_GRACE: Duration = Duration::from_millis(200);
/// Products share counters; a change of one lets the pages of its neighbours go too, which costs nothing but time.
const STRIPES: usize = 4096;

/// A body with its validator.
#[derive(Debug, Clone)]
pub struct Body {
    pub bytes: Bytes,
    /// In quotes, as it stands in `ETag`.
    pub etag: Arc<str>,
}

impl Body {
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        let hash = hash(&bytes);
        let etag = format!("\"{hash:016x}{:x}\"", bytes.len()).into();
        Self { bytes, etag }
    }
}

/// Eight bytes at a time; it tells answers of one address apart, nothing more.
fn hash(bytes: &[u8]) -> u64 {
    let mut hash = 0x9E37_79B9_7F4A_7C15_u64;
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        hash = (hash.rotate_left(23) ^ u64::from_le_bytes(word)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    }
    hash ^ (hash >> 31)
}

#[derive(Clone)]
struct Kept<T> {
    value: T,
    born: Timestamp,
    /// What the counter said before the value was read from the store.
    generation: u64,
    /// The counter that speaks for it.
    stripe: usize,
}

/// Taken before reading the store, so that a change during the reading is not missed.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// Of the catalogue for a list, of all pages together for a page: which product a slug names is only known later.
    generation: u64,
    born: Timestamp,
    /// None: what is read is not shared.
    shared: Option<SharedMoment>,
}

/// What is kept under a question.
#[derive(Debug, Clone)]
pub enum Lookup {
    Kept(Body),
    /// Nothing good: what is read from the store now can be kept with this moment.
    Missing(Moment),
}

pub struct Answers {
    lists: Cache<String, Kept<Body>>,
    totals: Cache<String, Kept<i64>>,
    pages: Cache<String, Kept<Body>>,
    catalogue: AtomicU64,
    products: Box<[AtomicU64]>,
    /// Grows with every change of any page.
    pages_changed: AtomicU64,
    clock: Arc<dyn Clock>,
    shared: Option<Arc<dyn SharedAnswers>>,
}

fn stripe(product: ProductId) -> usize {
    // The last bytes of a UUIDv7 are random.
    let bytes = product.uuid().as_u128();
    (bytes as usize) % STRIPES
}

impl Answers {
    pub fn new(bytes: u64, clock: Arc<dyn Clock>, shared: Option<Arc<dyn SharedAnswers>>) -> Self {
        let bodies = |bytes: u64| {
            Cache::builder()
                .max_capacity(bytes)
                .weigher(|key: &String, kept: &Kept<Body>| {
                    u32::try_from(key.len() + kept.value.bytes.len() + 128).unwrap_or(u32::MAX)
                })
                .build()
        };
        Self {
            lists: bodies(bytes / 2),
            pages: bodies(bytes / 2),
            totals: Cache::new(1_000),
            catalogue: AtomicU64::new(0),
            products: (0..STRIPES).map(|_| AtomicU64::new(0)).collect(),
            pages_changed: AtomicU64::new(0),
            clock,
            shared,
        }
    }

    /// A list, a category or a total may show something else now.
    pub fn lists_changed(&self) {
        self.catalogue.fetch_add(1, Ordering::Release);
        self.changed(Subject::Lists);
    }

    /// The page of `product` may show something else now.
    pub fn page_changed(&self, product: ProductId) {
        self.products[stripe(product)].fetch_add(1, Ordering::AcqRel);
        self.pages_changed.fetch_add(1, Ordering::AcqRel);
        self.changed(Subject::Page(product));
    }

    fn changed(&self, subject: Subject) {
        if let Some(shared) = &self.shared {
            shared.changed(subject);
        }
    }

    fn moment(&self, counter: &AtomicU64) -> Moment {
        let generation = counter.load(Ordering::Acquire);
        Moment { generation, born: self.clock.now(), shared: None }
    }

    fn fresh_list<T>(&self, kept: &Kept<T>) -> bool {
        let age = self.clock.now().since(kept.born);
        age < LIST_GRACE || (age < LONGEST && kept.generation == self.catalogue.load(Ordering::Acquire))
    }

    pub async fn list(&self, key: &str) -> Lookup {
        if let Some(kept) = self.lists.get(key).await {
            let fresh = self.fresh_list(&kept);
            count("list", fresh);
            if fresh {
                return Lookup::Kept(kept.value);
            }
        }
        let moment = self.moment(&self.catalogue);
        match self.find("list", key).await {
            SharedFound::Body(_, body) => {
                self.remember_list(key.to_string(), moment, body.clone()).await;
                Lookup::Kept(body)
            }
            SharedFound::Missing(shared) => Lookup::Missing(Moment { shared, ..moment }),
        }
    }

    pub async fn keep_list(&self, key: String, moment: Moment, body: Body) {
        self.share("list", &key, moment, Subject::Lists, &body).await;
        self.remember_list(key, moment, body).await;
    }

    async fn remember_list(&self, key: String, moment: Moment, body: Body) {
        let Moment { generation, born, .. } = moment;
        self.lists.insert(key, Kept { value: body, born, generation, stripe: 0 }).await;
    }

    pub async fn total(&self, shelf: &str) -> Option<i64> {
        let kept = self.totals.get(shelf).await?;
        self.fresh_list(&kept).then_some(kept.value)
    }

    pub async fn keep_total(&self, shelf: String, moment: Moment, total: i64) {
        let Moment { generation, born, .. } = moment;
        self.totals.insert(shelf, Kept { value: total, born, generation, stripe: 0 }).await;
    }

    pub async fn page(&self, key: &str) -> Lookup {
        if let Some(kept) = self.pages.get(key).await {
            let age = self.clock.now().since(kept.born);
            let fresh =
                age < LONGEST && kept.generation == self.products[kept.stripe].load(Ordering::Acquire);
            count("page", fresh);
            if fresh {
                return Lookup::Kept(kept.value);
            }
        }
        let moment = self.moment(&self.pages_changed);
        match self.find("page", key).await {
            SharedFound::Body(Subject::Page(product), body) => {
                self.remember_page(key.to_string(), moment, product, body.clone()).await;
                Lookup::Kept(body)
            }
            SharedFound::Body(..) => Lookup::Missing(moment),
            SharedFound::Missing(shared) => Lookup::Missing(Moment { shared, ..moment }),
        }
    }

    pub async fn keep_page(&self, key: String, moment: Moment, product: ProductId, body: Body) {
        self.share("page", &key, moment, Subject::Page(product), &body).await;
        self.remember_page(key, moment, product, body).await;
    }

    /// Keeps the page of `product`, unless some page has changed since `moment`: it may have been this one.
    async fn remember_page(&self, key: String, moment: Moment, product: ProductId, body: Body) {
        let stripe = stripe(product);
        let generation = self.products[stripe].load(Ordering::Acquire);
        if self.pages_changed.load(Ordering::Acquire) == moment.generation {
            self.pages.insert(key, Kept { value: body, born: moment.born, generation, stripe }).await;
        }
    }

    async fn find(&self, kind: &'static str, key: &str) -> SharedFound {
        let Some(shared) = &self.shared else { return SharedFound::Missing(None) };
        let found = shared.find(&format!("{kind}:{key}")).await;
        let outcome = if matches!(found, SharedFound::Body(..)) { "hit" } else { "miss" };
        metrics::counter!("product_shared_answers_total", "kind" => kind, "outcome" => outcome).increment(1);
        found
    }

    async fn share(&self, kind: &'static str, key: &str, moment: Moment, subject: Subject, body: &Body) {
        if let (Some(shared), Some(moment)) = (&self.shared, moment.shared) {
            shared.keep(&format!("{kind}:{key}"), moment, subject, body).await;
        }
    }
}

fn count(kind: &'static str, hit: bool) {
    let outcome = if hit { "hit" } else { "stale" };
    metrics::counter!("product_answers_total", "kind" => kind, "outcome" => outcome).increment(1);
}

#[cfg(test)]
mod tests;
