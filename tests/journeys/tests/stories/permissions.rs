//! Every route of the document has the door that it tells: strangers are asked who they are, shoppers and staff without
//! the permission are turned away.

use anyhow::{Context, Result};
use hanse_journeys::{Shop, hanse, key, login};
use serde_json::{Value, json};
use std::collections::BTreeSet;

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

/// Somebody who knocks at every door.
struct Visitor {
    name: String,
    token: Option<String>,
    /// What else they bring along. It counts for nothing.
    headers: Vec<(&'static str, String)>,
    /// Of staff, as the list of roles tells them; of a program, what its key names.
    permissions: BTreeSet<String>,
    program: bool,
}

impl Visitor {
    fn nobody(name: &str) -> Self {
        let (headers, permissions) = (vec![], BTreeSet::new());
        Self { name: name.into(), token: None, headers, permissions, program: false }
    }

    /// Whether a route of this access lets them in; None for an access that nobody has heard of.
    fn may_enter(&self, path: &str, access: &str) -> Option<bool> {
        // Accounts are for people, whatever the door says.
        let shut = self.program && path.starts_with("/api/auth/");
        match access {
            "public" => Some(!shut),
            "customer" | "person" | "order_holder" => Some(self.token.is_some() && !self.program),
            // Whoever knocks here has just logged in.
            staff => {
                let words: Vec<&str> = staff.strip_prefix("staff:")?.split(' ').collect();
                let (permission, for_people) = match words.as_slice() {
                    [permission] | [permission, "recent"] => (*permission, false),
                    [permission, "recent", "person"] => (*permission, true),
                    _ => return None,
                };
                Some(!shut && self.permissions.contains(permission) && !(for_people && self.program))
            }
        }
    }

    /// What is wrong about the answer, if anything.
    fn surprise(&self, method: &str, path: &str, access: &str, status: u16) -> Option<String> {
        let Some(may) = self.may_enter(path, access) else {
            return Some(format!("{method} {path}: its access is {access:?}"));
        };
        // Wrong credentials are what these two are about, even when they bring none.
        let own = path == "/api/auth/login" || path == "/api/auth/refresh";
        let turned_away = if self.token.is_none() { 401 } else { 403 };
        let fits = match may {
            true => own || !matches!(status, 401 | 403),
            false => status == turned_away,
        };
        let told = format!("{method} {path} ({access}): {} got {status}", self.name);
        (!fits || status >= 500).then_some(told)
    }
}

const PASSWORD: &str = "a long enough secret";
/// What the key of the program that knocks may do.
const OF_THE_KEY: [&str; 2] = ["inventory:read", "orders:refund"];

/// Strangers, with and without what they have forged or found; a shopper; one of each role, built in and the shop's own; a
/// program.
async fn visitors(shop: &Shop) -> Result<Vec<Visitor>> {
    let http = &shop.http;
    let account = json!({"email": "ana@example.org", "password": PASSWORD, "name": "Ana Lund"});
    http.post("/api/auth/register").json(&account).expect(201).await?;
    let ana = login(http, "ana@example.org", PASSWORD).await?;
    let staff = shop.staff().await?;
    let own = json!({"role": "packer", "permissions": ["orders:read", "inventory:read"]});
    http.post("/api/admin/roles").bearer(&staff).json(&own).expect(201).await?;
    let key = json!({"name": "the shelf's scanner", "permissions": OF_THE_KEY});
    let key = http.post("/api/admin/api-keys").bearer(&staff).json(&key).expect(201).await?;
    let key = key["key"].as_str().context("no key")?;

    let mut visitors = vec![
        Visitor::nobody("a stranger"),
        Visitor { token: Some(ana), ..Visitor::nobody("a shopper") },
        // As a gateway tells a service who asks, sent by somebody who is no gateway.
        Visitor {
            headers: vec![
                ("x-hanse-actor", json!({"service": {"name": "gateway"}}).to_string()),
                ("x-hanse-proof", json!("recent").to_string()),
                ("hanse-caller", "gateway".into()),
            ],
            ..Visitor::nobody("a stranger who says to be a service")
        },
        Visitor {
            headers: vec![
                ("cookie", format!("hanse_session={key}; __Host-hanse_session={key}")),
                ("x-requested-with", "hanse".into()),
            ],
            ..Visitor::nobody("a key in a cookie")
        },
        Visitor {
            token: Some(key.to_string()),
            permissions: OF_THE_KEY.map(str::to_string).into(),
            program: true,
            ..Visitor::nobody("a program")
        },
    ];
    let roles = http.get("/api/admin/roles").bearer(&staff).expect(200).await?;
    for role in roles["items"].as_array().context("no roles")? {
        let name = role["role"].as_str().context("a role without a name")?;
        let email = format!("{name}@example.org");
        if name == "read_only" {
            // By the operator, in the way that needs nobody who is there already.
            let [way, place] = shop.reach();
            let hire = ["admin", "create", "--role", name, "--email", &email, "--password", PASSWORD];
            let made = hanse(&[&hire[..], &[&way, &place]].concat()).await?;
            assert!(made.status.success(), "{made:?}");
        } else {
            let hired = json!({"email": email, "role": name, "password": PASSWORD});
            http.post("/api/admin/staff").bearer(&staff).json(&hired).expect(201).await?;
        }
        let permissions = role["permissions"].as_array().into_iter().flatten().filter_map(Value::as_str);
        visitors.push(Visitor {
            token: Some(login(http, &email, PASSWORD).await?),
            permissions: permissions.map(str::to_string).collect(),
            ..Visitor::nobody(name)
        });
    }
    Ok(visitors)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_lets_in_whom_its_access_names_and_nobody_else() -> Result<()> {
    let mut shop = Shop::open().await?;
    let http = &shop.http;
    let visitors = visitors(&shop).await?;
    assert_eq!(
        visitors.len(),
        11,
        "a stranger, two who bring what counts for nothing, a shopper, a program and six roles"
    );
    let document = http.get("/api/openapi.json").expect(200).await?;
    let all = routes(&document, "/")?;
    assert!(all.len() >= 85, "the document lists {} routes only", all.len());
    let mut surprises = Vec::new();
    for (method, path, access) in &all {
        let asked: reqwest::Method = method.to_uppercase().parse().context("a method")?;
        for visitor in &visitors {
            let mut call = http.call(asked.clone(), path).key(&key());
            call = if method == "get" { call } else { call.json(&json!({"no_such_field": 1})) };
            call = if let Some(token) = &visitor.token { call.bearer(token) } else { call };
            call = visitor.headers.iter().fold(call, |call, (name, value)| call.header(name, value));
            let answer = call.send().await.with_context(|| format!("{method} {path}"))?;
            surprises.extend(visitor.surprise(method, path, access, answer.status));
        }
    }
    assert!(surprises.is_empty(), "{}", surprises.join("\n"));
    // A door that is open, one that is shut, and one that nobody knows are each told.
    let [stranger, shopper, _, _, program] = [0, 1, 2, 3, 4].map(|n| &visitors[n]);
    assert!(stranger.surprise("get", "/api/admin/orders", "staff:orders:read", 200).is_some());
    assert!(shopper.surprise("get", "/api/admin/orders", "staff:orders:read", 401).is_some());
    assert!(shopper.surprise("get", "/api/auth/me", "customer", 403).is_some());
    assert!(stranger.surprise("get", "/api/store/products", "everybody", 200).is_some());
    assert!(program.surprise("get", "/api/store/me", "customer", 200).is_some());
    assert!(program.surprise("get", "/api/admin/inventory", "staff:inventory:read", 403).is_some());
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
