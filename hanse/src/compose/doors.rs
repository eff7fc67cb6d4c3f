//! In one process nobody needs papers, and everybody still knocks: each question of each service is answered to those whom
//! the service lists, and to nobody else. The processes of a league are visited by the fault tests in the same way.

use super::berth::Berth;
use super::services::{Means, module};
use super::stores::Place;
use super::{Atlas, NAMES};
use crate::config::Config;
use crate::secrets::Secrets;
use hanse_rpc::{OPERATOR, Switchboard};
use hanse_runtime::{Module, Tasks, TokioTimers};
use std::collections::BTreeSet;
use std::sync::Arc;
use tonic::client::Grpc;
use tonic::{Code, Request};
use tonic_prost::ProstCodec;

/// Of nobody that there is.
const NOBODY: &str = "lighthouse";

/// What an empty question is answered. Each time on a board of its own: stores that are nowhere would open a breaker.
async fn ask(module: &Module, caller: &'static str, method: &str) -> Code {
    let board = Switchboard::new(module.host.effects.clone());
    board.plug(module.host.service, module.rpc.clone(), module.allow.clone());
    let mut client = Grpc::new(board.network_of(caller).link(module.host.service));
    client.ready().await.expect("a board is always ready");
    let path = method.parse().expect("a path");
    let answer = client.unary::<(), (), _>(Request::new(()), path, ProstCodec::default()).await;
    answer.map_or_else(|status| status.code(), |_| Code::Ok)
}

#[tokio::test]
async fn every_question_is_answered_to_those_who_are_listed_and_to_nobody_else() {
    let effects = hanse_kernel::system::effects(Arc::new(TokioTimers), Tasks::new());
    let (config, secrets) = (Config::default(), Secrets::none());
    let board = Switchboard::new(effects.clone());
    let ways = |service| board.network_of(service);
    let berth = Berth::new(Place::Nowhere, &effects, &ways, secrets.keyring());
    let means = Means { config: &config, secrets: &secrets, redis: None, ended_sessions: Default::default() };
    let (mut asked, mut surprises) = (0, vec![]);
    for name in NAMES.iter().copied() {
        let module = module(name, &berth, &means).await.expect("a service over no store");
        let listed: Vec<(&str, BTreeSet<&str>)> = module
            .allow
            .list()
            .map(|(method, callers)| (method, callers.iter().copied().collect()))
            .collect();
        for (method, callers) in listed {
            for caller in NAMES.iter().copied().chain(["gateway", OPERATOR, NOBODY]) {
                let refused = ask(&module, caller, method).await == Code::PermissionDenied;
                asked += 1;
                if refused == callers.contains(caller) {
                    surprises.push(format!("{caller} asked {method}, refused: {refused}"));
                }
            }
        }
    }
    assert!(surprises.is_empty(), "{}", surprises.join("\n"));
    assert!(asked >= 30 * NAMES.len(), "{asked} questions only");
}

#[tokio::test]
async fn what_is_in_the_list_is_what_hanse_services_tells() {
    let effects = hanse_kernel::system::effects(Arc::new(TokioTimers), Tasks::new());
    let atlas = Atlas::draw(&Config::default(), &effects).await.expect("an atlas");
    let place = Place::Nowhere;
    for chart in &atlas.0 {
        let told = super::ServiceInfo::charted(chart, &place, &Default::default()).answers;
        let told: Vec<_> = told.into_iter().map(|answered| (answered.method, answered.callers)).collect();
        let listed: Vec<_> = chart.allow.list().map(|(method, callers)| (method, callers.to_vec())).collect();
        assert_eq!(told, listed, "{}", chart.name);
        assert!(!listed.is_empty(), "{} answers nobody, not even the audit", chart.name);
    }
}
