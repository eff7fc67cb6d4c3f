//! Plain requests that are passed on: what becomes of them when the other service hangs, dies, or is not heard out.

use crate::answering::Answers;
use crate::house::{House, Running, pricing, real, until};
use axum::routing::{get, post};
use bytes::Bytes;
use futures::future::{BoxFuture, join_all};
use hanse_kernel::{Effects, Timers};
use hanse_rpc::audit::ExamineRequest;
use hanse_rpc::{Allow, Requests, Unreachable};
use http::{Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;
use tonic::Status;
use tonic::body::Body;
use tonic::service::Routes;
use tower::util::ServiceExt;

const MANY: usize = 1_000_000;

/// The limit of what changes nothing is over in a moment.
struct Hasty;

impl Timers for Hasty {
    fn sleep(&self, for_: Duration) -> BoxFuture<'static, ()> {
        let near_the_limit = (6..=8).contains(&for_.as_secs());
        let for_ = if near_the_limit { Duration::from_millis(100) } else { for_ };
        Box::pin(tokio::time::sleep(for_))
    }
}

/// A service that answers plain requests with its name, as often as it is let.
struct Shelf {
    running: Running,
    asked: Arc<AtomicUsize>,
    permits: Arc<Semaphore>,
}

impl Shelf {
    async fn of(house: &House, name: &'static str) -> Self {
        let (asked, permits) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
        let (count, let_by) = (asked.clone(), permits.clone());
        let answer = async move || {
            count.fetch_add(1, Ordering::SeqCst);
            let_by.acquire().await.unwrap().forget();
            name
        };
        let reading = get({
            let answer = answer.clone();
            move || async move { answer().await }
        });
        let writing = post(move |body: Bytes| async move { format!("{} {}", answer().await, body.len()) });
        let rest = axum::Router::new().route("/x", reading.merge(writing));
        let identity = house.identity("pricing");
        let running = house.serve(identity, Routes::default(), Allow::new("pricing", &[]), Some(rest)).await;
        Self { running, asked, permits }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

async fn read(requests: &Requests) -> Result<String, Unreachable> {
    let answer = requests.clone().oneshot(Request::get("/x").body(Body::empty()).unwrap()).await?;
    Ok(text(answer).await)
}

async fn text(answer: Response<Body>) -> String {
    String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

#[tokio::test]
async fn a_reader_is_answered_by_another_replica_when_the_one_that_was_asked_dies() {
    let house = House::new();
    let (a, b) = (Shelf::of(&house, "a").await, Shelf::of(&house, "b").await);
    let requests = house.remote("gateway", &[a.running.address, b.running.address]).requests("pricing");
    let readers: Vec<_> = (0..6)
        .map(|_| {
            let requests = requests.clone();
            tokio::spawn(async move { read(&requests).await })
        })
        .collect();
    until("all are under way with both", async || a.asked() + b.asked() == 6 && a.asked() > 0).await;
    b.permits.add_permits(6);
    a.running.die();
    for reader in readers {
        assert_eq!(reader.await.unwrap().unwrap(), "b");
    }
    assert!(b.asked() == 6 && a.asked.load(Ordering::SeqCst) > 0, "the one that died was asked, too");
}

#[tokio::test]
async fn a_writer_is_not_asked_for_again() {
    let house = House::new();
    let (a, b) = (Shelf::of(&house, "a").await, Shelf::of(&house, "b").await);
    let requests = house.remote("gateway", &[a.running.address]).requests("pricing");
    let writer = tokio::spawn(async move {
        requests.oneshot(Request::post("/x").body(Body::empty()).unwrap()).await.map(drop)
    });
    until("it is under way", async || a.asked() == 1).await;
    a.running.die();
    let told = writer.await.unwrap().unwrap_err();
    assert!(!told.untouched && !told.by_asker && b.asked() == 0, "{told}");
}

#[tokio::test]
async fn a_service_that_takes_requests_and_answers_none_is_left_alone_and_found_again() {
    let mut house = House::new();
    house.effects = Effects { timers: Arc::new(Hasty), ..real() };
    let shelf = Shelf::of(&house, "a").await;
    let requests = house.remote("gateway", &[shelf.running.address]).requests("pricing");
    shelf.permits.add_permits(MANY);
    until("it is connected", async || read(&requests).await.is_ok()).await;
    shelf.permits.forget_permits(MANY);
    let before = shelf.asked();
    let told = join_all((0..10).map(|_| read(&requests))).await;
    assert!(told.iter().all(Result::is_err), "{told:?}");
    until("it is left alone", async || {
        read(&requests).await.is_err_and(|e| e.why.contains("a pause") && e.untouched)
    })
    .await;
    assert!(shelf.asked() >= before + 10, "it was given up after {} requests", shelf.asked() - before);
    shelf.permits.add_permits(MANY);
    until("it is found again", async || read(&requests).await.is_ok()).await;
}

#[tokio::test]
async fn uploads_that_break_off_do_not_count_against_the_service() {
    let house = House::new();
    let shelf = Shelf::of(&house, "a").await;
    shelf.permits.add_permits(100);
    let requests = house.remote("gateway", &[shelf.running.address]).requests("pricing");
    // Some so short that they are kept whole first, some that are passed on as they come.
    for (length, times) in [(Some("1000"), 30), (None, 30)] {
        for _ in 0..times {
            let pieces = [Ok(Frame::data(Bytes::from_static(b"half"))), Err(Status::cancelled("gone"))];
            let body = Body::new(StreamBody::new(futures::stream::iter(pieces)));
            let mut request = Request::post("/x");
            if let Some(length) = length {
                request = request.header("content-length", length);
            }
            let answer = requests.clone().oneshot(request.body(body).unwrap()).await;
            assert!(
                answer.is_err_and(|e| e.by_asker && !e.why.contains("a pause")),
                "half an upload was taken, or held against the service"
            );
        }
    }
    assert_eq!(read(&requests).await.unwrap(), "a");
}

#[tokio::test]
async fn a_place_where_nobody_speaks_is_told_as_such_and_nobody_waits_for_it_any_more() {
    let (house, answers) = (House::new(), Answers::named("a"));
    // It takes connections and says nothing: what a process that hangs looks like.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let remote = house.remote("cart", &[silent.local_addr().unwrap()]);
    let mut last = String::new();
    until("it is known to be silent", async || {
        let told = pricing(&remote).examine(ExamineRequest::default()).await.unwrap_err();
        last = told.message().to_string();
        last.contains("no connection within") || last.contains("a pause")
    })
    .await;
    assert!(last.contains("no connection within"), "{last}");
    assert_eq!(answers.asked(), 0);
}
