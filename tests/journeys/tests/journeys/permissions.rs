//! Every admin route of the document has a door: strangers are asked who they are, customers are turned away.

use anyhow::{Context, Result};
use hanse_journeys::{Shop, key, login};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn no_admin_route_is_open_to_strangers_or_customers() -> Result<()> {
    let mut shop = Shop::open().await?;
    let http = &shop.http;
    let account = json!({"email": "ana@example.org", "password": "a long enough secret", "name": "Ana Lund"});
    http.post("/api/auth/register").json(&account).expect(201).await?;
    let customer = login(http, "ana@example.org", "a long enough secret").await?;
    let document = http.get("/api/openapi.json").expect(200).await?;
    assert_eq!(document["openapi"], "3.1.0");
    let routes = admin_routes(&document)?;
    assert!(routes.len() >= 30, "the document lists {} admin routes only", routes.len());
    for expected in [
        "/api/admin/products",
        "/api/admin/inventory/adjustments",
        "/api/admin/orders",
        "/api/admin/imports",
        "/api/admin/discounts",
        "/api/admin/customers",
    ] {
        assert!(routes.iter().any(|(_, path)| path == expected), "{expected} is not in the document");
    }
    let mut open = Vec::new();
    for (method, path) in &routes {
        let method: reqwest::Method = method.to_uppercase().parse().context("a method")?;
        let call = || http.call(method.clone(), path).key(&key()).json(&json!({}));
        let stranger = call().send().await?;
        let visitor = call().bearer(&customer).send().await?;
        let forged = call().bearer("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.").send().await?;
        if (stranger.status, visitor.status, forged.status) != (401, 403, 401) {
            open.push(format!("{method} {path}: {} {} {}", stranger.status, visitor.status, forged.status));
        }
    }
    assert!(
        open.is_empty(),
        "expected 401 for strangers, 403 for customers, 401 for forged tokens:\n{}",
        open.join("\n")
    );
    shop.stop().await
}

/// Methods and paths, with something in the place of each parameter.
fn admin_routes(document: &Value) -> Result<Vec<(String, String)>> {
    let paths = document["paths"].as_object().context("no paths")?;
    let mut routes = Vec::new();
    for (path, item) in paths.iter().filter(|(path, _)| path.starts_with("/api/admin/")) {
        for method in item.as_object().context("no operations")?.keys() {
            if ["get", "post", "put", "patch", "delete"].contains(&method.as_str()) {
                let filled = path.split('/').map(|part| if part.starts_with('{') { "x" } else { part });
                routes.push((method.clone(), filled.collect::<Vec<_>>().join("/")));
            }
        }
    }
    Ok(routes)
}
