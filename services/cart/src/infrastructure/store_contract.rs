//! What every place where carts are kept must do: the suite that each adapter of [`CartStore`] runs through.

use super::redis_carts::RedisCarts;
use super::sql_carts::SqlCarts;
use crate::application::ports::{CartStore, Found, Standing};
use crate::domain::{Cart, Change, Code, Email, Line};
use hanse_kernel::effects::SeededRng;
use hanse_kernel::{CartId, ChannelId, Currency, ItemId, Locale, Timestamp, TypedId, UserId, VariantId};
use hanse_redis::{Redis, RedisConfig};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// A store and the carts that the suite makes in it.
struct Suite {
    store: Arc<dyn CartStore>,
    rng: SeededRng,
    now: Timestamp,
}

fn line(n: u128, quantity: i64) -> Line {
    Line {
        id: ItemId::from_uuid(Uuid::from_u128(n)),
        variant: VariantId::from_uuid(Uuid::from_u128(n)),
        quantity,
        metadata: "{}".into(),
    }
}

fn user(n: u128) -> UserId {
    UserId::from_uuid(Uuid::from_u128(n))
}

impl Suite {
    fn cart(&self, customer: Option<UserId>, lines: &[Line]) -> Cart {
        let id = CartId::random(&self.rng);
        let locale = Locale::new("de");
        let mut cart = Cart::new(id, ChannelId::default(), Currency::EUR, locale, customer, self.now);
        cart.lines = lines.to_vec();
        cart
    }

    async fn load(&self, id: CartId) -> Option<Cart> {
        match self.store.load(id, self.now).await.unwrap() {
            Some(Found::Cart(cart)) => Some(*cart),
            other => {
                assert_eq!(other, None);
                None
            }
        }
    }

