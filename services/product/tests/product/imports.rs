//! A merchant brings a file: what is in it is in the shop, what is wrong is told, and the same again changes nothing.

use crate::shop::{ENGINES, Mood, Shop, levels_of, mug, multipart, prices_of};
use hanse_inventory_contract::StockPolicy;
use hanse_product_contract::ProductChanged;
use insta::assert_json_snapshot;
use serde_json::{Value, json};

const HEAD: &str = "Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,\
Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price,Variant Compare At Price,Image Src,Image Alt Text\n";

const SHOP: &str = "\
mug,Enamel mug,<p>Warm.</p>,North,Mug,\"enamel, camping\",TRUE,Size,S,MUG-S,shopify,12,deny,12.00,,https://img.example/mug.png,A mug
mug,,,,,,,,L,MUG-L,shopify,3,continue,15.00,19.00,,
bowl,Bowl,,North,Bowl,,TRUE,Title,Default Title,BOWL,,,deny,9.50,,sample:bowl/1/ink/front.svg,
lamp,Lamp,,South,Lamp,,FALSE,Title,Default Title,LAMP,shopify,1,deny,99.00,,http://img.example/lamp.png,
";

fn file(rows: &str) -> Vec<u8> {
    format!("{HEAD}{rows}").into_bytes()
}

