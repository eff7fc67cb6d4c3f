//! What to compare with: a bare axum server that does nothing but return fixed bodies.

use anyhow::{Context, Result};
use axum::Router;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::routing::any;
use std::net::SocketAddr;
use std::path::Path;

/// The address is the name of a file in `dir`; every other file is answered under its name.
pub const ADDRESS_FILE: &str = "address";

pub fn serve(dir: &Path) -> Result<()> {
    let address = std::fs::read_to_string(dir.join(ADDRESS_FILE)).context("no address to listen at")?;
    let address: SocketAddr = address.trim().parse()?;
    let mut routes = Router::new();
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name().into_string().unwrap_or_default();
        if name != ADDRESS_FILE {
            let body = Bytes::from(std::fs::read(entry.path())?);
            // The request's body is read, as every real handler has to.
            let answer = move |_: Bytes| async move { ([(CONTENT_TYPE, "application/json")], body) };
            routes = routes.route(&format!("/{name}"), any(answer));
        }
    }
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let listener = tokio::net::TcpListener::bind(address).await?;
        Ok(axum::serve(listener, routes).await?)
    })
}
