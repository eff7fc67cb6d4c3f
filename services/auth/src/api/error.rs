//! How auth's errors look to a client.

use crate::application::AuthError;
use crate::domain::AccountLink;
use hanse_http::{Problem, StatusCode};

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Invalid(faults) => {
                let detail: Vec<String> = faults.iter().map(|f| format!("{} {}", f.field, f.rule)).collect();
                let problem = Self::validation(detail.join("; "));
                faults.into_iter().fold(problem, |problem, f| problem.field(f.field, f.code, f.rule))
            }
            AuthError::WrongCredentials => Self::new(
                StatusCode::UNAUTHORIZED,
                "wrong_credentials",
                "The e-mail address or the password is wrong",
            ),
            AuthError::RefreshRefused => {
                Self::new(StatusCode::UNAUTHORIZED, "refresh_token_invalid", "The refresh token is not valid")
                    .detail("log in again")
            }
            AuthError::LinkRefused => {
                Self::new(StatusCode::GONE, "link_invalid", "The link is not good any more")
                    .detail("it was used, replaced by a newer one, or is too old; ask for another one")
            }
            AuthError::NoPassword => Self::conflict("no_password", "The account has no password")
                .detail("take one by mail: POST /api/auth/password/forgot"),
            AuthError::UnknownProvider => Self::not_found("provider of logins"),
            AuthError::UnknownIdentity => Self::not_found("identity"),
            AuthError::LastWayIn => Self::conflict("last_way_in", "It is the last way into the account")
                .detail("take a password by mail first, or link another provider"),
            AuthError::Provider(error) => {
                tracing::warn!(%error, "a provider of logins");
                Self::unavailable("the provider of logins").detail("log in with a password, or come again")
            }
            AuthError::AddressTaken => Self::conflict("address_taken", "The address has an account already"),
            AuthError::RoleBeyondOwn => {
                Self::forbidden().detail("nobody may grant a role with more permissions than their own")
            }
            AuthError::TooManyTries(wait) => Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_tries",
                "Too many wrong passwords or codes",
            )
            .detail("wait, use a browser that has logged in before, or take a new password by mail")
            .retry_after(wait.as_secs().max(1)),
            AuthError::PermissionsBeyondOwn => {
                Self::forbidden().detail("nobody may give a key more permissions than their own")
            }
            AuthError::TooManyKeys => Self::conflict("too_many_api_keys", "The shop has 200 keys already")
                .detail("withdraw one that is not used any more"),
            AuthError::UnknownRole => Self::not_found("role"),
            AuthError::RoleExists => Self::conflict("role_exists", "The shop has a role of this name"),
            AuthError::RoleBuiltIn => Self::conflict("role_built_in", "A built-in role stays as it is")
                .detail("make a role of the shop's own with POST /api/admin/roles"),
            AuthError::RoleInUse => Self::conflict("role_in_use", "Somebody works, or is invited, as this")
                .detail("give them another role and withdraw the invitations first"),
            AuthError::TooManyRoles => {
                Self::conflict("too_many_roles", "The shop has 100 roles of its own already")
            }
            AuthError::UnknownStaff => Self::not_found("staff"),
            AuthError::LastOwner => Self::conflict("last_owner", "Somebody has to own the shop")
                .detail("make somebody else an owner first"),
            AuthError::UnknownInvitation => Self::not_found("invitation"),
            AuthError::TooManyInvitations => {
                Self::conflict("too_many_invitations", "The shop has 200 open invitations already")
                    .detail("withdraw those that nobody will follow any more")
            }
            AuthError::InvitedOften => {
                let title = "The address was invited five times within an hour";
                Self::new(StatusCode::TOO_MANY_REQUESTS, "invited_often", title)
                    .retry_after(AccountLink::PER.as_secs())
            }
            AuthError::WrongCode => Self::new(StatusCode::UNAUTHORIZED, "wrong_code", "The code is wrong")
                .detail("a code is good for a minute and once; take the next one"),
            AuthError::ChallengeRefused => Self::new(
                StatusCode::UNAUTHORIZED,
                "challenge_invalid",
                "The login has to begin anew",
            )
            .detail(
                "show the password again, then the second factor on the same device, within five minutes",
            ),
            AuthError::TotpEnrolled => {
                Self::conflict("totp_enrolled", "An authenticator app is enrolled already")
                    .detail("remove it first")
            }
            AuthError::TotpNotBegun => {
                Self::conflict("totp_not_begun", "No authenticator app is being enrolled")
                    .detail("begin with POST /api/auth/factors/totp")
            }
            AuthError::PasskeyRefused => {
                Self::new(StatusCode::UNAUTHORIZED, "passkey_refused", "The passkey was not accepted").detail(
                    "begin again; an answer is good once, within five minutes, where it was asked for",
                )
            }
            AuthError::NoPasskeys => {
                Self::conflict("passkeys_unavailable", "There are no passkeys in this shop")
                    .detail("they need a name in server.public_url, such as https://shop.example")
            }
            AuthError::TooManyPasskeys => {
                Self::conflict("too_many_passkeys", "There are 20 passkeys already")
            }
            AuthError::UnknownPasskey => Self::not_found("passkey"),
            AuthError::StepUp => Self::step_up_required(),
            AuthError::NoFactor => Self::conflict("no_factor", "No second factor is enrolled"),
            AuthError::UnknownKey => Self::not_found("key"),
            AuthError::UnknownSession => Self::not_found("session"),
            AuthError::UnknownAccount => Self::invalid_token(),
            AuthError::Busy => Self::unavailable("the login"),
            AuthError::Store(error) => Self::store(&error),
            error @ AuthError::Crypto(_) => Self::internal(&error),
        }
    }
}
