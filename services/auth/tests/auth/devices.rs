//! Browsers that are known again, warnings of those that are not, and guessing that gets nowhere.

use crate::world::{PASSWORD, World, config, on_both};
use hanse_auth_contract::NewDevice;
use hanse_testkit::{Answer, Engine, TestHost, TestWorld};
use serde_json::json;
use std::time::Duration;

const ANA: &str = "ana@example.org";
const NEW: &str = "another long password";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// A login of a browser that keeps what it was given.
pub struct Browser {
    pub session: String,
    pub device: String,
}

/// What a browser keeps of an answer under this name.
fn kept(answer: &Answer, name: &str) -> String {
    let lines = answer.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap());
    let line = lines.into_iter().find_map(|line| line.strip_prefix(&format!("{name}="))).expect(name);
    line.split(';').next().unwrap().to_string()
}

impl World {
    pub async fn try_from_browser(&self, agent: &str, device: Option<&str>, body: [&str; 2]) -> Answer {
        let mut client = self.anybody().header("user-agent", agent);
        if let Some(device) = device {
            client = client.header("cookie", &format!("hanse_device={device}"));
        }
        let [email, password] = body;
        let body = json!({"email": email, "password": password, "transport": "cookie"});
        client.post("/api/auth/login", body).await
    }

    pub async fn browser(&self, agent: &str, device: Option<&str>, email: &str) -> Browser {
        let answer = self.try_from_browser(agent, device, [email, PASSWORD]).await;
        let browser =
            Browser { session: kept(&answer, "hanse_session"), device: kept(&answer, "hanse_device") };
        answer.expect(200);
        browser
    }

    async fn warnings(&self) -> Vec<Option<String>> {
        self.test.settle().await;
        self.test.published_of::<NewDevice>().into_iter().map(|told| told.device).collect()
    }
}

#[tokio::test]
async fn a_login_from_a_device_that_the_account_does_not_know_is_told() {
    on_both(config, async |world| {
        world.register(ANA).await;
        let laptop = world.browser(FIREFOX, None, ANA).await;
        assert!(laptop.device.starts_with("hdt_"));
        let again = world.browser(FIREFOX, Some(&laptop.device), ANA).await;
        assert_eq!((again.device, world.warnings().await.len()), (laptop.device.clone(), 0));
        // Another browser of the same kind, a forged cookie, a program: each is new once.
        world.browser(FIREFOX, None, ANA).await;
        world.browser("curl/8", Some("hdt_0"), ANA).await;
        world.browser("curl/8", Some(&format!("hdt_{}", "0".repeat(64))), ANA).await;
        world.tokens(ANA).await;
        world.tokens(ANA).await;
        let mut told = world.warnings().await;
        told.sort();
        let curl = Some("curl".to_string());
        assert_eq!(told, [None, Some("Firefox on Linux".to_string()), curl.clone(), curl]);
        // What one account knows, another does not.
        world.register("bob@example.org").await;
        world.browser("bobs/1", None, "bob@example.org").await;
        world.browser(FIREFOX, Some(&laptop.device), "bob@example.org").await;
        assert_eq!(world.warnings().await.len(), 5);
    })
    .await;
}

#[tokio::test]
async fn whoever_guesses_is_stopped_and_the_owner_is_not() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let time = TestWorld::new();
        let world = World::start(TestHost::with_effects(engine, time.effects()), config()).await;
        world.register(ANA).await;
        let laptop = world.browser(FIREFOX, None, ANA).await;
        for _ in 0..10 {
            assert_eq!(world.login(ANA, "a wrong guess").await.code(), "wrong_credentials");
        }
        let refused = world.login(ANA, PASSWORD).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (429, "too_many_tries"));
        assert_eq!(refused.headers["retry-after"], "900");
        // The owner's browser is let in meanwhile, and may mistype as well.
        let typo = world.try_from_browser(FIREFOX, Some(&laptop.device), [ANA, "a typing error"]).await;
        assert_eq!(typo.code(), "wrong_credentials");
        world.browser(FIREFOX, Some(&laptop.device), ANA).await;
        // A cookie that another account's browser has is no help.
        world.register("eve@example.org").await;
        let eve = world.browser(FIREFOX, None, "eve@example.org").await;
        let guess = world.try_from_browser(FIREFOX, Some(&eve.device), [ANA, PASSWORD]).await;
        assert_eq!(guess.code(), "too_many_tries");
        // The time passes.
        time.advance(Duration::from_secs(15 * 60));
        world.login(ANA, PASSWORD).await.expect(200);
    }
}