fn counts(report: &Value) -> (Vec<u64>, Vec<u64>) {
    let of = |what: &str| {
        ["created", "updated", "unchanged", "skipped"]
            .map(|name| report[what][name].as_u64().unwrap())
            .to_vec()
    };
    (of("products"), of("variants"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_becomes_a_shop_and_the_same_again_changes_nothing() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let report = shop.import(&[], &file(SHOP)).await;
        assert_json_snapshot!("import_report", report, {
            ".id" => "[id]", ".created_at" => "[time]", ".finished_at" => "[time]",
        });
        let list = shop.listed("/api/store/products?sort=title", 2).await;
        assert_eq!(list["items"][0]["title"], "Bowl");
        let page = shop.shopper.get("/api/store/products/mug").await.expect(200);
        assert_eq!(page["variants"][1]["compare_at_price"]["amount"], 1900);
        assert_eq!(
            (&page["variants"][1]["available_quantity"], &page["variants"][0]["availability"]),
            (&json!(3), &json!("in_stock"))
        );
        assert_eq!(
            page["category"],
            json!({"slug": "mug", "title": "Mug"}),
            "without a category its type is one"
        );
        let drafts = shop.staff.get("/api/admin/products?q=lamp").await.expect(200);
        assert_eq!(drafts["items"][0]["status"], "draft", "the file says that it is not published");
        assert_eq!(drafts["items"][0]["variants"][0]["price"]["amount"], 9900);

        shop.world.settle().await;
        let events = shop.world.published_of::<ProductChanged>().len();
        shop.pricing.forget();
        shop.inventory.forget();
        let again = shop.import(&[], &file(SHOP)).await;
        assert_eq!(counts(&again), (vec![0, 0, 3, 0], vec![0, 0, 4, 0]));
        assert_eq!((&again["rows_total"], &again["rows_done"]), (&json!(4), &json!(4)));
        shop.world.settle().await;
        assert_eq!((shop.pricing.asked().len(), shop.inventory.asked().len()), (0, 0));
        assert_eq!(shop.world.published_of::<ProductChanged>().len(), events);
        assert_eq!(crate::messages::breaches(&shop).await, Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_rows_update_and_only_changed_stock_is_set() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        shop.import(&[], &file(SHOP)).await;
        let before = shop.shopper.get("/api/store/products/mug").await.expect(200);
        shop.pricing.forget();
        shop.inventory.forget();
        // The title and one price change, one size goes and one comes; the bowl stays as it is.
        let changed = SHOP
            .replace("mug,Enamel mug,", "mug,Mug of enamel,")
            .replace("deny,12.00", "deny,13.00")
            .replace("L,MUG-L,shopify,3,continue,15.00,19.00", "XL,MUG-XL,shopify,8,deny,18.00,");
        let report = shop.import(&[], &file(&changed)).await;
        assert_eq!(counts(&report), (vec![0, 1, 2, 0], vec![1, 1, 2, 0]));
        let page = shop.page("mug", |page| page["variants"][0]["price"]["amount"] == 1300).await;
        assert_eq!(page["title"], "Mug of enamel");
        assert_eq!(page["variants"][0]["id"], before["variants"][0]["id"]);
        assert_eq!(page["variants"].as_array().unwrap().len(), 2);
        assert_eq!(
            (&page["variants"][1]["sku"], &page["variants"][1]["available_quantity"]),
            (&json!("MUG-XL"), &json!(8))
        );
        let asked = shop.inventory.asked();
        assert_eq!(asked.len(), 1);
        assert_eq!(
            asked[0].levels.iter().map(|l| (l.sku.as_str(), l.on_hand)).collect::<Vec<_>>(),
            [("MUG-XL", Some(8))]
        );
        assert_eq!(shop.pricing.asked().len(), 1);
        // A published product stays published, whatever the file says now.
        let withdrawn = changed.replace("\"enamel, camping\",TRUE", "\"enamel, camping\",FALSE");
        assert_eq!(counts(&shop.import(&[], &file(&withdrawn)).await).0, [0, 1, 2, 0]);
        shop.shopper.get("/api/store/products/mug").await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_tells_everything_and_writes_nothing() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let fields = [("dry_run", "true"), ("format", "auto")];
        let report = shop.import(&fields, &file(SHOP)).await;
        assert_eq!(counts(&report), (vec![3, 0, 0, 0], vec![4, 0, 0, 0]));
        assert_eq!((&report["dry_run"], &report["rows_done"]), (&json!(true), &json!(4)));
        assert_eq!(shop.staff.get("/api/admin/products").await.expect(200)["total"], 0);
        assert_eq!(shop.staff.get("/api/admin/categories").await.expect(200)["items"], json!([]));
        assert!(shop.world.published().is_empty());
        shop.import(&[], &file(SHOP)).await;
        let changed = SHOP.replace("deny,9.50", "deny,9.75");
        let report = shop.import(&fields, &file(&changed)).await;
        assert_eq!(counts(&report), (vec![0, 1, 2, 0], vec![0, 1, 3, 0]));
        let page = shop.shopper.get("/api/store/products/bowl").await.expect(200);
        assert_eq!(page["variants"][0]["price"]["amount"], 950);
        let real = shop.import(&[], &file(&changed)).await;
        assert_eq!(counts(&real), counts(&report), "what would be is what is");
        let list = shop.staff.get("/api/admin/imports?limit=2").await.expect(200);
        assert_eq!((list["items"].as_array().unwrap().len(), &list["items"][0]["id"]), (2, &real["id"]));
        assert!(list["items"][0].get("problems").is_none());
        let cursor = list["next_cursor"].as_str().unwrap();
        let rest = shop.staff.get(&format!("/api/admin/imports?limit=2&cursor={cursor}")).await.expect(200);
        assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next_cursor"]), (2, &Value::Null));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_product_stops_no_other() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let mut taken = mug("Somebody else's", 100);
        taken["variants"][0]["sku"] = json!("BOWL");
        shop.create(taken).await;
        let bad = format!("{SHOP}cup,Cup,,,,,TRUE,Title,Default Title,CUP,shopify,1,deny,\"12,oo\",,,\n");
        let report = shop.import(&[], &file(&bad)).await;
        assert_eq!(report["status"], "done");
        let (products, variants) = counts(&report);
        assert_eq!((products[0], products[3], variants[0], variants[3]), (2, 2, 3, 2));
        let told: Vec<(String, i64)> = report["problems"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|p| p["severity"] == "error")
            .map(|p| (p["code"].as_str().unwrap().to_string(), p["line"].as_i64().unwrap()))
            .collect();
        assert_eq!(told, [("sku_taken".to_string(), 4), ("price_not_a_number".to_string(), 6)]);
        shop.listed("/api/store/products", 2).await;
        let found = shop.staff.get("/api/admin/products?q=bowl").await.expect(200);
        assert_eq!(found["items"].as_array().unwrap().len(), 1, "only the one that has the SKU: {found}");
        // Prices in a currency that the shop does not sell in keep a product out too.
        shop.upload(&[("currency", "USD")], &file(SHOP)).await.expect(422);
        assert_eq!(crate::messages::breaches(&shop).await, Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_problems_of_the_report_and_another_try_mends_them() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        shop.pricing.set(Mood::Refuse("prices must be at least 1".into()));
        let report = shop.import(&[], &file(SHOP)).await;
        let refused: Vec<&Value> =
            report["problems"].as_array().unwrap().iter().filter(|p| p["code"] == "price_refused").collect();
        assert_eq!(refused.iter().map(|p| p["line"].as_i64().unwrap()).collect::<Vec<_>>(), [2, 4, 5]);
        assert!(refused[0]["hint"].as_str().unwrap().contains("prices must be at least 1"));
        assert_eq!(shop.shopper.get("/api/store/products").await.expect(200)["total"], 0);
        shop.pricing.set(Mood::Confirm);
        let report = shop.import(&[], &file(SHOP)).await;
        assert_eq!(counts(&report).0, [0, 3, 0, 0], "the same file is another try for what was refused");
        shop.listed("/api/store/products", 2).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_done_only_when_all_answers_are_in_whatever_their_order() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        shop.pricing.set(Mood::Silent);
        shop.inventory.set(Mood::Silent);
        let started = shop.upload(&[], &file(SHOP)).await.expect(202);
        let id = started["id"].as_str().unwrap();
        let path = format!("/api/admin/imports/{id}");
        shop.world
            .until("all is asked", async || {
                shop.pricing.asked().len() == 3 && shop.inventory.asked().len() == 3
            })
            .await;
        let (prices, stock) = (shop.pricing.asked(), shop.inventory.asked());
        assert!(prices.iter().all(|c| c.key.starts_with(&format!("{id}/"))), "{prices:?}");
        assert!(stock.iter().any(|c| c.levels[0].policy == StockPolicy::Untracked));
        let report = shop.staff.get(&path).await.expect(200);
        assert_eq!(
            (&report["status"], &report["rows_total"], &report["rows_done"]),
            (&json!("running"), &json!(4), &json!(0))
        );
        // Stock first, backwards, everything twice and once more under the same id.
        for command in stock.iter().rev() {
            let told = levels_of(command, shop.inventory.next_version());
            shop.world.send("inventory", &command.key, &told).await;
            let id = shop.world.send("inventory", &command.key, &told).await;
            shop.world.send_as(id, "inventory", &command.key, &told).await;
        }
        assert_eq!(shop.shopper.get("/api/store/products").await.expect(200)["total"], 0);
        for (n, command) in prices.iter().enumerate() {
            assert_eq!(shop.staff.get(&path).await.expect(200)["status"], "running");
            let told = prices_of(command, shop.pricing.next_version());
            shop.world.send("pricing", command.product_id, &told).await;
            shop.world.send("pricing", command.product_id, &told).await;
            if n < 2 {
                crate::shop::a_second().await;
            }
        }
        let report = shop.import_ends(id).await;
        assert_eq!((&report["status"], &report["rows_done"]), (&json!("done"), &json!(4)));
        shop.listed("/api/store/products", 2).await;
        shop.world.settle().await;
        let published = shop.world.published_of::<ProductChanged>();
        assert_eq!(published.len(), 5, "three drafts, two of them published, each told once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_made_by_hand_is_recognised_by_its_handle() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let mut body = mug("Old mug", 100);
        body["slug"] = json!("mug");
        body["subtitle"] = json!("By hand");
        body["metadata"] = json!({"kept": true});
        let made = shop.create(body).await;
        let report = shop.import(&[], &file(SHOP)).await;
        assert_eq!(counts(&report).0, [2, 1, 0, 0]);
        let page = shop
            .page("mug", |page| {
                page["title"] == "Enamel mug" && page["variants"][0]["price"]["amount"] == 1200
            })
            .await;
        assert_eq!(page["id"], made["id"]);
        assert_eq!((&page["subtitle"], &page["metadata"]), (&json!("By hand"), &json!({"kept": true})));
        // Deleted, it comes back as a new one.
        shop.staff.delete(&format!("/api/admin/products/{}", made["id"].as_str().unwrap())).await;
        assert_eq!(counts(&shop.import(&[], &file(SHOP)).await).0, [1, 0, 2, 0]);
        let page = shop.page("mug", |page| page["title"] == "Enamel mug").await;
        assert_ne!(page["id"], made["id"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_upload_is_told_and_changes_nothing() {
    let shop = Shop::open(hanse_testkit::Engine::Sqlite).await;
    let mut cut = multipart(&[], "products.csv", &file(SHOP));
    let bytes = axum::body::to_bytes(std::mem::take(cut.body_mut()), usize::MAX).await.unwrap();
    *cut.body_mut() = axum::body::Body::from(bytes.slice(..bytes.len() - 60));
    let answer = shop.staff.call(cut).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, "upload_truncated"));
    shop.upload(&[("format", "xlsx")], &file(SHOP)).await.expect(422);
    shop.upload(&[("dry_run", "perhaps")], &file(SHOP)).await.expect(422);
    shop.upload(&[("surprise", "x")], &file(SHOP)).await.expect(422);
    shop.upload(&[("currency", "euro")], &file(SHOP)).await.expect(422);
    shop.upload(&[], b"").await.expect(422);
    assert_eq!(shop.staff.post("/api/admin/imports", json!({})).await.status, 415);
    let large = vec![b'x'; 64 * 1024 * 1024 + 1];
    assert_eq!(shop.upload(&[], &large).await.code(), "payload_too_large");
    assert_eq!(shop.staff.get("/api/admin/imports").await.expect(200)["items"], json!([]));
    // A file that is none is taken, looked at, and refused with what was expected.
    let report = shop.import(&[], b"a,b,c\n1,2,3\n").await;
    assert_eq!(report["status"], "failed");
    assert_eq!(report["problems"][0]["severity"], "error");
    shop.staff.get("/api/admin/imports/imp_00000000000000000000000000000007").await.expect(404);
    let keyed = shop.staff.clone().header("idempotency-key", "once");
    let first = keyed.call(multipart(&[], "products.csv", &file(SHOP))).await.expect(202);
    let second = keyed.call(multipart(&[], "products.csv", &file(SHOP))).await.expect(202);
    assert_eq!(first["id"], second["id"]);
    shop.import_ends(first["id"].as_str().unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_is_tried_again_without_touching_other_stock() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        shop.import(&[], &file(SHOP)).await;
        shop.inventory.forget();
        // One size has another count, which inventory refuses; the other's stays as the file said before.
        let changed = SHOP.replace("L,MUG-L,shopify,3", "L,MUG-L,shopify,1");
        shop.inventory.set(Mood::Refuse("below_reserved: MUG-L".into()));
        let report = shop.import(&[], &file(&changed)).await;
        assert_eq!(
            report["problems"].as_array().unwrap().iter().filter(|p| p["severity"] == "error").count(),
            1
        );
        shop.inventory.set(Mood::Confirm);
        let report = shop.import(&[], &file(&changed)).await;
        assert_eq!(counts(&report).0, [0, 1, 2, 0]);
        let asked: Vec<Vec<String>> =
            shop.inventory.asked().iter().map(|a| a.levels.iter().map(|l| l.sku.clone()).collect()).collect();
        assert_eq!(asked, [["MUG-L"], ["MUG-L"]]);

        // Refused prices leave all stock alone: some of it may have been sold since.
        shop.inventory.forget();
        let dearer = changed.replace("15.00", "16.00");
        shop.pricing.set(Mood::Refuse("unknown_channel: none".into()));
        shop.import(&[], &file(&dearer)).await;
        shop.pricing.set(Mood::Confirm);
        assert_eq!(counts(&shop.import(&[], &file(&dearer)).await).0, [0, 1, 2, 0]);
        shop.page("mug", |page| page["variants"][1]["price"]["amount"] == 1600).await;
        assert_eq!(shop.inventory.asked(), []);
        assert_eq!(counts(&shop.import(&[], &file(&dearer)).await).0, [0, 0, 3, 0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_file_has_no_column_for_stays_as_it_is() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let head = "Handle,Title,Body (HTML),Vendor,Tags,Option1 Name,Option1 Value,Variant SKU,Variant Grams,Variant Barcode,\
Variant Taxable,Variant Requires Shipping,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price,Image Src,Variant Image\n";
        let rows = "\
ebook,Book,<p>Good.</p>,North,new,Cover,Hard,B-1,800,978,TRUE,TRUE,shopify,12,continue,20.00,https://img.example/b.png,https://img.example/b.png
ebook,,,,,,File,B-2,,,FALSE,FALSE,,,,10.00,,
";
        let full = format!("{head}{rows}");
        shop.import(&[], full.as_bytes()).await;
        shop.listed("/api/store/products", 1).await;
        let found = shop.staff.get("/api/admin/products?q=book").await.expect(200);
        let path = format!("/api/admin/products/{}", found["items"][0]["id"].as_str().unwrap());
        let hard = shop.staff.get(&path).await.expect(200)["variants"][0]["id"].clone();
        let own = format!("/api/admin/variants/{}", hard.as_str().unwrap());
        shop.staff.patch(&own, json!({"metadata": {"isbn": "978"}})).await.expect(200);
        let before = shop.staff.get(&path).await.expect(200);
        shop.inventory.forget();

        // A list of new prices says nothing of texts, pictures, taxes, weights or stock.
        let prices = "Handle,Title,Option1 Name,Option1 Value,Variant Price\nebook,Book,Cover,Hard,25.00\nebook,,,File,10.00\n";
        let report = shop.import(&[], prices.as_bytes()).await;
        assert_eq!(counts(&report).0, [0, 1, 0, 0]);
        shop.page("ebook", |page| page["variants"][0]["price"]["amount"] == 2500).await;
        let after = shop.staff.get(&path).await.expect(200);
        for field in ["description_html", "vendor", "tags", "images", "options", "category"] {
            assert_eq!(after[field], before[field], "{field}");
        }
        for i in 0..2 {
            for field in [
                "id",
                "sku",
                "barcode",
                "weight_grams",
                "tax_class",
                "requires_shipping",
                "image_id",
                "stock_policy",
                "metadata",
            ] {
                assert_eq!(after["variants"][i][field], before["variants"][i][field], "{field}");
            }
        }
        assert_eq!(after["variants"][1]["tax_class"], "zero");
        assert_eq!(shop.inventory.asked(), [], "least of all does it end the counting");

        // The first file again says what it said of stock before: nothing new, and some may have been sold since.
        assert_eq!(counts(&shop.import(&[], full.as_bytes()).await).0, [0, 1, 0, 0]);
        assert_eq!(shop.inventory.asked(), []);
        // A blank cell is a word: there is none.
        let blank = full.replace("<p>Good.</p>,North,new", ",,").replace("800,978", ",");
        shop.import(&[], blank.as_bytes()).await;
        let after = shop.staff.get(&path).await.expect(200);
        assert_eq!((&after["description_html"], &after["vendor"]), (&json!(""), &Value::Null));
        assert_eq!(
            (&after["variants"][0]["weight_grams"], &after["variants"][0]["barcode"]),
            (&Value::Null, &Value::Null)
        );

        // Without the options nobody knows which variant is meant: the product is left alone.
        let report = shop
            .import(&[], b"Handle,Title,Variant SKU,Variant Price\nebook,Book,B-1,1.00\nebook,,B-2,1.00\n")
            .await;
        assert_eq!(counts(&report).0, [0, 0, 0, 1]);
        let problem =
            report["problems"].as_array().unwrap().iter().find(|p| p["severity"] == "error").unwrap();
        assert_eq!((&problem["code"], &problem["line"]), (&json!("not_valid"), &json!(2)));
        assert!(problem["hint"].as_str().unwrap().contains("Option1 Name"), "{problem}");
        assert_eq!(shop.staff.get(&path).await.expect(200)["variants"].as_array().unwrap().len(), 2);
    }
}
