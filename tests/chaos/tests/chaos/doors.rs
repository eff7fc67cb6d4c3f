//! The services' own doors: every question of every service, asked by everybody, is answered to those whom the program lists,
//! and to nobody else.

use anyhow::{Context, Result, bail, ensure};
use hanse_chaos::{GATEWAY, Layout, League, Listed, Stranger, listed};
use serde_json::Value;
use std::collections::BTreeSet;
use tokio_postgres::error::SqlState;
use tonic::Code;

/// The operator's command line.
const OPERATOR: &str = "hanse";
/// A name that the authority has signed, of nobody that there is.
const NOBODY: &str = "lighthouse";

/// What is wrong about how a question was answered, if anything.
fn surprise(caller: &str, method: &str, callers: &BTreeSet<String>, code: Code) -> Option<String> {
    let told = || Some(format!("{caller} asked {method}: {code:?}"));
    match (callers.contains(caller), code) {
        (true, Code::PermissionDenied | Code::Unavailable) => told(),
        (false, code) if code != Code::PermissionDenied => told(),
        _ => None,
    }
}

fn questions(services: &[Listed]) -> Result<Vec<(&'static str, &str, &BTreeSet<String>)>> {
    let mut questions = vec![];
    for name in Layout::services() {
        let listed = services.iter().find(|service| service.name == name).into_iter();
        let answers = listed.flat_map(|service| &service.answers);
        let before = questions.len();
        questions.extend(answers.map(|(method, callers)| (name, method.as_str(), callers)));
        ensure!(questions.len() > before, "{name} answers nobody, not even the audit");
    }
    Ok(questions)
}

/// As the document of the whole API lists them.
async fn routes(league: &League) -> Result<Vec<(String, String)>> {
    let document = league.http.get("/api/openapi.json").expect(200).await?;
    let paths = document["paths"].as_object().context("no paths")?;
    let methods = |(path, item): (&String, &Value)| {
        let methods = item.as_object().into_iter().flatten().map(|(method, _)| method.to_uppercase());
        methods.map(|method| (method, path.clone())).collect::<Vec<_>>()
    };
    Ok(paths.iter().flat_map(methods).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_question_is_answered_to_those_who_are_listed_and_to_nobody_else() -> Result<()> {
    let league = League::start().await?;
    let services = listed(&league).await?;
    let questions = questions(&services)?;
    ensure!(questions.len() >= 30, "there are {} questions only", questions.len());
    let mut surprises = vec![];
    for caller in Layout::services().chain([GATEWAY, OPERATOR, NOBODY]) {
        let stranger = Stranger::with_papers_of(&league.certificates(), caller, &league)?;
        for (service, method, callers) in &questions {
            let code = stranger.asks(service, method).await?;
            surprises.extend(surprise(caller, method, callers, code));
        }
    }
    ensure!(surprises.is_empty(), "{}", surprises.join("\n"));

    // Their routes are the gateway's to ask for: nobody else gets past it, with whatever right the route would demand.
    let routes = routes(&league).await?;
    ensure!(routes.len() >= 85, "there are {} routes only", routes.len());
    for caller in Layout::services().chain([NOBODY]) {
        let stranger = Stranger::with_papers_of(&league.certificates(), caller, &league)?;
        for (n, service) in Layout::services().enumerate() {
            // All routes at one door or the other, and every door tried with some.
            for (method, route) in routes.iter().skip(n).step_by(Layout::services().count()) {
                let status = stranger.visits(service, method, route).await?;
                ensure!(
                    status == 403,
                    "{caller} got past the gateway: {method} {route} at {service}: {status}"
                );
            }
        }
    }
    let gateway = Stranger::with_papers_of(&league.certificates(), GATEWAY, &league)?;
    let status = gateway.visits("product", "GET", "/api/store/products").await?;
    ensure!(status == 200, "the gateway itself is not let in: {status}");

    // Whoever signs their own papers, in whichever name, is not even heard.
    let forger = tempfile::tempdir()?;
    for name in [GATEWAY, "order", OPERATOR] {
        let stranger = Stranger::with_papers_of(forger.path(), name, &league)?;
        for service in Layout::services() {
            let code = stranger.asks(service, "/hanse.audit.v1.Audit/Examine").await?;
            ensure!(
                code == Code::Unavailable,
                "{name} with forged papers was answered {code:?} by {service}"
            );
        }
    }

    // Nor does anybody read or change at the database server what another one keeps.
    for service in Layout::services() {
        for at in Layout::services() {
            let rooms = league.servers.intruder(service, at).await?;
            for sql in ["select count(*) from outbox", "delete from inbox where false"] {
                let refused = match rooms.batch_execute(sql).await {
                    Ok(()) => false,
                    Err(error) if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => true,
                    Err(error) => bail!("{service} at the database of {at}: {sql}: {error}"),
                };
                ensure!(refused == (service != at), "{service} at the database of {at}: {sql}: {refused}");
            }
        }
    }
    league.close().await
}

#[test]
fn a_door_that_is_open_and_one_that_is_shut_are_each_told() {
    let callers = BTreeSet::from(["cart".to_string()]);
    let told = |caller, code| surprise(caller, "/x.X/Y", &callers, code).is_some();
    assert!(
        told("order", Code::Ok) && told("order", Code::InvalidArgument) && told("order", Code::Unavailable)
    );
    assert!(told("cart", Code::PermissionDenied) && told("cart", Code::Unavailable));
    assert!(!told("cart", Code::NotFound) && !told("order", Code::PermissionDenied));
}
