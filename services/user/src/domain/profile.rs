//! A profile: what the shop calls a person, and in which language it speaks to them.

use crate::domain::PersonName;
use hanse_kernel::{Locale, Personal, Timestamp, UserId};

#[derive(Debug, Clone)]
pub struct Profile {
    pub user: UserId,
    /// `None` until auth has been asked, or the person has said.
    pub name: Option<Personal<PersonName>>,
    pub locale: Locale,
    pub staff: bool,
    /// A JSON object, the merchant's own; opaque here.
    pub metadata: String,
    /// Whether auth has been asked for the name. It may have had none to give.
    pub contact_known: bool,
    pub created_at: Timestamp,
    pub version: i64,
}

impl Profile {
    pub fn new(user: UserId, staff: bool, locale: Locale, now: Timestamp) -> Self {
        Self {
            user,
            name: None,
            locale,
            staff,
            metadata: "{}".into(),
            contact_known: false,
            created_at: now,
            version: 1,
        }
    }

    pub fn call(&mut self, name: PersonName) {
        self.name = Some(Personal::of(self.user, name));
        self.contact_known = true;
    }

    /// What auth knows of the person fills in what they have not said themselves.
    pub fn learn(&mut self, contact: Option<(PersonName, Locale)>) {
        if let (None, Some((name, locale))) = (&self.name, contact) {
            self.name = Some(Personal::of(self.user, name));
            self.locale = locale;
        }
        self.contact_known = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_said_is_not_overwritten_by_what_auth_knows() {
        let user = UserId::new(uuid::Uuid::from_u128(1));
        let name = |text| PersonName::known(text).unwrap();
        let mut profile = Profile::new(user, false, Locale::default(), Timestamp::default());
        profile.learn(Some((name("Ana"), Locale::new("de"))));
        let called = |p: &Profile| p.name.as_ref().map(|n| n.reveal().as_str().to_string());
        assert_eq!((called(&profile).as_deref(), profile.locale.as_str()), (Some("Ana"), "de"));
        profile.call(name("Ana Lund"));
        profile.learn(Some((name("Ana"), Locale::new("sv"))));
        assert_eq!((called(&profile).as_deref(), profile.locale.as_str()), (Some("Ana Lund"), "de"));
    }
}