#[tokio::test]
async fn whoever_takes_a_new_password_by_mail_is_let_in_while_others_go_on_guessing() {
    on_both(config, async |world| {
        world.register(ANA).await;
        let laptop = world.browser(FIREFOX, None, ANA).await;
        let guess = async || world.login(ANA, "a wrong guess").await.code();
        for _ in 0..10 {
            assert_eq!(guess().await, "wrong_credentials");
        }
        let token = world.reset_token(ANA).await;
        let reset = world.reset(&token, NEW).await;
        let given = kept(&reset, "hanse_device");
        reset.expect(204);
        assert_eq!(guess().await, "too_many_tries");
        // At once, from the browser that it was done with. What guesses at her after it counts against others, too.
        let login = async |device: &str| world.try_from_browser(FIREFOX, Some(device), [ANA, NEW]).await;
        let entered = login(&given).await;
        assert_eq!(kept(&entered, "hanse_device"), given);
        entered.expect(200);
        assert_eq!(guess().await, "too_many_tries");
        login(&given).await.expect(200);
        assert_eq!(world.warnings().await, Vec::<Option<String>>::new(), "it is known");
        // A program that sends what it was given is let in as well.
        let program = world.anybody().header("cookie", &format!("hanse_device={given}"));
        let body = json!({"email": ANA, "password": NEW});
        program.post("/api/auth/login", body.clone()).await.expect(200);
        assert_eq!(world.anybody().post("/api/auth/login", body).await.code(), "too_many_tries");
        // Of what the browser was known by before, somebody may have a copy.
        assert_eq!(login(&laptop.device).await.code(), "too_many_tries");
        // One's own guesses are counted there as everywhere.
        for _ in 0..10 {
            let wrong = world.try_from_browser(FIREFOX, Some(&given), [ANA, "a wrong guess"]).await;
            assert_eq!(wrong.code(), "wrong_credentials");
        }
        assert_eq!(login(&given).await.code(), "too_many_tries");
    })
    .await;
}

#[tokio::test]
async fn guesses_at_an_address_without_an_account_look_the_same() {
    on_both(config, async |world| {
        world.register(ANA).await;
        let mut faces = vec![];
        for email in [ANA, "nobody@example.org"] {
            let mut seen = vec![];
            for _ in 0..12 {
                let answer = world.login(email, "a wrong guess").await;
                seen.push((answer.status.as_u16(), answer.code()));
            }
            faces.push(seen);
        }
        assert_eq!(faces[0], faces[1]);
        assert_eq!(faces[0].last().map(|(status, _)| *status), Some(429));
        // One for each address, and one for the registration.
        assert_eq!(world.count("select count(*) from password_tries").await, 3);
    })
    .await;
}

#[tokio::test]
async fn right_passwords_count_for_nothing_and_guesses_at_once_are_all_counted() {
    on_both(config, async |world| {
        world.register(ANA).await;
        for _ in 0..12 {
            world.login(ANA, PASSWORD).await.expect(200);
        }
        let flood = futures::future::join_all((0..30).map(|_| world.login(ANA, "a wrong guess"))).await;
        let wrong = flood.iter().filter(|answer| answer.status.as_u16() == 401).count();
        assert_eq!(wrong, 10, "no more than ten were compared");
    })
    .await;
}

#[tokio::test]
async fn a_session_is_no_place_to_guess_the_password_from() {
    on_both(config, async |world| {
        let user = world.register(ANA).await["user_id"].as_str().unwrap().parse().unwrap();
        let ana = world.auth.client(hanse_kernel::Actor::Customer { user });
        let change = async |current: &str| {
            let body = json!({"current_password": current, "password": "another long password"});
            ana.post("/api/auth/password", body).await
        };
        for _ in 0..10 {
            assert_eq!(change("a wrong guess").await.code(), "wrong_credentials");
        }
        assert_eq!(change(PASSWORD).await.code(), "too_many_tries");
        let body = json!({"current_password": PASSWORD, "email": "lund@example.org"});
        assert_eq!(ana.post("/api/auth/email/change", body).await.code(), "too_many_tries");
        world.login(ANA, PASSWORD).await.expect(200);
    })
    .await;
}
