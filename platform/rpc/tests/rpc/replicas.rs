//! Several replicas of one service: calls are shared among them, and one may leave or come at any time.

use crate::answering::Answers;
use crate::house::{House, pricing, until};
use hanse_rpc::Unreachable;
use hanse_rpc::audit::ExamineRequest;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tonic::body::Body;
use tower::util::ServiceExt;

#[tokio::test]
async fn calls_are_shared_among_the_replicas() {
    let (house, a, b) = (House::new(), Answers::named("a"), Answers::named("b"));
    let (one, two) = (house.pricing(&a).await, house.pricing(&b).await);
    let remote = house.remote("cart", &[one.address, two.address]);
    until("both have been asked", async || {
        pricing(&remote).examine(ExamineRequest::default()).await.unwrap();
        a.asked() > 0 && b.asked() > 0
    })
    .await;
}

#[tokio::test]
async fn a_replica_that_leaves_under_load_costs_no_call() {
    let (house, a, b) = (House::new(), Answers::named("a"), Answers::named("b"));
    let (mut one, two) = (house.pricing(&a).await, house.pricing(&b).await);
    let remote = house.remote("cart", &[one.address, two.address]);
    let (done, over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let load: Vec<_> = (0..8)
        .map(|_| {
            let (mut client, done, over) = (pricing(&remote), done.clone(), over.clone());
            tokio::spawn(async move {
                while !over.load(Ordering::SeqCst) {
                    client.examine(ExamineRequest::default()).await?;
                    done.fetch_add(1, Ordering::SeqCst);
                }
                Ok::<_, tonic::Status>(())
            })
        })
        .collect();
    // Plain requests go the same way; these are refused, which is an answer.
    let (over_too, requests) = (over.clone(), remote.requests("pricing"));
    let plain = tokio::spawn(async move {
        let mut answered = 0;
        while !over_too.load(Ordering::SeqCst) {
            let request = http::Request::get("/api/store/x").body(Body::empty()).unwrap();
            answered += usize::from(requests.clone().oneshot(request).await?.status() == 403);
        }
        Ok::<_, Unreachable>(answered)
    });
    until("both are busy", async || a.asked() > 100 && b.asked() > 100).await;
    one.stop();
    one.ended().await;
    let (so_far, of_a) = (done.load(Ordering::SeqCst), a.asked());
    until("the other carries on", async || done.load(Ordering::SeqCst) > so_far + 500).await;
    over.store(true, Ordering::SeqCst);
    for worker in load {
        worker.await.unwrap().unwrap();
    }
    assert!(plain.await.unwrap().unwrap() > 10, "plain requests were answered all along");
    assert_eq!(a.asked(), of_a, "who has left is not asked");
    drop(two);
}

#[tokio::test]
async fn a_replica_that_dies_with_calls_under_way_costs_none_that_may_be_repeated() {
    let (house, a, b) = (House::new(), Answers::named("a"), Answers::named("b"));
    let (one, two) = (house.pricing(&a).await, house.pricing(&b).await);
    let remote = house.remote("cart", &[one.address, two.address]);
    until("both are connected", async || {
        pricing(&remote).examine(ExamineRequest::default()).await.unwrap();
        a.asked() > 0 && b.asked() > 0
    })
    .await;
    let (hold_a, hold_b) = (a.hold(), b.hold());
    let (of_a, of_b) = (a.asked(), b.asked());
    let calls: Vec<_> = (0..6)
        .map(|_| {
            let mut client = pricing(&remote);
            tokio::spawn(async move { client.examine(ExamineRequest::default()).await })
        })
        .collect();
    until("all are under way", async || a.asked() + b.asked() == of_a + of_b + 6).await;
    assert!(a.asked() > of_a, "some are with the one that dies");
    one.die();
    hold_b.add_permits(6);
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap().into_inner().next, "cart b");
    }
    drop((hold_a, two));
}

#[tokio::test]
async fn a_service_that_was_away_is_found_when_it_comes() {
    let (house, answers) = (House::new(), Answers::named("a"));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let remote = house.remote("cart", &[address]);
    let away = pricing(&remote).examine(ExamineRequest::default()).await.unwrap_err();
    assert!(away.message().contains("refused") && away.message().contains(&address.to_string()), "{away}");
    let Ok(listener) = tokio::net::TcpListener::bind(address).await else {
        // Somebody else has taken the port since.
        return;
    };
    let _server = house.pricing_at(listener, house.identity("pricing"), &answers);
    until("it is found", async || pricing(&remote).examine(ExamineRequest::default()).await.is_ok()).await;
}

#[tokio::test]
async fn who_came_to_take_over_is_there_when_the_other_leaves() {
    let (house, a, b) = (House::new(), Answers::named("a"), Answers::named("b"));
    let mut one = house.pricing(&a).await;
    // A place where nobody answers: it is tried less and less often.
    let empty = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = empty.local_addr().unwrap();
    let remote = house.remote("cart", &[one.address, address]);
    pricing(&remote).examine(ExamineRequest::default()).await.unwrap();
    for _ in 0..5 {
        drop(empty.accept().await.unwrap());
    }
    drop(empty);
    let listener = tokio::net::TcpListener::bind(address).await.unwrap();
    let _two = house.pricing_at(listener, house.identity("pricing"), &b);
    one.stop();
    one.ended().await;
    pricing(&remote).examine(ExamineRequest::default()).await.unwrap();
    assert_eq!((a.asked(), b.asked()), (1, 1));
}
