//! A good request for every route that takes an idempotency key, another one that must not pass for it, and by what its
//! effect is counted.

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hanse_journeys::{Answer, Call, Http, csv, fill_cart, form, import, pay, variants};
use reqwest::Method;
use serde_json::{Value, json};

/// Two pictures of one pixel.
const CLEAR: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
pub const RED: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";

/// Who asks.
#[derive(Clone)]
pub enum As {
    Anybody,
    Staff,
    Holder(String),
}

/// What is sent.
#[derive(Clone)]
pub enum Sent {
    Nothing,
    Json(Value),
    File(String),
    /// Base64 of a PNG.
    Picture(&'static str),
}

#[derive(Clone)]
pub struct Case {
    /// As the document names it: `POST /api/store/checkout`.
    pub route: &'static str,
    pub path: String,
    pub by: As,
    pub sent: Sent,
    /// Under the same key, another request: another address or another body. None where every request is the same.
    pub other: Option<(String, Sent)>,
    pub effect: Effect,
}

/// By what is seen how often something happened.
#[derive(Clone)]
pub enum Effect {
    /// Items of a list of the staff.
    Items(String),
    /// Entries with this event in an order's history.
    Event(String, &'static str),
    /// Shipments of an order.
    Shipments(String),
    /// Minor units that were given back, of which each time is so many.
    Refunded(String, u64),
    /// Pieces of the first line of a cart.
    Pieces(String),
    /// Pictures of a product.
    Pictures(String),
    /// Nobody lists it: the answer, which names what was made, is all there is.
    Answer,
}

impl Effect {
    /// How often it has happened; null where only the answer tells.
    pub async fn count(&self, http: &Http, staff: &str) -> Result<Option<u64>> {
        let get = async |path: &str| http.get(path).bearer(staff).expect(200).await;
        let many = |list: &Value| list.as_array().map_or(0, Vec::len) as u64;
        Ok(Some(match self {
            Self::Items(path) => many(&get(path).await?["items"]),
            Self::Event(order, event) => {
                let order = get(order).await?;
                let history = order["history"].as_array().context("no history")?;
                history.iter().filter(|entry| entry["event"] == *event).count() as u64
            }
            Self::Shipments(order) => many(&get(order).await?["shipments"]),
            Self::Refunded(order, each) => {
                get(order).await?["refunded"]["amount"].as_u64().context("nothing refunded")? / each
            }
            Self::Pieces(cart) => {
                let cart = http.get(cart).expect(200).await?;
                cart["items"][0]["quantity"].as_u64().unwrap_or_default()
            }
            Self::Pictures(product) => many(&get(product).await?["images"]),
            Self::Answer => return Ok(None),
        }))
    }
}

impl Case {
    pub fn call(&self, http: &Http, staff: &str) -> Result<Call> {
        self.made(http, staff, &self.path, &self.sent)
    }

    /// Where there is another one, it; and whether it goes to another address.
    pub fn other_call(&self, http: &Http, staff: &str) -> Result<Option<(Call, bool)>> {
        let Some((path, sent)) = &self.other else { return Ok(None) };
        Ok(Some((self.made(http, staff, path, sent)?, *path != self.path)))
    }

    fn made(&self, http: &Http, staff: &str, path: &str, sent: &Sent) -> Result<Call> {
        let call = http.call(Method::POST, path);
        let call = match &self.by {
            As::Anybody => call,
            As::Staff => call.bearer(staff),
            As::Holder(token) => call.order(token),
        };
        Ok(match sent {
            Sent::Nothing => call,
            Sent::Json(body) => call.json(body),
            Sent::File(text) => call.form(form("more.csv", text.as_bytes())?),
            Sent::Picture(text) => call.raw("image/png", STANDARD.decode(text)?),
        })
    }
}

/// What an answer is, byte for byte: all of it but what belongs to one exchange.
pub fn told(answer: &Answer) -> (u16, String, String, String, Vec<u8>) {
    let header = |name| answer.header(name).to_string();
    (answer.status, header("content-type"), header("location"), header("etag"), answer.body.clone())
}

/// What the cases work on.
pub struct Goods<'a> {
    pub http: &'a Http,
    pub staff: &'a str,
    /// The variant of the one product, and the product.
    pub rope: String,
    pub product: String,
}

impl<'a> Goods<'a> {
    pub async fn laid_out(http: &'a Http, staff: &'a str) -> Result<Self> {
        import(http, staff, "goods.csv", csv(&[("rope", "10.00", 500)]).as_bytes()).await?;
        let rope = variants(http, &["rope"]).await?["rope"].clone();
        let page = http.get("/api/store/products/rope").expect(200).await?;
        let product = page["id"].as_str().context("no id")?.to_string();
        Ok(Self { http, staff, rope, product })
    }

