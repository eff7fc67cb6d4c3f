//! What every server answers besides its own questions: health for all, reflection for the operator.

use crate::answering::Answers;
use crate::house::{House, until};
use hanse_rpc::Network;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

#[tokio::test]
async fn health_follows_readiness() {
    let (house, answers) = (House::new(), Answers::default());
    let server = house.pricing(&answers).await;
    // Whoever has a certificate may ask.
    let remote = house.remote("payment", &[server.address]);
    let status = async |service: &str| {
        let mut client = HealthClient::new(remote.link("pricing"));
        client.check(HealthCheckRequest { service: service.into() }).await.map(|r| r.into_inner().status())
    };
    until("it serves", async || status("").await.is_ok_and(|s| s == ServingStatus::Serving)).await;
    assert_eq!(status("pricing").await.unwrap(), ServingStatus::Serving);
    server.ready.send_replace(false);
    until("it does not", async || status("pricing").await.unwrap() == ServingStatus::NotServing).await;
    assert_eq!(status("cart").await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn reflection_tells_the_operator_what_may_be_asked() {
    let (house, answers) = (House::new(), Answers::default());
    let server = house.pricing(&answers).await;
    let list = async |caller| {
        let remote = house.remote(caller, &[server.address]);
        let question = ServerReflectionRequest {
            host: String::new(),
            message_request: Some(MessageRequest::ListServices(String::new())),
        };
        let mut client = ServerReflectionClient::new(remote.link("pricing"));
        let mut replies =
            client.server_reflection_info(futures::stream::iter([question])).await?.into_inner();
        let reply = replies.message().await?.expect("a reply").message_response;
        let Some(MessageResponse::ListServicesResponse(list)) = reply else { panic!("another reply") };
        Ok::<Vec<String>, tonic::Status>(list.service.into_iter().map(|s| s.name).collect())
    };
    let names = list("hanse").await.unwrap();
    assert!(names.contains(&"hanse.audit.v1.Audit".to_string()), "{names:?}");
    assert!(names.contains(&"grpc.health.v1.Health".to_string()), "{names:?}");
    assert_eq!(list("cart").await.unwrap_err().code(), Code::PermissionDenied);
}
