//! Who works for the merchant: let in by the operator or an owner, and never above whoever lets them in.

use crate::world::{PASSWORD, World, config, on_both};
use hanse_auth_contract::UserRegistered;
use hanse_auth_contract::rpc::{CreateStaffReply, CreateStaffRequest};
use hanse_kernel::{Actor, Permission, UserId};
use serde_json::{Value, json};
use std::sync::Arc;
use tonic::{Code, Status};

impl World {
    pub async fn create_staff(
        &self,
        caller: &'static str,
        request: CreateStaffRequest,
    ) -> Result<CreateStaffReply, Status> {
        self.ask(caller).create_staff(request).await.map(tonic::Response::into_inner)
    }

    /// As the operator's command line does.
    pub async fn hire(&self, email: &str, role: &str) -> String {
        let request = CreateStaffRequest {
            email: email.into(),
            password: PASSWORD.into(),
            role: role.into(),
            ..CreateStaffRequest::default()
        };
        self.create_staff("hanse", request).await.expect("hired").user_id
    }
}

fn asked(email: &str, role: &str) -> CreateStaffRequest {
    CreateStaffRequest { email: email.into(), role: role.into(), ..CreateStaffRequest::default() }
}

fn staff(permissions: &[Permission]) -> Actor {
    let user = UserId::new(uuid::Uuid::from_u128(1));
    Actor::Staff { user, permissions: Arc::new(permissions.iter().copied().collect()) }
}

#[tokio::test]
async fn the_first_owner_logs_in_with_the_password_that_was_made_up() {
    on_both(config, async |world| {
        let first = CreateStaffRequest { only_first: true, ..asked("olga@example.org", "owner") };
        let made = world.create_staff("hanse", first.clone()).await.unwrap();
        assert_eq!(made.generated_password.len(), 23);
        let body = world.login("olga@example.org", &made.generated_password).await.expect(200);
        let actor = world.actor(body["access_token"].as_str().unwrap()).await.unwrap();
        assert!(Permission::ALL.into_iter().all(|permission| actor.may(permission)));
        world.test.settle().await;
        let told = world.test.published_of::<UserRegistered>();
        assert_eq!(told, [UserRegistered { user_id: made.user_id.parse().unwrap(), staff: true }]);

        let again = CreateStaffRequest { email: "other@example.org".into(), ..first };
        assert_eq!(world.create_staff("hanse", again).await.unwrap(), CreateStaffReply::default());
        assert_eq!(world.count("select count(*) from accounts").await, 1);
    })
    .await;
}

#[tokio::test]
async fn only_the_operators_command_line_may_ask_for_staff() {
    on_both(config, async |world| {
        for caller in ["gateway", "user", "order", "unknown"] {
            let refused = world.create_staff(caller, asked("eve@example.org", "owner")).await.unwrap_err();
            assert_eq!(refused.code(), Code::PermissionDenied, "{caller}");
        }
        assert_eq!(world.count("select count(*) from accounts").await, 0);
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_with_new_staff_is_told() {
    on_both(config, async |world| {
        let refused = async |request| world.create_staff("hanse", request).await.unwrap_err();
        assert_eq!(refused(asked("olga", "owner")).await.code(), Code::InvalidArgument);
        assert_eq!(refused(asked("olga@example.org", "root")).await.code(), Code::InvalidArgument);
        let weak = CreateStaffRequest { password: "short".into(), ..asked("olga@example.org", "owner") };
        assert_eq!(refused(weak).await.message(), "password must be at least 10 characters long");
        world.register("ana@example.org").await;
        let taken = refused(asked("Ana@Example.org", "support")).await;
        assert_eq!(
            taken.code(),
            Code::AlreadyExists,
            "a shopper's account does not become staff by accident"
        );
    })
    .await;
}

#[tokio::test]
async fn an_owner_hires_and_sees_who_works_here() {
    on_both(config, async |world| {
        let owner = world.auth.client(staff(&Permission::ALL));
        let body = json!({"email": "sam@example.org", "role": "support", "name": "Sam"});
        let sam = owner.post("/api/admin/staff", body).await.expect(201);
        let password = sam["password"].as_str().unwrap();
        let login = world.login("sam@example.org", password).await.expect(200);
        let actor = world.actor(login["access_token"].as_str().unwrap()).await.unwrap();
        assert!(actor.may(Permission::OrdersRead) && !actor.may(Permission::StaffWrite));

        let body = json!({"email": "sam@example.org", "role": "support"});
        assert_eq!(owner.post("/api/admin/staff", body).await.code(), "address_taken");
        for n in 0..4 {
            world.hire(&format!("staff{n}@example.org"), "read_only").await;
        }
        world.register("ana@example.org").await;
        let mut seen: Vec<String> = Vec::new();
        let mut path = "/api/admin/staff?limit=2".to_string();
        loop {
            let page = owner.get(&path).await.expect(200);
            let items = page["items"].as_array().unwrap();
            assert!(items.len() <= 2 && items.iter().all(|item| item.get("password").is_none()));
            seen.extend(items.iter().map(|item| item["email"].as_str().unwrap().to_string()));
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            path = format!("/api/admin/staff?limit=2&cursor={cursor}");
        }
        assert_eq!(seen.len(), 5);
        assert!(!seen.contains(&"ana@example.org".to_string()), "shoppers are not staff");
        for bad in ["limit=0", "limit=101", "limit=x", "cursor=zz", "offset=1"] {
            owner.get(&format!("/api/admin/staff?{bad}")).await.expect(422);
        }
    })
    .await;
}

#[tokio::test]
async fn nobody_lets_in_somebody_above_themselves() {
    on_both(config, async |world| {
        let clerk = world.auth.client(staff(&[Permission::StaffWrite, Permission::CatalogueRead]));
        let hire = async |role: &str| {
            let body = json!({"email": "eve@example.org", "role": role, "password": PASSWORD});
            clerk.post("/api/admin/staff", body).await
        };
        for role in ["owner", "manager", "support", "read_only"] {
            assert_eq!(hire(role).await.expect(403)["code"], Value::from("forbidden"), "{role}");
        }
        assert_eq!(world.count("select count(*) from accounts").await, 0);
    })
    .await;
}
