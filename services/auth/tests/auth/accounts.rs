//! Opening an account and proving that it is one's own.

use crate::world::{PASSWORD, World, config, on_both};
use hanse_auth::{AuthConfig, Hashing};
use hanse_auth_contract::rpc::{FindUserRequest, GetContactRequest, GetContactsRequest};
use hanse_auth_contract::{RegistrationRepeated, UserRegistered};
use hanse_database::DbError;
use hanse_database::sql::Sql;
use hanse_kernel::{Actor, UserId};
use hanse_testkit::{Answer, Engine, TestHost, TestWorld};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn a_shopper_registers_and_logs_in() {
    on_both(config, async |world| {
        let id = world.register("Ana@Example.org").await["user_id"].as_str().unwrap().to_string();
        world.test.settle().await;
        let told = world.test.published_of::<UserRegistered>();
        assert_eq!(told, [UserRegistered { user_id: id.parse().unwrap(), staff: false }]);

        let tokens = world.tokens("ana@example.ORG").await;
        let Some(Actor::Customer { user }) = world.actor(&tokens.access).await else { panic!("no customer") };
        assert_eq!(user.to_string(), id);
        let me = world.auth.client(Actor::Customer { user }).get("/api/auth/me").await.expect(200);
        assert_eq!((me["email"].as_str(), me["kind"].as_str()), (Some("Ana@Example.org"), Some("customer")));
        assert_eq!(world.login("ana@example.org", "not my password").await.code(), "wrong_credentials");
    })
    .await;
}

/// All of an answer that a client can see, but for what differs between any two answers.
fn face(answer: &Answer) -> (u16, Vec<String>, Value) {
    let mut body = answer.json();
    if let Some(id) = body.get_mut("user_id") {
        assert!(id.as_str().is_some_and(|id| id.starts_with("user_")));
        *id = Value::Null;
    }
    (answer.status.as_u16(), answer.headers.keys().map(ToString::to_string).collect(), body)
}

