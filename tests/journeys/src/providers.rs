//! A provider of logins that a shop knows, and people who link it.

use crate::http::Http;
use anyhow::{Context, Result, ensure};
use hanse_testkit::IdentityProvider;
use hanse_testkit::identity_provider::{CLIENT_ID, CLIENT_SECRET};
use serde_json::{Value, json};

/// The part of a shop's configuration that names it, as `kontor`.
pub fn set_up(at: &IdentityProvider) -> String {
    format!(
        "[auth.providers.kontor]\nkind = \"oidc\"\nlabel = \"Kontor ID\"\nissuer = \"{}\"\nclient_id = \"{CLIENT_ID}\"\n\
         client_secret = \"{CLIENT_SECRET}\"\n",
        at.issuer()
    )
}

/// Somebody who is logged in links who they are there with their account; what the shop has of it.
pub async fn links(http: &Http, at: &IdentityProvider, token: &str, subject: &str) -> Result<Value> {
    let asked = http.post("/api/auth/identities/kontor/link").bearer(token).json(&json!({})).send().await?;
    let cookie = asked.header("set-cookie").split(';').next().unwrap_or_default().to_string();
    let url = asked.expect(200)?["url"].as_str().context("no address to go to")?.to_string();
    let back = at.visit_as(&url, json!({"sub": subject}));
    let ended = http.get(&back).bearer(token).header("cookie", &cookie).send().await?;
    ensure!(ended.status == 200, "the way back ends with {}", ended.status);
    let linked = http.get("/api/auth/identities").bearer(token).expect(200).await?;
    ensure!(linked["items"].as_array().is_some_and(|items| items.len() == 1), "nothing is linked: {linked}");
    Ok(linked["items"][0].clone())
}
