//! Whose cart it is: guests hold the id, customers bind it, what they had before is merged in.

use crate::shop::{codes, id, lines, malmo, on_both_engines, user};
use hanse_cart_contract::rpc::GetSnapshotRequest;
use serde_json::json;

#[tokio::test]
async fn a_guests_cart_becomes_the_customers_at_the_first_call() {
    on_both_engines(async |shop| {
        let guest = shop.guest();
        let cart = shop.cart(&guest, &[(10, 2)]).await;
        shop.patch(&guest, &cart, json!({"email": "ana@example.org", "shipping_address": malmo()}))
            .await
            .expect(200);
        let ana = shop.customer(1);
        let hers = shop.get(&ana, &cart).await.expect(200);
        assert_eq!(
            (&hers["id"], &hers["email"], lines(&hers)),
            (&cart["id"], &json!("ana@example.org"), vec![(10, 2)])
        );
        for stranger in [shop.guest(), shop.customer(2)] {
            assert_eq!(shop.get(&stranger, &cart).await.code(), "not_found");
            assert_eq!(shop.add(&stranger, &cart, 10, 1).await.status.as_u16(), 404);
            assert_eq!(
                shop.patch(&stranger, &cart, json!({"email": "x@example.org"})).await.status.as_u16(),
                404
            );
            let methods = format!("/api/store/carts/{}/shipping-methods", id(&cart));
            assert_eq!(stranger.get(&methods).await.status.as_u16(), 404);
            let item =
                format!("/api/store/carts/{}/items/{}", id(&cart), hers["items"][0]["id"].as_str().unwrap());
            assert_eq!(stranger.delete(&item).await.status.as_u16(), 404);
            assert_eq!(stranger.patch(&item, json!({"quantity": 1})).await.status.as_u16(), 404);
        }
        assert_eq!(lines(&shop.get(&ana, &cart).await.expect(200)), [(10, 2)]);
    })
    .await;
}

#[tokio::test]
async fn binding_and_the_change_that_binds_are_one_step() {
    on_both_engines(async |shop| {
        let cart = shop.cart(&shop.guest(), &[(10, 2)]).await;
        let ana = shop.customer(1).header("if-match", "\"2\"");
        let bound = shop.add(&ana, &cart, 11, 1).await.expect(200);
        assert_eq!((&bound["version"], lines(&bound)), (&json!(3), vec![(10, 2), (11, 1)]));
        assert_eq!(shop.get(&shop.guest(), &cart).await.status.as_u16(), 404);
    })
    .await;
}

#[tokio::test]
async fn what_a_customer_had_before_is_merged_in() {
    on_both_engines(async |shop| {
        let ana = shop.customer(1);
        let earlier = shop.cart(&ana, &[(10, 1), (11, 4)]).await;
        let guest = shop.cart(&shop.guest(), &[(12, 1), (10, 2)]).await;
        let merged = shop.get(&ana, &guest).await.expect(200);
        assert_eq!((&merged["id"], lines(&merged)), (&guest["id"], vec![(12, 1), (10, 3), (11, 4)]));
        // Another device that still has the earlier id goes on with the merged cart.
        let followed = shop.add(&ana, &earlier, 11, 1).await.expect(200);
        assert_eq!((&followed["id"], lines(&followed)), (&guest["id"], vec![(12, 1), (10, 3), (11, 5)]));
        assert_eq!(shop.get(&shop.guest(), &earlier).await.status.as_u16(), 404);
        let again = shop.get(&ana, &guest).await.expect(200);
        assert_eq!(again["version"], followed["version"], "it happens once");
        // A checkout on that device buys what it shows; nobody else's does.
        let ask = |customer_id| GetSnapshotRequest { cart_id: id(&earlier).into(), customer_id };
        let snapshot = shop.carts().get_snapshot(ask(user(1).to_string())).await.unwrap().into_inner();
        assert_eq!((&*snapshot.cart_id, snapshot.version), (id(&guest), again["version"].as_i64().unwrap()));
        for another in [String::new(), user(2).to_string()] {
            let refused = shop.carts().get_snapshot(ask(another)).await.unwrap_err();
            assert_eq!(refused.code(), tonic::Code::NotFound);
        }
    })
    .await;
}

#[tokio::test]
async fn what_does_not_all_fit_stays_where_it_is() {
    on_both_engines(async |shop| {
        let ana = shop.customer(1);
        let earlier = shop.cart(&ana, &[(10, 999)]).await;
        let guest = shop.cart(&shop.guest(), &[(10, 1)]).await;
        assert_eq!(lines(&shop.get(&ana, &guest).await.expect(200)), [(10, 1)]);
        assert_eq!(lines(&shop.get(&ana, &earlier).await.expect(200)), [(10, 999)]);
    })
    .await;
}

#[tokio::test]
async fn two_tabs_that_bind_at_once_end_in_one_cart() {
    on_both_engines(async |shop| {
        let ana = shop.customer(1);
        shop.cart(&ana, &[(11, 1)]).await;
        let guest = shop.cart(&shop.guest(), &[(10, 1)]).await;
        let tabs = (0..8).map(|_| shop.get(&ana, &guest));
        for answer in futures::future::join_all(tabs).await {
            assert_eq!(lines(&answer.expect(200)), [(10, 1), (11, 1)]);
        }
    })
    .await;
}

#[tokio::test]
async fn checkout_sees_a_guests_cart_also_for_a_customer_and_binds_nothing() {
    on_both_engines(async |shop| {
        let cart = shop.cart(&shop.guest(), &[(10, 2)]).await;
        let ask = async |customer: Option<u128>| {
            let customer_id = customer.map(|n| crate::shop::user(n).to_string()).unwrap_or_default();
            let question = GetSnapshotRequest { cart_id: id(&cart).into(), customer_id };
            shop.carts().get_snapshot(question).await.map(|r| r.into_inner().version).map_err(|s| s.code())
        };
        assert_eq!((ask(None).await, ask(Some(1)).await), (Ok(2), Ok(2)));
        assert_eq!(lines(&shop.get(&shop.guest(), &cart).await.expect(200)), [(10, 2)]);
        shop.get(&shop.customer(1), &cart).await.expect(200);
        assert_eq!(ask(Some(1)).await, Ok(3));
        assert_eq!(
            (ask(None).await, ask(Some(2)).await),
            (Err(tonic::Code::NotFound), Err(tonic::Code::NotFound))
        );
    })
    .await;
}

#[tokio::test]
async fn staff_who_shop_do_so_as_guests() {
    on_both_engines(async |shop| {
        let staff =
            hanse_kernel::Actor::Staff { user: crate::shop::user(9), permissions: Default::default() };
        let cart = shop.cart(&shop.module.client(staff), &[(10, 1)]).await;
        let seen = shop.get(&shop.guest(), &cart).await.expect(200);
        assert!(codes(&seen["problems"]).is_empty());
    })
    .await;
}