#[tokio::test]
async fn nothing_tells_whether_an_address_has_an_account() {
    on_both(config, async |world| {
        let register = async |password: &str| {
            let body = json!({"email": "ana@example.org", "password": password, "name": "Ana"});
            world.anybody().post("/api/auth/register", body).await
        };
        let (first, second) = (register(PASSWORD).await, register("another password").await);
        assert_eq!(face(&first), face(&second));
        assert_ne!(first.json()["user_id"], second.json()["user_id"]);
        // The second changed nothing for the owner, who alone is told.
        world.login("ana@example.org", PASSWORD).await.expect(200);
        world.test.settle().await;
        let owner = first.json()["user_id"].as_str().unwrap().parse().unwrap();
        assert_eq!(
            world.test.published_of::<RegistrationRepeated>(),
            [RegistrationRepeated { user_id: owner }]
        );
        assert_eq!(world.count("select events from accounts").await, 2);

        let wrong = world.login("ana@example.org", "another password").await;
        for nobody in ["bob@example.org", "no address at all", ""] {
            assert_eq!(face(&world.login(nobody, PASSWORD).await), face(&wrong), "{nobody}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_owner_is_told_of_registrations_with_their_address_a_few_times_an_hour() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let time = TestWorld::new();
        let world = World::start(TestHost::with_effects(engine, time.effects()), config()).await;
        let owner: UserId =
            world.register("ana@example.org").await["user_id"].as_str().unwrap().parse().unwrap();
        let told = async || {
            world.test.settle().await;
            let told = world.test.published_of::<RegistrationRepeated>();
            (told.len(), told.iter().filter(|told| told.user_id == owner).count())
        };
        for _ in 0..8 {
            world.register("Ana@example.org").await;
        }
        assert_eq!(told().await, (8, 4), "with the one that opened the account, five");
        // The others went out to nobody, and look the same; another address is counted by itself.
        world.register("bo@example.org").await;
        world.register("bo@example.org").await;
        assert_eq!(told().await, (9, 4));
        time.advance(Duration::from_secs(59 * 60));
        world.register("ana@example.org").await;
        assert_eq!(told().await, (10, 4));
        time.advance(Duration::from_secs(60));
        world.register("ana@example.org").await;
        assert_eq!(told().await, (11, 5));
    }
}

#[tokio::test]
async fn of_many_at_once_one_gets_the_address() {
    on_both(config, async |world| {
        let all = (0..12).map(|_| world.register("ana@example.org"));
        futures::future::join_all(all).await;
        assert_eq!(world.count("select count(*) from accounts").await, 1);
        world.test.settle().await;
        assert_eq!(world.test.published_of::<UserRegistered>().len(), 1);
        assert_eq!(world.test.published_of::<RegistrationRepeated>().len(), 11);
    })
    .await;
}

#[tokio::test]
async fn every_field_that_is_wrong_is_named() {
    on_both(config, async |world| {
        let send = async |body: Value| world.anybody().post("/api/auth/register", body).await;
        let answer = send(json!({"email": "ana", "password": "short", "name": " "})).await;
        let fields: Vec<Value> = answer.json()["errors"].as_array().unwrap().clone();
        let named: Vec<(&str, &str)> =
            fields.iter().map(|e| (e["field"].as_str().unwrap(), e["code"].as_str().unwrap())).collect();
        assert_eq!(named, [("email", "format"), ("password", "too_short"), ("name", "length")]);
        assert_eq!(answer.code(), "validation");
        let good = json!({"email": "ana@example.org", "password": PASSWORD, "name": "Ana"});
        let with = |field: &str, value: Value| {
            let mut body = good.clone();
            body[field] = value;
            body
        };
        for (body, code) in [
            (with("password", json!("password123")), "validation"),
            (with("password", json!("ANA@example.org")), "validation"),
            (with("password", json!("x".repeat(129))), "validation"),
            (with("password", json!(1234567890)), "validation"),
            (with("role", json!("owner")), "unknown_field"),
            (with("user_id", json!("user_1")), "unknown_field"),
            (with("name", json!("x".repeat(201))), "validation"),
            (json!({"email": "ana@example.org"}), "validation"),
            (json!([]), "validation"),
        ] {
            let answer = send(body.clone()).await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (422, code), "{body}");
        }
        send(with("name", json!("x".repeat(9000)))).await.expect(413);
        assert_eq!(world.count("select count(*) from accounts").await, 0);
    })
    .await;
}

#[tokio::test]
async fn the_refusal_of_a_password_does_not_repeat_it() {
    on_both(config, async |world| {
        let body = json!({"email": "ana@example.org", "password": "hunter2", "name": "Ana"});
        let answer = world.anybody().post("/api/auth/register", body).await;
        assert!(!String::from_utf8_lossy(&answer.bytes).contains("hunter2"));
        let body = json!({"email": "ana@example.org", "password": ["hunter2"], "name": "Ana"});
        let answer = world.anybody().post("/api/auth/register", body).await;
        assert!(!String::from_utf8_lossy(&answer.bytes).contains("hunter2"));
    })
    .await;
}

/// All texts and bytes of auth's own tables and of its messages.
async fn everything_stored(world: &World) -> Vec<u8> {
    let read: Result<Vec<Vec<u8>>, DbError> = world
        .host
        .db
        .read((), |tx, ()| {
            Box::pin(async move {
                let mut all: Vec<Vec<u8>> = Vec::new();
                for sql in [
                    "select password_hash || name || locale from accounts",
                    "select transport from sessions",
                    "select payload from outbox",
                ] {
                    all.extend(tx.query(sql, &[], |row| row.get::<String>(0).map(String::into_bytes)).await?);
                }
                for sql in [
                    "select cookie_digest from sessions where cookie_digest is not null",
                    "select digest from refresh_tokens",
                ] {
                    all.extend(tx.query(sql, &[], |row| row.get::<Vec<u8>>(0)).await?);
                }
                Ok(all)
            })
        })
        .await;
    read.expect("the store answers").concat()
}

#[tokio::test]
async fn the_store_has_neither_passwords_nor_tokens_and_messages_have_nothing_personal() {
    on_both(config, async |world| {
        world.register("ana@example.org").await;
        let tokens = world.tokens("ana@example.org").await;
        let cookie = world.cookie("ana@example.org").await;
        let stored = everything_stored(&world).await;
        let contains = |needle: &str| stored.windows(needle.len()).any(|part| part == needle.as_bytes());
        assert!(contains("$argon2id$v=19$"), "the search itself works");
        for secret in [PASSWORD, &tokens.refresh, &tokens.access, &cookie, &cookie[4..], "ana@example.org"] {
            assert!(!contains(secret));
        }
        let messages = format!("{:?}", world.test.published());
        assert!(!messages.contains("Ana") && !messages.contains("example.org"));
    })
    .await;
}

#[tokio::test]
async fn a_login_hashes_anew_when_the_parameters_have_changed() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let world = World::start(TestHost::new(engine), config()).await;
        world.register("ana@example.org").await;
        let weak = "select count(*) from accounts where password_hash like '%m=64,t=1,%'";
        let strong = "select count(*) from accounts where password_hash like '%m=64,t=2,%'";
        assert_eq!(world.count(weak).await, 1);

        let harder = AuthConfig { hashing: Hashing { iterations: 2, ..config().hashing }, ..config() };
        let module = hanse_auth::module(world.host.clone(), harder).await.unwrap();
        let again = World { auth: world.test.start(module), ..world };
        again.login("ana@example.org", "wrong password").await.expect(401);
        assert_eq!(again.count(weak).await, 1, "a wrong password changes nothing");
        again.login("ana@example.org", PASSWORD).await.expect(200);
        assert_eq!(again.count(strong).await, 1);
        again.login("ana@example.org", PASSWORD).await.expect(200);
    }
}

