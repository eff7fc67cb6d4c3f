//! What is asked for only shortly after somebody has shown who they are.

use crate::factors::{Person, Timed};
use crate::world::{PASSWORD, Tokens, config};
use hanse_auth::{AuthConfig, StaffFactor};
use hanse_http::Shown;
use hanse_kernel::{Actor, Permission, Proof, Timestamp, UserId};
use hanse_testkit::{Answer, Client, Engine};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

const BOSS: &str = "boss@example.org";
const HOUR: Duration = Duration::from_secs(60 * 60);

async fn on_both(config: impl Fn() -> AuthConfig, story: impl AsyncFn(Timed)) {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        story(Timed::start(engine, config()).await).await;
    }
}

fn required() -> AuthConfig {
    AuthConfig { staff_factor: StaffFactor::Required, ..config() }
}

impl Timed {
    /// An owner, hired by the operator.
    async fn owner(&self) -> Actor {
        let operator = Actor::Staff {
            user: UserId::new(uuid::Uuid::nil()),
            permissions: Arc::new(Permission::ALL.into_iter().collect()),
        };
        let hired = json!({"email": BOSS, "role": "owner", "password": PASSWORD});
        let made = self.world.auth.client(operator).post("/api/admin/staff", hired).await.expect(201);
        let user = made["user_id"].as_str().unwrap().parse().unwrap();
        Actor::Staff { user, permissions: Arc::new(Permission::ALL.into_iter().collect()) }
    }

    /// As the gateway would let them in with this token.
    pub async fn with(&self, token: &str) -> (Client, Proof) {
        let known = self.world.known(token).await.expect("a good token");
        let proof = known.shown.proof(Timestamp::from_micros(self.now()));
        let client = self.world.auth.client(known.actor).proof(proof);
        (client.header("authorization", &format!("Bearer {token}")), proof)
    }

    pub async fn refreshed(&self, tokens: &mut Tokens) -> (Client, Proof) {
        *tokens = Tokens::of(&self.world.refresh(&tokens.refresh).await.expect(200));
        self.with(&tokens.access).await
    }
}

async fn hire(client: &Client, email: &str) -> Answer {
    let hired = json!({"email": email, "role": "support", "password": PASSWORD});
    client.post("/api/admin/staff", hired).await
}

async fn make_key(client: &Client) -> Answer {
    client.post("/api/admin/api-keys", json!({"name": "till", "permissions": ["orders:read"]})).await
}

/// A token outlives its session by minutes, and what is made here outlives the token.
#[tokio::test]
async fn with_a_token_of_a_session_that_is_over_nobody_makes_what_lasts() {
    on_both(config, async |shop| {
        let world = &shop.world;
        shop.owner().await;
        let stolen = world.tokens(BOSS).await.access;
        let reset = world.reset_token(BOSS).await;
        world.reset(&reset, PASSWORD).await.expect(204);
        let (thief, proof) = shop.with(&stolen).await;
        assert_eq!(proof, Proof::Recent, "the token itself is still good");
        let invited = json!({"email": "eve@example.org", "name": "Eve", "role": "owner"});
        let role = json!({"role": "everything", "permissions": ["staff:write"]});
        for refused in [
            hire(&thief, "eve@example.org").await,
            make_key(&thief).await,
            thief.post("/api/admin/staff/invitations", invited).await,
            thief.post("/api/admin/roles", role).await,
        ] {
            assert_eq!((refused.status.as_u16(), refused.code().as_str()), (403, "step_up_required"));
        }
        // Whoever logs in anew goes on.
        let (boss, _) = shop.with(&world.tokens(BOSS).await.access).await;
        hire(&boss, "ada@example.org").await.expect(201);
        make_key(&boss).await.expect(201);
    })
    .await;
}

