//! The one id that is a capability: who holds a guest cart's id may change the cart, so it is 160 random bits.

use crate::effects::Rng;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// `cart_` + 40 hexadecimal digits. Debug shows only the first ones, because holding the whole is holding the cart.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CartId([u8; 20]);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must look like `cart_` followed by 40 hexadecimal digits")]
pub struct CartIdError;

impl CartId {
    pub fn random(rng: &dyn Rng) -> Self {
        let mut bytes = [0; 20];
        rng.fill(&mut bytes);
        Self(bytes)
    }
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Display for CartId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cart_")?;
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl fmt::Debug for CartId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cart_{:02x}{:02x}…", self.0[0], self.0[1])
    }
}

impl FromStr for CartId {
    type Err = CartIdError;
    fn from_str(text: &str) -> Result<Self, CartIdError> {
        let hex = text.strip_prefix("cart_").filter(|h| h.len() == 40 && h.is_ascii()).ok_or(CartIdError)?;
        let mut bytes = [0; 20];
        for (byte, pair) in bytes.iter_mut().zip(hex.as_bytes().chunks(2)) {
            let digit = |b: u8| match b {
                b'0'..=b'9' => Ok(b - b'0'),
                b'a'..=b'f' => Ok(b - b'a' + 10),
                _ => Err(CartIdError),
            };
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Ok(Self(bytes))
    }
}

impl Serialize for CartId {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CartId {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<str>::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

impl utoipa::PartialSchema for CartId {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .pattern(Some("^cart_[0-9a-f]{40}$"))
            .into()
    }
}
impl utoipa::ToSchema for CartId {
    fn name() -> std::borrow::Cow<'static, str> {
        "CartId".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effects::SeededRng;

    #[test]
    fn a_cart_id_reads_back_and_does_not_print_itself() {
        let id = CartId::random(&SeededRng::new(1));
        assert_eq!(id.to_string().parse::<CartId>().unwrap(), id);
        assert!(format!("{id:?}").len() < 15);
        assert!("cart_xyz".parse::<CartId>().is_err());
    }
}
