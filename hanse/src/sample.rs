//! The first start: the first admin's login, and the sample shop, which comes in through the same import that
//! merchants use.

use crate::compose::App;
use anyhow::{Context, Result, bail};
use axum::body::Body;
use hanse_auth_contract::rpc::CreateStaffRequest;
use hanse_auth_contract::rpc::accounts_client::AccountsClient;
use hanse_http::Authenticated;
use hanse_kernel::{Actor, Ctx, Permission, Proof, UserId};
use http::Request;
use http_body_util::BodyExt;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt;

/// In a data folder: the login of the first admin.
pub const ADMIN: &str = "first-admin.json";
const SAMPLE: &str = "sample-shop";

#[derive(Serialize, Deserialize)]
pub struct Login {
    pub email: String,
    pub password: String,
}

/// Makes the first admin unless that was done before; its login when it was made now.
pub async fn first_admin(app: &App, data: &Path) -> Result<Option<Login>> {
    let file = data.join(ADMIN);
    if file.exists() {
        return Ok(None);
    }
    let email = "admin@hanse.localhost".to_string();
    let ctx = Ctx::background("hanse", app.effects.ids.uuid());
    let ask = CreateStaffRequest {
        email: email.clone(),
        role: "owner".into(),
        only_first: true,
        ..Default::default()
    };
    let request = hanse_rpc::request(&ctx, &*app.effects.clock, ask);
    let network = app.board.network_of("hanse");
    match AccountsClient::new(network.link("auth")).create_staff(request).await {
        Ok(reply) => {
            let reply = reply.into_inner();
            if reply.user_id.is_empty() {
                // There is staff: made by `hanse admin create`, or by a start that ended before it noted the login.
                return Ok(None);
            }
            let login = Login { email, password: reply.generated_password };
            app.folder().write(ADMIN, &serde_json::to_vec_pretty(&login)?)?;
            Ok(Some(login))
        }
        Err(status) => bail!("the first admin cannot be made: {}", status.message()),
    }
}

/// Imports the sample goods unless they are there; returns when the last of them is on sale.
pub async fn ensure(app: &App, data: &Path) -> Result<()> {
    if data.join(SAMPLE).exists() {
        return Ok(());
    }
    let started = call(app, upload(&hanse_sample::shopify_csv())?).await.context("the sample shop")?;
    let id = started["id"].as_str().context("the import of the sample shop has no id")?.to_string();
    loop {
        let report = call(app, Request::get(format!("/api/admin/imports/{id}")).body(Body::empty())?).await?;
        match report["status"].as_str() {
            Some("running") => {
                let (done, total) = (&report["rows_done"], &report["rows_total"]);
                app.state
                    .wait_for(Some(format!("the sample shop is being created ({done} of {total} rows)")));
                app.effects.timers.sleep(Duration::from_millis(50)).await;
            }
            Some("done") => break,
            _ => bail!("the sample shop could not be created: {report}"),
        }
    }
    app.folder().write(SAMPLE, b"created\n")
}

fn upload(csv: &str) -> Result<Request<Body>> {
    const BOUNDARY: &str = "hanse-sample-shop";
    let body = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"sample-shop.csv\"\r\n\
         Content-Type: text/csv\r\n\r\n{csv}\r\n--{BOUNDARY}--\r\n"
    );
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    Ok(Request::post("/api/admin/imports").header("content-type", kind).body(Body::from(body))?)
}

async fn call(app: &App, mut request: Request<Body>) -> Result<Value> {
    let permissions = Arc::new(Permission::ALL.into_iter().collect());
    let operator = Actor::Staff { user: UserId::new(uuid::Uuid::nil()), permissions };
    request.extensions_mut().insert(Authenticated(operator, Proof::Recent));
    let response = app.gateway.control.clone().oneshot(request).await?;
    let status = response.status();
    let bytes = response.into_body().collect().await?.to_bytes();
    if !status.is_success() {
        bail!("{status}: {}", String::from_utf8_lossy(&bytes));
    }
    Ok(serde_json::from_slice(&bytes)?)
}
