//! Authenticator apps and recovery codes: enrolled with the password, asked for at the door, good once.

use crate::linking::verify;
use crate::world::{PASSWORD, Tokens, World, config};
use hanse_auth::AuthConfig;
use hanse_auth_contract::{Factor, FactorChange, FactorChanged};
use hanse_kernel::Actor;
use hanse_testkit::{Answer, App, Client, Engine, TestHost, TestWorld};
use serde_json::{Value, json};
use std::time::Duration;

const ANA: &str = "ana@example.org";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const STEP: Duration = Duration::from_secs(30);

/// A person who has an account, an app, and a list of codes in a drawer.
pub struct Person {
    pub email: &'static str,
    pub actor: Actor,
    pub app: App,
    pub recovery: Vec<String>,
}

/// A world whose time is told by hand.
pub struct Timed {
    pub world: World,
    pub time: TestWorld,
}

impl Timed {
    pub async fn start(engine: Engine, config: AuthConfig) -> Self {
        let time = TestWorld::new();
        // Nobody moves the clock while an answer is held back.
        let config = AuthConfig { refresh_overlap: Duration::ZERO, ..config };
        let world = World::start(TestHost::with_effects(engine, time.effects()), config).await;
        Self { world, time }
    }

    pub fn now(&self) -> i64 {
        self.world.test.effects.now().micros()
    }

    pub fn client(&self, person: &Person) -> Client {
        self.world.auth.client(person.actor.clone())
    }

    pub async fn register(&self, email: &'static str) -> Actor {
        let user = self.world.register(email).await["user_id"].as_str().unwrap().parse().unwrap();
        Actor::Customer { user }
    }

    /// Opens an account and enrols an app.
    pub async fn person(&self, email: &'static str) -> Person {
        let actor = self.register(email).await;
        self.enrol(email, actor).await
    }

    /// In a session that ends with it.
    pub async fn enrol(&self, email: &'static str, actor: Actor) -> Person {
        let client = self.world.at_browser(email, actor.clone()).await;
        let begun =
            client.post("/api/auth/factors/totp", json!({"current_password": PASSWORD})).await.expect(200);
        let app = App::of(begun["secret"].as_str().unwrap());
        let code = app.code(self.now());
        let told = client.post("/api/auth/factors/totp/confirm", json!({"code": code})).await.expect(200);
        let codes = told["recovery_codes"].as_array().unwrap().iter();
        let recovery = codes.map(|code| code.as_str().unwrap().to_string()).collect();
        client.post("/api/auth/logout", json!({})).await.expect(204);
        // The code that confirmed it is used.
        self.time.advance(STEP);
        Person { email, actor, app, recovery }
    }

    /// Shows the password from a program.
    pub async fn challenge(&self, person: &Person) -> String {
        let told = self.world.login(person.email, PASSWORD).await.expect(200);
        assert_eq!((&told["mfa_required"], &told["access_token"]), (&json!(true), &Value::Null));
        told["challenge"].as_str().unwrap().to_string()
    }

    pub async fn show(&self, challenge: &str, field: &str, code: &str) -> Answer {
        let body = json!({"challenge": challenge, field: code});
        self.world.anybody().post("/api/auth/login/factor", body).await
    }

    async fn told(&self) -> Vec<(Factor, FactorChange)> {
        self.world.test.settle().await;
        let told = self.world.test.published_of::<FactorChanged>();
        told.into_iter().map(|told| (told.factor, told.change)).collect()
    }

    async fn sessions(&self) -> i64 {
        self.world.count("select count(*) from sessions").await
    }
}

/// Tells a story on both engines, with a clock that is moved by hand.
pub async fn in_time(story: impl AsyncFn(Timed)) {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        story(Timed::start(engine, config()).await).await;
    }
}

#[tokio::test]
async fn whoever_has_enrolled_an_app_is_asked_for_its_code() {
    in_time(async |shop| {
        let ana = shop.person(ANA).await;
        assert_eq!(ana.recovery.len(), 10);
        let mine = shop.client(&ana).get("/api/auth/factors").await.expect(200);
        assert!(mine["totp"]["enrolled_at"].is_string() && mine["recovery_codes"] == 10, "{mine}");
        let before = shop.sessions().await;
        let told = shop.world.login(ANA, PASSWORD).await.expect(200);
        assert_eq!(told["methods"], json!(["totp", "recovery_code"]));
        assert_eq!(shop.sessions().await, before, "nobody is let in yet");
        let code = ana.app.code(shop.now());
        let tokens =
            Tokens::of(&shop.show(told["challenge"].as_str().unwrap(), "code", &code).await.expect(200));
        assert_eq!(shop.world.actor(&tokens.access).await, Some(ana.actor.clone()));
        shop.world.refresh(&tokens.refresh).await.expect(200);
        assert_eq!(shop.told().await, [(Factor::Totp, FactorChange::Added)]);
        let written = "select count(*) from record_entry where action = 'factor.added'";
        assert_eq!(shop.world.count(written).await, 1);
        // Who has none is let in as ever.
        shop.register("bob@example.org").await;
        assert_eq!(shop.world.login("bob@example.org", PASSWORD).await.expect(200)["mfa_required"], false);
    })
    .await;
}

