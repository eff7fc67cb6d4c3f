//! An e-mail address, plausible enough to write to; whether somebody reads there only a mail can tell.

use super::fault::{Fault, line};

#[derive(Clone, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    pub fn parse(field: &str, text: &str) -> Result<Self, Fault> {
        let wrong = || Fault::new(field, "format", "must be an e-mail address such as ana@example.org");
        let text = line(field, text, 254)?.ok_or_else(wrong)?;
        let (local, domain) = text.rsplit_once('@').ok_or_else(wrong)?;
        let label = |l: &str| {
            !l.is_empty()
                && !l.starts_with('-')
                && !l.ends_with('-')
                && l.chars().all(|c| c.is_alphanumeric() || c == '-')
        };
        let fine = (1..=64).contains(&local.len())
            && !local.contains(|c: char| c.is_whitespace() || "\"(),:;@[\\]".contains(c))
            && domain.contains('.')
            && domain.split('.').all(label);
        if fine { Ok(Self(text)) } else { Err(wrong()) }
    }
    /// What has been parsed before, from the store.
    pub fn stored(text: String) -> Self {
        Self(text)
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_mail_may_reach() {
        for good in ["ana@example.org", " a.b+c@sub.example.co.uk ", "jörg@müller.de", "o'neil@example.org"]
        {
            assert_eq!(Email::parse("email", good).unwrap().as_str(), good.trim());
        }
        for bad in [
            "",
            "ana",
            "@example.org",
            "ana@",
            "ana@localhost",
            "a b@example.org",
            "a@b@example.org",
            "<a@b.c>",
            "a@-b.c",
            "a@b..c",
            "a\n@b.c",
        ] {
            assert!(Email::parse("email", bad).is_err(), "{bad:?}");
        }
        assert!(Email::parse("email", &format!("{}@example.org", "a".repeat(65))).is_err());
    }
}
