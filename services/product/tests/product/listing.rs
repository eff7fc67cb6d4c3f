//! Lists and searches: every product once on some page, in the order asked for, and found by its words.

use crate::shop::{ENGINES, Shop, eur, mug};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// All items of a list, page by page; every page tells the same total.
async fn walk(shop: &Shop, path: &str, limit: usize) -> Vec<Value> {
    let join = if path.contains('?') { '&' } else { '?' };
    let base = format!("{path}{join}limit={limit}");
    let (mut items, mut next, mut total) = (vec![], Some(base.clone()), None);
    while let Some(at) = next {
        let page = shop.shopper.get(&at).await.expect(200);
        let got = page["items"].as_array().unwrap().clone();
        assert!(got.len() == limit || page["next_cursor"].is_null(), "only the last page may be short");
        assert_eq!(*total.get_or_insert(page["total"].clone()), page["total"]);
        items.extend(got);
        next = page["next_cursor"].as_str().map(|cursor| format!("{base}&cursor={cursor}"));
    }
    assert_eq!(total, Some(json!(items.len())));
    items
}

fn ids(items: &[Value]) -> BTreeSet<String> {
    items.iter().map(|item| item["id"].as_str().unwrap().to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_have_no_gaps_and_no_repeats_in_any_order() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let mut created = BTreeSet::new();
        for n in 0..23 {
            // Few prices and few titles, so that ties have to be broken.
            let title = ["Mug", "Bowl", "Éclair dish"][n % 3];
            let product = shop.simple(title, 100 * (1 + (n as i64) % 4)).await;
            created.insert(product["id"].as_str().unwrap().to_string());
        }
        shop.listed("/api/store/products", 23).await;
        crate::shop::a_second().await;
        for limit in [1, 5, 23, 100] {
            for sort in ["newest", "price", "-price", "title", "relevance"] {
                let items = walk(&shop, &format!("/api/store/products?sort={sort}"), limit).await;
                assert_eq!((items.len(), ids(&items)), (23, created.clone()), "{sort}");
                let prices: Vec<i64> = items.iter().map(|i| i["price"]["amount"].as_i64().unwrap()).collect();
                let titles: Vec<&str> = items.iter().map(|i| i["title"].as_str().unwrap()).collect();
                match sort {
                    "price" => assert!(prices.is_sorted()),
                    "-price" => assert!(prices.iter().rev().is_sorted()),
                    "title" => assert!(titles.is_sorted_by_key(|t| t.replace('É', "E"))),
                    _ => {}
                }
            }
            for sort in ["relevance", "price", "title", "newest"] {
                let items = walk(&shop, &format!("/api/store/products?q=mug&sort={sort}"), limit).await;
                assert_eq!(items.len(), 8, "{sort}");
            }
        }
        let newest = walk(&shop, "/api/store/products", 10).await;
        let ids: Vec<&str> = newest.iter().map(|i| i["id"].as_str().unwrap()).collect();
        assert!(ids.len() == 23);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_finds_by_all_words_and_the_beginning_of_the_last() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let full = |title: &str, tags: &[&str], description: &str, sku: &str| {
            json!({"title": title, "status": "published", "tags": tags, "description_html": description,
                "variants": [{"sku": sku, "price": eur(100), "stock": 5}]})
        };
        shop.create(full("Enamel mug", &["camping"], "<p>Goes with the bowl.</p>", "EM-1")).await;
        shop.create(full("Größe L bowl", &[], "<p>For porridge.</p>", "GB-77")).await;
        shop.create(full("Mugwort tea", &["tea"], "<p>Bitter; drink it from a mug.</p>", "MT-9")).await;
        shop.listed("/api/store/products", 3).await;
        let search = async |q: &str| -> Vec<String> {
            let list = shop.shopper.get(&format!("/api/store/products?q={q}")).await.expect(200);
            assert_eq!(list["total"], list["items"].as_array().unwrap().len());
            list["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|i| i["title"].as_str().unwrap().to_string())
                .collect()
        };
        assert_eq!(
            search("mug").await,
            ["Enamel mug", "Mugwort tea"],
            "the title weighs more than the beginning of one"
        );
        assert_eq!(search("MUG%20EN").await, ["Enamel mug"]);
        assert_eq!(search("mugw").await, ["Mugwort tea"]);
        assert_eq!(search("mug%20bowl").await, ["Enamel mug"]);
        assert_eq!(search("grosse").await, ["Größe L bowl"]);
        assert_eq!(search("gr%C3%B6%C3%9Fe").await, ["Größe L bowl"]);
        assert_eq!(search("bowl").await, ["Größe L bowl", "Enamel mug"]);
        assert_eq!(search("GB-77").await, ["Größe L bowl"]);
        assert_eq!(search("camping").await, ["Enamel mug"]);
        assert_eq!(search("en%20mug").await, Vec::<String>::new(), "only the last word may be a beginning");
        assert_eq!(search("nothing").await, Vec::<String>::new());
        assert_eq!(search("%E2%80%94%21").await, Vec::<String>::new(), "no word in it");
        assert_eq!(search("%20%20").await.len(), 3, "nothing is asked");
        assert_eq!(search("%25").await, Vec::<String>::new());
        shop.shopper.get(&format!("/api/store/products?q={}", "x".repeat(201))).await.expect(422);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_refuses_what_it_cannot_answer() {
    let shop = Shop::open(hanse_testkit::Engine::Sqlite).await;
    shop.simple("Mug", 100).await;
    shop.simple("Cup", 100).await;
    shop.listed("/api/store/products", 2).await;
    let first = shop.shopper.get("/api/store/products?limit=1&sort=price").await.expect(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    for bad in [
        "limit=0".to_string(),
        "limit=101".into(),
        "limit=x".into(),
        "sort=best".into(),
        "page=2".into(),
        "currency=USD".into(),
        "currency=euro".into(),
        "cursor=zz".into(),
        "cursor=7b7d".into(),
        format!("sort=title&cursor={cursor}"),
        format!("sort=newest&cursor={cursor}"),
    ] {
        shop.shopper.get(&format!("/api/store/products?{bad}")).await.expect(422);
    }
    shop.shopper.get(&format!("/api/store/products?limit=1&sort=price&cursor={cursor}")).await.expect(200);
    let answer = shop.shopper.get("/api/store/products").await;
    let etag = answer.headers["etag"].to_str().unwrap().to_string();
    let again = shop.shopper.clone().header("if-none-match", &etag).get("/api/store/products").await;
    assert_eq!((again.status.as_u16(), again.bytes.len()), (304, 0));
    shop.create(mug("Bowl", 5)).await;
    shop.listed("/api/store/products", 3).await;
    let changed = shop.shopper.clone().header("if-none-match", &etag).get("/api/store/products").await;
    assert_eq!(changed.status, 200);
}
