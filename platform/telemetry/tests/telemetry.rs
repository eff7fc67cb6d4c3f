//! Spans on their way to a collector that is there, that refuses, and that is away.
#![allow(clippy::disallowed_methods)]

use axum::http::StatusCode;
use hanse_kernel::Effects;
use hanse_kernel::trace::{Kind, Tracer, Work};
use hanse_telemetry::{Settings, Traces};
use hanse_testkit::collector::Collector;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

fn sent_to(endpoint: &str, ratio: f64) -> (Effects, Arc<Traces>) {
    // Logs that nobody reads in one test must not keep another from hearing its own.
    let _set_before = tracing_subscriber::fmt().with_writer(std::io::sink).try_init();
    let effects = hanse_testkit::effects();
    let settings = Settings { endpoint: endpoint.parse().expect("an address"), sample_ratio: ratio };
    let traces = Traces::start(&settings, &effects);
    let tracer: Arc<dyn Tracer> = traces.clone();
    (Effects { tracer: Some(tracer), ..effects }, traces)
}

fn work(effects: &Effects, service: &'static str) -> Work {
    Work::begin(effects, service, Kind::Server, "GET", None)
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(20), "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn spans_arrive_whole_by_service_and_the_last_ones_before_the_end() {
    let collector = Collector::open().await;
    let (effects, traces) = sent_to(&collector.endpoint(), 1.0);
    let mut outer = work(&effects, "gateway");
    let trace = outer.context();
    let mut inner = Work::begin(&effects, "order", Kind::Client, "ask", Some(trace));
    inner.tell(|span| {
        span.set("rpc.method", "Quote");
        span.set("rpc.grpc.status_code", 14_i64);
        span.failed = true;
    });
    outer.tell(|span| span.set("http.route", "/api/store/checkout".to_string()));
    drop((inner, outer));
    // No moment passes: it is the end that sends them.
    traces.end().await;
    let spans = collector.of_trace(trace.traceparent().trace_id());
    let of = |service: &str| spans.iter().find(|s| s.service == service).expect("its span").clone();
    let (gateway, order) = (of("gateway"), of("order"));
    assert_eq!((gateway.parent.as_str(), order.parent), ("", gateway.span_id));
    assert!(order.failed && !gateway.failed && order.ended >= order.began && order.began > 0);
    assert_eq!(order.attributes["rpc.grpc.status_code"], "14");
    assert_eq!(gateway.attributes["http.route"], "/api/store/checkout");
    assert_eq!(spans.len(), 2);
}

#[tokio::test]
async fn spans_leave_by_themselves_after_a_moment() {
    let collector = Collector::open().await;
    let (effects, _traces) = sent_to(&format!("{}/", collector.endpoint()), 1.0);
    drop(work(&effects, "cart"));
    until("the span arrives", || collector.spans().len() == 1).await;
}

#[tokio::test]
async fn nothing_is_gathered_of_traces_that_are_not_in_the_sample() {
    let collector = Collector::open().await;
    let (effects, traces) = sent_to(&collector.endpoint(), 0.0);
    let unsampled = work(&effects, "cart");
    assert!(!unsampled.is_recorded() && !unsampled.context().is_sampled());
    drop(unsampled);
    // Whoever called has decided otherwise for theirs.
    let theirs = unsampled_context(&effects).sampled(true);
    drop(Work::begin(&effects, "cart", Kind::Server, "GET", Some(theirs)));
    traces.end().await;
    assert_eq!(collector.spans().len(), 1);
}

fn unsampled_context(effects: &Effects) -> hanse_kernel::TraceContext {
    hanse_kernel::TraceContext::root(effects)
}

/// What was logged meanwhile.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("not poisoned").extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Page {
    fn lines(&self) -> Vec<String> {
        let text = String::from_utf8_lossy(&self.0.lock().expect("not poisoned")).into_owned();
        text.lines().map(str::to_string).collect()
    }
}

#[tokio::test]
async fn a_collector_that_is_away_is_told_once_costs_nobody_time_and_is_found_again() {
    let page = Page::default();
    let writer = page.clone();
    let logs = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let _logs = tracing::subscriber::set_default(logs);
    let collector = Collector::open().await;
    collector.refuse(Some(StatusCode::SERVICE_UNAVAILABLE));
    let (effects, traces) = sent_to(&collector.endpoint(), 1.0);
    let began = Instant::now();
    for _ in 0..20_000 {
        drop(work(&effects, "order"));
    }
    assert!(began.elapsed() < Duration::from_secs(2), "handing spans over took {:?}", began.elapsed());
    until("the same batch is offered again, in vain", || collector.refused() >= 2).await;
    // More of them are refused for good.
    collector.refuse(Some(StatusCode::BAD_REQUEST));
    until("the others are offered too", || collector.refused() >= 6).await;
    assert_eq!(page.lines().len(), 1, "{:?}", page.lines());
    assert!(page.lines()[0].contains("telemetry.otlp_endpoint"), "{:?}", page.lines());
    collector.refuse(None);
    drop(work(&effects, "cart"));
    until("spans arrive again", || collector.spans().iter().any(|s| s.service == "cart")).await;
    until("that is told too", || page.lines().len() == 2).await;
    let began = Instant::now();
    traces.end().await;
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn an_end_without_a_collector_is_not_held_up() {
    // A port that nobody listens on: it was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let endpoint = format!("http://{}", free.local_addr().expect("an address"));
    drop(free);
    let (effects, traces) = sent_to(&endpoint, 1.0);
    drop(work(&effects, "order"));
    let began = Instant::now();
    traces.end().await;
    assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
}
