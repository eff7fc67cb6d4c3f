//! Answers may be about whoever was answered, so they are stored sealed: with the key of a customer who was logged in, else
//! with the service's own, which lasts. Those of before are read as they are; they are gone after 72 hours.

use super::answer::{MARK, Recorded};
use hanse_database::{DbError, Tx};
use hanse_kernel::Actor;
use hanse_vault::{Column, Subject, Vault};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::borrow::Cow;

const HEADERS: Column = Column::new("http_idempotency", "headers");
const BODY: Column = Column::new("http_idempotency", "body");

/// Whose key it is. Staff are answered about others, and most services that answer them never hear that somebody was erased.
pub(super) fn subject(actor: &Actor) -> Subject {
    match actor {
        Actor::Customer { user } => Subject::from(*user),
        _ => Subject::SERVICE,
    }
}

/// An answer as it is stored.
pub(super) struct Sealed {
    pub headers: String,
    pub body: String,
    /// What a guest's is found by, which hangs on no person.
    pub about: Option<String>,
}

#[derive(Deserialize)]
struct Shown<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
}

pub(super) async fn seal(
    tx: &mut Tx,
    vault: &Vault,
    subject: Subject,
    guest: bool,
    answer: &Recorded,
) -> Result<Sealed, DbError> {
    let key = vault.of(tx, subject).await?;
    // Where secrets were taken out there are marks that no JSON has.
    let body = answer.body.replace(MARK, "");
    // An answer without an id is about nothing that could be asked for.
    let shown = serde_json::from_str::<Shown<'_>>(&body).ok();
    let about = shown.filter(|_| guest).map(|shown| about(&shown.id));
    Ok(Sealed { headers: key.seal(HEADERS, &answer.headers)?, body: key.seal(BODY, &answer.body)?, about })
}

pub(super) async fn open(
    tx: &mut Tx,
    vault: &Vault,
    subject: Subject,
    stored: Recorded,
) -> Result<Recorded, DbError> {
    let key = vault.find(tx, subject).await?;
    let (headers, body) = (key.open(HEADERS, &stored.headers)?, key.open(BODY, &stored.body)?);
    Ok(Recorded { headers, body, ..stored })
}

/// What guests' answers that show this id are found by. The id of a cart opens the cart, so it does not stand there itself.
pub(super) fn about(id: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(b"an answer that shows ");
    hash.update(id);
    hex::encode(hash.finalize())
}
