//! What the store has of people is of no use without the shop's keys. Accounts from before are found, and nobody gets a second
//! one with their address, while they are being sealed.

use crate::world::{PASSWORD, Tokens, World, config, on_both};
use hanse_auth_contract::LinkPurpose;
use hanse_auth_contract::rpc::FindUserRequest;
use hanse_database::DbError;
use hanse_database::sql::Sql;
use hanse_kernel::{Actor, Permission, UserId};
use hanse_testkit::Client;
use hanse_user_contract::UserErased;
use serde_json::json;
use std::sync::Arc;

const ANA: &str = "Kanarie@Example.org";
const NEW: &str = "kanarie-ny@example.org";
const INVITED: &str = "kanarie-gast@example.org";

/// Every text about people in auth's tables.
async fn rows(world: &World) -> String {
    let sql = "select email || ' ' || email_key || ' ' || name from accounts
               union all select coalesce(email, '') from account_links
               union all select email_key || ' ' || name from invitations
               union all select name from passkeys
               union all select name from api_keys";
    let read: Result<Vec<String>, DbError> =
        world.host.db.read((), move |tx, ()| Box::pin(tx.query(sql, &[], |r| r.get(0)))).await;
    read.expect("the store answers").join("\n").to_lowercase()
}

/// All bytes of the store's files; a server's are its own.
fn files(world: &World) -> String {
    let Some(folder) = world.test.folder_of(0) else { return String::new() };
    let mut all = String::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        all += &String::from_utf8_lossy(&std::fs::read(entry.expect("a file").path()).expect("read"));
    }
    all.to_lowercase()
}

async fn register(world: &World, email: &str) {
    let body = json!({"email": email, "password": PASSWORD, "name": "Kanarie Kontosson"});
    world.anybody().post("/api/auth/register", body).await.expect(201);
}

async fn user(world: &World, tokens: &Tokens) -> UserId {
    match world.actor(&tokens.access).await {
        Some(Actor::Customer { user }) => user,
        other => panic!("no customer: {other:?}"),
    }
}

async fn owner(world: &World) -> Client {
    let user: UserId = world.hire("kanarie-chef@example.org", "owner").await.parse().unwrap();
    world.auth.client(Actor::Staff { user, permissions: Arc::new(Permission::ALL.into_iter().collect()) })
}

async fn invite(owner: &Client) {
    let body = json!({"email": INVITED, "name": "Kanarie Gastsson", "role": "support"});
    owner.post("/api/admin/staff/invitations", body).await.expect(201);
}

const KEYS: &str = "select count(*) from person_key";

#[tokio::test]
async fn the_store_tells_nothing_of_anybody_before_an_erasure_or_after_it() {
    on_both(config, async |world| {
        register(&world, ANA).await;
        let tokens = world.tokens(ANA).await;
        let ana = user(&world, &tokens).await;
        let client = world.auth.client(Actor::Customer { user: ana });
        let change = json!({"current_password": PASSWORD, "email": NEW});
        client.post("/api/auth/email/change", change).await.expect(202);
        let owner = owner(&world).await;
        invite(&owner).await;
        // What a program is called stands in the audit log, too: it is about no shopper.
        let key = json!({"name": "Kassabiträde", "permissions": ["orders:read"]});
        owner.post("/api/admin/api-keys", key).await.expect(201);

        let stored = rows(&world).await;
        assert!(!stored.contains("kanarie") && !stored.contains("kassa"), "{stored}");
        assert!(!files(&world).contains("kanarie"));
        // Whoever may read it does.
        let link = world.links(LinkPurpose::ChangeEmail).await[0].clone();
        assert_eq!(world.mail(&link).await.expect("a mail").to.expect("somebody").email, NEW);
        let me = client.get("/api/auth/me").await.expect(200);
        assert_eq!((&me["email"], &me["name"]), (&json!(ANA), &json!("Kanarie Kontosson")));
        let listed = owner.get("/api/admin/staff/invitations").await.expect(200);
        assert_eq!(
            (&listed["items"][0]["email"], &listed["items"][0]["name"]),
            (&json!(INVITED), &json!("Kanarie Gastsson"))
        );
        let keys = owner.get("/api/admin/api-keys").await.expect(200);
        assert_eq!(keys["items"][0]["name"], "Kassabiträde");

        let before = world.count(KEYS).await;
        world.test.send("user", ana, &UserErased { user_id: ana }).await;
        assert_eq!(world.count(KEYS).await, before - 1, "the key is destroyed");
        assert_eq!(world.login(ANA, PASSWORD).await.code(), "wrong_credentials");
        assert!(!rows(&world).await.contains("kanarie"));
        assert!(!files(&world).contains("kanarie"));
    })
    .await;
}

