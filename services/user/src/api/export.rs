//! `POST /api/store/me/export`: all that the shop holds about whoever asks.

use crate::api::Api;
use crate::api::addresses::AddressBody;
use crate::api::consents::ConsentBody;
use crate::application::Export;
use axum::extract::State;
use axum::response::IntoResponse;
use hanse_http::{Caller, Json, Problem};
use hanse_kernel::{Personal, Timestamp, UserId};
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Of this form; a later one has another name.
const FORMAT: &str = "hanse.personal-data.v1";

#[derive(Serialize, ToSchema)]
pub struct ExportBody {
    /// `hanse.personal-data.v1`
    format: &'static str,
    person: UserId,
    made_at: Timestamp,
    /// By service, then by kind, as in `order` and `order`: lists of objects.
    #[schema(value_type = Object)]
    held: BTreeMap<&'static str, BTreeMap<String, Vec<Box<RawValue>>>>,
}

fn raw<T: Serialize>(thing: &T) -> Result<Box<RawValue>, Problem> {
    serde_json::value::to_raw_value(thing).map_err(|e| Problem::internal(&e))
}

impl ExportBody {
    fn of(export: Export) -> Result<Self, Problem> {
        let mut held = BTreeMap::new();
        for (service, kinds) in export.held {
            let kinds = kinds.into_iter().map(|(kind, things)| {
                let read = |thing: Personal<String>| {
                    // A service that told what is no JSON has told what nobody can read.
                    RawValue::from_string(thing.into_revealed()).map_err(|e| Problem::internal(&e))
                };
                Ok::<_, Problem>((kind, things.into_iter().map(read).collect::<Result<_, _>>()?))
            });
            held.insert(service, kinds.collect::<Result<_, _>>()?);
        }
        let mut own: BTreeMap<String, Vec<Box<RawValue>>> = BTreeMap::new();
        if let Some(profile) = &export.profile {
            // What does not read is told as it stands: nothing is left out.
            let metadata: Value = serde_json::from_str(&profile.metadata)
                .unwrap_or_else(|_| Value::String(profile.metadata.clone()));
            let profile = serde_json::json!({
                "name": profile.name.as_ref().map(|name| name.reveal().as_str()),
                "locale": profile.locale.as_str(), "created_at": profile.created_at, "metadata": metadata,
            });
            own.insert("profile".into(), vec![raw(&profile)?]);
        }
        let addresses = export.book.addresses().iter().cloned().map(AddressBody::from);
        let addresses = addresses.map(|address| raw(&address)).collect::<Result<Vec<_>, _>>()?;
        own.insert("address".into(), addresses);
        let consents = export.consents.said().iter().map(|word| raw(&ConsentBody::from(word)));
        own.insert("consent".into(), consents.collect::<Result<_, _>>()?);
        held.insert("user", own);
        Ok(Self { format: FORMAT, person: export.user, made_at: export.made_at, held })
    }
}

/// Everything that the shop holds about one, in one machine-readable document. 503 when a service that holds something cannot
/// be asked: there is no half of it.
#[utoipa::path(post, path = "/api/store/me/export", responses((status = 200, body = ExportBody)))]
pub async fn export_me(State(api): State<Api>, Caller(ctx): Caller) -> Result<impl IntoResponse, Problem> {
    let body = ExportBody::of(api.export_me.run(&ctx).await?)?;
    let headers =
        [(CACHE_CONTROL, "no-store"), (CONTENT_DISPOSITION, "attachment; filename=\"my-data.json\"")];
    Ok((headers, Json(body)))
}
