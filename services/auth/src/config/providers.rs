//! What can be set about providers of logins.

use super::AuthConfig;
use crate::application::Providers;
use crate::application::ports::Provider;
use crate::domain::ProviderId;
use crate::infrastructure::{Addresses, Facebook, Oidc, Outbound, Reach, Registered, reach_of, roots};
use hanse_kernel::personal::ExposeSecret;
use hanse_kernel::{Effects, Secret};
use hanse_runtime::StartError;
use std::sync::Arc;
use url::Url;

const GOOGLE: &str = "https://accounts.google.com";
const FACEBOOK: FacebookUrls<&str> = FacebookUrls {
    authorize: "https://www.facebook.com/v24.0/dialog/oauth",
    token: "https://graph.facebook.com/v24.0/oauth/access_token",
    profile: "https://graph.facebook.com/v24.0/me",
};
const MOST: usize = 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderKind {
    /// Any that speaks OpenID Connect.
    Oidc,
    Google,
    Facebook,
}

/// Where Facebook is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FacebookUrls<T = Option<String>> {
    pub authorize: T,
    pub token: T,
    pub profile: T,
}

/// Prints without its secret.
#[derive(Debug, Clone)]
pub struct ProviderConfig {
    /// Stands in addresses, and in the store with everybody who comes from there: it stays as it is.
    pub id: String,
    pub kind: ProviderKind,
    /// What people know it by. Google and Facebook have one.
    pub label: Option<String>,
    /// Of OpenID Connect, to the letter as the provider writes it. Google has one.
    pub issuer: Option<String>,
    pub client_id: String,
    pub client_secret: Secret,
    /// It is in the merchant's own network.
    pub private_network: bool,
    pub facebook: FacebookUrls,
}

fn fault(id: &str, key: &str, problem: impl Into<String>, remedy: impl Into<String>) -> StartError {
    let key = format!("auth.providers.{id}.{key}");
    StartError::Config { key, problem: problem.into(), remedy: remedy.into() }
}

impl ProviderConfig {
    fn fault(&self, key: &str, problem: &str, remedy: &str) -> StartError {
        fault(&self.id, key, problem, remedy)
    }

    fn label(&self) -> Result<String, StartError> {
        let label = match (&self.label, self.kind) {
            (Some(label), _) => label.trim(),
            (None, ProviderKind::Google) => "Google",
            (None, ProviderKind::Facebook) => "Facebook",
            (None, ProviderKind::Oidc) => "",
        };
        let fine = (1..=40).contains(&label.chars().count()) && !label.chars().any(char::is_control);
        let wrong = || {
            self.fault(
                "label",
                "is not 1 to 40 characters",
                "say what shoppers know it by, such as \"Kontor ID\"",
            )
        };
        fine.then(|| label.to_string()).ok_or_else(wrong)
    }

