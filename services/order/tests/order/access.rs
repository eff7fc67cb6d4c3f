//! Who may see and do what, and the questions of other services.

use crate::shop::{ENGINES, Shop, seconds};
use hanse_kernel::{Actor, OrderId, UserId};
use hanse_order_contract::rpc::orders_client::OrdersClient;
use hanse_order_contract::rpc::{ExistsRequest, GetForMailRequest};
use serde_json::json;
use std::collections::BTreeSet;
use uuid::Uuid;

#[tokio::test]
async fn a_guests_order_opens_with_its_token_only() {
    let shop = Shop::open(ENGINES[0]).await;
    let (mine, other) = (shop.checkout("tok_success").await, shop.checkout("tok_success").await);
    let path = format!("/api/store/orders/{}", mine.id);
    assert_eq!(shop.holder(&mine).get(&path).await.expect(200), mine.body);
    let stranger = shop.order.client(Actor::Customer { user: UserId::new(Uuid::from_u128(9)) });
    for client in [shop.holder(&other), stranger, shop.guest().header("authorization", "Order x")] {
        let answer = client.get(&path).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (404, "not_found"));
        let client = client.header("idempotency-key", "k");
        assert_eq!(client.post(&format!("{path}/cancel"), json!({})).await.status, 404);
        assert_eq!(client.get(&format!("{path}/events")).await.status, 404);
        let body = json!({"provider": "test", "token": "tok_success"});
        assert_eq!(client.post(&format!("{path}/payments"), body).await.status, 404);
    }
    assert_eq!(shop.guest().get(&path).await.status, 401);
    let nobody = OrderId::new(Uuid::from_u128(3));
    assert_eq!(shop.holder(&mine).get(&format!("/api/store/orders/{nobody}")).await.status, 404);
    assert_eq!(shop.holder(&mine).get("/api/store/orders/nonsense").await.status, 404);
}

#[tokio::test]
async fn every_guarded_route_refuses_nobody() {
    let shop = Shop::open(ENGINES[0]).await;
    let routes =
        hanse_order::module(shop.order.host.clone(), hanse_order::OrderConfig::new([7; 32])).unwrap().routes;
    assert_eq!(routes.unguarded().await, Vec::<String>::new());
    assert_eq!(routes.table.len(), 12);
}

#[tokio::test]
async fn a_customer_sees_their_own_orders_page_by_page() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let user = UserId::new(Uuid::from_u128(9));
        let customer = shop.order.client(Actor::Customer { user });
        shop.checkout("tok_success").await;
        let mut mine = BTreeSet::new();
        for n in 0..5 {
            let cart = shop.cart_of(Some(user));
            let client = customer.clone().header("idempotency-key", &format!("k{n}"));
            let placed = client.post("/api/store/checkout", shop.body(cart, "tok_success")).await.expect(201);
            mine.insert(placed["number"].as_str().unwrap().to_string());
            if n % 2 == 0 {
                shop.world.advance(seconds(1));
            }
            let path = format!("/api/store/orders/{}", placed["id"].as_str().unwrap());
            assert_eq!(customer.get(&path).await.expect(200)["number"], placed["number"]);
        }
        let (mut seen, mut numbers, mut query) = (BTreeSet::new(), vec![], "?limit=2".to_string());
        loop {
            let page = customer.get(&format!("/api/store/orders{query}")).await.expect(200);
            for item in page["items"].as_array().unwrap() {
                let number = item["number"].as_str().unwrap().to_string();
                numbers.push(number.clone());
                assert!(seen.insert(number));
            }
            match page["next_cursor"].as_str() {
                Some(cursor) => query = format!("?limit=2&cursor={cursor}"),
                None => break,
            }
        }
        assert_eq!(seen, mine);
        // The newest first.
        assert!(numbers.is_sorted_by(|a, b| a > b), "{numbers:?}");
        assert_eq!(shop.guest().get("/api/store/orders").await.status, 401);
    }
}

