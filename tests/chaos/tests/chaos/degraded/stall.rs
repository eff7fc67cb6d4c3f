//! The calls whose answers the table tells, and what they are made with.

use super::SETTLES;
use anyhow::{Context, Result, bail, ensure};
use hanse_chaos::{CUSTOMER, League};
use hanse_journeys::{Answer, Http, checkout_body, fill_cart, key, pay, until_within};
use hanse_kernel::CartId;
use serde_json::{Value, json};

/// In the order of the table's columns.
pub const CALLS: [&str; 10] = [
    "home page",
    "list",
    "product",
    "read a cart",
    "add to a cart",
    "checkout",
    "read an order",
    "login",
    "own account",
    "staff: stock",
];

/// What the calls are made with; carts are filled while all is well.
pub struct Stall {
    http: Http,
    rope: String,
    /// Read and added to.
    cart: Value,
    /// Checked out.
    basket: Value,
    key: String,
    /// What it is paid with.
    pub token: &'static str,
    order: Value,
    staff: String,
    customer: String,
}

impl Stall {
    pub async fn set_up(http: &Http, staff: &str, rope: &str) -> Result<Self> {
        let goods = [(rope, 1)];
        let order = pay(http, &fill_cart(http, &goods).await?, "tok_success").await?;
        let (email, password) = CUSTOMER;
        let answer = http
            .post("/api/auth/login")
            .json(&json!({"email": email, "password": password}))
            .expect(200)
            .await?;
        let (cart, basket) = (fill_cart(http, &goods).await?, fill_cart(http, &goods).await?);
        // One replica may know already that a neighbour is back, and another may still leave it in peace.
        for whole in [&cart, &basket] {
            ensure!(whole["problems"] == json!([]), "a cart that cannot be ordered: {whole}");
        }
        Ok(Self {
            http: http.clone(),
            rope: rope.into(),
            cart,
            basket,
            key: key(),
            token: "tok_success",
            order,
            staff: staff.into(),
            customer: answer["access_token"].as_str().context("no token")?.into(),
        })
    }

    /// Waits until the cart database has the carts as they are: their snapshots follow within a second or so, and one that
    /// is behind is checked out as 409 `cart_changed`.
    pub async fn kept(&self, league: &League) -> Result<()> {
        let carts = league.servers.database("hanse_cart").await?;
        for cart in [&self.cart, &self.basket] {
            let id: CartId = cart["id"].as_str().context("a cart without an id")?.parse()?;
            let (id, version) = (id.as_bytes(), cart["version"].as_i64());
            let snapshot = "select count(*) from carts where id = $1 and version = $2";
            until_within(SETTLES, "a cart to be in its database", async || {
                let found: i64 = carts.query_one(snapshot, &[&id, &version]).await?.get(0);
                Ok(Some(()).filter(|()| found == 1))
            })
            .await?;
        }
        Ok(())
    }

    /// The number of the order that its checkout has made.
    pub async fn ordered(&self) -> Result<String> {
        let order = self.call("checkout").await?.json();
        order["number"].as_str().map(str::to_string).with_context(|| format!("no number in {order}"))
    }

    pub async fn call(&self, name: &str) -> Result<Answer> {
        let id = |of: &Value| of["id"].as_str().unwrap_or_default().to_string();
        let cart = format!("/api/store/carts/{}", id(&self.cart));
        let (email, password) = CUSTOMER;
        let call = match name {
            "home page" => self.http.get("/"),
            "list" => self.http.get("/api/store/products"),
            "product" => self.http.get("/api/store/products/rope"),
            "read a cart" => self.http.get(&cart),
            "add to a cart" => {
                let line = json!({"variant_id": self.rope, "quantity": 1});
                self.http.post(&format!("{cart}/items")).json(&line)
            }
            "checkout" => {
                let body = checkout_body(&self.basket, self.token);
                self.http.post("/api/store/checkout").key(&self.key).json(&body)
            }
            "read an order" => {
                let access = self.order["access_token"].as_str().unwrap_or_default();
                self.http.get(&format!("/api/store/orders/{}", id(&self.order))).order(access)
            }
            "login" => self.http.post("/api/auth/login").json(&json!({"email": email, "password": password})),
            "own account" => self.http.get("/api/store/me").bearer(&self.customer),
            "staff: stock" => self.http.get("/api/admin/inventory?sku=rope").bearer(&self.staff),
            other => bail!("there is no call {other}"),
        };
        call.send().await
    }
}

/// As a cell of the table says it: the status, and the problem's code, the order's status or what is wrong with a cart.
pub fn told(call: &str, answer: &Answer) -> String {
    let body = answer.json();
    let word = match call {
        _ if answer.status >= 400 => body["code"].as_str(),
        "checkout" | "read an order" => body["status"].as_str(),
        "read a cart" | "add to a cart" => body["problems"][0]["code"].as_str(),
        _ => None,
    };
    word.map_or_else(|| answer.status.to_string(), |word| format!("{} {word}", answer.status))
}
