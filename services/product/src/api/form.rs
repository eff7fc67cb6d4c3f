//! Form uploads, read part by part within bounds.

use axum::extract::Multipart;
use axum::extract::multipart::{Field, MultipartError, MultipartRejection};
use hanse_http::{Problem, StatusCode};

/// Parts beside the file.
const SHORT: usize = 1024;

/// How much of a file is taken, and what to do with a larger one.
#[derive(Clone, Copy)]
pub(crate) struct Bound {
    pub bytes: usize,
    pub remedy: &'static str,
}

impl Bound {
    pub fn too_large(self) -> Problem {
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", "The file is too large")
            .detail(format!("at most {} MiB are taken; {}", self.bytes / (1024 * 1024), self.remedy))
    }

    pub fn broken(self, error: &MultipartError) -> Problem {
        if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
            return self.too_large();
        }
        Problem::new(StatusCode::BAD_REQUEST, "upload_truncated", "The upload did not arrive whole")
            .detail("nothing was changed; send the file again as multipart/form-data")
    }

    /// A part that is a file.
    pub async fn whole(self, mut field: Field<'_>) -> Result<Vec<u8>, Problem> {
        let mut whole = vec![];
        while let Some(chunk) = field.chunk().await.map_err(|e| self.broken(&e))? {
            if whole.len() + chunk.len() > self.bytes {
                return Err(self.too_large());
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(whole)
    }

    /// A part that is a short text.
    pub async fn short(self, field: Field<'_>, name: &str) -> Result<String, Problem> {
        let bytes = field.bytes().await.map_err(|e| self.broken(&e))?;
        if bytes.len() > SHORT {
            return Err(field_problem(name, "length", "is too long"));
        }
        String::from_utf8(bytes.to_vec()).map_err(|_| field_problem(name, "format", "must be text"))
    }
}

pub(crate) fn field_problem(field: &str, code: &str, rule: impl Into<String>) -> Problem {
    let rule = rule.into();
    Problem::validation(format!("{field} {rule}")).field(field, code, rule)
}

pub(crate) fn opened(parts: Result<Multipart, MultipartRejection>) -> Result<Multipart, Problem> {
    parts.map_err(|_| {
        Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "The body must be a form upload",
        )
        .detail("send it as multipart/form-data with a part named file")
    })
}

/// `known` are the names of the parts that there may be.
pub(crate) fn unknown_part(name: &str, known: &str) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown_field", "A field is not known here")
        .detail(format!("{name} is not a field of this request"))
        .field(name, "unknown_field", format!("is not known; expected {known}"))
}
