//! One suite per port: the tables keep what the rules know, on both engines alike.

mod fuzz;
mod image_maker;
mod intakes_and_imports;
mod shared_answers;
mod uploads;

use super::categories::{SqlCategories, SqlCollections};
use super::products::SqlProducts;
use super::shelves::SqlShelves;
use super::shop_window::SqlShopWindow;
use super::slugs::SqlSlugs;
use crate::application::ProductConfig;
use crate::application::config::Window;
use crate::application::list_products::{ListQuestion, Place, Sort};
use crate::application::ports::{
    Categories, Collections, Placing, Products, Shelves, ShopWindow, SlugKind, Slugs,
};
use crate::application::shown::Artist;
use crate::domain::category::{Category, Collection};
use crate::domain::content::TaxClass;
use crate::domain::product::{Image, Product, Variant};
use crate::domain::search::Question;
use crate::domain::stock::{Level, StockPolicy, ToldLevel};
use crate::domain::texts::{Field, Texts};
use futures::future::BoxFuture;
use hanse_database::{Db, DbError, Tx, Violation};
use hanse_kernel::{
    CategoryId, ChannelId, CollectionId, Currency, ImageId, Limit, Locale, Money, ProductId, Timestamp,
    VariantId,
};
use hanse_testkit::both_engines;
use std::time::Duration;
use uuid::Uuid;

const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}
fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}
fn later(seconds: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(seconds))
}
fn variant_id(n: u128) -> VariantId {
    VariantId::new(id(n))
}
fn en() -> Locale {
    Locale::new("en")
}
fn config() -> ProductConfig {
    ProductConfig { locales: vec![en(), Locale::new("de")], ..ProductConfig::default() }
}
fn window(locale: &str) -> Window {
    Window { channel: ChannelId::default(), currency: Currency::EUR, locale: Locale::new(locale) }
}

fn texts(pairs: &[(&str, Field, &str)]) -> Texts {
    let mut texts = Texts::default();
    for (locale, field, text) in pairs {
        texts.set(&Locale::new(locale), *field, Some(text));
    }
    texts
}

/// Product `n` with every field set, and the variants `10 n` and `10 n + 1`.
fn product(n: u128) -> Product {
    let variant = |m: u128, value: &str| Variant {
        id: variant_id(10 * n + m),
        sku: format!("P{n}-{m}"),
        texts: texts(&[("en", Field::Value(0), value)]),
        barcode: Some("978".into()),
        weight_grams: Some(300),
        tax_class: TaxClass::Reduced,
        requires_shipping: false,
        image: Some(ImageId::new(id(500 + n))),
        metadata: "{\"shelf\":7}".into(),
    };
    Product {
        texts: texts(&[
            ("en", Field::Title, &format!("Mug {n}")),
            ("en", Field::Slug, &format!("mug-{n}")),
            ("en", Field::Description, "<p>Warm.</p>"),
            ("en", Field::Option(0), "Size"),
            ("de", Field::Title, "Becher"),
        ]),
        vendor: Some("North".into()),
        kind: Some("Mug".into()),
        tags: vec!["enamel".into(), "green".into()],
        option_count: 1,
        variants: vec![variant(0, "S"), variant(1, "L")],
        images: vec![Image {
            id: ImageId::new(id(500 + n)),
            src: "https://img.example/a.png".into(),
            media: Some("ab.svg".into()),
            upload: None,
            width: Some(800),
            height: None,
            texts: texts(&[("en", Field::Alt, "A mug")]),
        }],
        metadata: "{\"oven\":true}".into(),
        events: 1,
        ..Product::draft(ProductId::new(id(n)), later(u64::try_from(n).unwrap_or(0)))
    }
}

/// Runs one unit per engine over fresh tables.
async fn on_both(work: for<'a> fn(&'a mut Tx) -> BoxFuture<'a, Result<(), DbError>>) {
    both_engines(&[super::MIGRATIONS], |db| async move { unit(&db, work).await.unwrap() }).await;
}

async fn unit<T: Send + 'static>(
    db: &Db,
    work: for<'a> fn(&'a mut Tx) -> BoxFuture<'a, Result<T, DbError>>,
) -> Result<T, DbError> {
    db.tx(work, |tx, work| work(tx)).await
}

