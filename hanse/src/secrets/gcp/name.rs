//! What a version of a secret is called, and where it is asked for.

use super::way;
use anyhow::{Result, bail};
use std::fmt;
use url::Url;

const USUAL: &str = "https://secretmanager.googleapis.com";

/// `projects/P/secrets/S/versions/V`, or with `locations/L` after the project for one that is kept in one region.
pub struct Name {
    text: String,
    project: String,
    location: Option<String>,
    secret: String,
}

/// Refuses what is no such name.
pub fn check(text: &str) -> Result<()> {
    Name::new(text).map(|_| ())
}

impl Name {
    pub fn new(text: &str) -> Result<Self> {
        let parts: Vec<&str> = text.split('/').collect();
        let (project, location, secret, version) = match *parts.as_slice() {
            ["projects", project, "secrets", secret, "versions", version] => (project, None, secret, version),
            ["projects", project, "locations", location, "secrets", secret, "versions", version] => {
                (project, Some(location), secret, version)
            }
            _ => return Self::refuse(text),
        };
        let plain = |part: &str| {
            let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
            !part.is_empty() && !part.starts_with('.') && part.chars().all(allowed)
        };
        if ![project, location.unwrap_or("-"), secret, version].into_iter().all(plain) {
            return Self::refuse(text);
        }
        Ok(Self {
            text: text.into(),
            project: project.into(),
            location: location.map(Into::into),
            secret: secret.into(),
        })
    }

    fn refuse(text: &str) -> Result<Self> {
        // Somebody may have put the keys themselves here.
        let looks_like_one = text.starts_with("projects/") && text.len() <= 500;
        let shown = if looks_like_one { text } else { "what is there" };
        bail!(
            "keys.gcp: {shown} is no version of a secret; it is written projects/PROJECT/secrets/SECRET/versions/latest, or with a \
             number in the place of latest, and with locations/REGION after the project for a regional one"
        )
    }

    /// A regional secret is asked for in its region, unless an endpoint is named.
    pub fn address(&self, endpoint: &str) -> Result<Url> {
        let regional =
            self.location.as_ref().map(|at| format!("https://secretmanager.{at}.rep.googleapis.com"));
        let endpoint = if endpoint.is_empty() { regional.as_deref().unwrap_or(USUAL) } else { endpoint };
        let mut at = way::endpoint(endpoint)?;
        at.set_path(&format!("/v1/{}:access", self.text));
        Ok(at)
    }

    pub fn project(&self) -> &str {
        &self.project
    }

    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// What `gcloud secrets` wants besides, to find it.
    pub fn place(&self) -> String {
        let location = self.location.as_ref().map(|at| format!(" --location={at}")).unwrap_or_default();
        format!("--project={}{location}", self.project)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::Name;

    #[test]
    fn a_secret_is_asked_for_where_it_is_kept_and_nowhere_else() {
        let at = |name: &str, endpoint: &str| Name::new(name).and_then(|name| name.address(endpoint));
        let plain = at("projects/kontor/secrets/keys/versions/latest", "").unwrap();
        assert_eq!(
            plain.as_str(),
            "https://secretmanager.googleapis.com/v1/projects/kontor/secrets/keys/versions/latest:access"
        );
        let regional = at("projects/kontor/locations/europe-west3/secrets/keys/versions/3", "").unwrap();
        assert_eq!(regional.host_str(), Some("secretmanager.europe-west3.rep.googleapis.com"));
        let private =
            at("projects/example.org:kontor/secrets/keys/versions/3", "https://sm-shop.p.googleapis.com/");
        assert_eq!(private.unwrap().host_str(), Some("sm-shop.p.googleapis.com"));
        for wrong in [
            "",
            "keys",
            "projects/kontor/secrets/keys",
            "projects/kontor/secrets/keys/versions/",
            "projects/kontor/secrets/../versions/latest",
            "projects/kontor/secrets/keys?x/versions/latest",
            "projects/kontor/secrets/keys/versions/latest/",
        ] {
            let told = Name::new(wrong).err().expect(wrong).to_string();
            assert!(told.starts_with("keys.gcp") && told.contains("versions/latest"), "{told}");
        }
        for wrong in [
            "secretmanager.googleapis.com",
            "http://example.org",
            "https://u:p@example.org",
            "https://example.org/v1",
        ] {
            let told = at("projects/kontor/secrets/keys/versions/1", wrong).expect_err(wrong).to_string();
            assert!(told.starts_with("keys.gcp_endpoint") && !told.contains("u:p"), "{told}");
        }
    }
}
