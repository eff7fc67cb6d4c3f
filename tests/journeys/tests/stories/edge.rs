//! What every answer carries and every client may rely on: headers, ids, limits, health.

use anyhow::{Context, Result};
use hanse_journeys::{Shop, csv, import, login, variants};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_guarded_and_can_be_traced() -> Result<()> {
    let mut shop = Shop::open().await?;
    let http = &shop.http;
    for path in ["/", "/api/store/products", "/api/store/nothing", "/api/reference", "/mail"] {
        let answer = http.get(path).send().await?;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "strict-origin-when-cross-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("strict-transport-security", ""),
        ] {
            assert_eq!(answer.header(name), value, "{path}: {name}");
        }
        let policy = answer.header("content-security-policy");
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{path}: {policy}");
        for directive in ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"] {
            assert!(policy.contains(directive), "{path}: {policy}");
        }
        assert!(!answer.header("x-correlation-id").is_empty(), "{path}");
    }

    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let call = http.get("/api/store/nothing").header("x-correlation-id", "ticket-42");
    let answer = call.header("traceparent", trace).send().await?;
    let problem = answer.refused(404, "not_found")?;
    assert_eq!(
        (&problem["correlation_id"], answer.header("x-correlation-id")),
        (&json!("ticket-42"), "ticket-42")
    );
    assert!(answer.header("traceparent").contains("4bf92f3577b34da6a3ce929d0e0e4736"));
    let call = http.get("/api/store/nothing").header("x-correlation-id", "<script>alert(1)</script>");
    assert!(!call.send().await?.text().contains("<script>"), "an id that is none is made anew");

    http.call(reqwest::Method::DELETE, "/api/store/products").refused(405, "method_not_allowed").await?;
    http.get(&format!("/api/store/products?q={}", "x".repeat(9_000))).refused(414, "uri_too_long").await?;
    let long = "x".repeat(40_000);
    http.get("/api/store/products").header("x-long", &long).refused(431, "headers_too_large").await?;
    shop.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn large_answers_are_compressed_and_known_ones_not_sent_again() -> Result<()> {
    let mut shop = Shop::open().await?;
    let staff = shop.staff().await?;
    import(&shop.http, &staff, "goods.csv", csv(&[("rope", "10.00", 5)]).as_bytes()).await?;
    variants(&shop.http, &["rope"]).await?;
    let http = &shop.http;
    let document = http.get("/api/openapi.json").header("accept-encoding", "gzip").send().await?;
    assert_eq!((document.status, document.header("content-encoding")), (200, "gzip"));
    assert!(
        document.header("vary").to_lowercase().contains("accept-encoding"),
        "{}",
        document.header("vary")
    );
    assert_eq!(document.body[..2], [0x1f, 0x8b]);
    let plain = http.get("/api/openapi.json").send().await?;
    assert_eq!(plain.header("content-encoding"), "");
    assert!(document.body.len() * 3 < plain.body.len());
    shop.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_names_what_is_the_same_once_and_a_start_says_nothing_bad() -> Result<()> {
    let mut shop = Shop::open().await?;
    let document = shop.http.get("/api/openapi.json").expect(200).await?;
    let schemas = document["components"]["schemas"].as_object().context("no schemas")?;
    for shared in ["Problem", "FieldError", "Money", "Currency"] {
        let named: Vec<_> = schemas.keys().filter(|name| name.ends_with(shared)).collect();
        assert_eq!(named, [shared]);
    }
    let log = shop.log();
    assert!(!log.contains("ERROR") && !log.contains("WARN"), "{log}");
    shop.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn health_is_told_and_metrics_are_kept() -> Result<()> {
    let mut shop = Shop::open().await?;
    let http = &shop.http;
    for path in ["/livez", "/readyz", "/startupz", "/metrics"] {
        assert_eq!(shop.probes.get(path).send().await?.status, 200, "{path}");
        // In a league they have a door of their own, and are nothing for shoppers.
        let open = if shop.is_league() { 404 } else { 200 };
        assert_eq!(http.get(path).send().await?.status, open, "{path}");
    }
    http.get("/api/store/products").expect(200).await?;
    http.get("/api/store/products/ana@example.org").expect(404).await?;
    let metrics = shop.probes.get("/metrics").send().await?;
    assert_eq!(metrics.status, 200);
    let text = metrics.text();
    assert!(text.contains("http_server_request_duration_seconds"), "{text}");
    assert!(text.contains("route=\"/api/store/products\""), "{text}");
    assert!(!text.contains("ana@example.org"), "a path of a client is no label");
    shop.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_too_often_is_told_when_to_come_again() -> Result<()> {
    let limits = "[limits]\nloopback = true\nlogin_per_minute = 5\n";
    let mut shop = Shop::open_on(|data| Ok(std::fs::write(data.join("hanse.toml"), limits)?)).await?;
    let http = &shop.http;
    let wrong = json!({"email": "ana@example.org", "password": "not the one I have"});
    for left in (0..5).rev() {
        let answer = http.post("/api/auth/login").json(&wrong).send().await?;
        answer.refused(401, "wrong_credentials")?;
        assert_eq!(answer.header("ratelimit-limit"), "5");
        // One comes back every twelve seconds.
        let told: u32 = answer.header("ratelimit-remaining").parse()?;
        assert!(told >= left && told < 5, "{told} left of {left}");
    }
    let refused = loop {
        let answer = http.post("/api/auth/login").json(&wrong).send().await?;
        if answer.status != 401 {
            break answer;
        }
    };
    refused.refused(429, "rate_limited")?;
    let wait: u64 = refused.header("retry-after").parse()?;
    assert!((1..=13).contains(&wait), "{wait}");
    assert_eq!((refused.header("ratelimit-limit"), refused.header("ratelimit-remaining")), ("5", "0"));
    assert!(refused.header("ratelimit-reset").parse::<u64>()? >= 1);
    http.get("/api/store/products").expect(200).await.context("looking has a limit of its own")?;
    shop.stop().await?;

    let mut near = Shop::open().await?;
    for _ in 0..30 {
        let answer = near.http.post("/api/auth/login").json(&json!({"email": "x"})).send().await?;
        assert_eq!(answer.status, 422, "nobody on this machine is held back: {}", answer.text());
    }
    near.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_request_has_a_limit_of_its_own_by_address_and_by_account() -> Result<()> {
    let limits = "[limits]\nloopback = true\nmail_per_minute = 4\nwebhook_per_minute = 3\nother_per_minute = 60\n\
                  account_per_minute = 5\nlogin_per_minute = 60\n\n";
    let mut shop = Shop::open_on(|data| Ok(std::fs::write(data.join("hanse.toml"), limits)?)).await?;
    let http = &shop.http;
    let account = json!({"email": "ana@example.org", "password": "a long enough secret", "name": "Ana"});
    http.post("/api/auth/register").json(&account).expect(201).await?;
    let ana = login(http, "ana@example.org", "a long enough secret").await?;

    // A provider that calls often is held back by itself; whoever looks around at its address is not.
    let call = || http.post("/api/store/payments/webhooks/test").raw("application/json", b"{}".to_vec());
    let limited = async |call: &dyn Fn() -> hanse_journeys::Call| -> Result<hanse_journeys::Answer> {
        for _ in 0..20 {
            let answer = call().send().await?;
            if answer.status == 429 {
                return Ok(answer);
            }
        }
        anyhow::bail!("twenty were let through")
    };
    assert_eq!(limited(&call).await?.header("ratelimit-limit"), "3");
    http.get("/api/store/products").expect(200).await?;
    // Mails to addresses that whoever asks may choose.
    let forgot = || http.post("/api/auth/password/forgot").json(&json!({"email": "ana@example.org"}));
    let refused = limited(&forgot).await?;
    refused.refused(429, "rate_limited")?;
    assert_eq!(refused.header("ratelimit-limit"), "4");
    // One account, wherever it comes from; its neighbours are not held back with it.
    let own = || http.get("/api/auth/me").bearer(&ana);
    let refused = limited(&own).await?;
    assert_eq!((refused.header("ratelimit-limit"), refused.header("ratelimit-remaining")), ("5", "0"));
    http.get("/api/store/products").expect(200).await.context("nobody's")?;
    shop.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxys_word_counts_where_it_is_trusted_and_nowhere_else() -> Result<()> {
    let limits = "[limits]\nlogin_per_minute = 3\nloopback = true\n\n";
    let untrusting = |data: &std::path::Path| Ok(std::fs::write(data.join("hanse.toml"), limits)?);
    let mut shop = Shop::open_on(untrusting).await?;
    // Somebody else's address each time: guesses at one account have a count of their own.
    let tried = async |shop: &Shop, from: &str| -> Result<u16> {
        let wrong =
            json!({"email": format!("{}@example.org", hanse_journeys::key()), "password": "not mine at all"});
        let answer =
            shop.http.post("/api/auth/login").header("x-forwarded-for", from).json(&wrong).send().await?;
        if answer.status == 429 {
            answer.refused(429, "rate_limited")?;
        }
        Ok(answer.status)
    };
    let mut seen = vec![];
    for n in 0..12 {
        seen.push(tried(&shop, &format!("203.0.113.{n}")).await?);
    }
    assert!(seen.contains(&429), "an address that is made up is not believed: {seen:?}");
    shop.stop().await?;
    let trusting = format!("[server]\ntrusted_proxies = [\"127.0.0.1\"]\n\n{limits}");
    let mut shop = Shop::open_on(|data| Ok(std::fs::write(data.join("hanse.toml"), trusting)?)).await?;
    for n in 0..12 {
        assert_eq!(tried(&shop, &format!("203.0.113.{n}")).await?, 401, "each is somebody else");
        // What the client itself wrote before the proxy's word changes nothing.
        assert_eq!(tried(&shop, &format!("127.0.0.1, 203.0.114.{n}")).await?, 401);
    }
    let mut seen = vec![];
    for _ in 0..12 {
        seen.push(tried(&shop, "10.9.8.7, 203.0.113.99").await?);
    }
    assert!(seen.contains(&429), "{seen:?}");
    shop.http.get("/mail").send().await?.expect(404).context("behind a proxy everybody comes from here")?;
    shop.stop().await
}

/// It listens on this machine alone, and yet whoever stands in front of it lets others in.
#[tokio::test(flavor = "multi_thread")]
async fn a_shop_behind_a_proxy_is_taken_for_one_that_others_can_reach() -> Result<()> {
    // What the stories of a league tell it otherwise, it would do by itself.
    let league = if hanse_journeys::in_a_league() { "[auth]\nstaff_factor = \"required\"\n\n" } else { "" };
    let fronted = format!(
        "[server]\npublic_url = \"https://shop.example\"\n\n{league}[limits]\nlogin_per_minute = 6\n"
    );
    let mut shop = Shop::open_on(|data| Ok(std::fs::write(data.join("hanse.toml"), &fronted)?)).await?;
    let staff = shop.staff().await?;
    let refused = shop.http.get("/api/admin/staff").bearer(&staff).send().await?;
    refused.refused(403, "factor_enrolment_required")?;
    // The proxy tells of nobody, so that all come from one address.
    let wrong = |n: u32| json!({"email": format!("nobody-{n}@example.org"), "password": "not mine at all"});
    let mut seen = vec![];
    for n in 0..8 {
        seen.push(shop.http.post("/api/auth/login").json(&wrong(n)).send().await?.status);
    }
    assert!(seen.contains(&429), "whoever comes through a proxy is counted: {seen:?}");
    shop.stop().await
}