/// Stores a product as the use cases do: itself, its slug, its read models.
async fn listed(tx: &mut Tx, n: u128, prices: &[(u128, i64)]) -> Result<Product, DbError> {
    let mut product = product(n);
    product.publish(&ChannelId::default(), later(n as u64));
    SqlProducts.insert(tx, &product).await?;
    product.version = 1;
    assert!(SqlSlugs.claim(tx, SlugKind::Product, &en(), &format!("mug-{n}"), product.id.uuid()).await?);
    let config = config();
    let artist = Artist { product: &product, line: &[], config: &config };
    let windows: Vec<Window> = config.windows().collect();
    SqlShelves.render(tx, product.id, &windows, &artist.scopes(&[]), &artist.render(), true).await?;
    tell(tx, product.id, 1, prices).await?;
    SqlShelves.refresh(tx, product.id, 5, Placing::Anew).await?;
    Ok(product)
}

async fn tell(
    tx: &mut Tx,
    product: ProductId,
    version: i64,
    prices: &[(u128, i64)],
) -> Result<bool, DbError> {
    let prices: Vec<_> = prices.iter().map(|(v, amount)| (variant_id(*v), eur(*amount), None)).collect();
    SqlShelves.tell_prices(tx, product, &ChannelId::default(), version, &prices).await
}

fn question(sort: Sort, search: Option<&str>, limit: u16) -> ListQuestion {
    let window = window("en");
    ListQuestion {
        shelf: window.shelf("all"),
        search: search.and_then(Question::parse),
        after: Place::start(sort),
        limit: Limit::new(limit).unwrap(),
        count: true,
        window,
        sort,
    }
}

async fn prices_listed(tx: &mut Tx, sort: Sort) -> Result<Vec<(i64, i64)>, DbError> {
    let (found, _) = SqlShopWindow.list(tx, &question(sort, None, 10)).await?;
    Ok(found.iter().map(|one| (one.price_min, one.price_max)).collect())
}

#[tokio::test]
async fn a_product_is_kept_as_it_is() {
    on_both(|tx| {
        Box::pin(async move {
            let mut product = product(1);
            SqlProducts.insert(tx, &product).await?;
            product.version = 1;
            assert_eq!(SqlProducts.find(tx, product.id).await?.as_ref(), Some(&product));
            assert_eq!(SqlProducts.find(tx, ProductId::new(id(9))).await?, None);

            let mut next = product.clone();
            next.variants.remove(0);
            next.variants[0].sku = "OTHER".into();
            (next.vendor, next.tags, next.images) = (None, vec![], vec![]);
            next.variants[0].image = None;
            next.texts.set(&Locale::new("de"), Field::Title, None);
            next.publish(&ChannelId::default(), NOW);
            assert!(SqlProducts.save(tx, &next).await?);
            assert!(!SqlProducts.save(tx, &next).await?, "who comes with the old version comes too late");
            next.version = 2;
            assert_eq!(SqlProducts.find(tx, product.id).await?.as_ref(), Some(&next));

            next.withdraw();
            next.events = 7;
            assert!(SqlProducts.save_state(tx, &next).await?);
            assert!(!SqlProducts.save_state(tx, &next).await?);
            next.version = 3;
            assert_eq!(SqlProducts.find(tx, product.id).await?, Some(next));
            assert_eq!(
                [SqlProducts.next_ask(tx, product.id).await?, SqlProducts.next_ask(tx, product.id).await?],
                [1, 2]
            );
            Ok(())
        })
    })
    .await;
}

#[tokio::test]
async fn products_are_found_by_what_is_theirs() {
    on_both(|tx| {
        Box::pin(async move {
            for n in 1..=3 {
                listed(tx, n, &[]).await?;
            }
            let all = [1, 2, 3].map(|n| ProductId::new(id(n)));
            let owners =
                SqlProducts.sku_owners(tx, &en(), &["P2-0".into(), "P3-1".into(), "NONE".into()]).await?;
            let found: Vec<_> = owners.iter().map(|o| (o.sku.as_str(), o.variant, o.product)).collect();
            assert_eq!(found, [("P2-0", variant_id(20), all[1]), ("P3-1", variant_id(31), all[2])]);
            assert_eq!(owners[0].title, "Mug 2");
            let of = SqlProducts.of_variants(tx, &[variant_id(10), variant_id(31), variant_id(99)]).await?;
            assert_eq!(of, [(variant_id(10), all[0]), (variant_id(31), all[2])].into());

            let two = Limit::new(1).unwrap();
            assert_eq!(SqlProducts.newest(tx, None, two).await?, [all[2], all[1]], "one more than asked for");
            assert_eq!(SqlProducts.newest(tx, Some((later(2), all[1])), two).await?, [all[0]]);
            assert_eq!(SqlProducts.all_after(tx, Some(all[0]), 1).await?, [all[1]]);
            let mut gone = SqlProducts.find(tx, all[0]).await?.expect("there");
            gone.delete();
            assert!(SqlProducts.save(tx, &gone).await?);
            assert_eq!(
                (SqlProducts.count(tx).await?, SqlProducts.all_after(tx, None, 9).await?.len()),
                (2, 2)
            );
            assert_eq!(SqlProducts.of_variants(tx, &[variant_id(10)]).await?, Default::default());
            Ok(())
        })
    })
    .await;
}

