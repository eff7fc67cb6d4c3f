//! Mails that go out, once, with what is true at that moment.

use super::neighbours::{World, confirmed, link, order, shipment};
use hanse_auth_contract::{LinkAsked, LinkPurpose, PasswordChanged, RegistrationRepeated, UserRegistered};
use hanse_kernel::{Actor, Currency, Money, PaymentId, Permission, Proof, RefundId, UserId};
use hanse_notification::{MIGRATIONS, NotificationConfig};
use hanse_order_contract::{OrderCancelled, OrderFulfilled, OrderPersonErased};
use hanse_payment_contract::{PaymentOutcome, PaymentProcessed};
use hanse_testkit::{Engine, TestHost, TestModule, TestWorld};
use hanse_user_contract::UserErased;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

fn config() -> NotificationConfig {
    NotificationConfig {
        public_url: "http://127.0.0.1:8080".into(),
        shop_name: "Kontor".into(),
        from: "Kontor <shop@localhost>".into(),
        smtp_url: None,
        keep: Duration::from_secs(90 * 24 * 60 * 60),
    }
}

pub async fn on_both(status: &str, locale: &'static str, test: impl AsyncFn(TestHost, TestModule, World)) {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let shop = TestHost::new(engine);
        let world = World::settle_in(&shop, status, locale);
        let host = shop.host("notification", MIGRATIONS).await;
        let module = shop.start(hanse_notification::module(host, config()).expect("starts"));
        test(shop, module, world).await;
    }
}

pub async fn outbox(module: &TestModule) -> Vec<Value> {
    let list = module.client(Actor::Anonymous).get("/api/dev/mails").await.expect(200);
    list["items"].as_array().expect("a list").clone()
}

pub async fn mails(shop: &TestHost, module: &TestModule, count: usize) -> Vec<Value> {
    shop.until("the mails lie in the outbox", async || outbox(module).await.len() >= count).await;
    outbox(module).await
}

fn editor() -> Actor {
    let permissions = [Permission::NotificationsRead, Permission::NotificationsWrite].into_iter().collect();
    Actor::Staff { user: UserId::new(Uuid::from_u128(9)), permissions: Arc::new(permissions) }
}

#[tokio::test]
async fn a_confirmed_order_is_told_once_however_often_the_message_comes() {
    on_both("confirmed", "en", async |shop, module, _| {
        for _ in 0..3 {
            shop.send("order", order(1), &confirmed(1)).await;
        }
        shop.send("order", order(2), &confirmed(2)).await;
        let mails = mails(&shop, &module, 2).await;
        assert_eq!(mails.len(), 2);
        let text = mails[0]["text"].as_str().expect("a text");
        assert!(text.contains("2 × Enamel mug, Green / S — 24.00 EUR"), "{text}");
        assert!(text.contains("#token=secret-token"), "{text}");
        assert_eq!(
            (mails[0]["to"].as_str(), mails[0]["subject"].as_str()),
            (Some("ana@example.org"), Some("Your order H-10001 is confirmed"))
        );
        let page = module
            .client(Actor::Anonymous)
            .get(&format!("/mail/{}/body", mails[0]["id"].as_str().expect("an id")))
            .await;
        let html = String::from_utf8_lossy(&page.bytes).into_owned();
        assert!(html.contains("Ana &lt;Lund&gt;") && !html.contains("Ana <Lund>"), "a name became markup");
        assert!(
            page.headers["content-security-policy"].to_str().expect("text").starts_with("default-src 'none'")
        );
    })
    .await;
}