#[tokio::test]
async fn whoever_logged_in_a_while_ago_shows_the_password_once_more() {
    on_both(config, async |shop| {
        shop.owner().await;
        let mut tokens = shop.world.tokens(BOSS).await;
        let (client, proof) = shop.with(&tokens.access).await;
        assert_eq!(proof, Proof::Recent, "just logged in");
        hire(&client, "ada@example.org").await.expect(201);
        make_key(&client).await.expect(201);
        shop.time.advance(Duration::from_secs(9 * 60));
        assert_eq!(shop.refreshed(&mut tokens).await.1, Proof::Recent);
        shop.time.advance(Duration::from_secs(60));
        let (client, proof) = shop.refreshed(&mut tokens).await;
        assert_eq!(proof, Proof::Former);
        for refused in [hire(&client, "bob@example.org").await, make_key(&client).await] {
            assert_eq!((refused.status.as_u16(), refused.code().as_str()), (403, "step_up_required"));
            assert_eq!(refused.json()["step_up"], "/api/auth/step-up");
        }
        client.get("/api/admin/staff").await.expect(200);
        let step = async |body: Value| client.post("/api/auth/step-up", body).await;
        assert_eq!(step(json!({"current_password": "a wrong guess"})).await.code(), "wrong_credentials");
        assert_eq!(step(json!({"code": "123456"})).await.code(), "wrong_code");
        assert_eq!(step(json!({})).await.status.as_u16(), 422);
        let both = json!({"current_password": PASSWORD, "code": "123456"});
        assert_eq!(step(both).await.status.as_u16(), 422);
        let fresh = step(json!({"current_password": PASSWORD})).await.expect(200);
        assert!(fresh["refresh_token"].is_null(), "theirs goes on");
        let (client, proof) = shop.with(fresh["access_token"].as_str().unwrap()).await;
        assert_eq!(proof, Proof::Recent);
        hire(&client, "bob@example.org").await.expect(201);
        // It is the session that has it: a refresh keeps it, and it ends.
        assert_eq!(shop.refreshed(&mut tokens).await.1, Proof::Recent);
        shop.time.advance(Duration::from_secs(10 * 60));
        assert_eq!(shop.refreshed(&mut tokens).await.1, Proof::Former);
    })
    .await;
}