#[tokio::test]
async fn an_sku_names_one_variant() {
    both_engines(&[super::MIGRATIONS], |db| async move {
        let twice = unit(&db, |tx| {
            Box::pin(async move {
                SqlProducts.insert(tx, &product(1)).await?;
                let mut other = product(2);
                other.variants[0].sku = "P1-0".into();
                SqlProducts.insert(tx, &other).await
            })
        });
        let error = twice.await.unwrap_err();
        assert!(
            matches!(&error, DbError::Violation(Violation::Unique { table, columns }) if table == "variant" && columns == &["sku"]),
            "{error:?}"
        );
        let left = unit(&db, |tx| Box::pin(async move { SqlProducts.count(tx).await }));
        assert_eq!(left.await.unwrap(), 0, "nothing of the unit is left");
    })
    .await;
}

#[tokio::test]
async fn slugs_name_one_and_former_ones_may_be_taken() {
    on_both(|tx| {
        Box::pin(async move {
            let (mug, cup) = (id(1), id(2));
            let kind = SlugKind::Product;
            assert!(SqlSlugs.claim(tx, kind, &en(), "mug", mug).await?);
            assert!(SqlSlugs.claim(tx, kind, &en(), "mug", mug).await?, "again");
            assert!(!SqlSlugs.claim(tx, kind, &en(), "mug", cup).await?);
            assert!(SqlSlugs.claim(tx, SlugKind::Category, &en(), "mug", cup).await?, "of another kind");
            assert!(SqlSlugs.claim(tx, kind, &Locale::new("de"), "mug", cup).await?, "in another language");
            assert!(SqlSlugs.claim(tx, kind, &en(), "mug-2", mug).await?);
            assert_eq!(SqlSlugs.current(tx, kind, &en(), "mug").await?, None, "a former one");
            assert_eq!(SqlSlugs.current(tx, kind, &en(), "mug-2").await?, Some(mug));
            assert!(SqlSlugs.claim(tx, kind, &en(), "mug", cup).await?);
            assert_eq!(SqlSlugs.current(tx, kind, &en(), "mug").await?, Some(cup));
            SqlSlugs.release(tx, cup).await?;
            assert_eq!(SqlSlugs.current(tx, kind, &en(), "mug").await?, None);
            assert_eq!(SqlSlugs.current(tx, kind, &en(), "mug-2").await?, Some(mug));
            Ok(())
        })
    })
    .await;
}

