//! A merchant creates, changes, publishes and deletes products; a shopper sees what is published.

use crate::shop::{ENGINES, Mood, Shop, eur, mug};
use hanse_product_contract::rpc::GetVariantsRequest;
use hanse_product_contract::rpc::catalogue_client::CatalogueClient;
use hanse_product_contract::{ProductChanged, ProductStatus};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

fn enamel_mug() -> Value {
    json!({
        "title": "Enamel mug", "subtitle": "Keeps its colour",
        "description_html": "<p onclick=\"x()\">Warm &amp; light.</p><script>alert(1)</script>",
        "status": "published", "vendor": "North", "type": "Mug", "tags": ["enamel"],
        "options": [{"name": "Colour", "values": ["Green", "Ink"]}, {"name": "Size"}],
        "images": [{"src": "sample:mug/7/green/front.svg", "alt": "Enamel mug, green"}, {"src": "https://img.example/ink.png"}],
        "variants": [
            {"sku": "MUG-G-S", "options": {"Colour": "Green", "Size": "S"}, "price": eur(1200), "stock": 12, "image": "sample:mug/7/green/front.svg", "weight_grams": 300},
            {"sku": "MUG-G-L", "options": {"Colour": "Green", "Size": "L"}, "price": eur(1500), "compare_at_price": eur(1900), "stock": 3},
            {"sku": "MUG-I-S", "options": {"Colour": "Ink", "Size": "S"}, "price": eur(1200), "stock": 0, "image": "https://img.example/ink.png"},
            {"options": {"Colour": "Ink", "Size": "L"}, "price": eur(1500), "stock_policy": "untracked", "tax_class": "reduced"}
        ],
        "metadata": {"oven": true, "care": ["by hand"]},
        "translations": {"de": {"title": "Emaillebecher", "description_html": "<p>Warm.</p>"}}
    })
}

