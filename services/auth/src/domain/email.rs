//! E-mail addresses: what counts as one, and when two are the same.

use std::fmt;

/// A valid address. Mail goes to it as it was written; two that differ only in case belong to one account.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailAddress {
    written: String,
    key: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an e-mail address such as ana@example.org")]
pub struct EmailError;

/// RFC 5321 section 4.5.3.1.
const LONGEST: usize = 254;
const LONGEST_LOCAL_PART: usize = 64;

impl EmailAddress {
    /// The rule that browsers hold for `<input type=email>` (WHATWG HTML, "valid e-mail address"), bounded as RFC 5321
    /// does: whatever a storefront's form lets through is taken here as well.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let written = text.trim();
        let (local, domain) = written.rsplit_once('@').ok_or(EmailError)?;
        let atom = |b: u8| b.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&b);
        let fine = written.len() <= LONGEST
            && (1..=LONGEST_LOCAL_PART).contains(&local.len())
            && local.bytes().all(atom)
            && domain.split('.').all(is_label);
        fine.then(|| Self { written: written.into(), key: written.to_ascii_lowercase() }).ok_or(EmailError)
    }

    /// As the person wrote it.
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// The form that is unique among accounts.
    pub fn key(&self) -> &str {
        &self.key
    }
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_of_people_are_taken() {
        for good in ["ana@example.org", " Ana.Lund+shop@Mail.Example.org ", "o'neil@x.ie", "admin@localhost"]
        {
            assert!(EmailAddress::parse(good).is_ok(), "{good}");
        }
        let address = EmailAddress::parse(" Ana@Example.ORG ").unwrap();
        assert_eq!((address.as_str(), address.key()), ("Ana@Example.ORG", "ana@example.org"));
        assert_eq!(format!("{address:?}"), "EmailAddress(…)");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@example.org", "a".repeat(65));
        for bad in [
            "",
            "ana",
            "@example.org",
            "ana@",
            "a na@example.org",
            "ana@exa mple.org",
            "ana@-x.org",
            "ana@x..org",
            "ana@example.org\r\nBcc: x@y.z",
            "\"ana\"@example.org",
            "ana@[127.0.0.1]",
            "änä@example.org",
            &long,
        ] {
            assert!(EmailAddress::parse(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn case_makes_no_other_person(text in "[a-zA-Z0-9.]{1,20}@[a-zA-Z]{1,10}\\.[a-z]{2,4}") {
            let (lower, upper) = (text.to_ascii_lowercase(), text.to_ascii_uppercase());
            let (lower, upper) = (EmailAddress::parse(&lower).unwrap(), EmailAddress::parse(&upper).unwrap());
            prop_assert_eq!(lower.key(), upper.key());
        }

        #[test]
        fn nothing_makes_it_panic(text in ".{0,300}") {
            let _either = EmailAddress::parse(&text);
        }
    }
}