    /// Plain HTTP is for this machine alone.
    fn url(&self, key: &str, text: &str) -> Result<Url, StartError> {
        let remedy = "give an address such as https://id.example.com";
        let url = Url::parse(text).map_err(|_| self.fault(key, "is no address", remedy))?;
        let here = reach_of(&url) == Reach::Loopback;
        if url.scheme() != "https" && !(url.scheme() == "http" && here) {
            return Err(self.fault(
                key,
                "is not an https:// address",
                "plain HTTP is for a provider on this very machine alone",
            ));
        }
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(self.fault(key, "holds a login or a #", remedy));
        }
        Ok(url)
    }

    fn issuer(&self) -> Result<(String, Url), StartError> {
        let issuer = match (&self.issuer, self.kind) {
            (Some(issuer), _) => issuer.as_str(),
            (None, ProviderKind::Google) => GOOGLE,
            (None, _) => {
                return Err(self.fault(
                    "issuer",
                    "is missing",
                    "it is the `issuer` in the provider's /.well-known/openid-configuration",
                ));
            }
        };
        let url = self.url("issuer", issuer)?;
        if url.query().is_some() {
            return Err(self.fault("issuer", "holds a ?", "an issuer has none"));
        }
        Ok((issuer.to_string(), url))
    }

    fn reach(&self, url: &Url) -> Reach {
        if self.private_network { Reach::Private } else { reach_of(url) }
    }

    fn build(&self, public_url: &str, effects: &Effects) -> Result<Arc<dyn Provider>, StartError> {
        let id = ProviderId::parse(&self.id).map_err(|e| StartError::Config {
            key: "auth.providers".into(),
            problem: format!("{:?} {e}", self.id),
            remedy: "name the section accordingly, such as [auth.providers.google]".into(),
        })?;
        if self.client_id.is_empty() || self.client_id.len() > 400 {
            return Err(self.fault(
                "client_id",
                "is missing",
                "the provider gives one when the shop is registered there",
            ));
        }
        let label = self.label()?;
        let redirect_uri = format!("{}/api/auth/oauth/{id}/callback", public_url.trim_end_matches('/'));
        let registered = Registered {
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.clone(),
            redirect_uri,
        };
        let outbound = |reach| {
            Outbound::new(effects.clone(), reach, roots())
                .map_err(|e| StartError::Other { service: "auth", message: format!("TLS: {e}") })
        };
        if self.kind == ProviderKind::Facebook {
            return Ok(Arc::new(self.facebook(id, label, registered, outbound)?));
        }
        let (issuer, url) = self.issuer()?;
        let outbound = outbound(self.reach(&url))?;
        Ok(Arc::new(Oidc::new(id, label, issuer, registered, outbound, effects.clone())))
    }

    fn facebook(
        &self,
        id: ProviderId,
        label: String,
        registered: Registered,
        outbound: impl Fn(Reach) -> Result<Outbound, StartError>,
    ) -> Result<Facebook, StartError> {
        if self.issuer.is_some() {
            return Err(self.fault("issuer", "is not for Facebook", "leave it out, or say kind = \"oidc\""));
        }
        let url = |key: &str, given: &Option<String>, otherwise| {
            self.url(key, given.as_deref().unwrap_or(otherwise))
        };
        let addresses = Addresses {
            authorize: url("authorize_url", &self.facebook.authorize, FACEBOOK.authorize)?,
            token: url("token_url", &self.facebook.token, FACEBOOK.token)?,
            profile: url("profile_url", &self.facebook.profile, FACEBOOK.profile)?,
        };
        let outbound = outbound(self.reach(&addresses.token))?;
        Ok(Facebook { id, label, registered, addresses, outbound })
    }
}

impl AuthConfig {
    pub(super) fn check_providers(&self) -> Result<(), StartError> {
        if self.providers.len() > MOST {
            return Err(StartError::Config {
                key: "auth.providers".into(),
                problem: format!("are more than {MOST}"),
                remedy: "nobody chooses among so many".into(),
            });
        }
        for one in &self.providers {
            let urls = &one.facebook;
            let others = [&urls.authorize, &urls.token, &urls.profile];
            if one.kind != ProviderKind::Facebook && others.iter().any(|url| url.is_some()) {
                return Err(one.fault(
                    "authorize_url",
                    "is for Facebook alone",
                    "the issuer's document tells the addresses",
                ));
            }
        }
        Ok(())
    }

    /// Whoever answers needs them; whoever only looks at what auth is, as a gateway does, need not be given any.
    pub(crate) fn check_secrets(&self) -> Result<(), StartError> {
        match self.providers.iter().find(|one| one.client_secret.expose_secret().is_empty()) {
            None => Ok(()),
            Some(one) => Err(one.fault(
                "client_secret",
                "is missing",
                "the provider gives one when the shop is registered there; name a file with it as client_secret_file, \
                 or set it in the environment",
            )),
        }
    }

