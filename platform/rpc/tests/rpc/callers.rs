//! Who asks is what the certificate says, and who may ask what is on the list.

use crate::answering::Answers;
use crate::house::{EXAMINE, House, pricing, real};
use hanse_rpc::audit::ExamineRequest;
use hanse_rpc::audit::audit_client::AuditClient;
use hanse_rpc::{Allow, Network, Switchboard};
use http::{Request, StatusCode};
use metrics_exporter_prometheus::PrometheusBuilder;
use tonic::Code;
use tonic::body::Body;
use tower::util::ServiceExt;

#[tokio::test]
async fn whoever_is_not_on_the_list_is_refused_and_counted_in_both_shapes() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let told = recorder.handle();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let (house, answers) = (House::new(), Answers::default());
    let server = house.pricing(&answers).await;
    let board = Switchboard::new(real());
    board.plug("pricing", answers.routes(), Allow::new("pricing", &[]).method(EXAMINE, &["cart", "order"]));
    let remote = house.remote("payment", &[server.address]);
    for network in [&remote as &dyn Network, &*board.network_of("payment")] {
        let refused = pricing(network).examine(ExamineRequest::default()).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied);
        assert!(refused.message().contains("payment may not ask"), "{refused}");
    }
    assert_eq!(answers.asked(), 0);
    let line = format!("rpc_refused_total{{service=\"pricing\",caller=\"payment\",method=\"{EXAMINE}\"}} 2");
    assert!(told.render().contains(&line), "{}", told.render());
}

#[tokio::test]
async fn a_name_that_came_over_the_wire_is_not_believed() {
    let (house, answers) = (House::new(), Answers::named("a"));
    let server = house.pricing(&answers).await;
    let spoofed = |mut request: tonic::Request<()>| {
        request.metadata_mut().insert("hanse-caller", "order".parse().unwrap());
        Ok(request)
    };
    let link = house.remote("cart", &[server.address]).link("pricing");
    let reply = AuditClient::with_interceptor(link, spoofed).examine(ExamineRequest::default()).await;
    assert_eq!(reply.unwrap().into_inner().next, "cart a");
    let link = house.remote("payment", &[server.address]).link("pricing");
    let refused = AuditClient::with_interceptor(link, spoofed).examine(ExamineRequest::default()).await;
    assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
}

#[tokio::test]
async fn rest_is_for_the_gateway_and_it_too_is_known_by_its_certificate() {
    let house = House::new();
    let show = async |request: axum::extract::Request| {
        format!("{} asks for {}", request.headers()["hanse-caller"].to_str().unwrap(), request.uri().path())
    };
    let rest = axum::Router::new().fallback(show);
    let routes = Answers::default().routes();
    let server = house.serve(house.identity("pricing"), routes, Allow::new("pricing", &[]), Some(rest)).await;
    let ask = async |caller| {
        let request =
            Request::get("/api/store/x").header("hanse-caller", "gateway").body(Body::empty()).unwrap();
        let remote = house.remote(caller, &[server.address]);
        let response = remote.requests("pricing").oneshot(request).await.unwrap();
        let status = response.status();
        let body = http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    };
    assert_eq!(ask("gateway").await, (StatusCode::OK, "gateway asks for /api/store/x".into()));
    assert_eq!(ask("cart").await.0, StatusCode::FORBIDDEN);
}

/// More small pieces wait than a library on its guard lets pass by default.
#[tokio::test]
async fn a_crowd_of_small_answers_that_nobody_reads_yet_breaks_no_connection() {
    let house = House::new();
    // In pieces, as what comes from further behind does.
    let show = async || {
        let piece = futures::stream::once(async { Ok::<_, std::convert::Infallible>("a few") });
        axum::body::Body::from_stream(piece)
    };
    let rest = axum::Router::new().fallback(show);
    let routes = Answers::default().routes();
    let server = house.serve(house.identity("pricing"), routes, Allow::new("pricing", &[]), Some(rest)).await;
    let remote = house.remote("gateway", &[server.address]);
    let requests = (0..240).map(|_| {
        let request = Request::get("/api/store/x").body(Body::empty()).unwrap();
        remote.requests("pricing").oneshot(request)
    });
    let answers = futures::future::join_all(requests).await;
    for answer in answers {
        let body = http_body_util::BodyExt::collect(answer.unwrap().into_body()).await.unwrap().to_bytes();
        assert_eq!(&body[..], b"a few");
    }
}