#[tokio::test]
async fn an_address_has_one_account_and_no_key_is_left_of_those_that_were_none() {
    on_both(config, async |world| {
        register(&world, ANA).await;
        let before = world.count(KEYS).await;
        for _ in 0..2 {
            register(&world, "KANARIE@example.org").await;
        }
        assert_eq!(world.count("select count(*) from accounts").await, 1);
        assert_eq!(world.count(KEYS).await, before);
    })
    .await;
}

/// The account and the invitation as a process of before had written them.
async fn of_before(world: &World) {
    for old in [
        "update accounts set email = 'Kanarie@Example.org', email_key = 'kanarie@example.org',
           name = 'Kanarie Kontosson' where role is null",
        "update invitations set email_key = 'kanarie-gast@example.org', name = 'Kanarie Gastsson'",
        "update account_links set email = 'kanarie-gast@example.org' where purpose = 'invitation'",
        "delete from person_key where subject in (select id from accounts where role is null)",
        "delete from sealed_table",
    ] {
        world.meddle(old).await;
    }
}

/// All that finds an address finds this one, and nobody else gets it.
async fn is_found(world: &World, owner: &Client) {
    let tokens = world.tokens("kanarie@example.ORG").await;
    let found = FindUserRequest { email: ANA.into() };
    let found = world.ask("user").find_user(found).await.expect("an answer").into_inner();
    assert_eq!(found.user_id, user(world, &tokens).await.to_string());
    register(world, ANA).await;
    let hired = owner.post("/api/admin/staff", json!({"email": ANA, "role": "support"})).await;
    assert_eq!(hired.code(), "address_taken");
    assert_eq!(world.count("select count(*) from accounts").await, 2, "theirs and the owner's");
    world.reset_token(ANA).await;
    let listed = owner.get("/api/admin/staff/invitations").await.expect(200);
    assert_eq!(
        (&listed["items"][0]["email"], &listed["items"][0]["name"]),
        (&json!(INVITED), &json!("Kanarie Gastsson"))
    );
    // Another to the same address takes the place of the one before.
    invite(owner).await;
    let listed = owner.get("/api/admin/staff/invitations").await.expect(200);
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn what_was_written_before_is_found_and_sealed() {
    on_both(config, async |world| {
        register(&world, ANA).await;
        let owner = owner(&world).await;
        invite(&owner).await;
        of_before(&world).await;
        assert!(rows(&world).await.contains("kanarie"));
        is_found(&world, &owner).await;

        of_before(&world).await;
        let mut keeper = world.auth.host.keeper();
        keeper.round().await.expect("sealed");
        assert!(!rows(&world).await.contains("kanarie"), "{}", rows(&world).await);
        is_found(&world, &owner).await;
        let version = world.count("select cast(sum(version) as bigint) from accounts").await;
        keeper.round().await.expect("nothing to do");
        assert_eq!(world.count("select cast(sum(version) as bigint) from accounts").await, version);
    })
    .await;
}

/// Who is erased before the job came by is gone with the invitation that went to them.
#[tokio::test]
async fn what_was_written_before_is_erased() {
    on_both(config, async |world| {
        register(&world, INVITED).await;
        let owner = owner(&world).await;
        invite(&owner).await;
        let ana = user(&world, &world.tokens(INVITED).await).await;
        world
            .meddle(
                "update accounts set email = 'kanarie-gast@example.org',
                        email_key = 'kanarie-gast@example.org' where role is null",
            )
            .await;
        world.test.send("user", ana, &UserErased { user_id: ana }).await;
        assert_eq!(world.count("select count(*) from invitations").await, 0);
        assert_eq!(world.count("select count(*) from accounts where role is null").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_process_of_before_opens_no_second_account() {
    on_both(config, async |world| {
        if world.test.folder_of(0).is_some() {
            // One process at a time has a file.
            return;
        }
        register(&world, ANA).await;
        let insert = "insert into accounts (id, email, email_key, name, locale, password_hash, created_at, version, events)
                      select gen_random_uuid(), 'kanarie@example.org', 'kanarie@example.org', name, locale, password_hash,
                        created_at, 1, 1 from accounts on conflict (email_key) do nothing";
        let done: Result<u64, DbError> =
            world.host.db.tx((), move |tx, ()| Box::pin(async move { tx.execute(insert, &[]).await })).await;
        let refused = done.expect_err("refused").to_string();
        assert!(refused.contains("keyed"), "{refused}");
        assert_eq!(world.count("select count(*) from accounts").await, 1);
    })
    .await;
}
