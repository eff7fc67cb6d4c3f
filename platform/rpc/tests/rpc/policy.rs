//! Deadlines, tries and breakers, which are the same in both shapes; here in one process, where time can stand still.

use crate::answering::{Answers, only_examines};
use crate::house::{EXAMINE, House, instant, pricing, real};
use hanse_kernel::{Actor, CorrelationId, Ctx, Effects};
use hanse_rpc::audit::audit_server::AuditServer;
use hanse_rpc::audit::{ExamineReply, ExamineRequest};
use hanse_rpc::{Allow, Network, Switchboard};
use metrics_exporter_prometheus::PrometheusBuilder;
use std::sync::Arc;
use std::time::Duration;
use tonic::service::Routes;
use tonic::{Code, Request, Response, Status};

fn board(effects: &Effects, answers: &Answers) -> Switchboard {
    let board = Switchboard::new(effects.clone());
    board.plug("pricing", answers.routes(), Allow::new("pricing", &[]).method(EXAMINE, &["cart", "order"]));
    board
}

async fn ask(network: &dyn Network) -> Code {
    let reply = pricing(network).examine(ExamineRequest::default()).await;
    reply.map_or_else(|status| status.code(), |_| Code::Ok)
}

#[tokio::test]
async fn only_what_may_be_repeated_is_and_only_when_the_service_was_away() {
    let (effects, _) = instant();
    let answers = Answers::default();
    let network = board(&effects, &answers).network_of("cart");
    answers.refuse(Some(Code::Unavailable));
    assert_eq!((ask(&*network).await, answers.asked()), (Code::Unavailable, 3));
    answers.refuse(Some(Code::FailedPrecondition));
    assert_eq!((ask(&*network).await, answers.asked()), (Code::FailedPrecondition, 4));

    // Over the wire, without the contract: nothing says that it may be asked again.
    let house = House::new();
    let server = house.pricing(&answers).await;
    answers.refuse(Some(Code::Unavailable));
    let peers = [("pricing", vec![server.address.to_string()])].into();
    let remote = hanse_rpc::Remote::new(house.identity("cart"), peers, Default::default(), real());
    assert_eq!((ask(&remote).await, answers.asked()), (Code::Unavailable, 5));
    // And with it.
    let remote = house.remote("order", &[server.address]);
    assert_eq!((ask(&remote).await, answers.asked()), (Code::Unavailable, 8));
}

#[tokio::test]
async fn tries_end_with_their_budget() {
    let (effects, _) = instant();
    let answers = Answers::default();
    let network = board(&effects, &answers).network_of("cart");
    let calls = 500;
    for n in 0..calls {
        // One in five, so that the breaker lets each through.
        answers.refuse((n % 5 == 4).then_some(Code::Unavailable));
        ask(&*network).await;
    }
    let more = answers.asked() - calls;
    assert!(more <= 10 + calls / 10, "{more} more tries for {calls} calls, 200 without a budget");
    assert!(more >= calls / 10, "{more}");
}

#[tokio::test]
async fn a_breaker_opens_lets_a_probe_through_and_closes() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let told = recorder.handle();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let (effects, clock) = instant();
    let answers = Answers::default();
    let board = board(&effects, &answers);
    let network = board.network_of("cart");
    let state = |state: u8| {
        let line = format!("rpc_breaker_state{{caller=\"cart\",service=\"pricing\"}} {state}");
        assert!(told.render().contains(&line), "{}", told.render());
    };
    for _ in 0..20 {
        answers.refuse(Some(Code::NotFound));
        assert_eq!(ask(&*network).await, Code::NotFound);
    }
    state(0);
    answers.refuse(Some(Code::Unavailable));
    for _ in 0..5 {
        assert_eq!(ask(&*network).await, Code::Unavailable);
    }
    state(1);
    let asked = answers.asked();
    answers.refuse(None);
    let refused = pricing(&*network).examine(ExamineRequest::default()).await.unwrap_err();
    assert!(refused.message().contains("given a pause"), "{refused}");
    assert_eq!(answers.asked(), asked, "it is left alone");
    assert_eq!(ask(&*board.network_of("order")).await, Code::Ok, "another caller has its own");

    clock.advance(Duration::from_millis(500));
    assert_eq!(ask(&*network).await, Code::Ok);
    state(2);
    assert_eq!(ask(&*network).await, Code::Ok);
    state(0);
    assert!(told.render().contains("rpc_client_call_duration_seconds"), "{}", told.render());
}

