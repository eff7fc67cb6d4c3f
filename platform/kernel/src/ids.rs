//! Typed ids: a UUIDv7 in the store, `<prefix>_<32 hex digits>` on the wire. An id is never a secret.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// Why a wire id was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must look like `{prefix}_` followed by 32 hexadecimal digits")]
pub struct IdError {
    pub prefix: &'static str,
}

/// What all typed ids share, so that storage and transport treat them alike.
pub trait TypedId: Copy + Eq + Send + Sync + 'static {
    const PREFIX: &'static str;
    fn from_uuid(id: Uuid) -> Self;
    fn uuid(&self) -> Uuid;
}

fn parse(prefix: &'static str, text: &str) -> Result<Uuid, IdError> {
    text.strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('_'))
        .filter(|hex| hex.len() == 32 && !hex.bytes().any(|b| b.is_ascii_uppercase()))
        .and_then(|hex| Uuid::try_parse(hex).ok())
        .ok_or(IdError { prefix })
}

macro_rules! typed_ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl TypedId for $name {
            const PREFIX: &'static str = $prefix;
            fn from_uuid(id: Uuid) -> Self { Self(id) }
            fn uuid(&self) -> Uuid { self.0 }
        }
        impl $name {
            pub const fn new(id: Uuid) -> Self { Self(id) }
            pub const fn uuid(&self) -> Uuid { self.0 }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}_{}", $prefix, self.0.simple())
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { fmt::Display::fmt(self, f) }
        }
        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> { parse($prefix, text).map(Self) }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> { s.collect_str(self) }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .pattern(Some(concat!("^", $prefix, "_[0-9a-f]{32}$")))
                    .into()
            }
        }
        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> { stringify!($name).into() }
        }
    )* };
}

typed_ids! {
    /// A product of the catalogue.
    ProductId = "prod";
    /// One sellable form of a product (a colour and a size, say).
    VariantId = "var";
    /// A picture of a product.
    ImageId = "img";
    CategoryId = "cat";
    CollectionId = "col";
    /// One run of a merchant's file.
    ImportId = "imp";
    /// A place where stock lies.
    LocationId = "loc";
    /// One line of the stock ledger.
    AdjustmentId = "adj";
    /// A line of a cart, and later of the order made from it.
    ItemId = "item";
    OrderId = "ord";
    PaymentId = "pay";
    RefundId = "ref";
    ShipmentId = "shp";
    ShippingMethodId = "ship";
    DiscountId = "disc";
    /// A person with a login: shopper or staff.
    UserId = "user";
    AddressId = "addr";
    RoleId = "role";
    SessionId = "sess";
    MailId = "mail";
    /// What somebody is known by at a provider of logins.
    IdentityId = "idn";
    /// A link that is mailed to somebody who has an account. Its secret is another thing.
    LinkId = "link";
}

/// Calls a macro with the names of all typed ids, for the one crate that teaches them to the databases.
#[macro_export]
macro_rules! for_each_typed_id {
    ($callback:ident) => {
        $callback! { ProductId VariantId ImageId CategoryId CollectionId ImportId LocationId AdjustmentId ItemId OrderId PaymentId RefundId ShipmentId ShippingMethodId DiscountId UserId AddressId RoleId SessionId MailId IdentityId LinkId }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_from_the_wire_and_refuses_another_kind() {
        let order = OrderId::new(Uuid::from_u128(7));
        assert_eq!(order.to_string(), "ord_00000000000000000000000000000007");
        assert_eq!(order.to_string().parse::<OrderId>().unwrap(), order);
        for bad in [
            "",
            "ord_",
            "prod_00000000000000000000000000000007",
            "ord_7",
            "ord_0000000000000000000000000000000G",
        ] {
            assert!(bad.parse::<OrderId>().is_err(), "{bad}");
        }
    }
}
