//! What an operator sees of a shop: one trace through all services, logs by their schema, and the metrics that the
//! documentation lists.

use anyhow::{Context, Result, ensure};
use hanse_journeys::{Schema, Shop, checkout_body, csv, fill_cart, import, key, until, variants};
use hanse_testkit::collector::{CollectedSpan, Collector, SpanKind};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const SCHEMA: &str = include_str!("../../../../platform/telemetry/schema/log.schema.json");
const OPERATIONS: &str = include_str!("../../../../docs/operations/observation.md");
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SHOPPER: &str = "00f067aa0ba902b7";
const CORRELATION: &str = "one-checkout";
/// Who has a part in the checkout of somebody without an account.
const INVOLVED: [&str; 8] =
    ["cart", "pricing", "order", "inventory", "payment", "notification", "product", "analytics"];
const TALKATIVE: &str = "[log]\njson = true\n\
    filter = \"info,hanse_http=debug,hanse_rpc=debug,hanse_messaging=debug\"\n";

/// Places an order as a shopper whose browser has begun a trace; waits until it is confirmed.
async fn buy(shop: &Shop) -> Result<Value> {
    let staff = shop.staff().await?;
    import(&shop.http, &staff, "goods.csv", csv(&[("mug", "12.00", 5)]).as_bytes()).await?;
    let mug = variants(&shop.http, &["mug"]).await?;
    let cart = fill_cart(&shop.http, &[(mug["mug"].as_str(), 1)]).await?;
    let asked = shop.http.post("/api/store/checkout").key(&key()).json(&checkout_body(&cart, "tok_success"));
    let asked = asked.header("traceparent", &format!("00-{TRACE}-{SHOPPER}-01"));
    let answer = asked.header("x-correlation-id", CORRELATION).send().await?;
    ensure!(matches!(answer.status, 201 | 202), "{}", answer.text());
    assert_eq!(answer.header("x-correlation-id"), CORRELATION);
    assert!(answer.header("traceparent").starts_with(&format!("00-{TRACE}-")), "the trace is given out");
    let placed = answer.json();
    let access = placed["access_token"].as_str().context("no access token")?;
    let path = format!("/api/store/orders/{}", placed["id"].as_str().context("no id")?);
    until("the order is confirmed", async || {
        let order = shop.http.get(&path).order(access).expect(200).await?;
        Ok(Some(order).filter(|order| order["status"] == "confirmed"))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_checkout_is_one_trace_through_every_service() -> Result<()> {
    let collector = Collector::open().await;
    let settings = format!("[telemetry]\notlp_endpoint = \"{}\"\n\n{TALKATIVE}", collector.endpoint());
    let mut shop = Shop::open_on(|data| Ok(std::fs::write(data.join("hanse.toml"), settings)?)).await?;
    buy(&shop).await?;
    until("the mail is on its way, and all have heard of it", async || {
        let spans = collector.of_trace(TRACE);
        let heard = |who: &str| spans.iter().any(|span| span.service == who);
        let mailed = spans.iter().any(|span| span.name == "send mail");
        Ok((mailed && heard("product") && heard("analytics")).then_some(()))
    })
    .await?;
    // What has not been sent by then is sent at the end.
    shop.stop().await?;

    let spans = collector.of_trace(TRACE);
    let by_id: BTreeMap<&str, &CollectedSpan> = spans.iter().map(|s| (s.span_id.as_str(), s)).collect();
    assert_eq!(by_id.len(), spans.len(), "every span has an id of its own");
    let first: Vec<_> = spans.iter().filter(|span| span.parent == SHOPPER).collect();
    assert!(
        first.len() == 1 && first[0].service == "gateway",
        "the shopper's child is the gateway's: {first:#?}"
    );
    assert_eq!(first[0].name, "POST /api/store/checkout");
    let status = first[0].attributes["http.response.status_code"].as_str();
    assert!(matches!(status, "201" | "202"), "{status}");
    for span in &spans {
        let parent = by_id.get(span.parent.as_str());
        assert!(span.parent == SHOPPER || parent.is_some(), "its parent was not told: {span:#?}");
        assert!(parent.is_none_or(|parent| parent.began <= span.began), "{span:#?} began before {parent:#?}");
    }
    let services: BTreeSet<&str> = spans.iter().map(|span| span.service.as_str()).collect();
    for service in INVOLVED.into_iter().chain(["gateway"]) {
        assert!(services.contains(service), "{service} is missing among {services:?}");
    }
    assert_order_of_work(&spans, &by_id);
    the_logs_belong_to_it(&shop)
}

/// Who did what for whom, in the words of the trace.
fn assert_order_of_work(spans: &[CollectedSpan], by_id: &BTreeMap<&str, &CollectedSpan>) {
    let parent =
        |span: &CollectedSpan| by_id.get(span.parent.as_str()).map(|s| (s.service.clone(), s.name.clone()));
    let one = |service: &str, name: &str| {
        let found = spans.iter().find(|span| span.service == service && span.name == name);
        found.unwrap_or_else(|| panic!("{service} has no span `{name}` among {spans:#?}"))
    };
    // A question: the asker's span around the answerer's.
    let quote = "hanse.pricing.v1.Pricing/Quote";
    let asked = Some(("order".to_string(), quote.to_string()));
    let mut answered =
        spans.iter().filter(|s| s.service == "pricing" && s.name == quote && parent(s) == asked);
    let quote = answered.next().unwrap_or_else(|| panic!("order asked for no quote: {spans:#?}"));
    assert_eq!((quote.kind, quote.attributes["rpc.method"].as_str()), (SpanKind::Server, "Quote"));
    assert_eq!(quote.attributes["rpc.grpc.status_code"], "0");
    // A message: what is done with it is a child of what sent it.
    let reserved = one("inventory", "process order.OrderPlaced.v1");
    let placing = parent(reserved).expect("the sender's span");
    assert_eq!((placing.0.as_str(), placing.1.as_str()), ("order", "POST /api/store/checkout"));
    assert_eq!(reserved.attributes["messaging.operation.type"], "process");
    assert_eq!(reserved.attributes["messaging.message.conversation_id"], CORRELATION);
    // An intent: performed later by a worker, in the same trace, and its answer is news to the order.
    let authorising = one("payment", "authorize");
    assert!(parent(authorising).is_some_and(|(service, _)| service == "payment"), "{authorising:#?}");
    let news =
        spans.iter().filter(|s| s.service == "order" && s.name == "process payment.PaymentProcessed.v1");
    assert!(news.clone().any(|span| span.parent == authorising.span_id), "{:#?}", news.collect::<Vec<_>>());
    let mail = one("notification", "send mail");
    assert_eq!(parent(mail), Some(("notification".into(), "process order.OrderConfirmed.v1".into())));
}

/// All lines fit the schema, and those of the trace are of the one request.
fn the_logs_belong_to_it(shop: &Shop) -> Result<()> {
    let schema = Schema::read(SCHEMA)?;
    let (mut services, mut targets, mut count, mut answered) = (BTreeSet::new(), BTreeSet::new(), 0, 0);
    for line in shop.whole_log()?.lines() {
        let told: Value = serde_json::from_str(line).with_context(|| format!("no JSON: {line}"))?;
        let faults = schema.faults(&told)?;
        assert!(faults.is_empty(), "{faults:?} in {line}");
        count += 1;
        if told["trace_id"] == TRACE {
            assert_eq!(told["correlation_id"], CORRELATION, "{line}");
            let text = |key: &str| told[key].as_str().unwrap_or_default().to_string();
            services.insert(text("service"));
            if told["service"] == "gateway" && told["message"] == "answered" {
                answered += 1;
                assert_eq!(told["fields"]["network"], "127.0.0.0/24", "{line}");
            }
            targets.insert(text("target").split("::").next().unwrap_or_default().to_string());
        } else {
            assert_ne!(told["correlation_id"], CORRELATION, "{line}");
        }
    }
    assert!(count > 50, "only {count} lines");
    assert!(answered > 0, "the gateway tells of no answer");
    for service in INVOLVED {
        assert!(services.contains(service), "{service} logged nothing of the trace: {services:?}");
    }
    // Requests, questions and messages alike.
    for target in ["hanse_http", "hanse_rpc", "hanse_messaging"] {
        assert!(targets.contains(target), "{target} is missing among {targets:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_collector_logs_still_tell_what_belongs_together() -> Result<()> {
    let mut shop = Shop::open_on(|data| Ok(std::fs::write(data.join("hanse.toml"), TALKATIVE)?)).await?;
    buy(&shop).await?;
    let alone = shop.http.get("/api/store/products").send().await?;
    let made_up = alone.header("traceparent").split('-').nth(1).context("no trace was made up")?.to_string();
    assert!(made_up.len() == 32 && made_up != TRACE, "{made_up}");
    until("the last message is dealt with", async || {
        let log = shop.whole_log()?;
        let told = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let of_it: Vec<_> = told.filter(|line| line["trace_id"] == TRACE).collect();
        let heard = |who: &&str| of_it.iter().any(|line| line["service"] == *who);
        Ok(["notification", "product", "analytics"].iter().all(heard).then_some(()))
    })
    .await?;
    shop.stop().await?;
    the_logs_belong_to_it(&shop)
}

#[test]
fn a_line_that_breaks_the_schema_is_found() -> Result<()> {
    let schema = Schema::read(SCHEMA)?;
    let good = json!({
        "time": "2026-11-23T10:00:00.000001Z", "level": "INFO", "service": "order", "target": "hanse_order",
        "message": "placed", "trace_id": TRACE, "span_id": SHOPPER, "correlation_id": "abc", "fields": {"order": 1},
    });
    assert!(schema.faults(&good)?.is_empty());
    let broken = |change: &dyn Fn(&mut Value)| {
        let mut line = good.clone();
        change(&mut line);
        schema.faults(&line)
    };
    let remove =
        |key: &'static str| broken(&move |line| _ = line.as_object_mut().map(|line| line.remove(key)));
    for required in ["time", "level", "service", "target", "message", "span_id", "fields"] {
        assert_eq!(remove(required)?.len(), 1, "without {required}");
    }
    for (key, wrong) in [
        ("time", json!("2026-11-23 10:00:00")),
        ("level", json!("info")),
        ("trace_id", json!(TRACE.to_uppercase())),
        ("correlation_id", json!("")),
        ("fields", json!("order=1")),
        ("extra", json!(1)),
    ] {
        assert_eq!(broken(&|line| line[key] = wrong.clone())?.len(), 1, "{key}: {wrong}");
    }
    assert!(Schema::read(r#"{"oneOf": []}"#).is_err(), "what is not checked is not passed over");
    Ok(())
}

/// The metrics that a process shows, with their types, are those that the operators' page lists.
#[tokio::test(flavor = "multi_thread")]
async fn every_metric_is_in_the_operators_table() -> Result<()> {
    let listed = listed(OPERATIONS);
    let mut shop = Shop::open().await?;
    buy(&shop).await?;
    let wanted = "hanse_order_saga_oldest_age_seconds{state=\"awaiting_capture\"}";
    let text = until("the sagas are measured", async || {
        let text = shop.probes.get("/metrics").send().await?.text();
        Ok(Some(text).filter(|text| text.contains(wanted)))
    })
    .await?;
    assert_eq!(unlisted(&text, &listed), Vec::<String>::new());
    let shown: BTreeSet<&str> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    for always in [
        "http_server_request_duration_seconds",
        "rpc_client_call_duration_seconds",
        "rpc_breaker_state",
        "hanse_order_sagas",
        "hanse_build_info",
        "process_start_time_seconds",
    ] {
        assert!(shown.contains(always), "{always} is missing among {shown:?}");
    }
    let planted = format!("{text}\n# TYPE hanse_order_sagas counter\n# TYPE nobody_knows_total counter\n");
    assert_eq!(unlisted(&planted, &listed).len(), 2, "a type that differs and a name that is not there");
    shop.stop().await
}

/// Name and type of each row: `` | `name` | type | labels | what | ``.
fn listed(page: &str) -> BTreeMap<&str, &str> {
    fn row(line: &str) -> Option<(&str, &str)> {
        let mut cells = line.split('|').map(str::trim).skip(1);
        let name = cells.next()?.strip_prefix('`')?.strip_suffix('`')?;
        Some((name, cells.next()?)).filter(|(_, kind)| ["counter", "gauge", "histogram"].contains(kind))
    }
    page.lines().filter_map(row).collect()
}

fn unlisted(rendered: &str, listed: &BTreeMap<&str, &str>) -> Vec<String> {
    let told = rendered.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    told.filter(|(name, kind)| listed.get(name) != Some(kind))
        .map(|(name, kind)| format!("{name} {kind}"))
        .collect()
}