    async fn keeps_what_it_is_given(&self) {
        let mut cart = self.cart(Some(user(1)), &[line(1, 2), line(2, 999)]);
        cart.change(Change {
            email: Some(Email::parse("email", "ana@example.org").ok()),
            codes: Some(vec![Code::stored("WELCOME".into())]),
            metadata: Some(r#"{"gift":true}"#.into()),
            ..Change::default()
        });
        cart.operations.push(Uuid::from_u128(5));
        self.store.insert(&cart).await.unwrap();
        assert_eq!(self.load(cart.id).await, Some(cart.clone()));
        assert_eq!(self.load(CartId::random(&self.rng)).await, None);
        let standing = self.store.load_standing(cart.id, self.now).await.unwrap().unwrap();
        assert_eq!(standing, Standing { cart, applied: vec![], merged: vec![] });
    }

    async fn saves_on_the_version_it_was_made_from_only(&self) {
        let before = self.cart(None, &[line(10, 1), line(11, 1)]);
        self.store.insert(&before).await.unwrap();
        let mut after = before.clone();
        after.lines.remove(0);
        after.lines[0].quantity = 5;
        after.lines.push(line(12, 3));
        after.bind(user(2));
        after.touched(self.now.plus(Duration::from_secs(1)));
        assert!(self.store.save(&before, &after).await.unwrap());
        assert_eq!(self.load(before.id).await, Some(after.clone()));
        let mut late = before.clone();
        late.lines.clear();
        late.touched(self.now);
        assert!(!self.store.save(&before, &late).await.unwrap());
        assert_eq!(self.load(before.id).await, Some(after));
    }

    async fn one_of_many_that_save_at_once_wins(&self) {
        let before = self.cart(None, &[]);
        self.store.insert(&before).await.unwrap();
        let tries = (20..30u128).map(|n| {
            let mut after = before.clone();
            after.lines.push(line(n, 1));
            after.touched(self.now);
            let (store, before) = (self.store.clone(), before.clone());
            async move { store.save(&before, &after).await.unwrap() }
        });
        let won = futures::future::join_all(tries).await.into_iter().filter(|won| *won).count();
        assert_eq!(won, 1);
        assert_eq!(self.load(before.id).await.unwrap().lines.len(), 1);
    }

    async fn merges_both_or_none(&self) {
        let absorbed = self.cart(Some(user(3)), &[line(30, 1)]);
        let before = self.cart(None, &[line(31, 1)]);
        for cart in [&absorbed, &before] {
            self.store.insert(cart).await.unwrap();
        }
        let mut after = before.clone();
        after.bind(user(3));
        assert!(after.absorb(&absorbed));
        after.touched(self.now);
        let stale = Cart { version: 7, ..absorbed.clone() };
        assert!(!self.store.merge(&before, &after, &stale).await.unwrap());
        let stale = Cart { version: 7, ..before.clone() };
        assert!(!self.store.merge(&stale, &after, &absorbed).await.unwrap());
        assert_eq!(self.load(absorbed.id).await, Some(absorbed.clone()), "nothing was half done");
        assert!(self.store.merge(&before, &after, &absorbed).await.unwrap());
        assert_eq!(self.load(before.id).await, Some(after.clone()));
        let found = self.store.load(absorbed.id, self.now).await.unwrap();
        assert_eq!(found, Some(Found::MergedInto(before.id)));
        assert_eq!(self.store.load_standing(absorbed.id, self.now).await.unwrap(), None);
        let latest = self.store.latest_of(user(3), CartId::random(&self.rng), self.now).await.unwrap();
        assert_eq!(latest, Some(after.clone()), "a merged cart is nobody's latest");
        // And that into another one.
        let next = self.cart(None, &[]);
        self.store.insert(&next).await.unwrap();
        let mut last = next.clone();
        last.bind(user(3));
        assert!(last.absorb(&after));
        last.touched(self.now);
        assert!(self.store.merge(&next, &last, &after).await.unwrap());
        let standing = self.store.load_standing(next.id, self.now).await.unwrap().unwrap();
        let mut merged = vec![absorbed.id, before.id];
        merged.sort();
        assert_eq!((standing.cart, standing.merged), (last, merged));
    }

    async fn finds_a_customers_latest_cart(&self) {
        let older = self.cart(Some(user(4)), &[]);
        let mut newer = self.cart(Some(user(4)), &[line(40, 1)]);
        newer.updated_at = self.now.plus(Duration::from_secs(9));
        for cart in [&older, &newer] {
            self.store.insert(cart).await.unwrap();
        }
        let latest = async |besides: CartId| {
            self.store.latest_of(user(4), besides, self.now).await.unwrap().map(|c| c.id)
        };
        assert_eq!(latest(CartId::random(&self.rng)).await, Some(newer.id));
        assert_eq!(latest(newer.id).await, Some(older.id));
        assert_eq!(self.store.latest_of(user(5), older.id, self.now).await.unwrap(), None);
    }

    async fn forgets_what_has_expired(&self) {
        let cart = self.cart(Some(user(6)), &[line(60, 1)]);
        self.store.insert(&cart).await.unwrap();
        let end = cart.expires_at;
        assert_eq!(self.store.load(cart.id, end).await.unwrap(), None);
        assert_eq!(self.store.load_standing(cart.id, end).await.unwrap(), None);
        assert_eq!(self.store.latest_of(user(6), CartId::random(&self.rng), end).await.unwrap(), None);
        assert_eq!(self.store.sweep(self.now, 100).await.unwrap(), 0);
        assert_eq!(self.store.sweep(end, 2).await.unwrap(), 2, "bounded");
        while self.store.sweep(end, 2).await.unwrap() > 0 {}
        assert_eq!(self.store.load(cart.id, self.now).await.unwrap(), None);
    }
}

async fn keeps_its_promises(store: Arc<dyn CartStore>) {
    let now = "2026-11-23T10:00:00Z".parse().unwrap();
    let suite = Suite { store, rng: SeededRng::new(11), now };
    suite.keeps_what_it_is_given().await;
    suite.saves_on_the_version_it_was_made_from_only().await;
    suite.one_of_many_that_save_at_once_wins().await;
    suite.merges_both_or_none().await;
    suite.finds_a_customers_latest_cart().await;
    suite.forgets_what_has_expired().await;
}

#[tokio::test]
async fn sql_keeps_its_promises_on_both_engines() {
    hanse_testkit::both_engines(&[super::MIGRATIONS], async |db| {
        let vault = hanse_testkit::vault("cart");
        keeps_its_promises(Arc::new(SqlCarts { db, vault })).await;
    })
    .await;
}

#[tokio::test]
async fn redis_keeps_its_promises_over_snapshots_on_both_engines() {
    hanse_testkit::both_engines(&[super::MIGRATIONS], async |db| {
        let place = hanse_testkit::redis_place();
        let config = RedisConfig { prefix: place.prefix, ..RedisConfig::new(place.url) };
        let redis = Redis::new(config, hanse_testkit::effects()).unwrap();
        let (vault, effects) = (hanse_testkit::vault("cart"), hanse_testkit::effects());
        keeps_its_promises(Arc::new(RedisCarts::new(redis, db, vault, effects))).await;
    })
    .await;
}
