//! Taxes, zones, methods and channels: what a fresh shop has, and that a change is seen by the next quote.

use crate::shop::{eur, on_both_engines};
use hanse_pricing_contract::rpc::GetChannelRequest;
use hanse_testkit::Answer;
use serde_json::json;

fn code(answer: &Answer) -> (u16, String) {
    (answer.status.as_u16(), answer.code())
}

#[tokio::test]
async fn a_fresh_shop_ships_and_taxes_across_the_union() {
    on_both_engines(async |shop| {
        shop.price(10, 1200).await;
        let rates = shop.staff().get("/api/admin/tax-rates").await.expect(200);
        let rate = |country: &str, class: &str| {
            let all = rates["items"].as_array().unwrap();
            let found = all.iter().find(|r| r["country"] == country && r["class"] == class);
            found.unwrap_or_else(|| panic!("no rate for {country}"))["rate_bp"].as_i64().unwrap()
        };
        let union = [
            "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT",
            "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
        ];
        for country in union {
            // The VAT directive (2006/112/EC, articles 97 and 98) asks for 15 % and 5 % at least.
            assert!(rate(country, "standard") >= 1500 && rate(country, "reduced") >= 500, "{country}");
            let mut question = shop.question(&[(10, 2)]);
            question.country = country.into();
            let offers = shop
                .asked_by("cart")
                .list_shipping_methods(question.clone())
                .await
                .unwrap()
                .into_inner()
                .methods;
            let prices: Vec<_> = offers.iter().map(|o| (o.title.as_str(), o.price)).collect();
            assert_eq!(prices, [("Standard", 490), ("Express", 1290)], "{country}");
            question.shipping_method_id = offers[0].id.clone();
            let quote = shop.pricing().quote(question).await.unwrap().into_inner();
            assert!(quote.problems.is_empty(), "{country}: {:?}", quote.problems);
            assert_eq!(quote.lines[0].tax_rate, rate(country, "standard"));
        }
        assert_eq!(
            (rate("FI", "standard"), rate("FI", "reduced"), rate("CH", "standard")),
            (2550, 1350, 810)
        );
        let channel =
            shop.asked_by("cart").get_channel(GetChannelRequest::default()).await.unwrap().into_inner();
        assert_eq!((channel.currency.as_str(), channel.tax_included), ("EUR", true));
        assert_eq!(
            (channel.home_country.as_str(), channel.locales),
            ("DE", vec!["en".to_string(), "de".into()])
        );
    })
    .await;
}

#[tokio::test]
async fn a_changed_rate_is_in_the_next_quote() {
    on_both_engines(async |shop| {
        shop.price(10, 1250).await;
        let tax = async || shop.pricing().quote(shop.question(&[(10, 1)])).await.unwrap().into_inner().tax;
        assert_eq!(tax().await, 250 + 98);
        shop.staff().put("/api/admin/tax-rates/SE/standard", json!({"rate_bp": 0})).await.expect(200);
        assert_eq!(tax().await, 0);
        let refused = shop.staff().put("/api/admin/tax-rates/SE/standard", json!({"rate_bp": 10_001})).await;
        assert_eq!(code(&refused), (422, "validation".into()));
        let refused = shop.staff().put("/api/admin/tax-rates/sweden/standard", json!({"rate_bp": 1})).await;
        assert_eq!(code(&refused), (422, "validation".into()));
    })
    .await;
}

#[tokio::test]
async fn a_channel_may_show_prices_without_tax() {
    on_both_engines(async |shop| {
        shop.price(10, 1000).await;
        shop.staff().patch("/api/admin/channels/default", json!({"tax_included": false})).await.expect(200);
        let quote = shop.pricing().quote(shop.question(&[(10, 1)])).await.unwrap().into_inner();
        assert_eq!((quote.tax_included, quote.tax, quote.total), (false, 250 + 123, 1000 + 490 + 373));
        let stale = shop.staff().header("if-match", "\"1\"");
        let stale = stale.patch("/api/admin/channels/default", json!({"home_country": "AT"})).await;
        assert_eq!(code(&stale), (412, "precondition_failed".into()));
        let refused = shop.staff().patch("/api/admin/channels/default", json!({"currencies": ["SEK"]})).await;
        assert_eq!(code(&refused), (422, "validation".into()));
        assert_eq!(
            code(&shop.staff().patch("/api/admin/channels/b2b", json!({})).await),
            (404, "not_found".into())
        );
    })
    .await;
}

#[tokio::test]
async fn staff_open_a_zone_and_a_method_for_it() {
    on_both_engines(async |shop| {
        shop.price(10, 1000).await;
        let staff = shop.staff();
        let mut question = shop.question(&[(10, 1)]);
        question.country = "US".into();
        let quote = shop.pricing().quote(question.clone()).await.unwrap().into_inner();
        assert_eq!(quote.problems[0].code, "country_not_served");
        let body = json!({"name": "North America", "countries": ["US", "CA"]});
        let zone = staff.post("/api/admin/shipping-zones", body.clone()).await.expect(201);
        assert_eq!(zone, json!({"id": "north-america", "name": "North America", "countries": ["CA", "US"]}));
        assert_eq!(code(&staff.post("/api/admin/shipping-zones", body).await), (409, "zone_taken".into()));
        let taken = json!({"name": "Other", "countries": ["DE"]});
        assert_eq!(code(&staff.post("/api/admin/shipping-zones", taken).await), (409, "country_in_other_zone".into()));
        let method = json!({"zone_id": "north-america", "title": {"en": "Air mail"}, "estimate": {"en": "8 days"},
            "brackets": [{"max_weight_grams": 2000, "price": eur(1990)}], "free_from": eur(50_000)});
        let made = staff.post("/api/admin/shipping-methods", method).await.expect(201);
        let id = made["id"].as_str().unwrap().to_string();
        question.shipping_method_id = id.clone();
        let quote = shop.pricing().quote(question.clone()).await.unwrap().into_inner();
        assert_eq!((quote.shipping, quote.tax, quote.problems.len()), (1990, 0, 0), "an export is not taxed");
        let path = format!("/api/admin/shipping-methods/{id}");
        staff.patch(&path, json!({"brackets": [{"price": eur(2990)}]})).await.expect(200);
        assert_eq!(shop.pricing().quote(question.clone()).await.unwrap().into_inner().shipping, 2990);
        staff.patch(&path, json!({"active": false})).await.expect(200);
        let quote = shop.pricing().quote(question).await.unwrap().into_inner();
        assert_eq!(quote.problems[0].code, "shipping_method_not_available");
        for body in [
            json!({"zone_id": "mars", "title": {"en": "x"}, "brackets": [{"price": eur(1)}]}),
            json!({"zone_id": "eu", "title": {}, "brackets": [{"price": eur(1)}]}),
            json!({"zone_id": "eu", "title": {"en": "<b>"}, "brackets": [{"price": eur(1)}]}),
            json!({"zone_id": "eu", "title": {"en": "x"}, "brackets": []}),
            json!({"zone_id": "eu", "title": {"en": "x"}, "brackets": [{"price": eur(-1)}]}),
            json!({"zone_id": "eu", "title": {"en": "x"}, "brackets": [{"price": eur(i64::MAX)}]}),
            json!({"zone_id": "eu", "title": {"en": "x"}, "brackets": [{"price": {"amount": 1, "currency": "USD"}}]}),
        ] {
            let refused = staff.post("/api/admin/shipping-methods", body.clone()).await;
            assert_eq!(code(&refused), (422, "validation".into()), "{body}");
        }
    })
    .await;
}