#[tokio::test]
async fn other_services_learn_how_to_reach_a_person_by_asking() {
    on_both(config, async |world| {
        let ana = world.register("Ana@example.org").await["user_id"].as_str().unwrap().to_string();
        let nobody = format!("user_{}", "0".repeat(32));
        let mut ask = world.ask("notification");
        let contact = ask.get_contact(GetContactRequest { user_id: ana.clone() }).await.unwrap().into_inner();
        assert_eq!((contact.email.as_str(), contact.name.as_str()), ("Ana@example.org", "Ana Lund"));
        let unknown = ask.get_contact(GetContactRequest { user_id: nobody.clone() }).await.unwrap_err();
        assert_eq!(unknown.code(), tonic::Code::NotFound);
        let wrong = ask.get_contact(GetContactRequest { user_id: "ana".into() }).await.unwrap_err();
        assert_eq!(wrong.code(), tonic::Code::InvalidArgument);

        let mut ask = world.ask("user");
        let both = GetContactsRequest { user_ids: vec![nobody.clone(), ana.clone()] };
        let found = ask.get_contacts(both).await.unwrap().into_inner().contacts;
        assert!(found.len() == 1 && found[0].user_id == ana);
        let many = GetContactsRequest { user_ids: vec![nobody; 101] };
        assert_eq!(ask.get_contacts(many).await.unwrap_err().code(), tonic::Code::InvalidArgument);

        let found = ask.find_user(FindUserRequest { email: "ANA@example.org".into() }).await.unwrap();
        assert_eq!(found.into_inner().user_id, ana);
        let unknown = ask.find_user(FindUserRequest { email: "bob@example.org".into() }).await.unwrap_err();
        assert_eq!(unknown.code(), tonic::Code::NotFound);
    })
    .await;
}
