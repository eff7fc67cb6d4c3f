//! How user's errors look to a client.

use crate::application::UserError;
use crate::domain::BookError;
use hanse_http::{Problem, StatusCode};

impl From<UserError> for Problem {
    fn from(error: UserError) -> Self {
        match error {
            UserError::Invalid(faults) => {
                let detail: Vec<String> = faults.iter().map(|f| format!("{} {}", f.field, f.rule)).collect();
                let problem = Self::validation(detail.join("; "));
                faults.into_iter().fold(problem, |problem, f| problem.field(f.field, f.code, f.rule))
            }
            UserError::Book(BookError::NoSuchAddress) => Self::not_found("address"),
            UserError::Book(full @ BookError::Full) => {
                Self::conflict("address_book_full", "The address book is full").detail(full.to_string())
            }
            UserError::ChangedTooOften(why) => {
                Self::conflict("consents_full", "No more changes of mind are kept").detail(why.to_string())
            }
            UserError::NoSuchPerson => Self::not_found("customer"),
            UserError::Nobody => Self::unauthenticated(),
            UserError::OtherVersion => Self::precondition_failed(),
            UserError::AuthAway(why) => {
                tracing::warn!(why, "auth cannot be asked");
                Self::unavailable("the identity service")
            }
            UserError::WrongPassword => {
                Self::new(StatusCode::UNAUTHORIZED, "wrong_credentials", "The password is wrong")
            }
            UserError::NoPassword => Self::conflict("no_password", "The account has no password")
                .detail("without one: log in again, and ask with an empty object"),
            UserError::StepUp => Self::step_up_required().detail(
                "POST /api/auth/step-up with the second factor, or the password where none is enrolled, or log in again; then again",
            ),
            UserError::TooManyTries(wait) => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_tries", "Too many wrong passwords")
                    .retry_after(wait.as_secs().max(1))
            }
            UserError::OfStaff => Self::conflict("staff_account", "This is an account of staff")
                .detail("it is the merchant who ends it"),
            UserError::HolderAway { service, why } => {
                tracing::warn!(service, why, "an export was not made: somebody who holds something is away");
                Self::unavailable(&format!("the service {service}"))
            }
            UserError::TooMuch => {
                Self::conflict("export_too_large", "There is more than fits into one document")
                    .detail("please ask the shop for it")
            }
            UserError::Store(error) => Self::store(&error),
        }
    }
}