#[tokio::test]
async fn categories_and_collections_are_kept_in_their_order() {
    on_both(|tx| {
        Box::pin(async move {
            let category = |n: u128, parent: Option<u128>, position| Category {
                id: CategoryId::new(id(n)),
                version: 1,
                parent: parent.map(|n| CategoryId::new(id(n))),
                position,
                texts: texts(&[("en", Field::Title, &format!("C{n}")), ("de", Field::Title, "K")]),
                created_at: NOW,
            };
            let (kitchen, mut mugs) = (category(1, None, 2), category(2, Some(1), 1));
            SqlCategories.insert(tx, &kitchen, "kitchen").await?;
            SqlCategories.insert(tx, &mugs, "kitchen/mugs").await?;
            assert_eq!(SqlCategories.all(tx).await?, [mugs.clone(), kitchen.clone()]);
            assert_eq!(SqlCategories.by_path(tx, "kitchen/mugs").await?, Some(mugs.id));
            (mugs.parent, mugs.position) = (None, 9);
            mugs.texts.set(&Locale::new("de"), Field::Title, None);
            assert!(SqlCategories.save(tx, &mugs).await?);
            assert!(!SqlCategories.save(tx, &mugs).await?);
            assert_eq!(SqlCategories.all(tx).await?, [kitchen, Category { version: 2, ..mugs }]);

            let products = [3, 1, 2].map(|n| ProductId::new(id(n)));
            let mut collection = Collection {
                id: CollectionId::new(id(7)),
                version: 1,
                texts: texts(&[("en", Field::Title, "Winter")]),
                products: products.to_vec(),
                created_at: NOW,
            };
            SqlCollections.insert(tx, &collection).await?;
            assert_eq!(SqlCollections.find(tx, collection.id).await?.as_ref(), Some(&collection));
            collection.products = vec![products[1]];
            assert!(SqlCollections.save(tx, &collection).await?);
            assert!(!SqlCollections.save(tx, &collection).await?);
            collection.version = 2;
            assert_eq!(SqlCollections.all(tx).await?, [collection.clone()]);
            assert_eq!(SqlCollections.of_product(tx, products[1]).await?, [collection.id]);
            assert_eq!(SqlCollections.of_product(tx, products[0]).await?, []);
            SqlCollections.delete(tx, collection.id).await?;
            assert_eq!(
                (SqlCollections.all(tx).await?, SqlCollections.of_product(tx, products[1]).await?),
                (vec![], vec![])
            );
            Ok(())
        })
    })
    .await;
}

#[tokio::test]
async fn a_telling_of_prices_takes_the_place_of_an_older_one() {
    on_both(|tx| {
        Box::pin(async move {
            let mug = listed(tx, 1, &[(10, 1000), (11, 1500)]).await?.id;
            listed(tx, 2, &[(20, 700)]).await?;
            assert_eq!(prices_listed(tx, Sort::Price).await?, [(700, 700), (1000, 1500)]);
            assert!(!tell(tx, mug, 1, &[(10, 1)]).await?, "as old");
            assert!(!tell(tx, mug, 2, &[(11, 1500), (10, 1000)]).await?, "newer, and says the same");
            assert!(tell(tx, mug, 4, &[(11, 1500)]).await?);
            assert!(!tell(tx, mug, 3, &[(10, 1), (11, 1)]).await?, "it comes late");
            assert!(SqlShelves.refresh(tx, mug, 5, Placing::IfPriceMoved).await?);
            assert_eq!(prices_listed(tx, Sort::PriceDown).await?, [(1500, 1500), (700, 700)]);
            // Another channel is another telling.
            let other = ChannelId::new("b2b");
            assert!(
                SqlShelves.tell_prices(tx, mug, &other, 1, &[(variant_id(10), eur(5), Some(eur(6)))]).await?
            );
            let known = SqlShelves.known_prices(tx, &[variant_id(10), variant_id(11)]).await?;
            let known: Vec<_> =
                known.iter().map(|k| (k.variant, k.channel.as_str(), k.amount, k.compare_at)).collect();
            assert_eq!(known, [(variant_id(10), "b2b", 5, Some(6)), (variant_id(11), "default", 1500, None)]);
            assert!(tell(tx, mug, 5, &[]).await?);
            assert!(SqlShelves.refresh(tx, mug, 5, Placing::IfPriceMoved).await?);
            assert_eq!(prices_listed(tx, Sort::Newest).await?, [(700, 700)]);
            Ok(())
        })
    })
    .await;
}

