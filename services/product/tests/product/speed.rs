//! How fast it is; run by hand: `cargo test -p hanse-product --release -- --ignored --nocapture speed`.

use crate::shop::Shop;
use hanse_testkit::Engine;
use std::collections::BTreeMap;
use std::time::Instant;

fn file(products: usize) -> Vec<u8> {
    let nouns = ["Mug", "Lamp", "Chair", "Shirt", "Bag", "Bowl", "Clock", "Blanket", "Knife", "Rug"];
    let mut text = String::from(
        "Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Tracker,Variant Inventory Qty,Variant Price\n",
    );
    for n in 0..products {
        let noun = nouns[n % nouns.len()];
        for (i, size) in ["S", "M", "L"].into_iter().enumerate() {
            let about = if i == 0 {
                format!(
                    "{noun} no. {n},\"<p>A {noun} made near Visby. It is plain, it lasts, and it can be mended; number {n} of its series.</p>\",Works,{noun},\"a{}, b\",TRUE,Size",
                    n % 7
                )
            } else {
                ",,,,,,".into()
            };
            text.push_str(&format!(
                "item-{n},{about},{size},I{n}-{size},shopify,900,{}.{:02}\n",
                10 + n % 90,
                i
            ));
        }
    }
    text.into_bytes()
}

/// CPU seconds of this process so far, by thread name.
fn cpu() -> BTreeMap<String, f64> {
    let mut all = BTreeMap::new();
    for task in std::fs::read_dir("/proc/self/task").unwrap().flatten() {
        let read = |name: &str| std::fs::read_to_string(task.path().join(name)).unwrap_or_default();
        let nanos: f64 = read("schedstat").split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0.0);
        *all.entry(read("comm").trim().to_string()).or_default() += nanos / 1e9;
    }
    all
}

fn total(all: &BTreeMap<String, f64>) -> f64 {
    all.values().sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
#[ignore = "a measurement"]
async fn speed() {
    let shop = Shop::open(Engine::Sqlite).await;
    let file = file(1_000);
    let (began, before) = (Instant::now(), cpu());
    let report = shop.import(&[], &file).await;
    let seconds = began.elapsed().as_secs_f64();
    assert_eq!(report["products"]["created"], 1000, "{}", report["problems"]);
    println!(
        "import: {:.0} rows/s ({seconds:.2} s, neighbours and their stores in the same process)",
        3000.0 / seconds
    );
    let after = cpu();
    println!("import: {:.2} CPU s", total(&after) - total(&before));
    for (name, seconds) in &after {
        println!("  {name}: {:.3}", seconds - before.get(name).unwrap_or(&0.0));
    }
    let began = Instant::now();
    shop.import(&[], &file).await;
    println!("import of the same again: {:.2} s", began.elapsed().as_secs_f64());
    let mut pages = vec![];
    for sort in ["newest", "price", "-price", "title"] {
        for category in ["", "&category=mug", "&category=lamp", "&category=rug"] {
            for limit in 18..=22 {
                let base = format!("/api/store/products?limit={limit}&sort={sort}{category}");
                let mut next = Some(base.clone());
                while let Some(at) = next {
                    let page = shop.shopper.get(&at).await.expect(200);
                    next = page["next_cursor"].as_str().map(|c| format!("{base}&cursor={c}"));
                    pages.push(at);
                }
            }
        }
    }
    crate::shop::a_second().await;
    let measure = async |name: &str, paths: &[String]| {
        let began = total(&cpu());
        for path in paths {
            assert_eq!(shop.shopper.get(path).await.status, 200);
        }
        let each = (total(&cpu()) - began) * 1e6 / paths.len() as f64;
        println!("{name}: {each:.1} CPU us each ({} of them)", paths.len());
    };
    measure("list, cold", &pages).await;
    let products: Vec<String> = (0..1000).map(|n| format!("/api/store/products/item-{n}")).collect();
    measure("product, cold", &products).await;
    let searches: Vec<String> = (0..1000).map(|n| format!("/api/store/products?q=no+mug+{n}")).collect();
    measure("search, three words", &searches).await;
    let searches: Vec<String> = ["mug", "lamp", "chair", "visb", "works", "m", "made"]
        .map(|q| format!("/api/store/products?q={q}"))
        .to_vec();
    measure("search, one word", &searches).await;
    measure("list, kept", &vec!["/api/store/products".to_string(); 5_000]).await;
    measure("product, kept", &vec![products[0].clone(); 5_000]).await;
}
