//! Passkeys by the webauthn-rs crate. It draws its challenges itself.

use crate::application::AuthError;
use crate::application::ports::{Asked, Made, PasskeyVerifier};
use crate::domain::{Account, Passkey};
use hanse_kernel::UserId;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt::Display;
use webauthn_rs::prelude::{
    DiscoverableAuthentication, Passkey as Credential, PasskeyAuthentication, PasskeyRegistration,
    PublicKeyCredential, RegisterPublicKeyCredential, Url, Uuid,
};
use webauthn_rs::{Webauthn, WebauthnBuilder};

pub struct WebauthnPasskeys(Webauthn);

impl WebauthnPasskeys {
    /// For the shop at this address. A browser binds passkeys to a name, and an address of numbers is none: on the machine's own
    /// the shop is `localhost`; elsewhere there are no passkeys (None).
    pub fn new(public_url: &str, shop: &str) -> Result<Option<Self>, AuthError> {
        let mut origin = Url::parse(public_url).map_err(crypto)?;
        if matches!(origin.host_str(), Some("127.0.0.1" | "[::1]")) {
            origin.set_host(Some("localhost")).map_err(crypto)?;
        }
        let Some(name) = origin.domain().map(str::to_string) else { return Ok(None) };
        let builder = WebauthnBuilder::new(&name, &origin).map_err(crypto)?;
        Ok(Some(Self(builder.rp_name(shop).build().map_err(crypto)?)))
    }
}

/// What was asked for, until it is answered.
#[derive(Serialize, Deserialize)]
enum Asking {
    /// One of those that somebody has.
    ForOne(PasskeyAuthentication),
    /// Whosever it is.
    ForAny(DiscoverableAuthentication),
}

impl PasskeyVerifier for WebauthnPasskeys {
    fn ask_to_make(&self, account: &Account, have: &[Passkey]) -> Result<Asked, AuthError> {
        let have: Vec<_> = have.iter().filter_map(credential).map(|known| known.cred_id().clone()).collect();
        let (email, name) = (account.email.reveal().as_str(), account.name.reveal().as_str());
        let id = account.id.uuid();
        let (asked, state) =
            self.0.start_passkey_registration(id, email, name, Some(have)).map_err(crypto)?;
        let mut options = json(&asked)?;
        // So that it can be logged in with alone: the device keeps whose it is.
        if let Some(selection) = options.pointer_mut("/publicKey/authenticatorSelection") {
            selection["residentKey"] = "required".into();
            selection["requireResidentKey"] = true.into();
        }
        Ok(Asked { options, state: text(&state)? })
    }

    fn made(&self, state: &str, answer: &Value) -> Option<Made> {
        let state: PasskeyRegistration = serde_json::from_str(state).ok()?;
        let answer: RegisterPublicKeyCredential = read(answer)?;
        let made = self.0.finish_passkey_registration(&answer, &state).map_err(refused).ok()?;
        let credential_id: &[u8] = made.cred_id().as_ref();
        Some(Made { credential_id: credential_id.to_vec(), credential: text(&made).ok()? })
    }

    fn ask_to_show(&self, passkeys: &[Passkey]) -> Result<Asked, AuthError> {
        if passkeys.is_empty() {
            let (asked, state) = self.0.start_discoverable_authentication().map_err(crypto)?;
            let mut options = json(&asked)?;
            // Asked for by a button, not offered in a field.
            if let Some(options) = options.as_object_mut() {
                options.remove("mediation");
            }
            return Ok(Asked { options, state: text(&Asking::ForAny(state))? });
        }
        let known: Vec<_> = passkeys.iter().filter_map(credential).collect();
        let (asked, state) = self.0.start_passkey_authentication(&known).map_err(crypto)?;
        Ok(Asked { options: json(&asked)?, state: text(&Asking::ForOne(state))? })
    }

    fn claimed(&self, answer: &Value) -> Option<UserId> {
        let answer: PublicKeyCredential = read(answer)?;
        Uuid::from_slice(answer.get_user_unique_id()?).ok().map(UserId::new)
    }

    fn shown(&self, state: &str, answer: &Value, passkeys: Vec<Passkey>) -> Option<Passkey> {
        let answer: PublicKeyCredential = read(answer)?;
        let shown = passkeys.into_iter().find(|key| key.credential_id == answer.get_credential_id());
        let mut shown = shown?;
        let mut known = credential(&shown)?;
        let result = match serde_json::from_str::<Asking>(state).ok()? {
            Asking::ForOne(state) => self.0.finish_passkey_authentication(&answer, &state),
            Asking::ForAny(state) => self.0.finish_discoverable_authentication_v2(&answer, state, &known),
        };
        let result = result.map_err(refused).ok()?;
        known.update_credential(&result);
        shown.credential = text(&known).ok()?;
        Some(shown)
    }
}

/// One that this version cannot read is as good as none.
fn credential(passkey: &Passkey) -> Option<Credential> {
    serde_json::from_str(&passkey.credential).ok()
}

fn read<T: DeserializeOwned>(answer: &Value) -> Option<T> {
    serde_json::from_value(answer.clone()).ok()
}

fn json(value: &impl Serialize) -> Result<Value, AuthError> {
    serde_json::to_value(value).map_err(crypto)
}

fn text(value: &impl Serialize) -> Result<String, AuthError> {
    serde_json::to_string(value).map_err(crypto)
}

fn refused(error: impl Display) {
    tracing::debug!(%error, "a passkey's answer was refused");
}

fn crypto(error: impl Display) -> AuthError {
    AuthError::Crypto(format!("passkey: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passkeys_are_bound_to_a_name_of_the_shop() {
        let there = |url: &str| WebauthnPasskeys::new(url, "Kontor").unwrap().is_some();
        assert!(there("https://shop.example"));
        assert!(there("http://127.0.0.1:8080"), "as localhost");
        assert!(!there("http://192.0.2.7:8080"), "numbers are no name");
        assert!(WebauthnPasskeys::new("shop.example", "Kontor").is_err());
    }
}
