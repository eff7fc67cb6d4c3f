//! Every route of the document has the door that it tells: strangers are asked who they are, customers and staff without
//! the permission are turned away.

use anyhow::{Context, Result};
use hanse_journeys::{Shop, hanse, key, login};
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
    let routes = routes(&document, "/api/admin/")?;
    assert!(routes.len() >= 30, "the document lists {} admin routes only", routes.len());
    for expected in [
        "/api/admin/products",
        "/api/admin/inventory/adjustments",
        "/api/admin/orders",
        "/api/admin/imports",
        "/api/admin/discounts",
        "/api/admin/customers",
    ] {
        assert!(routes.iter().any(|(_, path, _)| path == expected), "{expected} is not in the document");
    }
    let mut open = Vec::new();
    for (method, path, _) in &routes {
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

/// What each route's door must say to whom, by the access that the document tells: strangers, customers, staff who only
/// look. An empty list: anything but 401 and 403.
fn expected(access: &str, writes: bool) -> Option<[&'static [u16]; 3]> {
    Some(match access {
        "public" => [&[], &[], &[]],
        "customer" => [&[401], &[], &[]],
        "order_holder" => [&[401], &[], &[]],
        _ if access.starts_with("staff:") && access.ends_with(":read") => [&[401], &[403], &[]],
        _ if access.starts_with("staff:") && (access.ends_with(":write") || writes) => {
            [&[401], &[403], &[403]]
        }
        _ => return None,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_of_the_document_tells_its_access_and_keeps_it() -> Result<()> {
    let mut shop = Shop::open().await?;
    let http = &shop.http;
    let account = json!({"email": "ana@example.org", "password": "a long enough secret", "name": "Ana Lund"});
    http.post("/api/auth/register").json(&account).expect(201).await?;
    let customer = login(http, "ana@example.org", "a long enough secret").await?;
    let look = ["admin", "create", "--role", "read_only", "--email", "look@example.org", "--password"];
    let [way, place] = shop.reach();
    let made = hanse(&[&look[..], &["a long enough secret", &way, &place]].concat()).await?;
    assert!(made.status.success(), "{made:?}");
    let looking = login(http, "look@example.org", "a long enough secret").await?;

    let document = http.get("/api/openapi.json").expect(200).await?;
    let all = routes(&document, "/")?;
    assert!(all.len() >= 80, "the document lists {} routes only", all.len());
    let mut wrong = Vec::new();
    for (method, path, access) in &all {
        let writes = method != "get";
        let Some(doors) = expected(access, writes) else {
            wrong.push(format!("{method} {path}: its access is {access:?}"));
            continue;
        };
        let method: reqwest::Method = method.to_uppercase().parse().context("a method")?;
        for (who, token, door) in [
            ("a stranger", None, doors[0]),
            ("a customer", Some(&customer), doors[1]),
            ("staff that looks", Some(&looking), doors[2]),
        ] {
            let mut call = http.call(method.clone(), path).key(&key());
            call = if writes { call.json(&json!({"no_such_field": 1})) } else { call };
            call = if let Some(token) = token { call.bearer(token) } else { call };
            let answer = call.send().await.with_context(|| format!("{method} {path}"))?;
            // Wrong credentials are what a login without any is about.
            let own = path == "/api/auth/login" || path == "/api/auth/refresh";
            let fits = match door {
                [] => own || !matches!(answer.status, 401 | 403),
                some => some.contains(&answer.status),
            };
            if !fits || answer.status >= 500 {
                wrong.push(format!("{method} {path} ({access}): {who} got {}", answer.status));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    shop.stop().await
}

/// Methods, paths with something in the place of each parameter, and the access that is told.
fn routes(document: &Value, below: &str) -> Result<Vec<(String, String, String)>> {
    let paths = document["paths"].as_object().context("no paths")?;
    let mut routes = Vec::new();
    for (path, item) in paths.iter().filter(|(path, _)| path.starts_with(below)) {
        for (method, operation) in item.as_object().context("no operations")? {
            if ["get", "post", "put", "patch", "delete"].contains(&method.as_str()) {
                let filled = path.split('/').map(|part| if part.starts_with('{') { "x" } else { part });
                let access = operation["x-hanse-access"].as_str().unwrap_or_default().to_string();
                routes.push((method.clone(), filled.collect::<Vec<_>>().join("/"), access));
            }
        }
    }
    Ok(routes)
}
