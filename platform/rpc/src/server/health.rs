//! `grpc.health.v1`: whether the service can do its work, for whoever has a certificate of the house.

use super::connection::Phase;
use super::desk::Readiness;
use hanse_kernel::Effects;
use tokio::sync::watch;
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::server::HealthReporter;

/// Tells it of the process (`""`) and by the service's name, and follows `ready` until the server ends.
pub(super) fn server(
    service: &'static str,
    ready: Readiness,
    phases: watch::Receiver<Phase>,
    effects: &Effects,
) -> HealthServer<impl Health> {
    let (reporter, server) = tonic_health::server::health_reporter();
    effects.spawn.spawn("rpc.health", Box::pin(follow(service, reporter, ready, phases)));
    server
}

async fn follow(
    service: &'static str,
    reporter: HealthReporter,
    mut ready: Readiness,
    mut phases: watch::Receiver<Phase>,
) {
    loop {
        let open = *phases.borrow_and_update() == Phase::Open;
        let status = match *ready.borrow_and_update() && open {
            true => ServingStatus::Serving,
            false => ServingStatus::NotServing,
        };
        for name in ["", service] {
            reporter.set_service_status(name, status).await;
        }
        if !open {
            return;
        }
        let (ready, phases) = (std::pin::pin!(ready.changed()), std::pin::pin!(phases.changed()));
        match futures::future::select(ready, phases).await {
            futures::future::Either::Left((Ok(()), _)) | futures::future::Either::Right((Ok(()), _)) => {}
            // Whoever knew whether it is ready has gone, and with that the server.
            futures::future::Either::Left((Err(_), _)) | futures::future::Either::Right((Err(_), _)) => {
                for name in ["", service] {
                    reporter.set_service_status(name, ServingStatus::NotServing).await;
                }
                return;
            }
        }
    }
}
