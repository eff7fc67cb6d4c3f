//! Somebody is erased, by their own wish or through staff.

use crate::world::{PASSWORD, World, clerk, home, on_both, person};
use hanse_kernel::{Actor, Permission, Proof, UserId};
use hanse_rpc::audit::audit_client::AuditClient;
use hanse_rpc::audit::{ErasedPerson, RemainsRequest};
use hanse_user_contract::UserErased;
use hanse_user_contract::rpc::erasures_client::ErasuresClient;
use hanse_user_contract::rpc::{Erasure, ListErasuresRequest, RepeatErasuresReply, RepeatErasuresRequest};
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

/// As the operator asks.
async fn repeat(world: &World, people: &[UserId], look_only: bool) -> RepeatErasuresReply {
    let erased_at = world.test.effects.now().micros() - 1_000_000;
    let erasure = |user: &UserId| Erasure { user_id: user.to_string(), erased_at, told_at: 0 };
    let ask = RepeatErasuresRequest { erasures: people.iter().map(erasure).collect(), look_only };
    let mut erasures = ErasuresClient::new(world.test.network_of("hanse").link("user"));
    erasures.repeat(ask).await.expect("repeated").into_inner()
}

#[tokio::test]
async fn whoever_came_back_with_a_restored_store_is_erased_again_and_all_are_told_as_often_as_one_asks() {
    on_both(async |world| {
        let ana = world.customer(1, "Ana Lund").await;
        world.customer(2, "Bo Berg").await;
        world.registered(person(5), true).await;
        ana.post(ERASE, json!({"password": PASSWORD})).await.expect(202);
        world.test.settle().await;
        // One who was erased here, one who is here, one of whom nobody has heard, one who works here.
        let people = [person(1), person(2), person(3), person(5)];
        let of_staff = vec![person(5).to_string()];
        let would = repeat(&world, &people, true).await;
        let first = RepeatErasuresReply { unheard_of: 2, known_again: 1, of_staff: of_staff.clone() };
        assert_eq!(would, first);
        assert_eq!(world.count("select count(*) from profiles").await, 2, "it only looked");
        assert_eq!(repeat(&world, &people, false).await, first);
        let again = RepeatErasuresReply { unheard_of: 0, known_again: 0, of_staff };
        assert_eq!(repeat(&world, &people, false).await, again);
        world.test.settle().await;
        let told = world.test.published_of::<UserErased>();
        let times = |n| told.iter().filter(|told| told.user_id == person(n)).count();
        assert_eq!([1, 2, 3, 5].map(times), [3, 2, 2, 0]);
        assert_eq!(world.count("select count(*) from profiles where staff").await, 1);
        assert_eq!(world.count("select count(*) from profiles").await, 1);
        // Nothing is missing among the events of any of them.
        let mut audit = AuditClient::new(world.test.network_of("hanse").link("user"));
        let since = world.test.effects.now().micros() + 1;
        let ask = hanse_rpc::audit::ExamineRequest { at_rest_since: since, ..Default::default() };
        assert_eq!(audit.examine(ask).await.expect("examined").into_inner().breaches, []);
    })
    .await;
}

#[tokio::test]
async fn erasures_are_told_page_by_page_to_who_may_ask() {
    on_both(async |world| {
        let many: Vec<UserId> = (1..=501).map(person).collect();
        for some in many.chunks(500) {
            repeat(&world, some, false).await;
        }
        let mut erasures = ErasuresClient::new(world.test.network_of("order").link("user"));
        let now = world.test.effects.now().micros();
        let mut ask = ListErasuresRequest { told_after: 0, told_until: now, after: String::new() };
        let page = erasures.list(ask.clone()).await.expect("told").into_inner();
        assert_eq!((page.erasures.len(), page.next.as_str()), (500, person(500).to_string().as_str()));
        assert!(page.erasures.iter().all(|erasure| erasure.erased_at < erasure.told_at));
        ask.after = page.next;
        let page = erasures.list(ask.clone()).await.expect("told").into_inner();
        assert_eq!((page.erasures.len(), page.next.as_str()), (1, ""));
        let none = ListErasuresRequest { told_after: now, told_until: now, after: String::new() };
        assert_eq!(erasures.list(none).await.expect("told").into_inner().erasures, []);
        ask.after = "ord_1".into();
        let refused = erasures.list(ask).await.expect_err("no person's id");
        assert!(refused.message().starts_with("after "), "{refused}");
        let none = RepeatErasuresRequest::default();
        let refused = erasures.repeat(none).await.expect_err("order does not erase");
        assert_eq!(refused.code(), tonic::Code::PermissionDenied);
        let mut operator = ErasuresClient::new(world.test.network_of("hanse").link("user"));
        let too_many = RepeatErasuresRequest { erasures: vec![Erasure::default(); 501], look_only: true };
        let refused = operator.repeat(too_many).await.expect_err("too many");
        assert!(refused.message().contains("at most 500"), "{refused}");
    })
    .await;
}

#[tokio::test]
async fn the_audit_is_told_of_whom_anything_is_left() {
    on_both(async |world| {
        world.customer(1, "Ana Lund").await;
        world.customer(2, "Bo Berg").await.post(ERASE, json!({"password": PASSWORD})).await.expect(202);
        world.test.settle().await;
        let now = world.test.effects.now().micros() + 1;
        let person_of = |n| ErasedPerson { user_id: person(n).to_string(), told_at: now };
        let ask =
            RemainsRequest { people: vec![person_of(1), person_of(2), person_of(3)], at_rest_since: now };
        let mut audit = AuditClient::new(world.test.network_of("order").link("user"));
        let breaches = audit.remains(ask).await.expect("told").into_inner().breaches;
        assert_eq!(breaches.len(), 1, "{breaches:?}");
        let ana = person(1);
        let (breach, rows) = (&breaches[0], |place: &str| format!("user.{place} = {ana}"));
        assert_eq!((breach.invariant, breach.subject.clone()), (20, format!("user: {ana}")));
        assert_eq!(breach.rows, ["name_words.user_id", "person_key.subject", "profiles.user_id"].map(rows));
        let too_many = RemainsRequest { people: vec![person_of(1); 501], at_rest_since: now };
        assert!(audit.remains(too_many).await.expect_err("too many").message().contains("at most 500"));
    })
    .await;
}

#[tokio::test]
async fn somebody_whose_profile_cannot_be_read_any_more_is_erased_all_the_same() {
    on_both(async |world| {
        for n in 1..=2 {
            world.customer(n, "Ana Lund").await;
        }
        // Both keys are damaged: each is the other's.
        world
            .meddle(
                "update person_key set wrapped = (select wrapped from person_key order by subject limit 1)",
            )
            .await;
        let path = |n| format!("/api/admin/customers/{}/erase", person(n));
        world.user.client(clerk()).post(&path(2), json!({})).await.expect(202);
        assert_eq!(world.count("select count(*) from profiles").await, 1);
    })
    .await;
}