#[tokio::test]
async fn a_code_is_good_once_at_its_time_and_for_its_owner() {
    in_time(async |shop| {
        let (ana, bob) = (shop.person(ANA).await, shop.person("bob@example.org").await);
        let challenge = shop.challenge(&ana).await;
        let refused = async |code: &str| {
            let answer = shop.show(&challenge, "code", code).await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "wrong_code"), "{code}");
        };
        let now = ana.app.code(shop.now());
        refused("").await;
        refused("12345").await;
        refused(if now == "000000" { "000001" } else { "000000" }).await;
        refused(&bob.app.code(shop.now())).await;
        refused(&ana.app.code(shop.now() + 90_000_000)).await;
        refused(&ana.app.code(shop.now() - 90_000_000)).await;
        // A wrong one costs a try, not the challenge.
        shop.show(&challenge, "code", &now).await.expect(200);
        // The same code again, at another login, and the one before it.
        let challenge = shop.challenge(&ana).await;
        for code in [now, ana.app.code(shop.now() - 30_000_000)] {
            assert_eq!(shop.show(&challenge, "code", &code).await.code(), "wrong_code");
        }
        shop.time.advance(STEP);
        shop.show(&challenge, "code", &ana.app.code(shop.now())).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn a_challenge_is_answered_once_soon_and_where_it_was_given() {
    in_time(async |shop| {
        let ana = shop.person(ANA).await;
        let refused = async |challenge: &str, code: &str| {
            let answer = shop.show(challenge, "recovery_code", code).await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "challenge_invalid"));
        };
        let challenge = shop.challenge(&ana).await;
        shop.show(&challenge, "recovery_code", &ana.recovery[0]).await.expect(200);
        refused(&challenge, &ana.recovery[1]).await;
        refused("hct_0", &ana.recovery[1]).await;
        refused(&format!("hct_{}", "0".repeat(64)), &ana.recovery[1]).await;
        // Another program, and a browser.
        let challenge = shop.challenge(&ana).await;
        let body = json!({"challenge": challenge, "recovery_code": ana.recovery[1]});
        let other = shop.world.anybody().header("user-agent", "another/1");
        assert_eq!(other.post("/api/auth/login/factor", body.clone()).await.code(), "challenge_invalid");
        let mut by_cookie = body;
        by_cookie["transport"] = json!("cookie");
        let browser = shop.world.anybody().post("/api/auth/login/factor", by_cookie).await;
        assert_eq!(browser.code(), "challenge_invalid");
        // Too late, and after a new password.
        shop.time.advance(Duration::from_secs(300));
        refused(&challenge, &ana.recovery[1]).await;
        let challenge = shop.challenge(&ana).await;
        // The address is known to be hers: who reads its mail does not thereby hold the factor.
        verify(&shop.world).await;
        let token = shop.world.reset_token(ANA).await;
        shop.world.reset(&token, "another long password").await.expect(204);
        refused(&challenge, &ana.recovery[1]).await;
        // None of this has used the code, and a new password does not do without it.
        let told = shop.world.login(ANA, "another long password").await.expect(200);
        let challenge = told["challenge"].as_str().expect("a factor is asked for");
        shop.show(challenge, "recovery_code", &ana.recovery[1]).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn recovery_codes_are_good_once_each_and_are_renewed() {
    in_time(async |shop| {
        let ana = shop.person(ANA).await;
        let shown = ana.recovery[0].to_uppercase().replace('-', " ");
        shop.show(&shop.challenge(&ana).await, "recovery_code", &shown).await.expect(200);
        let challenge = shop.challenge(&ana).await;
        assert_eq!(shop.show(&challenge, "recovery_code", &ana.recovery[0]).await.code(), "wrong_code");
        assert_eq!(shop.show(&challenge, "recovery_code", "nonsense").await.code(), "wrong_code");
        let client = shop.client(&ana);
        assert_eq!(client.get("/api/auth/factors").await.expect(200)["recovery_codes"], 9);
        let renew = async |password: &str, code: &str| {
            let body = json!({"current_password": password, "code": code});
            client.post("/api/auth/factors/recovery-codes", body).await
        };
        let code = ana.app.code(shop.now());
        assert_eq!(renew("a wrong guess", &code).await.code(), "wrong_credentials");
        assert_eq!(renew(PASSWORD, "000000").await.code(), "wrong_code");
        let renewed = renew(PASSWORD, &code).await.expect(200);
        assert_eq!(shop.show(&challenge, "recovery_code", &ana.recovery[1]).await.code(), "wrong_code");
        let fresh = renewed["recovery_codes"][0].as_str().unwrap();
        shop.show(&challenge, "recovery_code", fresh).await.expect(200);
        assert_eq!(shop.told().await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn an_app_is_enrolled_and_removed_by_whoever_knows_the_password() {
    in_time(async |shop| {
        let actor = shop.register(ANA).await;
        let client = shop.world.at_browser(ANA, actor).await;
        let begin = async |password: &str| {
            client.post("/api/auth/factors/totp", json!({"current_password": password})).await
        };
        let confirm =
            async |code: &str| client.post("/api/auth/factors/totp/confirm", json!({"code": code})).await;
        assert_eq!(begin("a wrong guess").await.code(), "wrong_credentials");
        assert_eq!(confirm("123456").await.code(), "totp_not_begun");
        // What is begun and not confirmed asks nobody for anything; a second beginning takes its place.
        let first = App::of(begin(PASSWORD).await.expect(200)["secret"].as_str().unwrap());
        let begun = begin(PASSWORD).await.expect(200);
        let uri = begun["otpauth_uri"].as_str().unwrap();
        assert!(uri.starts_with("otpauth://totp/Hanse:ana%40example.org?secret="), "{uri}");
        assert_eq!(shop.world.login(ANA, PASSWORD).await.expect(200)["mfa_required"], false);
        assert_eq!(confirm(&first.code(shop.now())).await.code(), "wrong_code");
        let app = App::of(begun["secret"].as_str().unwrap());
        let told = confirm(&app.code(shop.now())).await.expect(200);
        assert_eq!(begin(PASSWORD).await.code(), "totp_enrolled");
        assert_eq!(confirm(&app.code(shop.now())).await.code(), "totp_not_begun");
        let remove = async |body: Value| client.post("/api/auth/factors/totp/remove", body).await;
        let recovery = told["recovery_codes"][0].clone();
        let neither = remove(json!({"current_password": PASSWORD})).await;
        assert_eq!(neither.status.as_u16(), 422);
        let both = json!({"current_password": PASSWORD, "code": "123456", "recovery_code": recovery});
        assert_eq!(remove(both).await.status.as_u16(), 422);
        let used = json!({"current_password": PASSWORD, "code": app.code(shop.now())});
        assert_eq!(remove(used).await.code(), "wrong_code");
        let wrong = json!({"current_password": "a wrong guess", "recovery_code": recovery});
        assert_eq!(remove(wrong).await.code(), "wrong_credentials");
        assert_eq!(shop.world.login(ANA, PASSWORD).await.expect(200)["mfa_required"], true);
        remove(json!({"current_password": PASSWORD, "recovery_code": recovery})).await.expect(204);
        assert_eq!(shop.world.login(ANA, PASSWORD).await.expect(200)["mfa_required"], false);
        let mine = client.get("/api/auth/factors").await.expect(200);
        let none = json!({"totp": null, "recovery_codes": 0, "passkeys": [], "passkeys_available": true});
        assert_eq!(mine, none);
        let again = json!({"current_password": PASSWORD, "recovery_code": told["recovery_codes"][1]});
        assert_eq!(remove(again).await.code(), "no_factor");
        let told = shop.told().await;
        assert_eq!(told, [(Factor::Totp, FactorChange::Added), (Factor::Totp, FactorChange::Removed)]);
    })
    .await;
}

#[tokio::test]
async fn whoever_guesses_codes_is_stopped_and_the_owner_is_not() {
    in_time(async |shop| {
        let actor = shop.register(ANA).await;
        // A browser that has logged in before.
        let laptop = shop.world.browser(FIREFOX, None, ANA).await;
        let ana = shop.enrol(ANA, actor).await;
        // Somebody has the password.
        let challenge = shop.challenge(&ana).await;
        for _ in 0..10 {
            assert_eq!(shop.show(&challenge, "code", "a guess").await.code(), "wrong_code");
        }
        let code = ana.app.code(shop.now());
        let refused = shop.show(&challenge, "code", &code).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (429, "too_many_tries"));
        assert_eq!(refused.headers["retry-after"], "900");
        let another = shop.challenge(&ana).await;
        assert_eq!(shop.show(&another, "recovery_code", &ana.recovery[0]).await.code(), "too_many_tries");
        // The owner is let in by their own browser, and mistypes there first.
        let told =
            shop.world.try_from_browser(FIREFOX, Some(&laptop.device), [ANA, PASSWORD]).await.expect(200);
        let owner = shop.world.anybody().header("cookie", &format!("hanse_device={}", laptop.device));
        let show = async |code: &str| {
            let body = json!({"challenge": told["challenge"], "transport": "cookie", "code": code});
            owner.post("/api/auth/login/factor", body).await
        };
        assert_eq!(show("a typing error").await.code(), "wrong_code");
        show(&code).await.expect(200);
        // A session is no place to guess from, and no place to keep the owner out from either.
        let client = shop.client(&ana);
        let remove = async |code: &str| {
            let body = json!({"current_password": PASSWORD, "code": code});
            client.post("/api/auth/factors/totp/remove", body).await
        };
        for _ in 0..10 {
            assert_eq!(remove("a guess").await.code(), "wrong_code");
        }
        shop.time.advance(STEP);
        assert_eq!(remove(&ana.app.code(shop.now())).await.code(), "too_many_tries");
        shop.time.advance(Duration::from_secs(15 * 60));
        let challenge = shop.challenge(&ana).await;
        shop.show(&challenge, "code", &ana.app.code(shop.now())).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn a_browser_is_let_in_with_the_cookie_that_the_challenge_came_with() {
    in_time(async |shop| {
        let ana = shop.person(ANA).await;
        let asked = shop.world.try_from_browser(FIREFOX, None, [ANA, PASSWORD]).await;
        let cookies =
            asked.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap().to_string());
        let cookies: Vec<String> = cookies.collect();
        assert_eq!(cookies.len(), 1, "no session yet: {cookies:?}");
        let device = cookies[0].split([';', '=']).nth(1).unwrap().to_string();
        let challenge = asked.expect(200)["challenge"].clone();
        let body = json!({"challenge": challenge, "transport": "cookie", "code": ana.app.code(shop.now())});
        let stolen = shop.world.anybody().post("/api/auth/login/factor", body.clone()).await;
        assert_eq!(stolen.code(), "challenge_invalid", "another browser");
        let browser = shop.world.anybody().header("cookie", &format!("hanse_device={device}"));
        let answer = browser.post("/api/auth/login/factor", body).await;
        let lines: Vec<String> =
            answer.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap().into()).collect();
        assert_eq!(answer.expect(200), json!({"mfa_required": false}));
        let session = lines.iter().find_map(|line| line.strip_prefix("hanse_session=")).expect("a session");
        let token = shop.world.exchange(session.split(';').next().unwrap()).await;
        assert_eq!(shop.world.actor(&token).await, Some(ana.actor.clone()));
        assert!(
            lines.iter().any(|line| line.starts_with(&format!("hanse_device={device};"))),
            "it is known by it"
        );
    })
    .await;
}

#[tokio::test]
async fn one_code_shown_many_times_at_once_opens_one_session() {
    in_time(async |shop| {
        let ana = shop.person(ANA).await;
        let before = shop.sessions().await;
        let code = ana.app.code(shop.now());
        // By one challenge, and by several.
        let mut challenges = vec![shop.challenge(&ana).await; 3];
        challenges.push(shop.challenge(&ana).await);
        challenges.push(shop.challenge(&ana).await);
        let shows = challenges.iter().map(|challenge| shop.show(challenge, "code", &code));
        let answers = futures::future::join_all(shows).await;
        assert_eq!(answers.iter().filter(|answer| answer.status.as_u16() == 200).count(), 1);
        assert_eq!(shop.sessions().await, before + 1);
        // Ten recovery codes by one challenge.
        let challenge = shop.challenge(&ana).await;
        let shows = ana.recovery.iter().take(5).map(|code| shop.show(&challenge, "recovery_code", code));
        let answers = futures::future::join_all(shows).await;
        assert_eq!(answers.iter().filter(|answer| answer.status.as_u16() == 200).count(), 1);
        assert_eq!(shop.sessions().await, before + 2);
        // Who came too late has used none of them up.
        assert_eq!(shop.world.count("select count(*) from recovery_codes").await, 9);
    })
    .await;
}

#[tokio::test]
async fn the_store_has_no_secret_of_an_app_and_no_code() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let wrapped = AuthConfig { wrapping_key: Some("a".repeat(64).into()), ..config() };
        let shop = Timed::start(engine, wrapped).await;
        let ana = shop.person(ANA).await;
        let challenge = shop.challenge(&ana).await;
        assert_eq!(
            shop.world.count("select length(secret) from totp_factors where wrapped").await,
            12 + 20 + 16
        );
        assert_eq!(shop.world.count("select count(*) from factor_challenges").await, 1);
        shop.show(&challenge, "code", &ana.app.code(shop.now())).await.expect(200);
        assert_eq!(shop.world.count("select count(*) from factor_challenges").await, 0);
    }
}