    async fn cart(&self) -> Result<Value> {
        fill_cart(self.http, &[(&self.rope, 2)]).await
    }

    /// An order, the path of it for staff and for its shopper, and its token.
    async fn order(&self, token: &str) -> Result<(Value, String, String, String)> {
        let order = pay(self.http, &self.cart().await?, token).await?;
        let id = order["id"].as_str().context("no id")?;
        let access = order["access_token"].as_str().context("no token")?.to_string();
        Ok((order.clone(), format!("/api/admin/orders/{id}"), format!("/api/store/orders/{id}"), access))
    }

    /// Those that make or move money, or the goods behind it: a key is required.
    pub async fn of_money(&self) -> Result<Vec<Case>> {
        let mut cases = vec![self.checkout().await?, self.payments().await?];
        cases.extend(self.cancellations().await?);
        cases.extend([self.fulfilment().await?, self.refund().await?]);
        let adjustment =
            |delta: i64| Sent::Json(json!({"variant_id": self.rope, "delta": delta, "reason": "counted"}));
        let path = "/api/admin/inventory/adjustments";
        cases.push(Case {
            route: "POST /api/admin/inventory/adjustments",
            path: path.into(),
            by: As::Staff,
            sent: adjustment(3),
            other: Some((path.into(), adjustment(4))),
            effect: Effect::Items(format!("{path}?variant_id={}&limit=100", self.rope)),
        });
        Ok(cases)
    }

    fn picture(&self) -> Case {
        let product = format!("/api/admin/products/{}", self.product);
        Case {
            route: "POST /api/admin/products/{id}/images",
            path: format!("{product}/images"),
            by: As::Staff,
            sent: Sent::Picture(CLEAR),
            other: Some((format!("{product}/images"), Sent::Picture(RED))),
            effect: Effect::Pictures(product),
        }
    }

    async fn checkout(&self) -> Result<Case> {
        let (cart, path) = (self.cart().await?, "/api/store/checkout".to_string());
        let body = |token| Sent::Json(hanse_journeys::checkout_body(&cart, token));
        Ok(Case {
            route: "POST /api/store/checkout",
            path: path.clone(),
            by: As::Anybody,
            sent: body("tok_success"),
            other: Some((path, body("tok_declined"))),
            effect: Effect::Items("/api/admin/orders?limit=100".into()),
        })
    }

    async fn payments(&self) -> Result<Case> {
        let (order, _, path, access) = self.order("tok_declined").await?;
        let card = |token| Sent::Json(json!({"provider": "test", "token": token}));
        let path = format!("{path}/payments");
        let id = order["id"].as_str().unwrap_or_default();
        Ok(Case {
            route: "POST /api/store/orders/{id}/payments",
            path: path.clone(),
            by: As::Holder(access),
            sent: card("tok_success"),
            other: Some((path, card("tok_declined"))),
            effect: Effect::Items(format!("/api/admin/payments?order_id={id}")),
        })
    }

    /// Nothing is sent with them, so another request is another order's. A shopper's token opens one order: theirs has to
    /// be refused for that.
    async fn cancellations(&self) -> Result<[Case; 2]> {
        let (_, of_staff, of_shopper, access) = self.order("tok_success").await?;
        let (_, seen_by_staff, ..) = self.order("tok_success").await?;
        let other = self.order("tok_success").await?;
        let shopper = Case {
            route: "POST /api/store/orders/{id}/cancel",
            path: format!("{of_shopper}/cancel"),
            by: As::Holder(access),
            sent: Sent::Nothing,
            other: Some((format!("{}/cancel", other.2), Sent::Nothing)),
            effect: Effect::Event(of_staff, "cancel_requested"),
        };
        let staff = Case {
            route: "POST /api/admin/orders/{id}/cancel",
            path: format!("{seen_by_staff}/cancel"),
            by: As::Staff,
            sent: Sent::Nothing,
            other: Some((format!("{}/cancel", other.1), Sent::Nothing)),
            effect: Effect::Event(seen_by_staff, "cancel_requested"),
        };
        Ok([shopper, staff])
    }

    async fn fulfilment(&self) -> Result<Case> {
        let (order, staff, ..) = self.order("tok_success").await?;
        let item = &order["items"][0]["id"];
        let parcel = |n: i64| Sent::Json(json!({"items": [{"item_id": item, "quantity": n}]}));
        Ok(Case {
            route: "POST /api/admin/orders/{id}/fulfil",
            path: format!("{staff}/fulfil"),
            by: As::Staff,
            sent: parcel(1),
            other: Some((format!("{staff}/fulfil"), parcel(2))),
            effect: Effect::Shipments(staff),
        })
    }