/// Asks pricing on behalf of whoever asks it, and tells what was left of the deadline on both ways.
struct Hop(Arc<dyn Network>, Effects);

fn left(ctx: &Ctx, effects: &Effects) -> i64 {
    let left = ctx.deadline.expect("a deadline").since(effects.now());
    i64::try_from(left.as_millis()).unwrap()
}

only_examines! {
    Hop {
    async fn examine(&self, request: Request<ExamineRequest>) -> Result<Response<ExamineReply>, Status> {
        let ctx = hanse_rpc::ctx_of(&request, &*self.1.clock);
        let here = left(&ctx, &self.1);
        // It has to think first.
        tokio::time::sleep(Duration::from_millis(30)).await;
        let onward = hanse_rpc::request(&ctx, &*self.1.clock, ExamineRequest::default());
        let reply = pricing(&*self.0).examine(onward).await?.into_inner();
        Ok(Response::new(ExamineReply { next: format!("{here} {}", reply.next), ..reply }))
    }
    }
}

/// The end of the way: tells what is left.
struct Last(Effects);

only_examines! {
    Last {
    async fn examine(&self, request: Request<ExamineRequest>) -> Result<Response<ExamineReply>, Status> {
        let left = left(&hanse_rpc::ctx_of(&request, &*self.0.clock), &self.0);
        Ok(Response::new(ExamineReply { next: left.to_string(), ..ExamineReply::default() }))
    }
    }
}

#[tokio::test]
async fn a_deadline_shrinks_from_hop_to_hop() {
    let house = House::new();
    let effects = real();
    let last = Routes::new(AuditServer::new(Last(effects.clone())));
    let allow = Allow::new("pricing", &[]).method(EXAMINE, &["order"]);
    let last = house.serve(house.identity("pricing"), last, allow, None).await;
    let hop = Hop(Arc::new(house.remote("order", &[last.address])), effects.clone());
    let allow = Allow::new("order", &[]).method(EXAMINE, &["cart"]);
    let hop = house.serve(house.identity("order"), Routes::new(AuditServer::new(hop)), allow, None).await;
    let peers = [("order", vec![hop.address.to_string()])].into();
    let remote = hanse_rpc::Remote::new(house.identity("cart"), peers, Default::default(), effects.clone());

    let mut ctx = Ctx::new(Actor::Anonymous, CorrelationId::parse("abc").unwrap());
    ctx.deadline = Some(effects.now().plus(Duration::from_millis(4000)));
    let question = hanse_rpc::request(&ctx, &*effects.clock, ExamineRequest::default());
    let mut order = hanse_rpc::audit::audit_client::AuditClient::new(remote.link("order"));
    let told = order.examine(question).await.unwrap().into_inner().next;
    let told: Vec<i64> = told.split(' ').map(|n| n.parse().unwrap()).collect();
    assert!(told[0] <= 4000 && told[1] <= told[0] - 30 && told[1] > 0, "{told:?}");
}

#[tokio::test]
async fn a_call_whose_time_is_over_is_not_sent() {
    let (effects, _) = instant();
    let answers = Answers::default();
    let network = board(&effects, &answers).network_of("cart");
    let mut ctx = Ctx::new(Actor::Anonymous, CorrelationId::parse("abc").unwrap());
    ctx.deadline = Some(effects.now());
    let question = hanse_rpc::request(&ctx, &*effects.clock, ExamineRequest::default());
    let status = pricing(&*network).examine(question).await.unwrap_err();
    assert_eq!((status.code(), answers.asked()), (Code::DeadlineExceeded, 0));
}
