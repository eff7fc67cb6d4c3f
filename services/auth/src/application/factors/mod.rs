//! Second factors: enrolled, shown, removed.

mod enrol_totp;
mod log_in;
mod own;
mod passkeys;
mod prove;
mod step_up;

pub use enrol_totp::{ConfirmTotp, EnrolTotp};
pub use log_in::{Answer, LogInFactor};
pub use own::{NewRecoveryCodes, OwnFactors, RemoveTotp};
pub use passkeys::{Ask, OwnPasskeys};
pub use prove::{Assertion, ProveFactor, Shown};
pub use step_up::{Once, StepUp};

use crate::application::begin_session::BeginSession;
use crate::application::ports::{AccessTokens, PasskeyVerifier, Store};
use crate::application::{AuthError, OwnSession, ProvePassword};
use crate::domain::recovery::GIVEN;
use crate::domain::{Account, RecoveryCode};
use hanse_auth_contract::{Factor, FactorChange, FactorChanged};
use hanse_database::{DbError, Tx};
use hanse_kernel::{Ctx, Effects, Rng, UserId};
use hanse_messaging::Outbox;
use hanse_record::Entry;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// All that is asked of second factors.
pub struct FactorUseCases {
    pub own: OwnFactors,
    pub enrol_totp: EnrolTotp,
    pub confirm_totp: ConfirmTotp,
    pub remove_totp: RemoveTotp,
    pub new_recovery_codes: NewRecoveryCodes,
    pub log_in: LogInFactor,
    pub step_up: StepUp,
    pub passkeys: OwnPasskeys,
}

impl FactorUseCases {
    /// `shop` is what the merchant's shop is listed under in an app.
    pub fn new(
        means: Means,
        password: ProvePassword,
        begin: BeginSession,
        verifier: Option<Arc<dyn PasskeyVerifier>>,
        shop: String,
    ) -> Self {
        let Means { store, effects, .. } = means.clone();
        let passkeys = verifier.clone();
        let prove = ProveFactor { store: store.clone(), effects: effects.clone(), passkeys };
        Self {
            own: OwnFactors { store: store.clone() },
            enrol_totp: EnrolTotp { means: means.clone(), password: password.clone(), shop },
            confirm_totp: ConfirmTotp { means: means.clone() },
            remove_totp: RemoveTotp {
                means: means.clone(),
                password: password.clone(),
                prove: prove.clone(),
            },
            new_recovery_codes: NewRecoveryCodes {
                means: means.clone(),
                password: password.clone(),
                prove: prove.clone(),
            },
            step_up: StepUp { means: means.clone(), password: password.clone(), prove: prove.clone() },
            passkeys: OwnPasskeys { means, password, begin: begin.clone(), verifier },
            log_in: LogInFactor { store, effects, prove, begin },
        }
    }
}

/// What the use cases of factors share.
#[derive(Clone)]
pub struct Means {
    pub store: Store,
    pub outbox: Outbox,
    pub effects: Effects,
    pub own_session: OwnSession,
    pub access_tokens: Arc<dyn AccessTokens>,
}

impl Means {
    /// Its person is told, should it not have been them. `account` is as this unit read it.
    async fn tell(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        mut account: Account,
        factor: Factor,
        change: FactorChange,
    ) -> Result<(), DbError> {
        let aggver = account.next_event();
        if !self.store.accounts.save(tx, &account).await? {
            return Err(DbError::Other("the account was changed within the unit that read it".into()));
        }
        let action = match change {
            FactorChange::Added => "factor.added",
            FactorChange::Removed => "factor.removed",
        };
        let entry = Entry::new(action, "user", account.id).became(json!({"factor": factor}));
        self.store.record.note(tx, ctx, entry).await?;
        let changed_at = self.effects.now();
        let event = FactorChanged { user_id: account.id, factor, change, changed_at };
        self.outbox.event(tx, ctx, &account.id, aggver, &event).await
    }

    /// Gives somebody these recovery codes if they have none; whether they have them now.
    async fn first_codes(&self, tx: &mut Tx, user: UserId, codes: &[RecoveryCode]) -> Result<bool, DbError> {
        if self.store.factors.enrolled(tx, user).await?.recovery_codes > 0 {
            return Ok(false);
        }
        let digests: Vec<_> = codes.iter().map(|code| code.digest(user)).collect();
        self.store.factors.put_recovery_codes(tx, user, &digests).await?;
        Ok(true)
    }

    async fn account(&self, tx: &mut Tx, user: UserId) -> Result<Option<Account>, DbError> {
        Ok(self.store.accounts.by_ids(tx, &[user]).await?.pop())
    }
}

fn codes(rng: &dyn Rng) -> Vec<RecoveryCode> {
    (0..GIVEN).map(|_| RecoveryCode::random(rng)).collect()
}

/// Why a unit that needs a second factor did nothing but count the try.
pub enum Refusal {
    Wrong,
    TooMany(Duration),
    /// There is nothing of what it was about.
    Nothing,
    /// Who they are was shown too long ago, or by less than what is enrolled.
    Stale,
}

impl Refusal {
    fn told(self, nothing: AuthError) -> AuthError {
        match self {
            Self::Wrong => AuthError::WrongCode,
            Self::TooMany(wait) => AuthError::TooManyTries(wait),
            Self::Nothing => nothing,
            Self::Stale => AuthError::StepUp,
        }
    }
}

/// What a unit that needs a second factor came to. A refusal is committed, with the try that it counted.
pub type Outcome<T> = Result<Result<T, Refusal>, DbError>;

fn count(shown: &Shown, outcome: &'static str) {
    let method = shown.method().as_str();
    metrics::counter!("auth_factor_logins_total", "method" => method, "outcome" => outcome).increment(1);
}
