//! Who may call what: the whole route table, as nobody, as a shopper and as each role.

use crate::world::{World, config};
use hanse_kernel::{Actor, Permission, UserId};
use hanse_testkit::{Engine, TestHost};
use std::fmt::Write;
use std::sync::Arc;

#[tokio::test]
async fn every_guarded_route_refuses_nobody() {
    let test = TestHost::new(Engine::Sqlite);
    let host = test.host("auth", hanse_auth::MIGRATIONS).await;
    let module = hanse_auth::module(host, config()).await.unwrap();
    assert_eq!(module.routes.unguarded().await, Vec::<String>::new());
}

#[tokio::test]
async fn the_route_table() {
    let test = TestHost::new(Engine::Sqlite);
    let host = test.host("auth", hanse_auth::MIGRATIONS).await;
    let module = hanse_auth::module(host, config()).await.unwrap();
    let mut table = String::new();
    for rule in &module.routes.table {
        writeln!(table, "{} {} {}", rule.method, rule.path, rule.access.label()).unwrap();
    }
    insta::assert_snapshot!(table);
}

#[tokio::test]
async fn staff_routes_open_to_whoever_hires_and_nobody_else() {
    let world = World::start(TestHost::new(Engine::Sqlite), config()).await;
    let user = UserId::new(uuid::Uuid::from_u128(7));
    let staff = |permissions: Vec<Permission>| Actor::Staff {
        user,
        permissions: Arc::new(permissions.into_iter().collect()),
    };
    let all_but_one = Permission::ALL.into_iter().filter(|p| *p != Permission::StaffWrite).collect();
    for (actor, status) in [
        (Actor::Anonymous, 401),
        (Actor::Customer { user }, 403),
        (Actor::service("order"), 403),
        (staff(all_but_one), 403),
        (staff(vec![Permission::StaffWrite]), 200),
    ] {
        let client = world.auth.client(actor.clone());
        for path in ["/api/admin/staff", "/api/admin/roles"] {
            assert_eq!(client.get(path).await.status.as_u16(), status, "{path} as {actor:?}");
        }
    }
    // An access token outlives its account by minutes: then nobody is logged in.
    world.auth.client(Actor::Customer { user }).get("/api/auth/me").await.expect(401);
}
