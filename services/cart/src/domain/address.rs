//! A postal address as a shopper gives it.

use super::countries::is_country;
use super::fault::{Fault, line};

#[derive(Clone, PartialEq, Eq, Default)]
pub struct Address {
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

impl Address {
    /// Trims and judges each part; `field` is the address's own name, for the faults.
    pub fn checked(self, field: &str) -> Result<Self, Vec<Fault>> {
        let mut faults = vec![];
        let mut optional = |part: &str, text: Option<String>, longest| {
            let name = format!("{field}.{part}");
            line(&name, text.as_deref().unwrap_or(""), longest).unwrap_or_else(|fault| {
                faults.push(fault);
                Some(String::new())
            })
        };
        let name = optional("name", Some(self.name), 200);
        let line1 = optional("line1", Some(self.line1), 200);
        let line2 = optional("line2", self.line2, 200);
        let city = optional("city", Some(self.city), 100);
        let postal_code = optional("postal_code", Some(self.postal_code), 20);
        let region = optional("region", self.region, 100);
        let phone = optional("phone", self.phone, 40);
        let mut required = |part: &str, text: Option<String>| {
            text.unwrap_or_else(|| {
                faults.push(Fault::new(format!("{field}.{part}"), "required", "is required"));
                String::new()
            })
        };
        let address = Self {
            name: required("name", name),
            line1: required("line1", line1),
            line2,
            city: required("city", city),
            postal_code: required("postal_code", postal_code),
            region,
            country: self.country.trim().to_string(),
            phone,
        };
        if !is_country(&address.country) {
            let rule = "must be a country of ISO 3166-1, two capital letters such as SE";
            faults.push(Fault::new(format!("{field}.country"), "country", rule));
        }
        if let Some(phone) = &address.phone
            && !phone.chars().all(|c| c.is_ascii_digit() || " +-()/.".contains(c))
        {
            faults.push(Fault::new(format!("{field}.phone"), "format", "must be digits, spaces and +-()/."));
        }
        if faults.is_empty() { Ok(address) } else { Err(faults) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn malmo() -> Address {
        Address {
            name: " Ana Lund ".into(),
            line1: "Storgatan 1".into(),
            city: "Malmö".into(),
            postal_code: "211 34".into(),
            country: "SE".into(),
            ..Address::default()
        }
    }

    #[test]
    fn each_wrong_part_is_named() {
        let named = |address: Address| -> Vec<String> {
            let faults = address.checked("shipping_address").err().unwrap();
            faults
                .into_iter()
                .map(|f| format!("{} {}", f.field.replace("shipping_address.", ""), f.code))
                .collect()
        };
        assert_eq!(malmo().checked("a").ok().unwrap().name, "Ana Lund");
        assert_eq!(
            named(Address::default()),
            ["name required", "line1 required", "city required", "postal_code required", "country country"]
        );
        assert_eq!(named(Address { name: "<b>Ana</b>".into(), ..malmo() }), ["name markup"]);
        assert_eq!(named(Address { line1: "a\nb".into(), ..malmo() }), ["line1 characters"]);
        assert_eq!(named(Address { city: "x".repeat(101), ..malmo() }), ["city length"]);
        assert_eq!(named(Address { country: "XX".into(), ..malmo() }), ["country country"]);
        assert_eq!(named(Address { phone: Some("call me".into()), ..malmo() }), ["phone format"]);
    }
}