#[tokio::test]
async fn a_parcels_number_is_asked_for_when_the_mail_is_written() {
    on_both("confirmed", "en", async |shop, module, _| {
        let sent = |n: u128, told: Option<&str>| OrderFulfilled {
            order_id: order(1),
            number: "H-10001".into(),
            shipment_id: shipment(n),
            lines: vec![],
            complete: n > 1,
            tracking: told.map(str::to_string),
        };
        // The order knows the number of the first, a sender of before has told that of the second, the third has none.
        for (n, told) in [(1, None), (2, Some("PN 2")), (3, None)] {
            shop.send("order", order(1), &sent(n, told)).await;
        }
        let mails = mails(&shop, &module, 3).await;
        let texts: Vec<&str> = mails.iter().filter_map(|mail| mail["text"].as_str()).collect();
        let with = |number: &str| texts.iter().filter(|text| text.contains(number)).count();
        assert_eq!(
            (with("Tracking: PN 1"), with("Tracking: PN 2"), with("Tracking")),
            (1, 1, 2),
            "{texts:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_german_shopper_reads_german() {
    on_both("confirmed", "de", async |shop, module, _| {
        shop.send("order", order(1), &confirmed(1)).await;
        assert_eq!(mails(&shop, &module, 1).await[0]["subject"], "Ihre Bestellung H-10001 ist bestätigt");
    })
    .await;
}

#[tokio::test]
async fn a_declined_payment_is_not_told_when_the_order_went_on_without_it() {
    on_both("confirmed", "en", async |shop, module, world| {
        let declined = |n| PaymentProcessed {
            payment_id: PaymentId::new(Uuid::from_u128(n)),
            order_id: order(1),
            attempt: 1,
            outcome: PaymentOutcome::Declined,
            authorized: Money::zero(Currency::EUR),
            captured: Money::zero(Currency::EUR),
            refunded: Money::zero(Currency::EUR),
            reason: Some("card_declined".into()),
            next_action: None,
            refund_id: None,
            capture_id: None,
            renewal: 0,
        };
        shop.send("payment", order(1), &declined(1)).await;
        shop.send("order", order(1), &confirmed(1)).await;
        assert_eq!(mails(&shop, &module, 1).await[0]["kind"], "order_confirmed");
        *world.status.lock().expect("not poisoned") = "awaiting_payment".into();
        // The merchant's affairs are not the shopper's.
        shop.send("payment", order(1), &PaymentProcessed { renewal: 1, ..declined(3) }).await;
        let refund = Some(RefundId::new(Uuid::from_u128(4)));
        shop.send("payment", order(1), &PaymentProcessed { refund_id: refund, ..declined(4) }).await;
        shop.send("payment", order(1), &declined(2)).await;
        let kinds: Vec<Value> = mails(&shop, &module, 2).await.iter().map(|m| m["kind"].clone()).collect();
        assert_eq!(kinds, ["payment_declined", "order_confirmed"]);
    })
    .await;
}

#[tokio::test]
async fn an_erased_person_leaves_nothing_in_the_outbox_and_staff_get_no_welcome() {
    on_both("", "en", async |shop, module, _| {
        let (ana, bo) = (UserId::new(Uuid::from_u128(1)), UserId::new(Uuid::from_u128(2)));
        shop.send("auth", bo, &UserRegistered { user_id: bo, staff: true }).await;
        shop.send("auth", ana, &UserRegistered { user_id: ana, staff: false }).await;
        assert_eq!(mails(&shop, &module, 1).await[0]["subject"], "Welcome to Kontor");
        shop.send("user", ana, &UserErased { user_id: ana }).await;
        assert_eq!(outbox(&module).await.len(), 0);
    })
    .await;
}

#[tokio::test]
async fn mails_about_an_erased_persons_orders_go_too_and_later_ones_are_not_kept() {
    on_both("confirmed", "en", async |shop, module, world| {
        let ana = UserId::new(Uuid::from_u128(101));
        let bo = UserId::new(Uuid::from_u128(102));
        world.buyers.lock().expect("not poisoned").extend([(order(1), ana), (order(2), bo), (order(3), ana)]);
        shop.send("order", order(1), &confirmed(1)).await;
        shop.send("order", order(2), &confirmed(2)).await;
        mails(&shop, &module, 2).await;
        shop.send("user", ana, &UserErased { user_id: ana }).await;
        assert_eq!(outbox(&module).await.len(), 1);
        // Her order is still on its way: she is told of it, and no copy is kept.
        shop.send("order", order(3), &confirmed(3)).await;
        shop.send("order", order(1), &confirmed(1)).await;
        shop.send("order", order(4), &confirmed(4)).await;
        // A guest's comes last, and nobody's twice.
        let kept = mails(&shop, &module, 2).await;
        assert_eq!(kept.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn mails_about_an_erased_guests_order_go_and_later_ones_are_not_kept() {
    on_both("confirmed", "en", async |shop, module, _| {
        for n in [1, 2] {
            shop.send("order", order(n), &confirmed(n)).await;
        }
        mails(&shop, &module, 2).await;
        let erased = OrderPersonErased { order_id: order(1), cart_id: confirmed(1).cart_id };
        for _ in 0..2 {
            shop.send("order", order(1), &erased).await;
        }
        assert_eq!(outbox(&module).await.len(), 1);
        // It is still on its way: they are told of it, and no copy is kept.
        let cancelled = OrderCancelled {
            order_id: order(1),
            number: "H-10001".into(),
            reason: "customer".into(),
            was_confirmed: true,
            discount_codes: vec![],
        };
        shop.send("order", order(1), &cancelled).await;
        shop.send("order", order(1), &confirmed(1)).await;
        shop.send("order", order(3), &confirmed(3)).await;
        let kept = mails(&shop, &module, 2).await;
        assert_eq!(kept.len(), 2, "the other order's, and the one that came last");
    })
    .await;
}

#[tokio::test]
async fn a_link_that_was_asked_for_is_mailed_once_and_one_that_is_no_good_is_not() {
    on_both("", "en", async |shop, module, _| {
        let ana = UserId::new(Uuid::from_u128(1));
        let asked = |n, purpose| LinkAsked { link_id: link(n), user_id: ana, purpose };
        for _ in 0..2 {
            shop.send("auth", link(1), &asked(1, LinkPurpose::ResetPassword)).await;
        }
        shop.send("auth", link(2), &asked(2, LinkPurpose::VerifyEmail)).await;
        let changed_at = shop.effects.now();
        shop.send("auth", ana, &PasswordChanged { user_id: ana, changed_at }).await;
        let mails = mails(&shop, &module, 2).await;
        let reset = mails.iter().find(|m| m["kind"] == "reset_password").expect("the link's mail");
        assert_eq!(reset["subject"], "A new password for Kontor");
        let text = reset["text"].as_str().expect("a text");
        assert!(text.contains("http://127.0.0.1:8080/account/reset#token=hlt_secret"), "{text}");
        let path = format!("/mail/{}/body", reset["id"].as_str().expect("an id"));
        let html = module.client(Actor::Anonymous).get(&path).await;
        // The template writes a slash as an entity.
        let html = String::from_utf8_lossy(&html.bytes).replace("&#x2f;", "/");
        assert!(
            html.contains("Choose a new password</a>") && html.contains("/account/reset#token=hlt_secret")
        );
        let told = mails.iter().find(|m| m["kind"] == "password_changed").expect("the warning");
        assert!(told["text"].as_str().expect("a text").contains("/account/forgot"), "{told}");
        assert_eq!(mails.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn the_owner_of_an_address_is_told_each_time_that_somebody_registers_with_it() {
    on_both("", "de", async |shop, module, _| {
        let ana = UserId::new(Uuid::from_u128(1));
        let again = RegistrationRepeated { user_id: ana };
        let id = shop.send("auth", ana, &again).await;
        shop.send_as(id, "auth", ana, &again).await;
        shop.send("auth", ana, &again).await;
        let mails = mails(&shop, &module, 2).await;
        assert_eq!(mails.len(), 2);
        for mail in &mails {
            assert_eq!(mail["subject"], "Jemand wollte mit Ihrer Adresse ein Konto eröffnen");
            assert_eq!(
                (&mail["kind"], &mail["to"]),
                (&json!("registration_repeated"), &json!("ana@example.org"))
            );
            let text = mail["text"].as_str().expect("a text");
            assert!(text.contains("/account/login") && text.contains("/account/forgot"), "{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_merchant_edits_a_text_and_a_broken_one_is_refused_with_its_line() {
    on_both("confirmed", "en", async |shop, module, _| {
        let staff = module.client(editor());
        let path = "/api/admin/notification-templates/order_confirmed/en";
        shop.until("the defaults are there", async || {
            staff.get("/api/admin/notification-templates").await.expect(200)["items"].as_array().map(Vec::len) == Some(34)
        })
        .await;
        let broken = json!({"subject": "Hi", "text": "fine\n{{ order.nmuber }}", "html": "<p></p>"});
        let refused = staff.put(path, broken).await.expect(422);
        assert!(refused["errors"][0]["message"].as_str().expect("told").contains("text, line 2"), "{refused}");
        let good = json!({"subject": "Danke, {{ person.name }}\r\nBcc: x@y", "text": "{{ order.number }}", "html": "<p>{{ order.number }}</p>"});
        staff.put(path, good).await.expect(200);
        module.client(Actor::Anonymous).put(path, json!({})).await.expect(401);
        shop.send("order", order(1), &confirmed(1)).await;
        assert_eq!(mails(&shop, &module, 1).await[0]["subject"], "Danke, Ana <Lund> Bcc: x@y");
    })
    .await;
}

#[tokio::test]
async fn a_mail_with_a_key_to_an_account_is_written_by_whoever_may_say_who_works_here() {
    on_both("confirmed", "en", async |shop, module, _| {
        let permissions =
            [Permission::NotificationsRead, Permission::NotificationsWrite, Permission::StaffWrite];
        let owner =
            Actor::Staff { user: UserId::new(Uuid::from_u128(8)), permissions: Arc::new(permissions.into()) };
        shop.until("the defaults are there", async || {
            let listed = module.client(editor()).get("/api/admin/notification-templates").await.expect(200);
            listed["items"].as_array().map(Vec::len) == Some(34)
        })
        .await;
        let stolen = "<img src=\"https://elsewhere.example/{{ link.token }}\">";
        let text = json!({"subject": "Hi", "text": "Hi", "html": stolen});
        for kind in ["verify_email", "reset_password", "change_email", "invitation"] {
            let path = format!("/api/admin/notification-templates/{kind}/en");
            let refused = module.client(editor()).put(&path, text.clone()).await.expect(403);
            assert_eq!(refused["code"], "forbidden", "{kind}");
            for proof in [Proof::Former, Proof::Key] {
                let asked =
                    module.client(owner.clone()).proof(proof).put(&path, text.clone()).await.expect(403);
                assert_eq!(asked["code"], "step_up_required", "{kind}");
            }
            module.client(owner.clone()).put(&path, text.clone()).await.expect(200);
        }
    })
    .await;
}

#[tokio::test]
async fn every_route_refuses_whom_it_must() {
    let shop = TestHost::new(Engine::Sqlite);
    let host = shop.host("notification", MIGRATIONS).await;
    let config = NotificationConfig {
        public_url: String::new(),
        shop_name: String::new(),
        from: "shop@localhost".into(),
        smtp_url: None,
        keep: std::time::Duration::from_secs(90 * 24 * 60 * 60),
    };
    let module = hanse_notification::module(host, config).expect("starts");
    assert_eq!(module.routes.unguarded().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_mail_is_kept_as_long_as_the_merchant_says_and_then_thrown_away() {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let time = TestWorld::new();
        let shop = TestHost::with_effects(engine, time.effects());
        let _world = World::settle_in(&shop, "confirmed", "en");
        let host = shop.host("notification", MIGRATIONS).await;
        let module = shop.start(hanse_notification::module(host, config()).expect("starts"));
        shop.send("order", order(1), &confirmed(1)).await;
        let first = mails(&shop, &module, 1).await.remove(0);
        time.advance(89 * DAY);
        shop.send("order", order(2), &confirmed(2)).await;
        assert_eq!(mails(&shop, &module, 2).await.len(), 2, "the first is not old enough");
        time.advance(2 * DAY);
        shop.until("the first is thrown away", async || {
            time.advance(Duration::from_secs(3600));
            outbox(&module).await.len() == 1
        })
        .await;
        let left = outbox(&module).await;
        assert_ne!(left[0]["id"], first["id"], "{left:?}");
    }
}
