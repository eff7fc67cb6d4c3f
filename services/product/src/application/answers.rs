//! Answers kept in memory: whole bodies by their normalised question, let go as soon as what they show has changed.

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
}

fn stripe(product: ProductId) -> usize {
    // The last bytes of a UUIDv7 are random.
    let bytes = product.uuid().as_u128();
    (bytes as usize) % STRIPES
}

impl Answers {
    pub fn new(bytes: u64, clock: Arc<dyn Clock>) -> Self {
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
        }
    }

    /// A list, a category or a total may show something else now.
    pub fn lists_changed(&self) {
        self.catalogue.fetch_add(1, Ordering::Release);
    }

    /// The page of `product` may show something else now.
    pub fn page_changed(&self, product: ProductId) {
        self.products[stripe(product)].fetch_add(1, Ordering::AcqRel);
        self.pages_changed.fetch_add(1, Ordering::AcqRel);
    }

    pub fn list_moment(&self) -> Moment {
        Moment { generation: self.catalogue.load(Ordering::Acquire), born: self.clock.now() }
    }

    pub fn page_moment(&self) -> Moment {
        Moment { generation: self.pages_changed.load(Ordering::Acquire), born: self.clock.now() }
    }

    fn fresh_list<T>(&self, kept: &Kept<T>) -> bool {
        let age = self.clock.now().since(kept.born);
        age < LIST_GRACE || (age < LONGEST && kept.generation == self.catalogue.load(Ordering::Acquire))
    }

    pub async fn list(&self, key: &str) -> Option<Body> {
        let kept = self.lists.get(key).await?;
        let fresh = self.fresh_list(&kept);
        count("list", fresh);
        fresh.then_some(kept.value)
    }

    pub async fn keep_list(&self, key: String, moment: Moment, body: Body) {
        let Moment { generation, born } = moment;
        self.lists.insert(key, Kept { value: body, born, generation, stripe: 0 }).await;
    }

    pub async fn total(&self, shelf: &str) -> Option<i64> {
        let kept = self.totals.get(shelf).await?;
        self.fresh_list(&kept).then_some(kept.value)
    }

    pub async fn keep_total(&self, shelf: String, moment: Moment, total: i64) {
        let Moment { generation, born } = moment;
        self.totals.insert(shelf, Kept { value: total, born, generation, stripe: 0 }).await;
    }

    pub async fn page(&self, key: &str) -> Option<Body> {
        let kept = self.pages.get(key).await?;
        let age = self.clock.now().since(kept.born);
        let fresh = age < LONGEST && kept.generation == self.products[kept.stripe].load(Ordering::Acquire);
        count("page", fresh);
        fresh.then_some(kept.value)
    }

    /// Keeps the page of `product`, unless some page has changed since `moment`: it may have been this one.
    pub async fn keep_page(&self, key: String, moment: Moment, product: ProductId, body: Body) {
        let stripe = stripe(product);
        let generation = self.products[stripe].load(Ordering::Acquire);
        if self.pages_changed.load(Ordering::Acquire) == moment.generation {
            self.pages.insert(key, Kept { value: body, born: moment.born, generation, stripe }).await;
        }
    }
}

fn count(kind: &'static str, hit: bool) {
    let outcome = if hit { "hit" } else { "stale" };
    metrics::counter!("product_answers_total", "kind" => kind, "outcome" => outcome).increment(1);
}

#[cfg(test)]
mod tests {
    use super::*;
    use hanse_kernel::effects::ManualClock;
    use uuid::Uuid;

    fn body() -> Body {
        Body::new("{}")
    }

    #[tokio::test]
    async fn a_list_is_behind_a_change_for_a_moment_at_most() {
        let clock = ManualClock::at(Timestamp::from_micros(0));
        let answers = Answers::new(1 << 20, clock.clone());
        let moment = answers.list_moment();
        answers.keep_list("q".into(), moment, body()).await;
        clock.advance(Duration::from_millis(300));
        assert!(answers.list("q").await.is_some(), "nothing has changed");
        answers.lists_changed();
        assert!(answers.list("q").await.is_none(), "something has");
        answers.keep_list("q".into(), answers.list_moment(), body()).await;
        answers.lists_changed();
        assert!(answers.list("q").await.is_some(), "made a moment ago");
        clock.advance(LIST_GRACE);
        assert!(answers.list("q").await.is_none());
        answers.keep_list("q".into(), answers.list_moment(), body()).await;
        clock.advance(LONGEST);
        assert!(answers.list("q").await.is_none(), "another process may have changed it");
    }

    #[tokio::test]
    async fn a_page_is_let_go_at_once_even_when_it_was_being_read() {
        let clock = ManualClock::at(Timestamp::from_micros(0));
        let answers = Answers::new(1 << 20, clock);
        let product = ProductId::new(Uuid::from_u128(7));
        let moment = answers.page_moment();
        answers.page_changed(product);
        answers.keep_page("mug".into(), moment, product, body()).await;
        assert!(answers.page("mug").await.is_none());
        answers.keep_page("mug".into(), answers.page_moment(), product, body()).await;
        assert!(answers.page("mug").await.is_some());
        answers.page_changed(product);
        assert!(answers.page("mug").await.is_none());
    }

    #[test]
    fn equal_bodies_have_equal_validators() {
        assert_eq!(Body::new("a").etag, Body::new("a").etag);
        assert_ne!(Body::new("a").etag, Body::new("b").etag);
    }
}
