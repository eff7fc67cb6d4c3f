//! What every answer carries and every client may rely on: headers, ids, limits, health.

use anyhow::{Context, Result};
use hanse_journeys::{Shop, csv, import, variants};
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
        ] {
            assert_eq!(answer.header(name), value, "{path}: {name}");
        }
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src") && !policy.contains("unsafe-eval"), "{path}: {policy}");
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
    for path in ["/livez", "/readyz", "/startupz"] {
        assert_eq!(http.get(path).send().await?.status, 200, "{path}");
    }
    http.get("/api/store/products").expect(200).await?;
    http.get("/api/store/products/ana@example.org").expect(404).await?;
    let metrics = http.get("/metrics").send().await?;
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
