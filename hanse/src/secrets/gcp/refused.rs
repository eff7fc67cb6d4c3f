//! What Secret Manager refuses, and what to do about it. Of its answer only plain codes are told.

use super::name::Name;
use http::StatusCode;
use serde::Deserialize;

/// <https://google.aip.dev/193>
#[derive(Default, Deserialize)]
struct Refusal {
    #[serde(default)]
    error: Told,
}

#[derive(Default, Deserialize)]
struct Told {
    #[serde(default)]
    status: String,
    #[serde(default)]
    details: Vec<Detail>,
}

#[derive(Deserialize)]
struct Detail {
    #[serde(default)]
    reason: String,
}

pub fn told(name: &Name, who: &str, status: StatusCode, body: &[u8]) -> String {
    let Refusal { error } = serde_json::from_slice(body).unwrap_or_default();
    let because = |reason: &str| error.details.iter().any(|detail| detail.reason == reason);
    let (secret, place, code) = (name.secret(), name.place(), status.as_u16());
    match code {
        401 => format!(
            "Google does not know the token that {who} showed for {name} (401). Is the account still there, is its key still \
             valid, and does keys.gcp_endpoint name Google's Secret Manager?"
        ),
        403 if because("SERVICE_DISABLED") => format!(
            "the Secret Manager API is not switched on in the project of {name} (403): \
             gcloud services enable secretmanager.googleapis.com --project={}",
            name.project()
        ),
        403 if because("ACCESS_TOKEN_SCOPE_INSUFFICIENT") => format!(
            "the machine's access scopes do not reach as far as {name} (403): give it the scope cloud-platform, and leave it to \
             roles what {who} may do"
        ),
        403 => format!(
            "{who} may not read {name} (403). It needs the role roles/secretmanager.secretAccessor on that secret: \
             gcloud secrets add-iam-policy-binding {secret} {place} --role=roles/secretmanager.secretAccessor \
             --member=serviceAccount:…"
        ),
        404 => format!(
            "there is no {name} (404). `hanse keys --file -` makes the shop's keys, once: \
             hanse keys --file - | gcloud secrets create {secret} {place} --data-file=-"
        ),
        400 if error.status == "FAILED_PRECONDITION" => format!(
            "{name} is switched off or destroyed (400): gcloud secrets versions list {secret} {place} tells which versions are \
             enabled"
        ),
        _ => format!("Google's Secret Manager answers {name} with {code} {}", plain(&error.status)),
    }
}

/// Codes of Google's are capitals and underlines; anything else is not ours to repeat.
fn plain(code: &str) -> &str {
    let is_code = |c: char| c.is_ascii_uppercase() || c == '_';
    if code.len() <= 40 && code.chars().all(is_code) { code } else { "" }
}
