//! What carts in Redis do besides the suite of the port: they follow orders, have snapshots, come back from them, and are
//! read from them while Redis is away.

use super::{CartErrands, RedisCarts};
use crate::application::ports::{CartEffects, CartStore, Found};
use crate::domain::order::OrderedLine;
use crate::domain::{Address, Cart, Code, ConfirmedOrder, Email, Line};
use crate::infrastructure::MIGRATIONS;
use futures::future::join_all;
use hanse_database::{Db, DbError};
use hanse_kernel::{
    CartId, ChannelId, Currency, ItemId, Locale, OrderId, Personal, Timestamp, UserId, VariantId,
};
use hanse_redis::{Redis, RedisConfig, cmd};
use hanse_testkit::private_redis::{self, PrivateRedis};
use hanse_testkit::{RedisPlace, both_engines, effects, redis_place, redis_prefix};
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use uuid::Uuid;

struct Bench {
    place: RedisPlace,
    db: Db,
    carts: RedisCarts,
}

impl Bench {
    fn over(db: Db, place: RedisPlace) -> Self {
        let vault = hanse_testkit::vault("cart");
        let carts = RedisCarts::new(redis(&place), db.clone(), vault, effects());
        Self { place, db, carts }
    }

    fn at(db: Db, server: &PrivateRedis) -> Self {
        Self::over(db, RedisPlace { url: server.url(), prefix: redis_prefix() })
    }

    /// Redis loses everything of ours.
    async fn lose(&self) {
        let redis = redis(&self.place);
        let keys: Vec<String> = redis.ask("keys", cmd("KEYS").arg(redis.key("*"))).await.expect("keys");
        assert!(!keys.is_empty());
        redis.ask::<i64>("del", cmd("DEL").arg(keys)).await.expect("deleted");
    }

    async fn load(&self, id: CartId) -> Option<Cart> {
        match self.carts.load(id, now()).await.expect("loads") {
            Some(Found::Cart(cart)) => Some(*cart),
            _ => None,
        }
    }

    /// As the handler of the message does, and then the worker.
    async fn confirm(&self, order: &ConfirmedOrder) {
        self.note(order).await;
        self.carts.do_all().await.expect("done");
    }

    async fn note(&self, order: &ConfirmedOrder) {
        let input = (CartErrands(self.carts.clone()), order.clone());
        let noted = self.db.tx(input, |tx, (errands, order)| {
            Box::pin(async move { errands.take_out(tx, order, now()).await })
        });
        noted.await.expect("noted");
    }

    async fn forget(&self, customer: UserId) {
        let input = (CartErrands(self.carts.clone()), customer);
        let noted = self.db.tx(input, |tx, (errands, customer)| {
            Box::pin(async move { errands.forget(tx, *customer).await })
        });
        let noted: Result<(), DbError> = noted.await;
        noted.expect("noted");
    }

    async fn forget_guest(&self, cart: CartId) {
        let input = (CartErrands(self.carts.clone()), cart);
        let noted = self
            .db
            .tx(input, |tx, (errands, cart)| Box::pin(async move { errands.forget_guest(tx, *cart).await }));
        let noted: Result<(), DbError> = noted.await;
        noted.expect("noted");
    }

    /// A cart with these lines, in Redis and in its snapshot.
    async fn cart(&self, customer: Option<UserId>, lines: &[Line]) -> Cart {
        let id = CartId::random(&*effects().rng);
        let (channel, locale) = (ChannelId::default(), Locale::new("de"));
        let mut cart = Cart::new(id, channel, Currency::EUR, locale, customer, now());
        cart.lines = lines.to_vec();
        cart.email = Some(Personal::guest(Email::stored("ana@example.org".into())));
        if let Some(customer) = customer {
            cart.bind(customer);
        }
        self.carts.insert(&cart).await.expect("inserted");
        self.carts.do_all().await.expect("its snapshot is written");
        cart
    }

    async fn add(&self, before: &Cart, new: Line) -> Result<Cart, DbError> {
        let mut after = before.clone();
        after.lines.push(new);
        after.touched(now());
        self.carts.save(before, &after).await.map(|saved| {
            assert!(saved);
            after
        })
    }
}

fn redis(place: &RedisPlace) -> Redis {
    let config = RedisConfig { prefix: place.prefix.clone(), ..RedisConfig::new(place.url.clone()) };
    Redis::new(config, effects()).expect("an address").limited(Duration::from_secs(2))
}

