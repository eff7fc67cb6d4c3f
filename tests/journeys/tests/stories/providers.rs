//! Somebody logs in with who they are elsewhere, with a browser that follows every address that it is given.

use anyhow::{Context, Result, ensure};
use hanse_journeys::{Shop, set_up, until};
use hanse_testkit::IdentityProvider;
use reqwest::header::LOCATION;
use reqwest::redirect::Policy;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_shopper_logs_in_by_a_provider_through_the_gateway() -> Result<()> {
    let at = IdentityProvider::start(hanse_testkit::effects()).await;
    let mut shop = Shop::open_on(|data| Ok(std::fs::write(data.join("hanse.toml"), set_up(&at))?)).await?;
    let browser =
        reqwest::Client::builder().no_proxy().redirect(Policy::none()).cookie_store(true).build()?;
    let origin = shop.http.origin();
    let leads = async |path: &str| -> Result<String> {
        let answer = browser.get(format!("{origin}{path}")).send().await?;
        ensure!(answer.status() == 303, "{path}: {}", answer.status());
        let to = answer.headers().get(LOCATION).context("it leads nowhere")?;
        Ok(to.to_str()?.to_string())
    };
    let listed = shop.http.get("/api/auth/providers").expect(200).await?;
    assert_eq!(listed["items"][0]["label"], "Kontor ID");
    let back = at.visit(&leads("/api/auth/oauth/kontor/start?return_to=/cart").await?);
    assert_eq!(leads(&back).await?, "/cart");
    let me = browser.get(format!("{origin}/api/auth/me")).send().await?;
    let me: Value = serde_json::from_slice(&me.bytes().await?)?;
    assert_eq!((&me["email"], &me["has_password"]), (&"ana@example.org".into(), &false.into()));
    assert!(leads(&back).await?.starts_with("/account/login?refused="), "once is enough");
    // The merchant's secret is told to nobody who asks what is in force.
    let [way, place] = shop.reach();
    let shown = hanse_journeys::hanse(&["config", &way, &place]).await?;
    assert!(shown.status.success() && shown.stdout.contains("auth.providers.kontor"), "{}", shown.stderr);
    assert!(!shown.stdout.contains("hush"), "{}", shown.stdout);
    // There is no password to be asked for: whoever has just logged in may have their account erased.
    let erase = async |body: Value| -> Result<u16> {
        let asked = browser.post(format!("{origin}/api/store/me/erase")).header("x-requested-with", "hanse");
        let asked = asked.header("content-type", "application/json").body(body.to_string());
        Ok(asked.send().await?.status().as_u16())
    };
    assert_eq!(erase(json!({"password": "a long enough secret"})).await?, 409);
    assert_eq!(erase(json!({})).await?, 202);
    until("the account to be gone", async || {
        let me = browser.get(format!("{origin}/api/auth/me")).send().await?;
        Ok((me.status() == 401).then_some(()))
    })
    .await?;
    shop.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_cannot_work_keeps_the_shop_from_opening_and_is_named() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().display().to_string();
    for (text, key) in [
        (
            "kind = \"oidc\"\nlabel = \"A\"\nclient_id = \"a\"\nclient_secret = \"b\"",
            "auth.providers.a.issuer",
        ),
        ("kind = \"google\"\nclient_id = \"a\"", "auth.providers.a.client_secret"),
        (
            "kind = \"google\"\nclient_id = \"a\"\nclient_secret_file = \"/none\"",
            "auth.providers.a.client_secret_file",
        ),
    ] {
        std::fs::write(folder.path().join("hanse.toml"), format!("[auth.providers.a]\n{text}\n"))?;
        let ended = hanse_journeys::hanse(&["up", "--listen", "127.0.0.1:0", "--data", &data]).await?;
        assert!(!ended.status.success() && ended.stderr.contains(key), "{key}: {}", ended.stderr);
    }
    Ok(())
}
