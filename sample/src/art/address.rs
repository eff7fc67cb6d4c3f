//! Addresses of pictures, as they stand in the sample shop's import file: `sample:mug/12/ink/0.svg`.

use super::{Kind, svg};
use std::fmt;
use std::str::FromStr;

/// Which picture is meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Address {
    pub kind: Kind,
    pub seed: u32,
    /// Lower case; none where the address says `any`.
    pub colour: Option<String>,
    pub view: u8,
}

impl Address {
    /// What every address begins with.
    pub const SCHEME: &str = "sample:";

    pub fn svg(&self) -> String {
        svg(self.kind, self.seed, self.colour.as_deref(), self.view)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let colour = self.colour.as_deref().unwrap_or("any");
        write!(f, "{}{}/{}/{colour}/{}.svg", Self::SCHEME, self.kind.name(), self.seed, self.view)
    }
}

/// The address names no picture of the sample shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownPicture;

impl fmt::Display for UnknownPicture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("must look like sample:mug/12/ink/0.svg")
    }
}
impl std::error::Error for UnknownPicture {}

impl FromStr for Address {
    type Err = UnknownPicture;

    /// The scheme may be missing.
    fn from_str(text: &str) -> Result<Self, UnknownPicture> {
        let path = text.strip_prefix(Self::SCHEME).unwrap_or(text);
        let mut parts = path.split('/');
        let mut next = || parts.next().ok_or(UnknownPicture);
        let kind = Kind::parse(next()?).ok_or(UnknownPicture)?;
        let seed = next()?.parse().map_err(|_| UnknownPicture)?;
        let colour = match next()? {
            "any" => None,
            name if super::paint::colour(name).is_some() => Some(name.to_ascii_lowercase()),
            _ => return Err(UnknownPicture),
        };
        let view = next()?.strip_suffix(".svg").and_then(|n| n.parse().ok()).ok_or(UnknownPicture)?;
        if parts.next().is_some() || view >= super::VIEWS {
            return Err(UnknownPicture);
        }
        Ok(Self { kind, seed, colour, view })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reads_back() {
        for colour in [None, Some("ink".to_string())] {
            let address = Address { kind: Kind::TableLamp, seed: 12, colour, view: 3 };
            assert_eq!(address.to_string().parse(), Ok(address.clone()));
            assert!(address.svg().starts_with("<svg"));
        }
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        for text in [
            "",
            "sample:",
            "sample:mug",
            "mug/1/ink/4.svg",
            "mug/x/ink/0.svg",
            "mug/1/blurple/0.svg",
            "mug/1/ink/0.png",
            "cup/1/ink/0.svg",
            "mug/1/ink/0.svg/x",
            "../mug/1/ink/0.svg",
        ] {
            assert_eq!(text.parse::<Address>(), Err(UnknownPicture), "{text}");
        }
    }
}