fn now() -> Timestamp {
    effects().now()
}

fn line(n: u128, quantity: i64) -> Line {
    // Lines of two carts may meet in one database.
    let id = ItemId::new(effects().ids.uuid());
    Line { id, variant: VariantId::new(Uuid::from_u128(n)), quantity, metadata: "{}".into() }
}

fn order_of(cart: &Cart) -> ConfirmedOrder {
    let ordered = |l: &Line| OrderedLine { item: l.id, variant: l.variant, quantity: l.quantity };
    ConfirmedOrder {
        id: OrderId::new(effects().ids.uuid()),
        cart: cart.id,
        lines: cart.lines.iter().map(ordered).collect(),
        codes: vec!["WELCOME".into()],
    }
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let effects = effects();
    let waited = async {
        while !holds().await {
            effects.timers.sleep(Duration::from_millis(20)).await;
        }
    };
    let waited = std::pin::pin!(waited);
    let limit = std::pin::pin!(effects.timers.sleep(Duration::from_secs(20)));
    let ended = futures::future::select(waited, limit).await;
    assert!(matches!(ended, futures::future::Either::Left(_)), "in vain: {what}");
}

#[tokio::test]
async fn an_order_leaves_its_cart_once_however_often_it_is_told_and_lost() {
    both_engines(&[MIGRATIONS], async |db| {
        let bench = Bench::over(db, redis_place());
        let mut cart = bench.cart(None, &[line(1, 5), line(2, 1)]).await;
        let mut order = order_of(&cart);
        order.lines[0].quantity = 2;
        cart.codes = vec![Code::stored("WELCOME".into()), Code::stored("OTHER".into())];
        bench.confirm(&order).await;
        let left = |cart: &Cart| cart.lines.iter().map(|l| l.quantity).collect::<Vec<_>>();
        assert_eq!(left(&bench.load(cart.id).await.expect("there")), [3]);
        bench.confirm(&order).await;
        assert_eq!(left(&bench.load(cart.id).await.expect("there")), [3], "told again");
        // Taken out in Redis, and the worker died before it could say so.
        let standing =
            async || bench.carts.load_standing(cart.id, now()).await.expect("loads").expect("there");
        assert_eq!(standing().await.applied, [order.id]);
        bench.lose().await;
        assert_eq!(standing().await.applied, [order.id], "the snapshot knows it too");
        assert_eq!(left(&standing().await.cart), [3]);
        bench.confirm(&order).await;
        assert_eq!(left(&standing().await.cart), [3]);
    })
    .await;
}