#[tokio::test]
async fn levels_keep_the_highest_version_and_shelves_are_cleared() {
    on_both(|tx| {
        Box::pin(async move {
            let mug = listed(tx, 1, &[(10, 1000)]).await?.id;
            let told = |version, available| ToldLevel {
                variant: variant_id(10),
                level: Level { available, policy: StockPolicy::Continue },
                version,
            };
            assert_eq!(SqlShelves.tell_levels(tx, &[told(2, -3)]).await?, [variant_id(10)]);
            assert_eq!(SqlShelves.tell_levels(tx, &[told(1, 9), told(2, 8)]).await?, []);
            let levels = SqlShelves.known_levels(tx, &[variant_id(10), variant_id(11)]).await?;
            assert_eq!(levels, [(variant_id(10), told(2, -3).level)].into());

            SqlShelves.mark_due(tx, &[mug, ProductId::new(id(2))], NOW).await?;
            SqlShelves.mark_due(tx, &[mug], later(1)).await?;
            assert_eq!(SqlShelves.take_due(tx, 1).await?, [mug]);
            assert_eq!(SqlShelves.take_due(tx, 9).await?, [ProductId::new(id(2))]);
            assert_eq!(SqlShelves.state(tx, "shape").await?, None);
            for value in ["one", "two"] {
                SqlShelves.set_state(tx, "shape", value).await?;
                assert_eq!(SqlShelves.state(tx, "shape").await?.as_deref(), Some(value));
            }

            SqlShelves.clear(tx, mug, &[variant_id(10), variant_id(11)]).await?;
            assert_eq!(SqlShelves.known_levels(tx, &[variant_id(10)]).await?, Default::default());
            assert_eq!(SqlShelves.known_prices(tx, &[variant_id(10)]).await?, []);
            assert_eq!(prices_listed(tx, Sort::Title).await?, []);
            assert!(SqlShopWindow.page(tx, &window("en"), &en(), "mug-1").await?.is_none());
            Ok(())
        })
    })
    .await;
}

#[tokio::test]
async fn a_window_shows_pages_lists_and_what_is_searched_for() {
    on_both(|tx| {
        Box::pin(async move {
            for n in 1..=3 {
                listed(tx, n, &[(10 * n, 100 * n as i64), (10 * n + 1, 900)]).await?;
            }
            // Page by page, in every order, each product stands once.
            for (sort, expected) in [
                (Sort::Newest, [300, 200, 100]),
                (Sort::Price, [100, 200, 300]),
                (Sort::PriceDown, [300, 200, 100]),
                (Sort::Title, [100, 200, 300]),
            ] {
                let (mut seen, mut asked) = (vec![], question(sort, None, 1));
                loop {
                    let (found, _) = SqlShopWindow.list(tx, &asked).await?;
                    let Some(first) = found.first() else { break };
                    seen.push(first.price_min);
                    asked.after = Place { sort, key: first.key.clone(), listing: first.listing };
                }
                assert_eq!(seen, expected, "{sort:?}");
            }
            let asked = question(Sort::Relevance, Some("mug p2"), 10);
            let (found, total) = SqlShopWindow.list(tx, &asked).await?;
            assert_eq!((found.len(), found[0].price_min, total), (1, 200, Some(1)));
            assert_eq!(SqlShopWindow.total(tx, &asked).await?, 1);
            assert_eq!(SqlShopWindow.total(tx, &question(Sort::Newest, None, 1)).await?, 3);
            let (all, none) = (window("en").shelf("all"), window("fr").shelf("all"));
            assert_eq!(SqlShopWindow.totals(tx, &[all.clone(), none]).await?, [(all, 3)].into());
            let words = Question::parse("mug").expect("a word");
            let found = SqlShopWindow.search_all(tx, &en(), &words, 1, Limit::new(1).unwrap()).await?;
            assert_eq!(found, [ProductId::new(id(2)), ProductId::new(id(1))]);

            let page =
                SqlShopWindow.page(tx, &window("de"), &en(), "mug-2").await?.expect("by the shop's own slug");
            assert!(page.head.contains("Becher"), "{}", page.head);
            assert_eq!(page.variants.iter().map(|v| v.amount).collect::<Vec<_>>(), [Some(200), Some(900)]);
            let told = SqlShopWindow
                .describe(tx, &en(), &ChannelId::new("b2b"), &[variant_id(11), variant_id(99)])
                .await?;
            assert_eq!(
                (told.len(), told[0].sku.as_str(), told[0].variant_title.as_str(), told[0].published),
                (1, "P1-1", "L", false)
            );
            assert_eq!((told[0].weight_grams, told[0].tax_class.as_str()), (300, "reduced"));
            let by_sku = SqlShopWindow.variants_by_sku(tx, Some("P3-1"), None, Limit::default()).await?;
            assert_eq!(by_sku, [("P3-1".to_string(), variant_id(31), ProductId::new(id(3)))]);
            let rest = SqlShopWindow.variants_by_sku(tx, None, Some("P2-1"), Limit::new(1).unwrap()).await?;
            assert_eq!(rest.iter().map(|r| r.0.as_str()).collect::<Vec<_>>(), ["P3-0", "P3-1"]);
            Ok(())
        })
    })
    .await;
}
