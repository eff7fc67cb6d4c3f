//! A merchant uploads pictures: what is taken is shown in sizes, what is not is told why, and nothing comes of it.

use crate::shop::{ENGINES, Shop, config, mug};
use axum::body::Body;
use futures::future::join_all;
use hanse_kernel::Effects;
use hanse_kernel::effects::ManualClock;
use hanse_product_contract::rpc::GetVariantsRequest;
use hanse_product_contract::rpc::catalogue_client::CatalogueClient;
use hanse_testkit::{Answer, Client, TestHost};
use image::{DynamicImage, ImageFormat, Rgb, Rgba};
use serde_json::{Value, json};
use std::io::Cursor;
use std::time::Duration;

fn written(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(vec![]);
    picture.write_to(&mut file, format).unwrap();
    file.into_inner()
}

/// A picture of one colour; another number is another picture.
fn jpeg(width: u32, height: u32, shade: u8) -> Vec<u8> {
    let picture = image::RgbImage::from_pixel(width, height, Rgb([shade, 90, 160]));
    written(&DynamicImage::ImageRgb8(picture), ImageFormat::Jpeg)
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let picture = image::RgbaImage::from_fn(width, height, |x, _| Rgba([9, 200, 9, (x % 256) as u8]));
    written(&DynamicImage::ImageRgba8(picture), ImageFormat::Png)
}

fn raw(path: &str, kind: &str, file: impl Into<Body>) -> http::Request<Body> {
    http::Request::post(path).header("content-type", kind).body(file.into()).unwrap()
}

fn form(path: &str, parts: &[(&str, &[u8])]) -> http::Request<Body> {
    let mut body = vec![];
    for (name, bytes) in parts {
        let file = if *name == "file" { "; filename=\"a.exe\"\r\ncontent-type: text/html" } else { "" };
        body.extend(format!("--B\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n").bytes());
        body.extend_from_slice(bytes);
        body.extend(b"\r\n");
    }
    body.extend(b"--B--\r\n");
    raw(path, "multipart/form-data; boundary=B", body)
}

struct Goods {
    shop: Shop,
    /// Of its product.
    path: String,
    images: String,
}

impl Goods {
    async fn laid_out(shop: Shop) -> Self {
        let made = shop.simple("Enamel mug", 1200).await;
        shop.page("enamel-mug", |page| page["variants"][0]["price"].is_object()).await;
        let path = format!("/api/admin/products/{}", made["id"].as_str().unwrap());
        Self { shop, images: format!("{path}/images"), path }
    }

    async fn add(&self, file: Vec<u8>) -> Answer {
        self.shop.staff.call(raw(&self.images, "image/jpeg", file)).await
    }

    async fn added(&self, file: Vec<u8>) -> String {
        self.add(file).await.expect(201)["id"].as_str().unwrap().to_string()
    }

    async fn product(&self) -> Value {
        self.shop.staff.get(&self.path).await.expect(200)
    }

    async fn order(&self) -> Vec<String> {
        let images = self.product().await["images"].as_array().unwrap().clone();
        images.iter().map(|image| image["id"].as_str().unwrap().to_string()).collect()
    }
}

fn addresses(srcset: &Value) -> Vec<(String, u32)> {
    let each = srcset.as_str().unwrap().split(", ").map(|one| {
        let (address, width) = one.split_once(' ').unwrap();
        (address.to_string(), width.trim_end_matches('w').parse().unwrap())
    });
    each.collect()
}