    pub(crate) fn providers(&self, effects: &Effects) -> Result<Providers, StartError> {
        let built = self.providers.iter().map(|one| one.build(&self.public_url, effects));
        Ok(Providers(built.collect::<Result<Vec<_>, _>>()?.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hanse_kernel::effects::{ManualClock, SeededRng};
    use hanse_kernel::{Timestamp, system::SystemIds};

    struct Nothing;
    impl hanse_kernel::Timers for Nothing {
        fn sleep(&self, _: std::time::Duration) -> futures::future::BoxFuture<'static, ()> {
            Box::pin(std::future::pending())
        }
    }
    impl hanse_kernel::Spawn for Nothing {
        fn spawn(&self, _: &'static str, _: futures::future::BoxFuture<'static, ()>) {}
    }

    fn effects() -> Effects {
        Effects {
            clock: ManualClock::at(Timestamp::from_micros(0)),
            timers: Arc::new(Nothing),
            spawn: Arc::new(Nothing),
            ids: Arc::new(SystemIds),
            rng: Arc::new(SeededRng::new(1)),
            tracer: None,
        }
    }

    fn provider(kind: ProviderKind) -> ProviderConfig {
        ProviderConfig {
            id: "them".into(),
            kind,
            label: Some("Them".into()),
            issuer: (kind == ProviderKind::Oidc).then(|| "https://id.example.com/realm".into()),
            client_id: "shop".into(),
            client_secret: "hush".into(),
            private_network: false,
            facebook: FacebookUrls::default(),
        }
    }

    fn told(provider: ProviderConfig) -> Option<String> {
        let config = AuthConfig { providers: vec![provider], ..AuthConfig::default() };
        let done = config.validate().and_then(|()| config.check_secrets());
        done.and_then(|()| config.providers(&effects()).map(|_| ())).err().map(|e| e.to_string())
    }

    #[test]
    fn what_would_not_work_is_refused_by_its_key() {
        use ProviderKind::{Facebook, Google, Oidc};
        let some = |text: &str| Some(text.to_string());
        for kind in [Oidc, Google, Facebook] {
            assert_eq!(told(provider(kind)), None);
            assert!(!format!("{:?}", provider(kind)).contains("hush"));
        }
        let here = ProviderConfig { issuer: some("http://127.0.0.1:4444"), ..provider(Oidc) };
        assert_eq!(told(here), None);
        for (wrong, key) in [
            (ProviderConfig { id: "Them".into(), ..provider(Oidc) }, "auth.providers"),
            (ProviderConfig { label: None, ..provider(Oidc) }, "auth.providers.them.label"),
            (ProviderConfig { label: some(" "), ..provider(Google) }, "auth.providers.them.label"),
            (ProviderConfig { issuer: None, ..provider(Oidc) }, "auth.providers.them.issuer"),
            (
                ProviderConfig { issuer: some("id.example.com"), ..provider(Oidc) },
                "auth.providers.them.issuer",
            ),
            (
                ProviderConfig { issuer: some("http://id.example.com"), ..provider(Oidc) },
                "auth.providers.them.issuer",
            ),
            (
                ProviderConfig { issuer: some("https://a:b@id.example.com"), ..provider(Oidc) },
                "auth.providers.them.issuer",
            ),
            (
                ProviderConfig { issuer: some("https://id.example.com/?a=b"), ..provider(Oidc) },
                "auth.providers.them.issuer",
            ),
            (
                ProviderConfig { issuer: some("https://id.example.com"), ..provider(Facebook) },
                "auth.providers.them.issuer",
            ),
            (
                ProviderConfig { client_id: String::new(), ..provider(Google) },
                "auth.providers.them.client_id",
            ),
            (
                ProviderConfig { client_secret: "".into(), ..provider(Google) },
                "auth.providers.them.client_secret",
            ),
            (
                ProviderConfig {
                    facebook: FacebookUrls { token: some("ftp://a"), ..FacebookUrls::default() },
                    ..provider(Facebook)
                },
                "auth.providers.them.token_url",
            ),
            (
                ProviderConfig {
                    facebook: FacebookUrls { token: some("https://a"), ..FacebookUrls::default() },
                    ..provider(Google)
                },
                "auth.providers.them.authorize_url",
            ),
        ] {
            let told = told(wrong).expect(key);
            assert!(told.contains(key), "{told}");
        }
    }
}