    async fn refund(&self) -> Result<Case> {
        let (_, staff, ..) = self.order("tok_success").await?;
        let part = |amount: u64| {
            Sent::Json(json!({"amount": {"amount": amount, "currency": "EUR"}, "reason": "a stain"}))
        };
        Ok(Case {
            route: "POST /api/admin/orders/{id}/refund",
            path: format!("{staff}/refund"),
            by: As::Staff,
            sent: part(500),
            other: Some((format!("{staff}/refund"), part(501))),
            effect: Effect::Refunded(staff, 500),
        })
    }

    /// All others that take a key. `required` tells those that cannot do without.
    pub async fn of_the_rest(&self) -> Result<Vec<Case>> {
        let cart = hanse_journeys::new_cart(self.http, &[(&self.rope, 1)]).await?;
        let line = |n: i64| json!({"variant_id": self.rope, "quantity": n});
        let staff = |route: &'static str, sent: Value, other: Value, effect| {
            let path = route.trim_start_matches("POST ").to_string();
            let (sent, other) = (Sent::Json(sent), Some((path.clone(), Sent::Json(other))));
            Case { route, path, by: As::Staff, sent, other, effect }
        };
        let list = |path: &str| Effect::Items(path.to_string());
        let price = |amount: i64| json!({"prices": [{"variant_id": self.rope, "min_quantity": 5, "price": {"amount": amount, "currency": "EUR"}}]});
        let code = |code: &str| json!({"code": code, "type": "percentage", "percentage_bp": 500});
        let zone = |name: &str, country: &str| json!({"name": name, "countries": [country]});
        let zones = self.http.get("/api/admin/shipping-zones").bearer(self.staff).expect(200).await?;
        let method = |title: &str| {
            let bracket = json!({"max_weight_grams": null, "price": {"amount": 490, "currency": "EUR"}});
            json!({"zone_id": zones["items"][0]["id"], "title": {"en": title}, "brackets": [bracket]})
        };
        let product = |title: &str| json!({"title": title, "variants": [{"price": {"amount": 900, "currency": "EUR"}}]});
        let named = |title: &str| json!({"title": title});
        Ok(vec![
            Case {
                route: "POST /api/store/carts",
                path: "/api/store/carts".into(),
                by: As::Anybody,
                sent: Sent::Json(json!({})),
                other: None,
                effect: Effect::Answer,
            },
            Case {
                route: "POST /api/store/carts/{cart_id}/items",
                path: format!("{cart}/items"),
                by: As::Anybody,
                sent: Sent::Json(line(1)),
                other: Some((format!("{cart}/items"), Sent::Json(line(2)))),
                effect: Effect::Pieces(cart),
            },
            staff(
                "POST /api/admin/inventory/locations",
                json!({"name": "Attic"}),
                json!({"name": "Cellar"}),
                list("/api/admin/inventory/locations"),
            ),
            staff(
                "POST /api/admin/prices",
                price(800),
                price(700),
                list(&format!("/api/admin/prices?variant_id={}", self.rope)),
            ),
            staff("POST /api/admin/discounts", code("ONCE"), code("TWICE"), list("/api/admin/discounts")),
            staff(
                "POST /api/admin/shipping-zones",
                zone("The far south", "NZ"),
                zone("Brazil", "BR"),
                list("/api/admin/shipping-zones"),
            ),
            staff(
                "POST /api/admin/shipping-methods",
                method("By cog"),
                method("By cart"),
                list("/api/admin/shipping-methods"),
            ),
            staff(
                "POST /api/admin/products",
                product("A bell"),
                product("A buoy"),
                list("/api/admin/products"),
            ),
            self.picture(),
            staff("POST /api/admin/categories", named("Brass"), named("Tin"), list("/api/admin/categories")),
            staff(
                "POST /api/admin/collections",
                named("For storms"),
                named("For calms"),
                list("/api/admin/collections"),
            ),
            Case {
                route: "POST /api/admin/imports",
                path: "/api/admin/imports".into(),
                by: As::Staff,
                sent: Sent::File(csv(&[("knot", "1.00", 5)])),
                other: Some(("/api/admin/imports".into(), Sent::File(csv(&[("knot", "2.00", 5)])))),
                effect: Effect::Items("/api/admin/imports".into()),
            },
        ])
    }
}