/// Every size is there, is what it says, and may be kept for ever.
async fn shown(shopper: &Client, srcset: &Value, kind: &str) {
    for (address, width) in addresses(srcset) {
        let answer = shopper.get(&address).await;
        let header = |name: &str| answer.headers[name].to_str().unwrap().to_string();
        assert_eq!(answer.status, 200, "{address}");
        assert_eq!(header("content-type"), kind);
        assert_eq!(header("cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert!(header("content-security-policy").contains("sandbox"));
        assert_eq!(image::load_from_memory(&answer.bytes).unwrap().width(), width);
        let again = shopper.clone().header("if-none-match", &header("etag")).get(&address).await;
        assert_eq!((again.status.as_u16(), again.bytes.len()), (304, 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_uploaded_picture_is_shown_in_sizes() {
    for engine in ENGINES {
        let goods = Goods::laid_out(Shop::open(engine).await).await;
        let shop = &goods.shop;
        let path = format!("{}?alt=A%20mug%20on%20a%20table", goods.images);
        let answer = shop.staff.call(raw(&path, "image/jpeg", jpeg(1500, 1000, 1))).await;
        assert_eq!(answer.headers["etag"], "\"3\"", "of the product");
        let image = answer.expect(201);
        assert_eq!(
            (&image["width"], &image["height"], &image["alt"]),
            (&json!(1500), &json!(1000), &json!("A mug on a table"))
        );
        let widths: Vec<u32> = addresses(&image["srcset"]).into_iter().map(|(_, width)| width).collect();
        assert_eq!(widths, [320, 640, 1280, 1500]);

        let page = shop.page("enamel-mug", |page| page["images"][0]["id"] == image["id"]).await;
        assert_eq!(
            (&page["images"][0]["srcset"], &page["images"][0]["url"]),
            (&image["srcset"], &image["url"])
        );
        let list = shop.listed("/api/store/products", 1).await;
        assert_eq!(list["items"][0]["image"]["srcset"], image["srcset"]);
        shown(&shop.shopper, &page["images"][0]["srcset"], "image/jpeg").await;
        // Carts show it small.
        let mut client = CatalogueClient::new(shop.world.network_of("cart").link("product"));
        let variant = page["variants"][0]["id"].as_str().unwrap().to_string();
        let ctx = shop.world.ctx(hanse_kernel::Actor::service("cart"));
        let asked = GetVariantsRequest { variant_ids: vec![variant] };
        let asked = hanse_rpc::request(&ctx, &*shop.world.effects.clock, asked);
        let told = client.get_variants(asked).await.unwrap().into_inner().variants;
        assert_eq!(told[0].image_url, addresses(&image["srcset"])[0].0);

        // As a form; by its content, whatever its name and type say.
        let parts: [(&str, &[u8]); 3] = [("alt", b"Glass"), ("position", b"0"), ("file", &png(700, 350))];
        let glass = shop.staff.call(form(&goods.images, &parts)).await.expect(201);
        assert_eq!(glass["alt"], "Glass");
        shown(&shop.shopper, &glass["srcset"], "image/webp").await;
        assert_eq!(goods.order().await[0], glass["id"].as_str().unwrap());

        // The same picture again is the same image, and so is the same request again.
        let again = goods.add(jpeg(1500, 1000, 1)).await.expect(200);
        assert_eq!(again["id"], image["id"]);
        let keyed = shop.staff.clone().header("idempotency-key", "green-mug");
        let first = keyed.call(raw(&goods.images, "image/jpeg", jpeg(400, 300, 2))).await;
        let second = keyed.call(raw(&goods.images, "image/jpeg", jpeg(400, 300, 2))).await;
        assert_eq!((first.status.as_u16(), &first.bytes), (201, &second.bytes));
        let other = keyed.call(raw(&goods.images, "image/jpeg", jpeg(400, 300, 200))).await;
        assert_eq!(other.code(), "idempotency_key_reused");
        assert_eq!(goods.order().await.len(), 3);
    }
}

/// 50,000 by 50,000 pixels, they say.
fn bomb() -> Vec<u8> {
    let mut file = png(8, 8);
    file[16..24].copy_from_slice(&[0, 0, 0xC3, 0x50, 0, 0, 0xC3, 0x50]);
    file
}

fn animated() -> Vec<u8> {
    let mut file = png(8, 8);
    file.splice(33..33, [&[0, 0, 0, 8][..], b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0], &[0; 4]].concat());
    file
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_taken_is_told_why_and_changes_nothing() {
    for engine in ENGINES {
        let goods = Goods::laid_out(Shop::open(engine).await).await;
        let before = goods.product().await["version"].clone();
        let whole = jpeg(300, 200, 1);
        let refusals: [(&str, Vec<u8>, &str, &str); 9] = [
            ("nothing", vec![], "required", "is empty"),
            (
                "a drawing",
                b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_vec(),
                "image_svg",
                "export it as PNG",
            ),
            ("a GIF", b"GIF89a\x01\0\x01\0".to_vec(), "image_kind", "is a GIF"),
            ("a page", b"<!doctype html><p>".to_vec(), "image_kind", "is a web page"),
            ("a text", b"Handle,Title".to_vec(), "image_kind", "save it as one of these"),
            ("a bomb", bomb(), "image_size", "at most 40 megapixels"),
            ("a film", animated(), "image_animated", "save one of its pictures"),
            ("half of one", whole[..whole.len() / 2].to_vec(), "image_truncated", "send the file again"),
            ("a hollow one", [&whole[..20], &[0; 99], &whole[20..]].concat(), "image_broken", "save it anew"),
        ];
        for (what, file, code, said) in refusals {
            let answer = goods.add(file).await;
            let problem = answer.json();
            assert_eq!(
                (answer.status.as_u16(), &problem["code"]),
                (422, &json!("validation")),
                "{what}: {problem}"
            );
            let fault = &problem["errors"][0];
            assert_eq!(
                (&fault["field"], &fault["code"]),
                (&json!("file"), &json!(code)),
                "{what}: {problem}"
            );
            assert!(problem["detail"].as_str().unwrap().contains(said), "{what}: {problem}");
        }
        let staff = &goods.shop.staff;
        let large = vec![0xFF; 10 * 1024 * 1024 + 1];
        let too_large = goods.add(large.clone()).await;
        assert_eq!((too_large.status.as_u16(), too_large.code().as_str()), (413, "payload_too_large"));
        assert!(too_large.json()["detail"].as_str().unwrap().contains("at most 10 MiB"));
        let parts: [(&str, &[u8]); 1] = [("file", &large)];
        assert_eq!(staff.call(form(&goods.images, &parts)).await.status, 413);
        // One that says so is not read at all.
        let mut said = raw(
            &goods.images,
            "image/jpeg",
            Body::from_stream(futures::stream::pending::<Result<Vec<u8>, std::io::Error>>()),
        );
        said.headers_mut().insert("content-length", "99999999".parse().unwrap());
        assert_eq!(staff.call(said).await.status, 413);
        let json = staff.post(&goods.images, json!({"src": "https://img.example/a.png"})).await;
        assert_eq!((json.status.as_u16(), json.code().as_str()), (415, "unsupported_media_type"));
        let parts: [(&str, &[u8]); 2] = [("file", &whole), ("colour", b"red")];
        assert_eq!(staff.call(form(&goods.images, &parts)).await.code(), "unknown_field");
        let parts: [(&str, &[u8]); 2] = [("file", &whole), ("file", &whole)];
        assert_eq!(staff.call(form(&goods.images, &parts)).await.status, 422);
        let parts: [(&str, &[u8]); 2] = [("position", b"first"), ("file", &whole)];
        assert_eq!(staff.call(form(&goods.images, &parts)).await.status, 422);
        let long = format!("{}?alt={}", goods.images, "x".repeat(501));
        assert_eq!(staff.call(raw(&long, "image/jpeg", whole.clone())).await.status, 422);
        let stale = staff.clone().header("if-match", "\"1\"");
        assert_eq!(stale.call(raw(&goods.images, "image/jpeg", whole.clone())).await.status, 412);
        let nowhere = "/api/admin/products/prod_00000000000000000000000000000007/images";
        assert_eq!(staff.call(raw(nowhere, "image/jpeg", whole.clone())).await.status, 404);
        assert_eq!(goods.product().await["version"], before);
        // Sixteen bits are taken, and a wrong type is no reason to refuse.
        let deep = image::ImageBuffer::from_pixel(40, 20, Rgb([65_535_u16, 32_768, 0]));
        goods.added(written(&DynamicImage::ImageRgb16(deep), ImageFormat::Png)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_pictures_at_once_all_arrive_in_the_end() {
    for engine in ENGINES {
        let goods = Goods::laid_out(Shop::open(engine).await).await;
        let insist = async |shade: u8| {
            let file = jpeg(640, 480, shade * 20);
            goods
                .shop
                .world
                .until("a picture is taken", async || {
                    let answer = goods.add(file.clone()).await;
                    match answer.status.as_u16() {
                        201 => true,
                        // It was, and the answer to a try before says only that another was faster.
                        200 => panic!("{}", answer.json()),
                        503 | 409 => false,
                        _ => panic!("{}", answer.json()),
                    }
                })
                .await;
        };
        join_all((1..=12).map(insist)).await;
        assert_eq!(goods.order().await.len(), 12);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn as_many_uploads_as_may_be_leave_no_place_for_another() {
    let goods = Goods::laid_out(Shop::open(ENGINES[0]).await).await;
    // Each holds its place as long as its body does not end; a body is read by who has one.
    let (end, ended) = tokio::sync::watch::channel(false);
    let (reads, mut reading) = tokio::sync::mpsc::channel(8);
    let held = (0..8).map(|_| {
        let (staff, images) = (goods.shop.staff.clone(), goods.images.clone());
        let (mut ended, reads) = (ended.clone(), reads.clone());
        let body = futures::stream::once(async move {
            reads.send(()).await.unwrap();
            ended.changed().await.unwrap();
            Ok::<_, std::io::Error>(b"no picture".to_vec())
        });
        tokio::spawn(
            async move { staff.call(raw(&images, "image/jpeg", Body::from_stream(body))).await.status },
        )
    });
    let held: Vec<_> = held.collect();
    for _ in 0..8 {
        reading.recv().await.unwrap();
    }
    let told = goods.add(jpeg(40, 30, 1)).await;
    assert_eq!((told.status.as_u16(), told.code().as_str()), (503, "uploads_crowded"));
    assert_eq!(told.headers["retry-after"], "2");
    end.send(true).unwrap();
    for answer in held {
        assert_eq!(answer.await.unwrap(), 422);
    }
    goods.added(jpeg(40, 30, 1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merchant_describes_orders_and_removes_pictures() {
    for engine in ENGINES {
        let goods = Goods::laid_out(Shop::open(engine).await).await;
        let staff = &goods.shop.staff;
        let (a, b) = (goods.added(jpeg(40, 30, 1)).await, goods.added(jpeg(40, 30, 120)).await);
        let linked = json!({"images": [{"src": "https://img.example/ink.png"}]});
        let kept: Vec<Value> = goods.product().await["images"]
            .as_array()
            .unwrap()
            .iter()
            .map(|i| json!({"src": i["src"]}))
            .collect();
        let all = [kept, linked["images"].as_array().unwrap().clone()].concat();
        let c = staff.patch(&goods.path, json!({"images": all})).await.expect(200)["images"][2]["id"]
            .as_str()
            .unwrap()
            .to_string();
        assert_eq!(
            goods.order().await,
            [a.clone(), b.clone(), c.clone()],
            "uploads stay where they are named"
        );
        assert!(goods.product().await["images"][0]["srcset"].is_string());

        let image = |id: &str| format!("{}/{id}", goods.images);
        let words = json!({"alt": " Blue ", "alt_translations": {"de": "Blau"}, "position": 0});
        let changed = staff.patch(&image(&b), words).await.expect(200);
        assert_eq!((&changed["alt"], &changed["alt_translations"]), (&json!("Blue"), &json!({"de": "Blau"})));
        assert_eq!(goods.order().await, [b.clone(), a.clone(), c.clone()]);
        let german = goods.shop.shopper.clone().locale("de");
        goods
            .shop
            .world
            .until("the page says it in German", async || {
                german.get("/api/store/products/enamel-mug").await.json()["images"][0]["alt"] == "Blau"
            })
            .await;
        let bare = staff.patch(&image(&b), json!({"alt": null})).await.expect(200);
        assert_eq!((&bare["alt"], &bare["alt_translations"]["de"]), (&Value::Null, &json!("Blau")));
        for (body, field) in [
            (json!({"alt_translations": {"fr": "Bleu"}}), "alt_translations.fr"),
            (json!({"alt_translations": {"en": "Blue"}}), "alt_translations.en"),
            (json!({"alt": "x".repeat(501)}), "alt"),
        ] {
            let problem = staff.patch(&image(&b), body).await.expect(422);
            assert_eq!(problem["errors"][0]["field"], field, "{problem}");
        }

        let order = format!("{}/order", goods.images);
        staff.put(&order, json!({"order": [c, a, b]})).await.expect(200);
        assert_eq!(goods.order().await, [c.clone(), a.clone(), b.clone()]);
        for wrong in [json!([a, b]), json!([a, a, b]), json!([])] {
            assert_eq!(
                staff.put(&order, json!({"order": wrong})).await.expect(422)["errors"][0]["field"],
                "order"
            );
        }

        // A variant that shows what goes shows the first one.
        let src = goods.product().await["images"][2]["src"].clone();
        let variant = goods.product().await["variants"][0]["id"].clone();
        staff.patch(&goods.path, json!({"variants": [{"id": variant, "image": src}]})).await.expect(200);
        assert_eq!(goods.product().await["variants"][0]["image_id"], b.as_str());
        let stale = staff.clone().header("if-match", "\"1\"").delete(&image(&b)).await;
        assert_eq!(stale.status, 412);
        assert_eq!(staff.delete(&image(&b)).await.status, 204);
        assert_eq!(goods.product().await["variants"][0]["image_id"], Value::Null);
        assert_eq!(goods.order().await, [c, a.clone()]);
        for gone in [staff.delete(&image(&b)).await, staff.patch(&image(&b), json!({})).await] {
            assert_eq!(gone.status, 404);
        }
        // Nobody shows an upload by its address alone.
        let foreign = json!({"images": [{"src": src}]});
        let problem = staff.patch(&goods.path, foreign.clone()).await.expect(422);
        assert_eq!(problem["errors"][0]["field"], "images[0].src");
        let mut other = mug("Another mug", 900);
        other["images"] = foreign["images"].clone();
        assert_eq!(
            staff.post("/api/admin/products", other).await.expect(422)["errors"][0]["field"],
            "images[0].src"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_tries_again_after_a_lost_answer_is_told_of_what_was_made() {
    for engine in ENGINES {
        let goods = Goods::laid_out(Shop::open(engine).await).await;
        let version = goods.shop.staff.get(&goods.path).await.headers["etag"].to_str().unwrap().to_string();
        let staff = goods.shop.staff.clone().header("idempotency-key", "k").header("if-match", &version);
        let upload = async || staff.call(raw(&goods.images, "image/jpeg", jpeg(40, 30, 1))).await;
        let made = upload().await.expect(201);
        // As if the process had ended before it could record its answer.
        let died = "update http_idempotency set status = null, headers = null, body = null, lease_until = 0";
        write(&goods.shop, died).await;
        assert_eq!(upload().await.expect(201)["id"], made["id"]);
        assert_eq!(goods.order().await, [made["id"].as_str().unwrap()]);
        let other = staff.clone().header("idempotency-key", "other");
        let late = other.call(raw(&goods.images, "image/jpeg", jpeg(40, 30, 2))).await;
        assert_eq!(late.status, 412, "somebody has changed the product since");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_full_of_pictures_gives_way_to_what_was_uploaded() {
    let goods = Goods::laid_out(Shop::open(ENGINES[0]).await).await;
    let id = goods.added(jpeg(40, 30, 1)).await;
    let mut file = "Handle,Title,Variant Price,Image Src,Image Position\n".to_string();
    file += "enamel-mug,Enamel mug,11.00,https://img.example/1.png,1\n";
    for n in 2..=250 {
        file += &format!("enamel-mug,,,https://img.example/{n}.png,{n}\n");
    }
    let report = goods.shop.import(&[], file.as_bytes()).await;
    assert_eq!(report["products"]["updated"], 1, "{report}");
    let order = goods.order().await;
    assert_eq!((order.len(), order.last().unwrap()), (250, &id));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_imported_leaves_uploads_where_they_are() {
    let goods = Goods::laid_out(Shop::open(ENGINES[0]).await).await;
    let id = goods.added(jpeg(40, 30, 1)).await;
    let file =
        "Handle,Title,Variant Price,Image Src\nenamel-mug,Enamel mug,11.00,https://img.example/a.png\n";
    let report = goods.shop.import(&[], file.as_bytes()).await;
    assert_eq!(report["products"]["updated"], 1, "{report}");
    let images = goods.product().await["images"].clone();
    assert_eq!((&images[0]["src"], &images[1]["id"]), (&json!("https://img.example/a.png"), &json!(id)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_files_of_a_removed_picture_go_once_nobody_shows_them() {
    for engine in ENGINES {
        let real = hanse_testkit::effects();
        let clock = ManualClock::at(real.now());
        let effects = Effects { clock: clock.clone(), ..real };
        let goods =
            Goods::laid_out(Shop::open_with(TestHost::with_effects(engine, effects), config(), true).await)
                .await;
        let shop = &goods.shop;
        let alone = goods.add(jpeg(700, 400, 1)).await.expect(201);
        let shared = goods.add(jpeg(700, 400, 200)).await.expect(201);
        let other = shop.simple("Another mug", 900).await;
        let others = format!("/api/admin/products/{}/images", other["id"].as_str().unwrap());
        shop.staff.call(raw(&others, "image/jpeg", jpeg(700, 400, 200))).await.expect(201);
        for image in [&alone, &shared] {
            let path = format!("{}/{}", goods.images, image["id"].as_str().unwrap());
            assert_eq!(shop.staff.delete(&path).await.status, 204);
        }
        let there = async |image: &Value| {
            let mut found = vec![];
            for (address, _) in addresses(&image["srcset"]) {
                found.push(shop.shopper.get(&address).await.status.as_u16());
            }
            found
        };
        // The workers that were started look every hour of this clock.
        clock.advance(Duration::from_secs(2 * 3600));
        shop.world.until("it is known to be unused", async || unused(shop).await == 1).await;
        assert_eq!(there(&alone).await, [200, 200], "carts may show it");
        clock.advance(Duration::from_secs(31 * 24 * 3600));
        shop.world.until("its files are removed", async || there(&alone).await == [404, 404]).await;
        assert_eq!(there(&shared).await, [200, 200], "another product shows it");
        // Uploaded again, it is there again.
        goods.add(jpeg(700, 400, 1)).await.expect(201);
        assert_eq!(there(&alone).await, [200, 200]);
    }
}

async fn write(shop: &Shop, sql: &'static str) {
    use hanse_database::sql::Sql;
    let done: Result<u64, hanse_database::DbError> =
        shop.module.host.db.tx((), move |tx, ()| Box::pin(async move { tx.execute(sql, &[]).await })).await;
    done.expect("written");
}

async fn unused(shop: &Shop) -> i64 {
    use hanse_database::sql::Sql;
    let read = shop.module.host.db.read((), |tx, ()| {
        Box::pin(async move {
            let sql = "select count(*) from upload where unused_since is not null";
            tx.query(sql, &[], |row| row.get::<i64>(0)).await
        })
    });
    let found: Result<Vec<i64>, hanse_database::DbError> = read.await;
    found.unwrap()[0]
}