#[tokio::test]
async fn an_order_that_redis_has_not_heard_of_is_taken_out_when_it_is_back() {
    both_engines(&[MIGRATIONS], async |db| {
        let mut server = private_redis::start().expect("a server");
        let bench = Bench::at(db, &server);
        let cart = bench.cart(None, &[line(1, 1)]).await;
        server.kill().expect("killed");
        bench.note(&order_of(&cart)).await;
        assert!(bench.carts.do_all().await.is_err());
        server.restart().expect("back");
        until("it is taken out", async || bench.carts.do_all().await.is_ok()).await;
        assert!(bench.load(cart.id).await.expect("there").lines.is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_order_of_a_merged_cart_leaves_the_one_that_it_went_into() {
    both_engines(&[MIGRATIONS], async |db| {
        let bench = Bench::over(db, redis_place());
        let customer = UserId::new(effects().ids.uuid());
        let absorbed = bench.cart(Some(customer), &[line(1, 2)]).await;
        let before = bench.cart(None, &[line(2, 1)]).await;
        let mut after = before.clone();
        after.bind(customer);
        assert!(after.absorb(&absorbed));
        after.touched(now());
        assert!(bench.carts.merge(&before, &after, &absorbed).await.expect("merged"));
        let order = order_of(&absorbed);
        bench.confirm(&order).await;
        let check = async |when: &str| {
            let standing = bench.carts.load_standing(after.id, now()).await.expect("loads").expect("there");
            let variants: Vec<u128> =
                standing.cart.lines.iter().map(|l| l.variant.uuid().as_u128()).collect();
            assert_eq!((variants, standing.merged), (vec![2], vec![absorbed.id]), "{when}");
            assert_eq!(standing.applied, [order.id], "{when}");
            let found = bench.carts.load(absorbed.id, now()).await.expect("loads");
            assert_eq!(found, Some(Found::MergedInto(after.id)), "{when}");
        };
        check("in Redis").await;
        bench.lose().await;
        check("from the snapshots").await;
        let latest = bench.carts.latest_of(customer, before.id, now()).await.expect("asked");
        assert_eq!(latest, None, "the merged one is nobody's latest");
    })
    .await;
}

/// Invariant 14. No snapshot is written meanwhile, so that nothing but the log of Redis can have it.
#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_change_is_lost_when_redis_is_killed_amid_changes() {
    both_engines(&[MIGRATIONS], async |db| {
        let server = Mutex::new(private_redis::start().expect("a server"));
        let bench = Bench::at(db, &server.lock().expect("nobody panicked"));
        let mut carts = vec![];
        for _ in 0..4 {
            carts.push(bench.cart(None, &[]).await);
        }
        for round in 0..3 {
            let acknowledged = AtomicUsize::new(0);
            let fill = async |mut known: Cart| {
                while let Ok(after) = bench.add(&known, line(acknowledged.load(Relaxed) as u128, 1)).await {
                    known = after;
                    // The kill comes in the middle of what the others are at.
                    if acknowledged.fetch_add(1, Relaxed) == 60 {
                        server.lock().expect("nobody panicked").kill().expect("killed");
                    }
                }
                known
            };
            let filled = join_all(carts.into_iter().map(fill)).await;
            assert!(acknowledged.load(Relaxed) > 60);
            server.lock().expect("nobody panicked").restart().expect("back");
            carts = vec![];
            for known in filled {
                until("Redis itself answers", async || bench.carts.read(known.id).await.is_ok()).await;
                let kept = bench.load(known.id).await.expect("there");
                let lost: Vec<&Line> = known.lines.iter().filter(|l| !kept.lines.contains(l)).collect();
                assert!(lost.is_empty() && kept.version >= known.version, "round {round}: {lost:?}");
                assert!(kept.lines.len() <= known.lines.len() + 1, "at most what was under way besides");
                carts.push(kept);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn while_redis_is_away_carts_are_read_from_their_snapshots_and_not_changed() {
    both_engines(&[MIGRATIONS], async |db| {
        let mut server = private_redis::start().expect("a server");
        let bench = Bench::at(db, &server);
        let customer = UserId::new(effects().ids.uuid());
        let cart = bench.cart(Some(customer), &[line(1, 1)]).await;
        server.kill().expect("killed");
        assert_eq!(bench.load(cart.id).await, Some(cart.clone()));
        let standing = bench.carts.load_standing(cart.id, now()).await.expect("loads").expect("there");
        assert_eq!(standing.cart, cart);
        let other = CartId::random(&*effects().rng);
        let latest = bench.carts.latest_of(customer, other, now()).await.expect("asked");
        assert_eq!(latest, Some(cart.clone()));
        // Whether there is another cart, Redis would know.
        let (found, stands) =
            (bench.carts.load(other, now()).await, bench.carts.load_standing(other, now()).await);
        assert!(matches!(found, Err(DbError::Unavailable(_))), "{found:?}");
        assert!(matches!(stands, Err(DbError::Unavailable(_))), "{stands:?}");
        let refused = bench.add(&cart, line(2, 1)).await.expect_err("not now");
        assert!(matches!(refused, DbError::Unavailable(_)), "{refused}");
        server.restart().expect("back");
        until("it can be changed again", async || bench.add(&cart, line(3, 1)).await.is_ok()).await;
    })
    .await;
}

#[tokio::test]
async fn a_call_that_is_repeated_is_done_once() {
    both_engines(&[MIGRATIONS], async |db| {
        let bench = Bench::over(db, redis_place());
        let before = bench.cart(None, &[]).await;
        let mut after = before.clone();
        after.lines.push(line(1, 1));
        after.touched(now());
        let arguments = async |before: &Cart, after: &Cart| {
            let mut all = vec![before.id.to_string(), "the-call".to_string(), before.version.to_string()];
            all.extend(bench.carts.written(after).await.expect("writes"));
            all.push(String::new());
            all
        };
        let save = &bench.carts.0.scripts.save;
        let once: i64 = bench.carts.run(save, arguments(&before, &after).await).await.expect("run");
        // Somebody else changes it before the repetition arrives.
        let later = bench.add(&after, line(2, 1)).await.expect("saved");
        let again: i64 = bench.carts.run(save, arguments(&before, &after).await).await.expect("run");
        assert_eq!((once, again), (1, 1));
        assert_eq!(bench.load(before.id).await, Some(later));
    })
    .await;
}

#[tokio::test]
async fn a_customer_who_is_forgotten_leaves_nothing_behind() {
    both_engines(&[MIGRATIONS], async |db| {
        let bench = Bench::over(db, redis_place());
        let customer = UserId::new(effects().ids.uuid());
        let cart = bench.cart(Some(customer), &[line(1, 1)]).await;
        let guest = bench.cart(None, &[line(2, 1)]).await;
        // One whose snapshot is not written yet.
        let changed = bench.add(&cart, line(3, 1)).await.expect("saved");
        bench.forget(customer).await;
        bench.carts.do_all().await.expect("done");
        assert_eq!(bench.load(changed.id).await, None);
        assert!(bench.load(guest.id).await.is_some());
        assert!(
            bench.carts.save(&changed, &changed).await.is_ok_and(|saved| !saved),
            "it does not come back"
        );
        bench.carts.do_all().await.expect("done");
        bench.lose().await;
        assert_eq!(bench.load(changed.id).await, None);
        let other = CartId::random(&*effects().rng);
        assert_eq!(bench.carts.latest_of(customer, other, now()).await.expect("asked"), None);
    })
    .await;
}

#[tokio::test]
async fn a_guest_who_is_forgotten_leaves_no_cart_behind() {
    both_engines(&[MIGRATIONS], async |db| {
        let bench = Bench::over(db, redis_place());
        let customer = UserId::new(effects().ids.uuid());
        let hers = bench.cart(Some(customer), &[line(1, 1)]).await;
        let cart = bench.cart(None, &[line(2, 1)]).await;
        // One whose snapshot is not written yet.
        let changed = bench.add(&cart, line(3, 1)).await.expect("saved");
        for id in [cart.id, hers.id] {
            bench.forget_guest(id).await;
        }
        bench.carts.do_all().await.expect("done");
        assert_eq!(bench.load(cart.id).await, None);
        assert!(bench.load(hers.id).await.is_some(), "a customer's is theirs");
        assert!(
            bench.carts.save(&changed, &changed).await.is_ok_and(|saved| !saved),
            "it does not come back"
        );
        bench.carts.do_all().await.expect("done");
        bench.lose().await;
        assert_eq!(bench.load(cart.id).await, None);
        assert!(bench.load(hers.id).await.is_some());
        // One that a customer took a moment ago is theirs, though its snapshot is a guest's still.
        let taken = bench.cart(None, &[line(5, 1)]).await;
        let mut bound = taken.clone();
        bound.bind(customer);
        bound.touched(now());
        assert!(bench.carts.save(&taken, &bound).await.expect("saved"));
        bench.forget_guest(taken.id).await;
        bench.carts.do_all().await.expect("done");
        assert_eq!(bench.load(taken.id).await.and_then(|cart| cart.customer), Some(customer));
        // What Redis has lost is known by its snapshot: a customer's is left, a guest's comes back no more.
        let guest = bench.cart(None, &[line(4, 1)]).await;
        bench.lose().await;
        for id in [guest.id, hers.id] {
            bench.forget_guest(id).await;
        }
        bench.carts.do_all().await.expect("done");
        assert_eq!(bench.load(guest.id).await, None);
        assert!(bench.load(hers.id).await.is_some());
    })
    .await;
}

/// All that is told of a shopper, in every place where a cart has it.
fn canary(cart: &Cart) -> Cart {
    let told = |text: &str| Some(Personal::guest(Email::stored(text.into())));
    let nest = Address {
        name: "Kanarie Boksson".into(),
        line1: "kanariegatan 1".into(),
        country: "SE".into(),
        ..Address::default()
    };
    let mut after = cart.clone();
    after.email = told("kanarie@example.org");
    after.shipping_address = Some(Personal::guest(nest.clone()));
    after.billing_address = Some(Personal::guest(nest));
    after.metadata = r#"{"card":"kanarie"}"#.into();
    after.lines = vec![Line { metadata: r#"{"text":"kanarie"}"#.into(), ..line(1, 1) }];
    after.touched(now());
    after
}

/// All bytes of all files of a folder and those below it.
fn files(folder: &std::path::Path) -> String {
    let mut all = String::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("a file").path();
        let read = || String::from_utf8_lossy(&std::fs::read(&path).expect("read")).into_owned();
        all += &if path.is_dir() { files(&path) } else { read() };
    }
    all.to_lowercase()
}

#[tokio::test]
async fn redis_and_its_files_tell_nothing_of_shoppers() {
    both_engines(&[MIGRATIONS], async |db| {
        let server = private_redis::start().expect("a server");
        let bench = Bench::at(db, &server);
        let before = bench.cart(None, &[]).await;
        let told = canary(&before);
        assert!(bench.carts.save(&before, &told).await.expect("saved"));
        assert_eq!(bench.load(told.id).await, Some(told.clone()));
        let redis = redis(&bench.place);
        let key = redis.key(format_args!("cart:{}", told.id));
        let sealed: String = redis.ask("hget", cmd("HGET").arg(&key).arg("d")).await.expect("there");
        assert!(sealed.contains("sealed:1:") && !sealed.to_lowercase().contains("kanarie"), "{sealed}");
        assert!(files(server.folder()).contains("sealed:1:"));
        assert!(!files(server.folder()).contains("kanarie"));
        bench.carts.do_all().await.expect("its snapshot is written");
        bench.lose().await;
        assert_eq!(bench.load(told.id).await, Some(told), "from its snapshot");
        assert!(!files(server.folder()).contains("kanarie"), "nor is it taken up in the open");
    })
    .await;
}

#[tokio::test]
async fn documents_of_before_are_read_and_sealed() {
    both_engines(&[MIGRATIONS], async |db| {
        let bench = Bench::over(db, redis_place());
        let before = bench.cart(None, &[]).await;
        let told = canary(&before);
        assert!(bench.carts.save(&before, &told).await.expect("saved"));
        let redis = redis(&bench.place);
        let key = redis.key(format_args!("cart:{}", told.id));
        let ask = async || -> String {
            redis.ask("hget", cmd("HGET").arg(&key).arg("d")).await.expect("there")
        };
        let mut document: serde_json::Value = serde_json::from_str(&ask().await).expect("JSON");
        let nest = serde_json::json!({"name": "Kanarie Boksson", "line1": "kanariegatan 1", "line2": null, "city": "",
            "postal_code": "", "region": null, "country": "SE", "phone": null});
        document["email"] = "kanarie@example.org".into();
        document["shipping_address"] = nest.clone();
        document["billing_address"] = nest;
        document["metadata"] = r#"{"card":"kanarie"}"#.into();
        document["lines"][0]["metadata"] = r#"{"text":"kanarie"}"#.into();
        let old = document.to_string();
        redis.ask::<i64>("hset", cmd("HSET").arg(&key).arg("d").arg(&old)).await.expect("written");
        assert_eq!(bench.load(told.id).await, Some(told.clone()));
        assert_eq!(bench.carts.seal_documents(None).await.expect("sealed"), (1, None));
        let sealed = ask().await;
        assert!(sealed.contains("sealed:1:") && !sealed.to_lowercase().contains("kanarie"), "{sealed}");
        assert_eq!(bench.load(told.id).await, Some(told.clone()), "at the same version");
        assert_eq!(bench.carts.seal_documents(None).await.expect("looked"), (0, None));
    })
    .await;
}

#[tokio::test]
async fn a_cart_whose_key_was_destroyed_is_none() {
    both_engines(&[MIGRATIONS], async |db| {
        let bench = Bench::over(db, redis_place());
        let before = bench.cart(None, &[]).await;
        let told = canary(&before);
        assert!(bench.carts.save(&before, &told).await.expect("saved"));
        bench.carts.do_all().await.expect("its snapshot is written");
        let vault = bench.carts.0.sql.vault.clone();
        let destroyed: Result<bool, DbError> = bench
            .db
            .tx((vault, told.id), |tx, (vault, id)| Box::pin(async move { vault.destroy(tx, id).await }))
            .await;
        assert!(destroyed.expect("destroyed"));
        assert_eq!(bench.load(told.id).await, None);
    })
    .await;
}
