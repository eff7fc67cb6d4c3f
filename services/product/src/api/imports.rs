//! `/api/admin/imports`: a merchant's file comes in, and how it goes.

use super::Api;
use super::form::{Bound, field_problem, opened, unknown_part};
use super::problems::{limit, problem};
use crate::application::import_report::{ImportReport, ImportStatus, ReadImport, ReportedProblem};
use crate::application::start_import::{ImportInput, StartImport};
use crate::domain::import::Format;
use crate::domain::intake::Tally;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, State};
use axum::response::Response;
use hanse_http::{
    Accepted, Caller, Fingerprint, IdempotencyKey, Json, OptionalIdempotencyKey, Path, Problem, Query,
};
use hanse_kernel::{Currency, ImportId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The largest file.
const FILE: usize = 64 * 1024 * 1024;
/// The whole upload: the file and what is around it.
pub(crate) const UPLOAD: usize = FILE + 64 * 1024;
const BOUND: Bound = Bound { bytes: FILE, remedy: "split the file by products" };

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CountsBody {
    created: u64,
    updated: u64,
    unchanged: u64,
    skipped: u64,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProblemBody {
    /// Of the file, counted from 1.
    line: i64,
    column: Option<String>,
    value: Option<String>,
    /// Stable, such as `price_not_a_number`.
    code: String,
    /// What to do about it.
    hint: String,
    /// `error`: the product was left out. `warning`: it was taken in, the hint says how.
    severity: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportBody {
    id: ImportId,
    /// `running`, `done`, or `failed` when the file as a whole could not be read.
    status: &'static str,
    rows_total: i64,
    rows_done: i64,
    dry_run: bool,
    /// `auto` until the file has been looked at.
    format: &'static str,
    currency: String,
    file_name: Option<String>,
    /// In a dry run: what would be.
    products: CountsBody,
    variants: CountsBody,
    created_at: Timestamp,
    finished_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problems: Option<Vec<ProblemBody>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportList {
    items: Vec<ImportBody>,
    next_cursor: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportsQuery {
    cursor: Option<String>,
    /// 1 to 100, 20 unless told.
    limit: Option<u16>,
}

/// The upload, as the document describes it.
#[derive(ToSchema)]
#[allow(dead_code)]
pub(crate) struct UploadBody {
    /// The file, at most 64 MiB.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// `auto` unless told; or `shopify_csv`, `csv`, `json`.
    format: Option<String>,
    /// `true`: the report alone, nothing is changed.
    dry_run: Option<String>,
    /// Of prices where the file names none; the channel's unless told.
    currency: Option<String>,
}

fn counts(tally: Tally) -> CountsBody {
    CountsBody {
        created: tally.created,
        updated: tally.updated,
        unchanged: tally.unchanged,
        skipped: tally.skipped,
    }
}

fn told(p: ReportedProblem) -> ProblemBody {
    let severity = if p.error { "error" } else { "warning" };
    ProblemBody { line: p.line, column: p.column, value: p.value, code: p.code, hint: p.hint, severity }
}

fn shown(report: ImportReport, whole: bool) -> ImportBody {
    let run = report.run;
    ImportBody {
        id: run.id,
        status: match run.status {
            ImportStatus::Uploading | ImportStatus::Queued | ImportStatus::Running => "running",
            ImportStatus::Done => "done",
            ImportStatus::Failed => "failed",
        },
        rows_total: run.rows_total,
        rows_done: report.rows_done,
        dry_run: run.dry_run,
        format: run.format.name(),
        currency: run.currency.code().into(),
        file_name: run.file_name,
        products: counts(run.products),
        variants: counts(run.variants),
        created_at: run.created_at,
        finished_at: run.finished_at,
        problems: whole.then(|| report.problems.into_iter().map(told).collect()),
    }
}

struct Upload {
    bytes: Vec<u8>,
    file_name: Option<String>,
    format: Format,
    dry_run: bool,
    currency: Option<Currency>,
}

/// Reads the whole upload before anything is done with it.
async fn upload(mut parts: Multipart) -> Result<Upload, Problem> {
    let mut bytes: Option<Vec<u8>> = None;
    let (mut file_name, mut format, mut dry_run, mut currency) = (None, Format::Auto, false, None);
    while let Some(field) = parts.next_field().await.map_err(|e| BOUND.broken(&e))? {
        let name = field.name().unwrap_or_default().to_string();
        match name.as_str() {
            "file" if bytes.is_some() => return Err(field_problem("file", "duplicate", "was given twice")),
            "file" => {
                file_name = field.file_name().filter(|name| !name.is_empty()).map(str::to_string);
                bytes = Some(BOUND.whole(field).await?);
            }
            "format" => {
                let text = BOUND.short(field, "format").await?;
                let parsed = text.trim().parse::<Format>();
                format = parsed.map_err(|e| field_problem("format", "enum", e.to_string()))?;
            }
            "dry_run" => {
                dry_run = match BOUND.short(field, "dry_run").await?.trim() {
                    "true" | "1" | "on" => true,
                    "false" | "0" | "" => false,
                    _ => return Err(field_problem("dry_run", "type", "must be true or false")),
                }
            }
            "currency" => {
                let text = BOUND.short(field, "currency").await?;
                currency = match text.trim() {
                    "" => None,
                    code => Some(
                        Currency::parse(code)
                            .map_err(|e| field_problem("currency", "format", e.to_string()))?,
                    ),
                };
            }
            other => return Err(unknown_part(other, "file, format, dry_run, currency")),
        }
    }
    let bytes = bytes.ok_or_else(|| field_problem("file", "required", "is required"))?;
    Ok(Upload { bytes, file_name, format, dry_run, currency })
}

/// Takes a product file in and imports it in the background; follow it at the place that `Location` names.
#[utoipa::path(post, path = "/api/admin/imports", params(OptionalIdempotencyKey),
    request_body(content = UploadBody, content_type = "multipart/form-data"),
    responses((status = 202, body = ImportBody)))]
pub(crate) async fn start_import(
    State(api): State<Api>,
    Caller(ctx): Caller,
    key: Option<IdempotencyKey>,
    parts: Result<Multipart, MultipartRejection>,
) -> Result<Response, Problem> {
    let upload = upload(opened(parts)?).await?;
    let described = (upload.format.name(), upload.dry_run, upload.currency.map(Currency::code));
    let content = Fingerprint::of_bytes(&upload.bytes);
    let fingerprint = Fingerprint::of(&(format!("{content:?}"), described))?;
    let catalogue = api.catalogue.clone();
    let caller = ctx.clone();
    let work = async move |operation| {
        let id = ImportId::new(operation);
        let Upload { bytes, file_name, format, dry_run, currency } = upload;
        let input = ImportInput { id, bytes, file_name, format, currency, dry_run };
        let report = StartImport(catalogue).run(&caller, input).await.map_err(problem)?;
        Ok(Accepted(format!("/api/admin/imports/{id}"), shown(report, false)))
    };
    api.maybe_once(&ctx, "POST /api/admin/imports", key, fingerprint, work).await
}

/// How an import goes, and all its problems.
#[utoipa::path(get, path = "/api/admin/imports/{id}", params(("id" = ImportId, Path)),
    responses((status = 200, body = ImportBody)))]
pub(crate) async fn read_import(
    State(api): State<Api>,
    Path(id): Path<ImportId>,
) -> Result<Json<ImportBody>, Problem> {
    let report = ReadImport(api.catalogue).run(id).await.map_err(problem)?;
    Ok(Json(shown(report, true)))
}

/// Imports, newest first, without their problems.
#[utoipa::path(get, path = "/api/admin/imports", params(ImportsQuery),
    responses((status = 200, body = ImportList)))]
pub(crate) async fn list_imports(
    State(api): State<Api>,
    Query(query): Query<ImportsQuery>,
) -> Result<Json<ImportList>, Problem> {
    let page = ReadImport(api.catalogue).list(query.cursor, limit(query.limit)?).await.map_err(problem)?;
    let next_cursor = page.next.map(|c| c.to_string());
    Ok(Json(ImportList { items: page.items.into_iter().map(|r| shown(r, false)).collect(), next_cursor }))
}
