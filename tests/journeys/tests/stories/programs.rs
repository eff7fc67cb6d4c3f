//! A merchant's program, with a key instead of a login.

use anyhow::{Context, Result};
use hanse_journeys::{Shop, login, until};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_program_does_what_its_key_names_until_it_is_withdrawn() -> Result<()> {
    let mut shop = Shop::open().await?;
    let (http, staff) = (&shop.http, shop.staff().await?);
    let new = json!({"name": "the shelf's scanner", "permissions": ["inventory:read", "orders:read"]});
    let made = http.post("/api/admin/api-keys").bearer(&staff).json(&new).expect(201).await?;
    let key = made["key"].as_str().context("no key")?.to_string();
    let id = made["id"].as_str().context("no id")?.to_string();
    assert!(key.starts_with(&id) && key.len() == 68 && id.len() == 16, "{id}");

    http.get("/api/admin/orders").bearer(&key).expect(200).await?;
    http.get("/api/admin/staff").bearer(&key).refused(403, "forbidden").await?;
    http.post("/api/admin/products").bearer(&key).json(&json!({})).refused(403, "forbidden").await?;
    // Not even its owner's account is its own.
    for path in ["/api/auth/me", "/api/auth/sessions"] {
        http.get(path).bearer(&key).refused(403, "key_not_allowed").await?;
    }
    for path in ["/api/store/me", "/api/store/orders", "/api/store/me/addresses"] {
        http.get(path).bearer(&key).refused(403, "key_not_allowed").await?;
    }
    // What is open to everybody is so for a program, which is nobody there.
    http.get("/api/store/products").bearer(&key).expect(200).await?;
    let cart = http.post("/api/store/carts").bearer(&key).json(&json!({})).expect(201).await?;
    let cart = format!("/api/store/carts/{}", cart["id"].as_str().context("no id")?);
    http.get(&cart).expect(200).await?;
    // In a cookie it opens nothing at all.
    for path in ["/api/auth/me", "/api/auth/sessions", "/api/store/me", "/api/admin/orders"] {
        let cookie = format!("hanse_session={key}");
        http.get(path).header("cookie", &cookie).refused(401, "unauthenticated").await?;
    }
    let other = format!("hak_{}", "0".repeat(64));
    http.get("/api/admin/orders").bearer(&other).refused(401, "invalid_token").await?;
    http.get("/api/admin/orders").bearer(&key[..67]).refused(401, "invalid_token").await?;

    let listed = http.get("/api/admin/api-keys").bearer(&staff).expect(200).await?;
    let listed = &listed["items"][0];
    assert_eq!((&listed["id"], &listed["name"]), (&json!(id), &json!("the shelf's scanner")));
    assert!(listed["last_used_at"].is_string() && listed["key"].is_null(), "{listed}");
    assert!(!shop.whole_log()?.contains(&key), "the log has the key");

    let path = format!("/api/admin/api-keys/{id}");
    let withdrawn = http.call(reqwest::Method::DELETE, &path).bearer(&staff).send().await?;
    assert_eq!(withdrawn.status, 204, "{}", withdrawn.text());
    http.call(reqwest::Method::DELETE, &path).bearer(&staff).refused(404, "not_found").await?;
    until("the gateway to notice", async || {
        let answer = http.get("/api/admin/orders").bearer(&key).send().await?;
        Ok((answer.status == 401).then_some(()))
    })
    .await?;
    shop.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gives_a_key_more_than_they_have() -> Result<()> {
    let mut shop = Shop::open().await?;
    let (http, staff) = (&shop.http, shop.staff().await?);
    let password = "a long enough secret";
    let hired = json!({"email": "max@example.org", "role": "manager", "password": password});
    http.post("/api/admin/staff").bearer(&staff).json(&hired).expect(201).await?;
    let manager = login(http, "max@example.org", password).await?;
    let key = |permissions: Value| json!({"name": "anything", "permissions": permissions});
    let path = "/api/admin/api-keys";
    http.post(path).bearer(&manager).json(&key(json!(["orders:read"]))).refused(403, "forbidden").await?;
    for (wrong, field) in [
        (key(json!([])), "permissions"),
        (key(json!(["everything"])), "permissions"),
        (json!({"name": " ", "permissions": ["orders:read"]}), "name"),
    ] {
        let told = http.post(path).bearer(&staff).json(&wrong).refused(422, "validation").await?;
        assert_eq!(told["errors"][0]["field"], field, "{told}");
    }
    // A key makes no keys and lets nobody in: that is for people, who show once more who they are.
    let made = http.post(path).bearer(&staff).json(&key(json!(["staff:write"]))).expect(201).await?;
    let hires = made["key"].as_str().context("no key")?;
    http.post(path).bearer(hires).json(&key(json!(["staff:write"]))).refused(403, "key_not_allowed").await?;
    let hired = json!({"email": "eve@example.org", "role": "owner"});
    http.post("/api/admin/staff").bearer(hires).json(&hired).refused(403, "key_not_allowed").await?;
    http.get("/api/admin/staff").bearer(hires).expect(200).await?;
    shop.stop().await
}
