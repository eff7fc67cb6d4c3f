//! Logging in with who one is elsewhere: sent to a provider, back from it, and whom one has linked.

mod come_back;
mod own;
mod set_out;

pub use come_back::{Arrived, CameBack, ComeBack, TurnedAway};
pub use own::{Linked, OwnIdentities};
pub use set_out::SetOut;

use crate::application::ports::Provider;
use crate::application::{AuthError, LogIn, MailLinks};
use crate::domain::ProviderId;
use hanse_messaging::Outbox;
use std::sync::Arc;

/// All that is asked about providers of logins.
pub struct ProviderUseCases {
    pub all: Providers,
    pub set_out: SetOut,
    pub come_back: ComeBack,
    pub own: OwnIdentities,
}

impl ProviderUseCases {
    pub fn new(all: Providers, outbox: Outbox, links: MailLinks, log_in: LogIn) -> Self {
        let MailLinks { store, effects, .. } = links.clone();
        Self {
            set_out: SetOut { store: store.clone(), effects: effects.clone(), providers: all.clone() },
            come_back: ComeBack {
                store: store.clone(),
                outbox,
                effects,
                providers: all.clone(),
                links,
                log_in,
            },
            own: OwnIdentities { store, providers: all.clone() },
            all,
        }
    }
}

/// Those that the merchant has set up.
#[derive(Clone)]
pub struct Providers(pub Arc<[Arc<dyn Provider>]>);

impl Providers {
    pub fn find(&self, id: &str) -> Result<&Arc<dyn Provider>, AuthError> {
        self.0.iter().find(|one| one.id().as_str() == id).ok_or(AuthError::UnknownProvider)
    }

    fn has(&self, id: &ProviderId) -> bool {
        self.label(id).is_some()
    }

    fn label(&self, id: &ProviderId) -> Option<&str> {
        self.0.iter().find(|one| one.id() == id).map(|one| one.label())
    }
}
