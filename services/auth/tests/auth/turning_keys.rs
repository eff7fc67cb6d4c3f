//! The wrapping key is turned: what is wrapped under the former one is wrapped anew, and the former one is not needed any more.

use crate::factors::{Person, Timed};
use crate::world::{PASSWORD, World, config};
use hanse_auth::AuthConfig;
use hanse_testkit::Engine;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde_json::json;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
/// More than a unit takes at once.
const LOST: u64 = 450;

fn wrapping(key: &str, former: &[&str]) -> AuthConfig {
    AuthConfig {
        wrapping_key: Some(key.repeat(64).into()),
        former_wrapping_keys: former.iter().map(|key| key.repeat(64).into()).collect(),
        ..config()
    }
}

fn left(metrics: &PrometheusHandle) -> Option<u64> {
    let text = metrics.render();
    let line = text.lines().find(|line| line.starts_with("auth_secrets_under_former_key "))?;
    line.rsplit(' ').next()?.parse().ok()
}

impl Timed {
    /// The process ends, and another one begins with these keys.
    async fn restarted(self, config: AuthConfig) -> Self {
        let module = hanse_auth::module(self.world.host.clone(), config).await.expect("auth starts");
        let world = World { auth: self.world.test.start(module), ..self.world };
        Self { world, ..self }
    }

    /// The next looks, until one of them has found so many.
    async fn looks_until(&self, metrics: &PrometheusHandle, found: u64) {
        let looked = async || {
            self.time.advance(MINUTE);
            left(metrics) == Some(found)
        };
        self.world.test.until("the secrets are looked at", looked).await;
    }

    async fn log_in_with_app(&self, person: &Person) {
        // A code is good once.
        self.time.advance(MINUTE);
        let body = json!({"email": person.email, "password": PASSWORD});
        let asked = self.world.anybody().post("/api/auth/login", body).await.expect(200);
        let body = json!({"challenge": asked["challenge"], "code": person.app.code(self.now())});
        self.world.anybody().post("/api/auth/login/factor", body).await.expect(200);
    }
}

#[tokio::test]
async fn a_wrapping_key_is_turned_and_the_former_one_is_thrown_away() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let recorder = PrometheusBuilder::new().build_recorder();
        let metrics = recorder.handle();
        let _here = metrics::set_default_local_recorder(&recorder);
        let before = Timed::start(engine, wrapping("a", &[])).await;
        let ana = before.person("ana@example.org").await;
        let host = before.world.host.clone();
        let alone = async || hanse_auth::module(host.clone(), wrapping("b", &[])).await.err();
        assert!(alone().await.is_some(), "everything is under the former key");

        let turned = before.restarted(wrapping("b", &["c", "a"])).await;
        turned.log_in_with_app(&ana).await;
        turned.looks_until(&metrics, 0).await;
        assert!(alone().await.is_none(), "the signing keys are under the present key");
        let after = turned.restarted(wrapping("b", &[])).await;
        after.log_in_with_app(&ana).await;
        let back = hanse_auth::module(host.clone(), wrapping("a", &[])).await.err();
        assert!(back.is_some_and(|told| told.to_string().contains("another wrapping key")));
    }
}

#[tokio::test]
async fn what_no_key_opens_is_counted_and_stays_as_it_is() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let metrics = recorder.handle();
    let _here = metrics::set_default_local_recorder(&recorder);
    let shop = Timed::start(Engine::Sqlite, wrapping("b", &["a"])).await;
    let ana = shop.person("ana@example.org").await;
    let people = "with recursive n (i) as (select 1 union all select i + 1 from n where i < 450)
                  insert into accounts (id, email, email_key, name, locale, password_hash, created_at, version, events)
                  select randomblob(16), i, i, '', 'en', '', 0, 1, 1 from n";
    shop.world.meddle(people).await;
    let secrets = "insert into totp_factors (user_id, secret, wrapped, created_at, used_step)
                   select id, randomblob(50), 1, 0, 0 from accounts where name = ''";
    shop.world.meddle(secrets).await;
    shop.looks_until(&metrics, LOST).await;
    assert_eq!(
        shop.world.count("select count(*) from totp_factors where length(secret) = 50").await,
        LOST as i64
    );
    shop.log_in_with_app(&ana).await;
}
