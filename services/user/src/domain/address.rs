//! A postal address.

use crate::domain::country::is_country;
use crate::domain::{Fault, Faults};
use std::fmt;

/// A valid one. Does not print: where somebody lives is personal.
#[derive(Clone, PartialEq, Eq)]
pub struct PostalAddress {
    parts: Parts,
}

/// As it is written, before or after it was judged.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Parts {
    pub name: String,
    pub line1: String,
    pub line2: Option<String>,
    pub city: String,
    pub postal_code: String,
    pub region: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    pub phone: Option<String>,
}

impl PostalAddress {
    /// Trims and judges each part.
    pub fn read(parts: &Parts) -> Result<Self, Vec<Fault>> {
        let mut faults = Faults::default();
        let optional = |faults: &mut Faults, field, text: &Option<String>, longest| {
            text.as_deref().and_then(|text| faults.line(field, text, longest))
        };
        let read = Parts {
            name: faults.required("name", &parts.name, 200),
            line1: faults.required("line1", &parts.line1, 200),
            line2: optional(&mut faults, "line2", &parts.line2, 200),
            city: faults.required("city", &parts.city, 100),
            postal_code: faults.required("postal_code", &parts.postal_code, 20),
            region: optional(&mut faults, "region", &parts.region, 100),
            country: parts.country.trim().to_string(),
            phone: optional(&mut faults, "phone", &parts.phone, 40),
        };
        if !is_country(&read.country) {
            let rule = "must be a country of ISO 3166-1, two capital letters such as SE";
            faults.add("country", "country", rule);
        }
        let dialled = |c: char| c.is_ascii_digit() || " +-()/.".contains(c);
        if read.phone.as_ref().is_some_and(|phone| !phone.chars().all(dialled)) {
            faults.add("phone", "format", "must be digits, spaces and +-()/.");
        }
        faults.check()?;
        Ok(Self { parts: read })
    }

    pub fn parts(&self) -> &Parts {
        &self.parts
    }
}

impl fmt::Debug for PostalAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostalAddress(…)")
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(crate) fn ana() -> Parts {
        Parts {
            name: "Ana Lund".into(),
            line1: "Storgatan 1".into(),
            city: "Malmö".into(),
            postal_code: "211 34".into(),
            country: "SE".into(),
            ..Parts::default()
        }
    }

    #[test]
    fn parts_are_trimmed_and_empty_ones_are_none() {
        let parts = Parts { line2: Some("  ".into()), phone: Some(" +46 40-12 ".into()), ..ana() };
        let read = PostalAddress::read(&parts).unwrap();
        assert_eq!(read.parts().line2, None);
        assert_eq!(read.parts().phone.as_deref(), Some("+46 40-12"));
        assert_eq!(format!("{read:?}"), "PostalAddress(…)");
    }

    #[test]
    fn every_fault_is_named() {
        let parts = Parts { phone: Some("call me".into()), name: "a\nb".into(), ..Parts::default() };
        let faults = PostalAddress::read(&parts).unwrap_err();
        let named: Vec<(&str, &str)> = faults.iter().map(|f| (f.field, f.code)).collect();
        assert_eq!(
            named,
            [
                ("name", "format"),
                ("line1", "required"),
                ("city", "required"),
                ("postal_code", "required"),
                ("country", "country"),
                ("phone", "format")
            ]
        );
    }

    proptest! {
        #[test]
        fn what_was_read_reads_again_to_the_same(name in ".{0,220}", line2 in proptest::option::of(".{0,30}")) {
            if let Ok(read) = PostalAddress::read(&Parts { name, line2, ..ana() }) {
                prop_assert_eq!(PostalAddress::read(read.parts()).unwrap(), read);
            }
        }
    }
}
