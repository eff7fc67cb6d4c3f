//! Roles of the shop's own: made, given to people, changed, taken away; and never above whoever does it.

use crate::world::{PASSWORD, World, config, on_both};
use hanse_kernel::{Actor, Permission, UserId};
use hanse_testkit::{Answer, Client};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// An owner who is in the store too, so that there is one.
async fn owner(world: &World) -> Client {
    let id: UserId = world.hire("olga@example.org", "owner").await.parse().unwrap();
    staff(world, id, &Permission::ALL)
}

fn staff(world: &World, user: UserId, permissions: &[Permission]) -> Client {
    world.auth.client(Actor::Staff { user, permissions: Arc::new(permissions.iter().copied().collect()) })
}

async fn hire(owner: &Client, email: &str, role: &str) -> Answer {
    owner.post("/api/admin/staff", json!({"email": email, "role": role, "password": PASSWORD})).await
}

/// What somebody may do who logs in now.
async fn may(world: &World, email: &str) -> BTreeSet<&'static str> {
    let actor = world.actor(&world.tokens(email).await.access).await.unwrap();
    Permission::ALL.into_iter().filter(|p| actor.may(*p)).map(|p| p.as_str()).collect()
}

#[tokio::test]
async fn a_shop_makes_a_role_of_its_own_and_people_work_as_it() {
    on_both(config, async |world| {
        let owner = owner(&world).await;
        let packer = json!({"role": "packer", "permissions": ["orders:read", "inventory:read"]});
        let made = owner.post("/api/admin/roles", packer.clone()).await.expect(201);
        assert_eq!((&made["role"], &made["built_in"]), (&json!("packer"), &json!(false)));
        assert_eq!(owner.post("/api/admin/roles", packer).await.code(), "role_exists");
        let listed = owner.get("/api/admin/roles").await.expect(200);
        let names: Vec<&str> =
            listed["items"].as_array().unwrap().iter().filter_map(|role| role["role"].as_str()).collect();
        assert_eq!(names, ["owner", "manager", "support", "catalogue", "read_only", "packer"]);

        let pim = hire(&owner, "pim@example.org", "packer").await.expect(201);
        assert_eq!(pim["role"], "packer");
        assert_eq!(may(&world, "pim@example.org").await, ["inventory:read", "orders:read"].into());
        let page = owner.get("/api/admin/staff").await.expect(200);
        let roles: Vec<&str> =
            page["items"].as_array().unwrap().iter().filter_map(|one| one["role"].as_str()).collect();
        assert_eq!(roles, ["owner", "packer"]);

        let changed = json!({"permissions": ["orders:read", "orders:write"]});
        owner.put("/api/admin/roles/packer", changed).await.expect(200);
        assert_eq!(may(&world, "pim@example.org").await, ["orders:read", "orders:write"].into());

        assert_eq!(owner.delete("/api/admin/roles/packer").await.code(), "role_in_use");
        let path = format!("/api/admin/staff/{}", pim["user_id"].as_str().unwrap());
        let pim = owner.patch(&path, json!({"role": "support"})).await.expect(200);
        assert_eq!(pim["role"], "support");
        assert!(may(&world, "pim@example.org").await.contains("customers:write"));
        owner.delete("/api/admin/roles/packer").await.expect(204);
        owner.delete("/api/admin/roles/packer").await.expect(404);
        let gone = hire(&owner, "per@example.org", "packer").await;
        assert_eq!(gone.expect(422)["errors"][0]["field"], "role");
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_with_a_role_is_told_and_the_built_in_ones_stay() {
    on_both(config, async |world| {
        let owner = owner(&world).await;
        let refused = async |role: &str, permissions: Value| {
            let body = json!({"role": role, "permissions": permissions});
            let told = owner.post("/api/admin/roles", body).await.expect(422);
            told["errors"].as_array().unwrap().iter().map(|e| e["field"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(refused("Packer", json!(["orders:read"])).await, ["name"]);
        assert_eq!(refused("owner", json!(["orders:read"])).await, ["name"]);
        assert_eq!(refused("packer", json!([])).await, ["permissions"]);
        assert_eq!(refused("p", json!(["orders:sink"])).await, ["name", "permissions"]);
        let all = json!({"permissions": ["orders:read"]});
        assert_eq!(owner.put("/api/admin/roles/manager", all.clone()).await.code(), "role_built_in");
        assert_eq!(owner.delete("/api/admin/roles/owner").await.code(), "role_built_in");
        owner.put("/api/admin/roles/nobody", all).await.expect(404);
    })
    .await;
}

#[tokio::test]
async fn nobody_rises_by_making_changing_or_giving_roles() {
    on_both(config, async |world| {
        let owner = owner(&world).await;
        let body = json!({"role": "clerk", "permissions": ["orders:read", "orders:refund"]});
        owner.post("/api/admin/roles", body).await.expect(201);
        let sam = world.hire("sam@example.org", "support").await;
        let clerk = UserId::new(uuid::Uuid::from_u128(7));
        let clerk = staff(&world, clerk, &[Permission::StaffWrite, Permission::OrdersRead]);

        let more = json!({"role": "boss", "permissions": ["orders:read", "orders:write"]});
        assert_eq!(clerk.post("/api/admin/roles", more).await.expect(403)["code"], "forbidden");
        // Taking away what one does not hold is no clerk's business either.
        let less = json!({"permissions": ["orders:read"]});
        clerk.put("/api/admin/roles/clerk", less).await.expect(403);
        hire(&clerk, "eve@example.org", "clerk").await.expect(403);
        let path = format!("/api/admin/staff/{sam}");
        clerk.patch(&path, json!({"role": "owner"})).await.expect(403);
        clerk.delete(&path).await.expect(403);
        assert_eq!(world.count("select count(*) from custom_roles").await, 1);
        assert!(may(&world, "sam@example.org").await.contains("customers:write"), "as before");
    })
    .await;
}

#[tokio::test]
async fn whoever_works_here_no_longer_keeps_nothing_open_and_somebody_always_owns_the_shop() {
    on_both(config, async |world| {
        let owner = owner(&world).await;
        let second: UserId = world.hire("ole@example.org", "owner").await.parse().unwrap();
        let cookie = world.cookie("ole@example.org").await;
        let other = staff(&world, second, &Permission::ALL);
        let key = json!({"name": "stock sheet", "permissions": ["inventory:read"]});
        let key = other.post("/api/admin/api-keys", key).await.expect(201);
        let key = key["key"].as_str().unwrap();
        assert!(!world.exchange(&cookie).await.is_empty() && !world.exchange_key(key).await.is_empty());
        assert!(world.exchange(key).await.is_empty(), "a key is no session");
        assert!(world.exchange_key(&cookie).await.is_empty(), "and a session no key");

        owner.delete(&format!("/api/admin/staff/{second}")).await.expect(204);
        assert!(world.exchange(&cookie).await.is_empty() && world.exchange_key(key).await.is_empty());
        assert_eq!(may(&world, "ole@example.org").await, BTreeSet::new(), "a shopper like others");
        owner.delete(&format!("/api/admin/staff/{second}")).await.expect(404);

        let page = owner.get("/api/admin/staff").await.expect(200);
        let only = page["items"][0]["user_id"].as_str().unwrap().to_string();
        let path = format!("/api/admin/staff/{only}");
        assert_eq!(owner.delete(&path).await.code(), "last_owner");
        assert_eq!(owner.patch(&path, json!({"role": "manager"})).await.code(), "last_owner");
        owner.patch(&path, json!({"role": "owner"})).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn two_owners_who_dismiss_each_other_at_once_leave_one() {
    on_both(config, async |world| {
        let first = world.hire("olga@example.org", "owner").await;
        let second = world.hire("ole@example.org", "owner").await;
        let client = |id: &str| staff(&world, id.parse().unwrap(), &Permission::ALL);
        let (olga, ole) = (client(&first), client(&second));
        let paths = [format!("/api/admin/staff/{second}"), format!("/api/admin/staff/{first}")];
        let both = tokio::join!(olga.delete(&paths[0]), ole.delete(&paths[1]));
        let mut told = [both.0.status.as_u16(), both.1.status.as_u16()];
        told.sort_unstable();
        assert_eq!(told, [204, 409]);
        assert_eq!(world.count("select count(*) from accounts where role = 'owner'").await, 1);
    })
    .await;
}
