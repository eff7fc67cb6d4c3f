//! `hanse admin create`: a login for somebody who works for the merchant.

use crate::cli::AdminCreate;
use crate::control::Reached;
use crate::say;
use anyhow::Result;
use serde_json::json;
use std::process::ExitCode;

pub async fn create(options: &AdminCreate) -> Result<ExitCode> {
    let shop = Reached::open(&options.reach).await?;
    let given = options.password.clone().unwrap_or_default();
    let new = json!({"email": options.email, "password": given, "role": options.role});
    let reply = shop.post_json("/control/staff", &new).await;
    shop.close().await;
    let body = reply?.ok()?;
    if options.reach.json {
        say!("{}", serde_json::to_string_pretty(&body)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    say!("{} may log in now, as {}.", options.email, options.role)?;
    if options.password.is_none() {
        say!("Password (shown once): {}", body["password"].as_str().unwrap_or_default())?;
    }
    Ok(ExitCode::SUCCESS)
}