/// Ids differ from run to run.
macro_rules! shown {
    ($name:expr, $value:expr) => {
        assert_json_snapshot!($name, $value, {
            ".**.id" => "[id]", ".**.product_id" => "[id]", ".**.image_id" => insta::dynamic_redaction(|value, _| {
                if value.is_nil() { value } else { "[id]".into() }
            }),
            ".created_at" => "[time]", ".updated_at" => "[time]", ".published_at" => "[time]",
        })
    };
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merchant_creates_a_product_and_a_shopper_sees_it_once_it_is_confirmed() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        shop.pricing.set(Mood::Silent);
        let created = shop.create(enamel_mug()).await;
        assert_eq!((&created["status"], &created["pending"]), (&json!("draft"), &json!(true)));
        let path = "/api/store/products/enamel-mug";
        shop.shopper.get(path).await.expect(404);

        shop.world.until("pricing is asked", async || !shop.pricing.asked().is_empty()).await;
        let asked = shop.pricing.asked()[0].clone();
        assert_eq!(asked.prices.len(), 4);
        let told = crate::shop::prices_of(&asked, shop.pricing.next_version());
        shop.world.send("pricing", asked.product_id, &told).await;

        let page = shop
            .page("enamel-mug", |page| {
                page["id"] == created["id"] && page["variants"][0]["available_quantity"] == 12
            })
            .await;
        shown!("store_page", page);
        shown!("store_list", shop.listed("/api/store/products", 1).await);
        let id = created["id"].as_str().unwrap();
        let admin = shop.staff.get(&format!("/api/admin/products/{id}")).await.expect(200);
        assert_eq!((&admin["status"], &admin["pending"]), (&json!("published"), &json!(false)));
        shown!("admin_product", admin);

        let statuses: Vec<ProductStatus> =
            shop.world.published_of::<ProductChanged>().into_iter().map(|event| event.status).collect();
        assert_eq!(statuses, [ProductStatus::Draft, ProductStatus::Published]);
        assert!(
            shop.world
                .published()
                .iter()
                .all(|m| m.kind != "product.ProductChanged.v1" || m.envelope.aggver.is_some())
        );

        let picture = page["images"][0]["url"].as_str().unwrap();
        let answer = shop.shopper.get(picture).await;
        assert_eq!(answer.status, 200);
        let header = |name: &str| answer.headers[name].to_str().unwrap().to_string();
        assert_eq!(header("content-type"), "image/svg+xml");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("cache-control"), "public, max-age=31536000, immutable");
        assert!(header("content-security-policy").starts_with("default-src 'none'"));
        shop.shopper.get("/media/nothing.svg").await.expect(404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_services_ask_what_variants_are() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        shop.create(enamel_mug()).await;
        let page = shop.page("enamel-mug", |page| page["variants"][0]["price"].is_object()).await;
        let ids: Vec<String> =
            page["variants"].as_array().unwrap().iter().map(|v| v["id"].as_str().unwrap().into()).collect();
        let mut client = CatalogueClient::new(shop.world.network_of("cart").link("product"));
        let ask = |ids: Vec<String>, locale: &str| {
            let mut ctx = shop.world.ctx(hanse_kernel::Actor::service("cart"));
            ctx.locale = hanse_kernel::Locale::new(locale);
            hanse_rpc::request(&ctx, &*shop.world.effects.clock, GetVariantsRequest { variant_ids: ids })
        };
        let mut asked = ids.clone();
        asked.push("var_00000000000000000000000000000007".into());
        asked.push("nonsense".into());
        let mut found = client.get_variants(ask(asked, "de")).await.unwrap().into_inner().variants;
        found.sort_by(|a, b| a.sku.cmp(&b.sku));
        assert_eq!(found.len(), 4);
        let ink = &found[0];
        assert_eq!(
            (ink.sku.as_str(), ink.title.as_str(), ink.product_slug.as_str()),
            ("ENAMEL-MUG-INK-L", "Emaillebecher", "emaillebecher")
        );
        assert_eq!(
            (ink.variant_title.as_str(), ink.tax_class.as_str(), ink.published),
            ("Ink / L", "reduced", true)
        );
        assert!(
            ink.image_url.starts_with("/media/"),
            "its own picture is missing, so the product's first: {}",
            ink.image_url
        );
        let green = found.iter().find(|v| v.sku == "MUG-G-S").unwrap();
        assert_eq!((green.weight_grams, green.requires_shipping), (300, true));
        let too_many = vec![ids[0].clone(); 501];
        assert_eq!(
            client.get_variants(ask(too_many, "en")).await.unwrap_err().code(),
            tonic::Code::InvalidArgument
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shopper_reads_in_a_language_of_the_shop() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        shop.create(enamel_mug()).await;
        shop.listed("/api/store/products", 1).await;
        let german = shop.shopper.clone().locale("de");
        let list = german.get("/api/store/products").await.expect(200);
        assert_eq!(list["items"][0]["title"], "Emaillebecher");
        assert_eq!(list["items"][0]["slug"], "emaillebecher");
        let page = german.get("/api/store/products/emaillebecher").await.expect(200);
        assert_eq!(page["description_html"], "<p>Warm.</p>");
        assert_eq!(
            page["subtitle"], "Keeps its colour",
            "what is not translated is shown in the shop's own language"
        );
        let moved = german.get("/api/store/products/enamel-mug").await;
        assert_eq!(
            (moved.status.as_u16(), moved.headers["location"].to_str().unwrap()),
            (308, "/api/store/products/emaillebecher")
        );
        let french = shop.shopper.clone().locale("fr").get("/api/store/products").await.expect(200);
        assert_eq!(french["items"][0]["title"], "Enamel mug");
        let found = german.get("/api/store/products?q=emaille").await.expect(200);
        assert_eq!(found["total"], 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn prices_and_stock_change_and_are_seen_within_a_second() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let created = shop.simple("Mug", 1000).await;
        shop.listed("/api/store/products", 1).await;
        let variant = created["variants"][0]["id"].as_str().unwrap();
        let path = format!("/api/admin/variants/{variant}");
        let began = std::time::Instant::now();
        let answer = shop.staff.patch(&path, json!({"price": eur(900), "compare_at_price": eur(1000)})).await;
        assert_eq!(answer.status, 202);
        let page = shop.page("mug", |page| page["variants"][0]["price"]["amount"] == 900).await;
        assert_eq!(page["variants"][0]["compare_at_price"], eur(1000));
        shop.world
            .until("the list shows the price", async || {
                shop.shopper.get("/api/store/products").await.json()["items"][0]["price"] == eur(900)
            })
            .await;
        assert!(began.elapsed().as_secs_f64() < 1.0, "{:?}", began.elapsed());
        shop.staff.patch(&path, json!({"stock": 2})).await.expect(202);
        shop.page("mug", |page| page["variants"][0]["availability"] == "low_stock").await;
        let asked = shop.inventory.asked().pop().unwrap();
        assert_eq!(asked.levels[0].policy, hanse_inventory_contract::StockPolicy::Deny, "the policy stays");
        let changed = shop
            .staff
            .patch(&path, json!({"weight_grams": 350, "barcode": "4006381333931"}))
            .await
            .expect(200);
        assert_eq!((&changed["weight_grams"], &changed["barcode"]), (&json!(350), &json!("4006381333931")));
        let changed = shop.staff.patch(&path, json!({"barcode": null})).await.expect(200);
        assert_eq!((&changed["barcode"], &changed["metadata"]), (&Value::Null, &json!({})));
        let changed = shop.staff.patch(&path, json!({"metadata": {"shelf": [7]}})).await.expect(200);
        assert_eq!(changed["metadata"], json!({"shelf": [7]}));
        let refused = shop.staff.patch(&path, json!({"metadata": [7]})).await;
        assert_eq!(
            (refused.status.as_u16(), &refused.json()["errors"][0]["field"]),
            (422, &json!("metadata"))
        );
        let found = shop.staff.get("/api/admin/variants?sku=MUG").await.expect(200);
        assert_eq!((&found["items"][0]["id"], &found["items"][0]["price"]), (&json!(variant), &eur(900)));
        shop.staff.patch(&path, json!({"price": {"amount": 1, "currency": "USD"}})).await.expect(422);
        shop.staff
            .patch("/api/admin/variants/var_00000000000000000000000000000007", json!({"stock": 1}))
            .await
            .expect(404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_neighbour_refuses_keeps_the_product_a_draft() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        shop.inventory.set(Mood::Refuse("no such location".into()));
        let created = shop.simple("Mug", 1000).await;
        let path = format!("/api/admin/products/{}", created["id"].as_str().unwrap());
        let mut seen = Value::Null;
        shop.world
            .until("the refusal is shown", async || {
                seen = shop.staff.get(&path).await.expect(200);
                seen["pending"] == false
            })
            .await;
        assert_eq!(seen["status"], "draft");
        assert_eq!(seen["refusals"], json!([{"of": "stock", "reason": "no such location"}]));
        shop.shopper.get("/api/store/products/mug").await.expect(404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_is_changed_taken_back_published_again_and_deleted() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let created = shop.create(enamel_mug()).await;
        shop.listed("/api/store/products", 1).await;
        let path = format!("/api/admin/products/{}", created["id"].as_str().unwrap());
        let present = shop.staff.get(&path).await;
        let etag = present.headers["etag"].to_str().unwrap().to_string();
        let variants = present.json()["variants"].clone();
        let stale = shop.staff.clone().header("if-match", "\"1\"");
        assert_eq!(stale.patch(&path, json!({"title": "Mug"})).await.status, 412);
        let fresh = shop.staff.clone().header("if-match", &etag);
        let changed = fresh
            .patch(&path, json!({"title": "Mug of enamel", "slug": "mug", "vendor": null, "tags": ["new"]}))
            .await
            .expect(200);
        assert_eq!((&changed["title"], &changed["vendor"]), (&json!("Mug of enamel"), &Value::Null));
        assert_eq!(changed["variants"], {
            let mut expected = variants.clone();
            expected
                .as_array_mut()
                .unwrap()
                .iter_mut()
                .for_each(|v| v["product_title"] = json!("Mug of enamel"));
            expected
        });
        let moved = shop.shopper.get("/api/store/products/enamel-mug").await;
        assert_eq!(moved.status, 308);
        let page = shop.page("mug", |page| page["title"] == "Mug of enamel").await;
        assert_eq!(page["tags"], json!(["new"]));
        shop.world
            .until("search finds the new words only", async || {
                shop.shopper.get("/api/store/products?q=new").await.json()["total"] == 1
                    && shop.shopper.get("/api/store/products?q=north").await.json()["total"] == 0
            })
            .await;

        // Two variants go, one is new: those that stay keep their ids.
        let keep = |i: usize| json!({"id": variants[i]["id"], "sku": variants[i]["sku"], "options": variants[i]["options"]});
        let list = json!([keep(1), keep(2), {"sku": "MUG-C-S", "options": {"Colour": "Clay", "Size": "S"}, "price": eur(1100), "stock": 9}]);
        let changed = shop.staff.patch(&path, json!({"variants": list})).await.expect(200);
        assert_eq!(changed["variants"].as_array().unwrap().len(), 3);
        assert_eq!(
            (&changed["variants"][0]["id"], &changed["variants"][1]["id"]),
            (&variants[1]["id"], &variants[2]["id"])
        );
        let page = shop.page("mug", |page| page["variants"][2]["price"]["amount"] == 1100).await;
        assert_eq!(page["variants"][0]["price"]["amount"], 1500);
        assert_eq!(page["options"][0]["values"], json!(["Green", "Ink", "Clay"]));
        shop.world
            .until("the list has the new range", async || {
                shop.shopper.get("/api/store/products").await.json()["items"][0]["price"] == eur(1100)
            })
            .await;

        let draft = shop.staff.patch(&path, json!({"status": "draft"})).await.expect(200);
        assert_eq!((&draft["status"], &draft["channels"]), (&json!("draft"), &json!([])));
        shop.shopper.get("/api/store/products/mug").await.expect(404);
        shop.listed("/api/store/products", 0).await;
        shop.staff.patch(&path, json!({"status": "published"})).await.expect(200);
        shop.listed("/api/store/products", 1).await;

        assert_eq!(shop.staff.delete(&path).await.status, 204);
        shop.staff.get(&path).await.expect(404);
        shop.shopper.get("/api/store/products/mug").await.expect(404);
        shop.listed("/api/store/products", 0).await;
        assert_eq!(shop.shopper.get("/api/store/products?q=enamel").await.json()["total"], 0);
        let last = shop.world.published_of::<ProductChanged>();
        shop.world.settle().await;
        let last = shop.world.published_of::<ProductChanged>().pop().or(last.last().cloned()).unwrap();
        assert_eq!((last.status, last.variants.len()), (ProductStatus::Deleted, 0));
        // Slug and SKUs are free again.
        let again = shop.create(enamel_mug()).await;
        assert_eq!(again["slug"], "enamel-mug");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_change_leaves_out_of_a_variant_stays() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let (front, back) = ("https://img.example/front.png", "https://img.example/back.png");
        let created = shop
            .create(json!({
                "title": "Book", "status": "published", "options": [{"name": "Cover"}, {"name": "Language"}],
                "images": [{"src": front}, {"src": back}],
                "variants": [
                    {"sku": "B-1", "options": {"Cover": "Hard", "Language": "de"}, "price": eur(2000), "stock": 3,
                     "stock_policy": "continue", "barcode": "978", "weight_grams": 800, "tax_class": "reduced", "image": back,
                     "metadata": {"isbn": "978"}},
                    {"sku": "B-2", "options": {"Cover": "E-book", "Language": "de"}, "price": eur(1000),
                     "stock_policy": "untracked", "tax_class": "zero", "requires_shipping": false, "image": front},
                ],
            }))
            .await;
        shop.listed("/api/store/products", 1).await;
        shop.world.settle().await;
        let path = format!("/api/admin/products/{}", created["id"].as_str().unwrap());
        let before = shop.staff.get(&path).await.expect(200)["variants"].clone();
        let patched = async |body: Value| shop.staff.patch(&path, body).await.expect(200)["variants"].clone();

        // By id, by SKU and by values: each finds its variant, and nothing but what is said changes.
        let (by_id, by_sku) = (json!({"id": before[0]["id"]}), json!({"sku": "B-2"}));
        let by_values = json!({"options": {"Cover": "hard", "Language": "DE"}});
        assert_eq!(patched(json!({"variants": [by_id, by_sku]})).await, before);
        let mut expected = before.clone();
        expected[0]["title"] = json!("hard / DE");
        expected[0]["options"] = by_values["options"].clone();
        assert_eq!(patched(json!({"variants": [by_values, by_sku]})).await, expected);
        shop.inventory.forget();
        let list = json!([{"sku": "B-1", "options": {"Cover": "Hard", "Language": "de"}, "stock": 9}, {"sku": "B-2", "weight_grams": 0}]);
        let changed = patched(json!({"variants": list})).await;
        assert_eq!((&changed[1]["weight_grams"], &changed[1]["tax_class"]), (&json!(0), &json!("zero")));
        assert_eq!((&changed[0]["tax_class"], &changed[0]["barcode"]), (&json!("reduced"), &json!("978")));
        shop.world.until("the count is asked for", async || !shop.inventory.asked().is_empty()).await;
        let asked = shop.inventory.asked().remove(0);
        assert_eq!(asked.levels.len(), 1);
        assert_eq!(
            (asked.levels[0].on_hand, asked.levels[0].policy),
            (Some(9), hanse_inventory_contract::StockPolicy::Continue),
            "the policy stays"
        );

        // An option that is renamed is another one, so its values must be told; null takes away.
        let renamed = json!([{"name": "Binding"}, {"name": "Language"}]);
        let refused = shop.staff.patch(&path, json!({"options": renamed, "variants": [by_id]})).await;
        assert_eq!(
            (refused.status.as_u16(), &refused.json()["errors"][0]["field"]),
            (422, &json!("variants[0].options"))
        );
        let list = json!([
            {"id": before[0]["id"], "options": {"Binding": "Cloth"}, "barcode": null, "image": null},
            {"sku": "B-2", "options": {"Binding": "None"}},
        ]);
        let changed = patched(json!({"options": renamed, "variants": list})).await;
        assert_eq!(changed[0]["options"], json!({"Binding": "Cloth", "Language": "de"}));
        assert_eq!((&changed[0]["barcode"], &changed[0]["image_id"]), (&Value::Null, &Value::Null));
        assert_eq!((&changed[0]["weight_grams"], &changed[0]["id"]), (&json!(800), &before[0]["id"]));
        assert_eq!(changed[0]["metadata"], json!({"isbn": "978"}));
        // A picture that goes is no variant's any more; one that stays is still shown.
        let changed = patched(json!({"images": [{"src": back}], "variants": [{"sku": "B-2"}]})).await;
        assert_eq!((changed.as_array().unwrap().len(), &changed[0]["image_id"]), (1, &Value::Null));
        assert_eq!(changed[0]["requires_shipping"], false);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn slugs_and_skus_belong_to_one() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let first = shop.simple("Mug", 1000).await;
        let second = shop.simple("Mug", 1100).await;
        assert_eq!((&first["slug"], &second["slug"]), (&json!("mug"), &json!("mug-2")));
        let (sku, made) = (first["variants"][0]["sku"].clone(), second["variants"][0]["sku"].clone());
        assert_eq!((sku.as_str(), made.as_str()), (Some("MUG"), Some("MUG-2")));
        let mut body = mug("Cup", 500);
        body["slug"] = json!("mug");
        assert_eq!(shop.staff.post("/api/admin/products", body.clone()).await.code(), "slug_taken");
        body["slug"] = json!("cup");
        body["variants"][0]["sku"] = json!("MUG");
        let refused = shop.staff.post("/api/admin/products", body.clone()).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "sku_taken"));
        assert_eq!(refused.json()["product_id"], first["id"]);
        body["variants"][0]["sku"] = json!("CUP");
        let cup = shop.create(body).await;
        assert_eq!(cup["slug"], "cup", "what was refused took nothing");
        let none = shop.create(mug("日本", 100)).await;
        assert!(none["slug"].as_str().unwrap().starts_with("p-"));
        // A former slug may be taken by another product; the redirect then ends.
        let path = format!("/api/admin/products/{}", first["id"].as_str().unwrap());
        shop.staff.patch(&path, json!({"slug": "first-mug"})).await.expect(200);
        shop.listed("/api/store/products", 4).await;
        assert_eq!(shop.shopper.get("/api/store/products/mug").await.status, 308);
        let path = format!("/api/admin/products/{}", cup["id"].as_str().unwrap());
        shop.staff.patch(&path, json!({"slug": "mug"})).await.expect(200);
        let page = shop.page("mug", |page| page["slug"] == "mug").await;
        assert_eq!(page["id"], cup["id"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_named_field_by_field_and_changes_nothing() {
    let shop = Shop::open(hanse_testkit::Engine::Sqlite).await;
    let refused = |body: Value| {
        let staff = shop.staff.clone();
        async move { staff.post("/api/admin/products", body).await.expect(422)["errors"].clone() }
    };
    let fields = |errors: &Value| -> Vec<String> {
        errors
            .as_array()
            .unwrap()
            .iter()
            .map(|e| format!("{} {}", e["field"].as_str().unwrap(), e["code"].as_str().unwrap()))
            .collect()
    };
    let errors = refused(json!({"title": " ", "variants": []})).await;
    assert_eq!(fields(&errors), ["title required", "variants required"]);
    let errors = refused(json!({"title": "x", "surprise": 1, "variants": []})).await;
    assert_eq!(fields(&errors), ["surprise unknown_field"]);
    let errors = refused(json!({"title": "x", "options": [{"name": "Size"}], "variants": [{"options": {"Colour": "Red"}, "price": eur(-1), "stock": -1, "weight_grams": -5}]})).await;
    assert_eq!(fields(&errors), ["variants[0].options unknown"]);
    let errors = refused(json!({"title": "x", "variants": [{"price": eur(-1), "compare_at_price": eur(-2), "stock": -1, "weight_grams": -5}]})).await;
    assert_eq!(
        fields(&errors),
        [
            "variants[0].weight_grams range",
            "variants[0].price range",
            "variants[0].compare_at_price range",
            "variants[0].compare_at_price range",
            "variants[0].stock range"
        ]
    );
    let errors = refused(json!({"title": "x", "category": "nowhere", "variants": [{}]})).await;
    assert_eq!(fields(&errors), ["category unknown"]);
    let errors =
        refused(json!({"title": "x", "images": [{"src": "javascript:alert(1)"}], "variants": [{}]})).await;
    assert_eq!(fields(&errors), ["images[0].src format"]);
    let errors =
        refused(json!({"title": "x", "images": [{"src": "sample:unknown"}], "variants": [{}]})).await;
    assert_eq!(fields(&errors), ["images[0].src unknown"]);
    let deep = json!({"a": {"b": {"c": {"d": {"e": {"f": 1}}}}}});
    let errors = refused(json!({"title": "x", "metadata": deep, "variants": [{}]})).await;
    assert_eq!(fields(&errors), ["metadata format"]);
    let errors = refused(json!({"title": "x", "translations": {"en": {}, "fr": {}}, "variants": [{}]})).await;
    assert_eq!(fields(&errors), ["translations.en unknown", "translations.fr unknown"]);
    shop.staff
        .post(
            "/api/admin/products",
            json!({"title": "<b>x</b>", "variants": [{"price": {"amount": 1.5, "currency": "EUR"}}]}),
        )
        .await
        .expect(422);
    let markup = shop.create(json!({"title": "<b>x</b>", "variants": [{}]})).await;
    assert_eq!(markup["title"], "<b>x</b>", "a title is text, whatever is in it");
    assert_eq!(shop.staff.get("/api/admin/products").await.expect(200)["total"], 1);
    for path in ["/api/admin/products/prod_7", "/api/admin/products/prod_00000000000000000000000000000007"] {
        shop.staff.get(path).await.expect(404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_makes_one_product() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let keyed = shop.staff.clone().header("idempotency-key", "abc");
        let first = keyed.post("/api/admin/products", mug("Mug", 100)).await;
        let second = keyed.post("/api/admin/products", mug("Mug", 100)).await;
        assert_eq!((first.status.as_u16(), second.status.as_u16()), (201, 201));
        assert_eq!(first.bytes, second.bytes);
        assert_eq!(keyed.post("/api/admin/products", mug("Cup", 100)).await.code(), "idempotency_key_reused");
        assert_eq!(shop.staff.get("/api/admin/products").await.expect(200)["total"], 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merchant_finds_drafts_too() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        for n in 0..25 {
            shop.create(json!({"title": format!("Draft no. {n}"), "variants": [{}]})).await;
        }
        let mut titles = vec![];
        let mut path = "/api/admin/products?limit=10".to_string();
        loop {
            let page = shop.staff.get(&path).await.expect(200);
            assert_eq!(page["total"], 25);
            titles.extend(
                page["items"].as_array().unwrap().iter().map(|p| p["title"].as_str().unwrap().to_string()),
            );
            match page["next_cursor"].as_str() {
                Some(cursor) => path = format!("/api/admin/products?limit=10&cursor={cursor}"),
                None => break,
            }
        }
        let expected: Vec<String> = (0..25).rev().map(|n| format!("Draft no. {n}")).collect();
        assert_eq!(titles, expected);
        let found = shop.staff.get("/api/admin/products?q=draft+17").await.expect(200);
        assert_eq!(found["items"][0]["title"], "Draft no. 17");
        assert_eq!(found["items"].as_array().unwrap().len(), 1);
        let first = shop.staff.get("/api/admin/products?q=draft&limit=20").await.expect(200);
        let cursor = first["next_cursor"].as_str().unwrap();
        let rest = shop
            .staff
            .get(&format!("/api/admin/products?q=draft&limit=20&cursor={cursor}"))
            .await
            .expect(200);
        assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next_cursor"]), (5, &Value::Null));
    }
}
