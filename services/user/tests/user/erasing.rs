//! Somebody is erased, by their own wish or through staff.

use crate::world::{PASSWORD, clerk, home, on_both, person};
use hanse_kernel::{Actor, Permission, Proof};
use hanse_user_contract::UserErased;
use serde_json::json;
use std::sync::Arc;

const ERASE: &str = "/api/store/me/erase";

#[tokio::test]
async fn who_proves_who_they_are_is_erased_once_and_everybody_is_told() {
    on_both(async |world| {
        // She logged in a while ago.
        let ana = world.customer(1, "Ana Lund").await.proof(Proof::Former);
        let bo = world.customer(2, "Bo Berg").await;
        for customer in [&ana, &bo] {
            customer.post("/api/store/me/addresses", home()).await.expect(201);
        }
        for (password, status, code) in
            [("a wrong one", 401, "wrong_credentials"), ("tried", 429, "too_many_tries")]
        {
            let refused = ana.post(ERASE, json!({"password": password})).await;
            assert_eq!((refused.status.as_u16(), refused.code().as_str()), (status, code));
        }
        world.people.away(true);
        assert_eq!(ana.post(ERASE, json!({"password": PASSWORD})).await.status, 503);
        world.people.away(false);
        for (body, code) in [
            (json!({"password": null}), "validation"),
            (json!({"password": 1}), "validation"),
            (json!({"passwort": PASSWORD}), "unknown_field"),
        ] {
            assert_eq!(ana.post(ERASE, body.clone()).await.code(), code, "{body}");
        }
        assert_eq!(world.count("select count(*) from profiles").await, 2);

        for _ in 0..2 {
            ana.post(ERASE, json!({"password": PASSWORD})).await.expect(202);
        }
        world.people.forget(person(1));
        ana.post(ERASE, json!({"password": PASSWORD})).await.expect(202);
        world.test.settle().await;
        assert_eq!(world.test.published_of::<UserErased>(), [UserErased { user_id: person(1) }]);
        for (count, left) in [
            ("select count(*) from profiles", 1),
            ("select count(*) from addresses", 1),
            // Of "Bo Berg" alone: each beginning of his words, of which one is the same.
            ("select count(*) from name_words", 5),
        ] {
            assert_eq!(world.count(count).await, left, "{count}");
        }
        world.user.client(clerk()).get(&format!("/api/admin/customers/{}", person(1))).await.expect(404);
    })
    .await;
}

#[tokio::test]
async fn whoever_has_just_shown_who_they_are_needs_no_password() {
    on_both(async |world| {
        let ana = world.customer(1, "Ana Elsewhere").await;
        for proof in [Proof::Former, Proof::Unenrolled, Proof::Key] {
            let refused = ana.clone().proof(proof).post(ERASE, json!({})).await;
            assert_eq!(refused.status.as_u16(), 403, "{proof:?}");
        }
        let former = ana.clone().proof(Proof::Former);
        let refused = former.post(ERASE, json!({})).await;
        assert_eq!(
            (refused.code().as_str(), &refused.json()["step_up"]),
            ("step_up_required", &json!("/api/auth/step-up"))
        );
        // Who has no password is told so, and not that auth is away.
        let refused = former.post(ERASE, json!({"password": PASSWORD})).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "no_password"));
        assert_eq!(world.count("select count(*) from profiles").await, 1);
        // Nobody is asked then, so it does not matter that auth is away.
        world.people.away(true);
        for _ in 0..2 {
            ana.post(ERASE, json!({})).await.expect(202);
        }
        world.people.away(false);
        world.people.forget(person(1));
        ana.post(ERASE, json!({})).await.expect(202);
        world.test.settle().await;
        assert_eq!(world.test.published_of::<UserErased>(), [UserErased { user_id: person(1) }]);
        assert_eq!(world.count("select count(*) from profiles").await, 0);
        // Nobody, and staff, are no better off than with a password.
        assert_eq!(world.user.client(Actor::Anonymous).post(ERASE, json!({})).await.status, 401);
        assert_eq!(world.user.client(clerk()).post(ERASE, json!({})).await.code(), "staff_account");
    })
    .await;
}

#[tokio::test]
async fn a_password_does_not_stand_in_for_a_factor_that_is_enrolled() {
    on_both(async |world| {
        let ana = world.customer(1, "Ana TOKEN").await;
        let former = ana.clone().proof(Proof::Former);
        for (body, status, code) in [
            (json!({"password": PASSWORD}), 403, "step_up_required"),
            (json!({"password": "a wrong one"}), 401, "wrong_credentials"),
            (json!({}), 403, "step_up_required"),
        ] {
            let refused = former.post(ERASE, body).await;
            assert_eq!((refused.status.as_u16(), refused.code().as_str()), (status, code));
        }
        assert_eq!(world.count("select count(*) from profiles").await, 1);
        // She has shown the factor since.
        assert_eq!(ana.post(ERASE, json!({"password": "a wrong one"})).await.code(), "wrong_credentials");
        ana.post(ERASE, json!({"password": PASSWORD})).await.expect(202);
        world.test.settle().await;
        assert_eq!(world.test.published_of::<UserErased>().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_comes_late_opens_nothing_again() {
    on_both(async |world| {
        world.knows(person(1), "ana@example.org", "Ana Lund");
        let ana = world.as_customer(person(1));
        // Before the message has come that opens profiles.
        ana.post(ERASE, json!({"password": PASSWORD})).await.expect(202);
        world.registered(person(1), false).await;
        for written in [
            ana.patch("/api/store/me", json!({"name": "Ana"})).await,
            ana.post("/api/store/me/addresses", home()).await,
        ] {
            assert_eq!(written.status, 401, "what she was let in with is good for some minutes more");
        }
        assert_eq!(world.count("select count(*) from profiles").await, 0);
        assert_eq!(world.count("select count(*) from addresses").await, 0);
    })
    .await;
}

#[tokio::test]
async fn staff_erase_customers_who_ask_for_it_and_nobody_else() {
    on_both(async |world| {
        world.customer(1, "Ana Lund").await;
        world.registered(person(5), true).await;
        let staff = world.user.client(clerk());
        let path = |n| format!("/api/admin/customers/{}/erase", person(n));
        for nobody in [5, 77] {
            assert_eq!(staff.post(&path(nobody), json!({})).await.status, 404, "{nobody}");
        }
        let reads = Arc::new([Permission::CustomersRead, Permission::CustomersWrite].into_iter().collect());
        let reader = world.user.client(Actor::Staff { user: person(999), permissions: reads });
        assert_eq!(reader.post(&path(1), json!({})).await.status, 403);
        assert_eq!(world.as_customer(person(2)).post(&path(1), json!({})).await.status, 403);
        for _ in 0..2 {
            staff.post(&path(1), json!({})).await.expect(202);
        }
        world.test.settle().await;
        assert_eq!(world.test.published_of::<UserErased>(), [UserErased { user_id: person(1) }]);
        // Their own account is the merchant's to end.
        let own = staff.post(ERASE, json!({"password": PASSWORD})).await;
        assert_eq!((own.status.as_u16(), own.code().as_str()), (409, "staff_account"));
    })
    .await;
}