#[tokio::test]
async fn whoever_has_a_second_factor_shows_that() {
    on_both(config, async |shop| {
        let owner = shop.owner().await;
        let boss = shop.enrol(BOSS, owner).await;
        let challenge = shop.challenge(&boss).await;
        let code = boss.app.code(shop.now());
        let mut tokens = Tokens::of(&shop.show(&challenge, "code", &code).await.expect(200));
        shop.time.advance(HOUR);
        let (client, proof) = shop.refreshed(&mut tokens).await;
        assert_eq!(proof, Proof::Former);
        let step = async |body: Value| client.post("/api/auth/step-up", body).await;
        let refused = step(json!({"current_password": PASSWORD})).await;
        assert_eq!(
            (refused.status.as_u16(), refused.json()["errors"][0]["field"].clone()),
            (422, json!("code"))
        );
        let fresh = step(json!({"code": boss.app.code(shop.now())})).await.expect(200);
        assert_eq!(step(json!({"code": boss.app.code(shop.now())})).await.code(), "wrong_code", "it is used");
        let (client, _) = shop.with(fresh["access_token"].as_str().unwrap()).await;
        make_key(&client).await.expect(201);
        step(json!({"recovery_code": boss.recovery[0]})).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn a_browsers_session_steps_up_behind_its_cookie() {
    on_both(config, async |shop| {
        let owner = shop.owner().await;
        let cookie = shop.world.cookie(BOSS).await;
        let shown = async || shop.world.known(&shop.world.exchange(&cookie).await).await.unwrap().shown;
        assert_eq!(shown().await, Shown::At(Timestamp::from_micros(shop.now() / 1_000_000 * 1_000_000)));
        let before = shown().await;
        shop.time.advance(HOUR);
        assert_eq!(shown().await, before);
        let browser = shop.world.auth.client(owner).header("cookie", &format!("hanse_session={cookie}"));
        let body = json!({"current_password": PASSWORD});
        let told = browser.post("/api/auth/step-up", body.clone()).await.expect(200);
        assert_eq!(told, json!({"mfa_required": false}), "the cookie stays as it is");
        assert_ne!(shown().await, before);
        // Without a session there is nothing to step up.
        browser.header("cookie", "hanse_session=hst_0").post("/api/auth/step-up", body).await.expect(401);
    })
    .await;
}

#[tokio::test]
async fn a_key_has_no_factor_and_makes_neither_keys_nor_staff() {
    on_both(config, async |shop| {
        let owner = shop.owner().await;
        let client = shop.world.auth.client(owner);
        let made = client
            .post("/api/admin/api-keys", json!({"name": "hr", "permissions": ["staff:write"]}))
            .await
            .expect(201);
        let token = shop.world.exchange_key(made["key"].as_str().unwrap()).await;
        let (program, proof) = shop.with(&token).await;
        assert_eq!(proof, Proof::Key);
        program.get("/api/admin/staff").await.expect(200);
        assert_eq!(hire(&program, "eve@example.org").await.code(), "key_not_allowed");
        assert_eq!(make_key(&program).await.code(), "key_not_allowed");
    })
    .await;
}

#[tokio::test]
async fn where_staff_must_have_a_factor_they_enrol_it_before_anything_else() {
    on_both(required, async |shop| {
        let owner = shop.owner().await;
        let cookie = shop.world.cookie(BOSS).await;
        let mut tokens = shop.world.tokens(BOSS).await;
        let (client, proof) = shop.with(&tokens.access).await;
        assert_eq!(proof, Proof::Unenrolled);
        for path in ["/api/admin/staff", "/api/admin/api-keys", "/api/admin/roles"] {
            let refused = client.get(path).await;
            assert_eq!(
                (refused.status.as_u16(), refused.code().as_str()),
                (403, "factor_enrolment_required")
            );
        }
        let change = json!({"current_password": PASSWORD, "password": "another long password"});
        assert_eq!(client.post("/api/auth/password", change).await.code(), "factor_enrolment_required");
        client.get("/api/auth/me").await.expect(200);
        client.get("/api/auth/factors").await.expect(200);
        // The password once more is no factor.
        let step = json!({"current_password": PASSWORD});
        client.post("/api/auth/step-up", step).await.expect(200);
        assert_eq!(shop.refreshed(&mut tokens).await.1, Proof::Unenrolled);
        // It is enrolled in the browser, whose session has shown it by that.
        let browser = shop.world.auth.client(owner.clone()).proof(Proof::Unenrolled);
        let browser = browser.header("cookie", &format!("hanse_session={cookie}"));
        let boss = enrol(&shop, &browser, owner).await;
        let shown = async || shop.world.known(&shop.world.exchange(&cookie).await).await.unwrap().shown;
        assert!(matches!(shown().await, Shown::At(_)));
        // The program's session is from before, and shows it.
        let (client, proof) = shop.refreshed(&mut tokens).await;
        assert_eq!(proof, Proof::Unenrolled);
        shop.time.advance(Duration::from_secs(30));
        let code = json!({"code": boss.app.code(shop.now())});
        let fresh = client.post("/api/auth/step-up", code).await.expect(200);
        let (client, _) = shop.with(fresh["access_token"].as_str().unwrap()).await;
        make_key(&client).await.expect(201);
        // Customers need none.
        shop.world.register("ana@example.org").await;
        let ana = shop.world.tokens("ana@example.org").await;
        assert_eq!(shop.with(&ana.access).await.1, Proof::Recent);
    })
    .await;
}

async fn enrol(shop: &Timed, client: &Client, actor: Actor) -> Person {
    let begun =
        client.post("/api/auth/factors/totp", json!({"current_password": PASSWORD})).await.expect(200);
    let app = hanse_testkit::App::of(begun["secret"].as_str().unwrap());
    let code = json!({"code": app.code(shop.now())});
    client.post("/api/auth/factors/totp/confirm", code).await.expect(200);
    Person { email: BOSS, actor, app, recovery: vec![] }
}

/// Also where a factor is not demanded: what somebody has enrolled is asked of every session that acts as staff.
#[tokio::test]
async fn a_session_from_before_the_factor_does_nothing_as_staff_until_it_is_shown() {
    on_both(config, async |shop| {
        let owner = shop.owner().await;
        let mut before = shop.world.tokens(BOSS).await;
        let cookie = shop.world.cookie(BOSS).await;
        let person = shop.enrol(BOSS, owner).await;
        let owes = async |token: &str| {
            shop.world.known(token).await.expect("a good token").shown == Shown::Unenrolled
        };
        shop.refreshed(&mut before).await;
        assert!(owes(&before.access).await, "the program's session");
        assert!(owes(&shop.world.exchange(&cookie).await).await, "the browser's");
        let (client, _) = shop.with(&before.access).await;
        let code = person.app.code(shop.now());
        client.post("/api/auth/step-up", json!({"code": code})).await.expect(200);
        shop.refreshed(&mut before).await;
        assert!(!owes(&before.access).await, "it has been shown");
        assert!(owes(&shop.world.exchange(&cookie).await).await, "in that one alone");
    })
    .await;
}