#[tokio::test]
async fn the_staff_list_orders_by_what_is_shown() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let good = shop.checkout("tok_success").await;
        let waiting = shop.checkout("tok_declined").await;
        let list = async |query: &str| {
            let page = shop.staff().get(&format!("/api/admin/orders{query}")).await.expect(200);
            let items = page["items"].as_array().unwrap().clone();
            items.iter().map(|i| i["id"].as_str().unwrap().to_string()).collect::<Vec<_>>()
        };
        assert_eq!(list("?status=confirmed").await, [good.id.to_string()]);
        assert_eq!(list("?status=awaiting_payment").await, [waiting.id.to_string()]);
        assert_eq!(list("?status=refunded").await.len(), 0);
        assert_eq!(list("").await.len(), 2);
        for query in ["?status=sold", "?limit=0", "?limit=101", "?cursor=zz", "?page=2"] {
            assert_eq!(shop.staff().get(&format!("/api/admin/orders{query}")).await.status, 422, "{query}");
        }
        let shopper = shop.order.client(Actor::Customer { user: UserId::new(Uuid::from_u128(9)) });
        assert_eq!(shopper.get("/api/admin/orders").await.status, 403);
        assert_eq!(shop.guest().get("/api/admin/orders").await.status, 401);
    }
}

#[tokio::test]
async fn an_order_is_followed_until_it_rests() {
    let shop = Shop::open(ENGINES[0]).await;
    shop.silent(|s| &mut s.commit);
    let placed = shop.checkout_pending("tok_success").await;
    let client = shop.holder(&placed);
    let path = format!("/api/store/orders/{}/events", placed.id);
    let stream = client.get(&path);
    let story = async {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        shop.send_stock(placed.id, hanse_inventory_contract::StockOutcome::Committed).await;
    };
    let (answer, ()) = futures::future::join(stream, story).await;
    assert_eq!(answer.headers["content-type"], "text/event-stream");
    let text = String::from_utf8(answer.bytes.to_vec()).unwrap();
    let told: Vec<serde_json::Value> = text
        .lines()
        .filter_map(|l| l.strip_prefix("data: "))
        .map(|d| serde_json::from_str(d).unwrap())
        .collect();
    assert!(text.contains("event: order") && told.len() >= 2, "{text}");
    assert_eq!(
        (told[0]["status"].as_str(), told.last().unwrap()["status"].as_str()),
        (Some("pending"), Some("confirmed"))
    );
}

#[tokio::test]
async fn other_services_ask_whether_it_exists_and_what_a_mail_needs() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let placed = shop.checkout("tok_success").await;
        let asked_by = |caller| OrdersClient::new(shop.bench.network_of(caller).link("order"));
        let (mut orders, mut pricing) = (asked_by("notification"), asked_by("pricing"));
        let mut exists = async |order_id: String| pricing.exists(ExistsRequest { order_id }).await;
        assert!(exists(placed.id.to_string()).await.unwrap().into_inner().exists);
        assert!(!exists(OrderId::new(Uuid::from_u128(3)).to_string()).await.unwrap().into_inner().exists);
        assert_eq!(exists("x".into()).await.unwrap_err().code(), tonic::Code::InvalidArgument);

        let order_id = placed.id.to_string();
        let mail = orders.get_for_mail(GetForMailRequest { order_id }).await.unwrap().into_inner();
        assert_eq!(
            (mail.number.as_str(), mail.email.as_str(), mail.name.as_str()),
            ("H-10001", "ana@example.org", "Ana Lund")
        );
        assert_eq!((mail.total, mail.currency.as_str(), mail.locale.as_str()), (4090, "EUR", "sv"));
        assert_eq!(mail.access_token, placed.token);
        assert_eq!(mail.address_lines, ["Ana Lund", "Storgatan 1", "211 34 Malmö", "SE"]);
        assert_eq!((mail.lines.len(), mail.lines[0].quantity, mail.lines[0].total), (2, 2, 2400));
    }
}
