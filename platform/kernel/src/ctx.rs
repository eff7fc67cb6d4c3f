//! Who asks, where, in which language, until when: the context that every use case takes.

use crate::ids::{OrderId, UserId};
use crate::personal::Personal;
use crate::time::Timestamp;
use crate::trace::TraceContext;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

/// A storefront or market. The first version has one, `default`; carts, orders, prices and publication carry it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChannelId(Arc<str>);

impl ChannelId {
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl Default for ChannelId {
    fn default() -> Self {
        Self("default".into())
    }
}
impl fmt::Display for ChannelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A language tag such as `en` or `de`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Locale(Arc<str>);

impl Locale {
    /// The primary subtag of a BCP 47 tag in lower case, `en` when it is none.
    pub fn new(tag: &str) -> Self {
        let primary: String = tag.split(['-', '_']).next().unwrap_or("").to_ascii_lowercase();
        if (2..=3).contains(&primary.len()) && primary.bytes().all(|b| b.is_ascii_lowercase()) {
            Self(primary.into())
        } else {
            Self::default()
        }
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl Default for Locale {
    fn default() -> Self {
        Self("en".into())
    }
}

/// Ties together everything that one request set in motion, through messages too. At most 64 visible characters.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct CorrelationId(Arc<str>);

impl TryFrom<String> for CorrelationId {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("must be 1 to 64 letters, digits, '-', '_', '.' or ':'")
    }
}

impl CorrelationId {
    pub fn parse(text: &str) -> Option<Self> {
        let fine = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':');
        ((1..=64).contains(&text.len()) && text.bytes().all(fine)).then(|| Self(text.into()))
    }
    pub fn new(id: uuid::Uuid) -> Self {
        Self(id.simple().to_string().into())
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl fmt::Display for CorrelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What staff may do, as `area:verb`. A role is a set of these; a route demands one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Permission {
    #[serde(rename = "catalogue:read")]
    CatalogueRead,
    #[serde(rename = "catalogue:write")]
    CatalogueWrite,
    #[serde(rename = "inventory:read")]
    InventoryRead,
    #[serde(rename = "inventory:write")]
    InventoryWrite,
    #[serde(rename = "orders:read")]
    OrdersRead,
    #[serde(rename = "orders:write")]
    OrdersWrite,
    #[serde(rename = "orders:refund")]
    OrdersRefund,
    #[serde(rename = "customers:read")]
    CustomersRead,
    #[serde(rename = "customers:write")]
    CustomersWrite,
    #[serde(rename = "customers:erase")]
    CustomersErase,
    #[serde(rename = "pricing:read")]
    PricingRead,
    #[serde(rename = "pricing:write")]
    PricingWrite,
    #[serde(rename = "analytics:read")]
    AnalyticsRead,
    #[serde(rename = "notifications:read")]
    NotificationsRead,
    #[serde(rename = "notifications:write")]
    NotificationsWrite,
    #[serde(rename = "staff:write")]
    StaffWrite,
    #[serde(rename = "operations:read")]
    OperationsRead,
    #[serde(rename = "operations:write")]
    OperationsWrite,
    #[serde(rename = "audit:read")]
    AuditRead,
}

impl Permission {
    pub const ALL: [Self; 19] = [
        Self::CatalogueRead,
        Self::CatalogueWrite,
        Self::InventoryRead,
        Self::InventoryWrite,
        Self::OrdersRead,
        Self::OrdersWrite,
        Self::OrdersRefund,
        Self::CustomersRead,
        Self::CustomersWrite,
        Self::CustomersErase,
        Self::PricingRead,
        Self::PricingWrite,
        Self::AnalyticsRead,
        Self::NotificationsRead,
        Self::NotificationsWrite,
        Self::StaffWrite,
        Self::OperationsRead,
        Self::OperationsWrite,
        Self::AuditRead,
    ];
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CatalogueRead => "catalogue:read",
            Self::CatalogueWrite => "catalogue:write",
            Self::InventoryRead => "inventory:read",
            Self::InventoryWrite => "inventory:write",
            Self::OrdersRead => "orders:read",
            Self::OrdersWrite => "orders:write",
            Self::OrdersRefund => "orders:refund",
            Self::CustomersRead => "customers:read",
            Self::CustomersWrite => "customers:write",
            Self::CustomersErase => "customers:erase",
            Self::PricingRead => "pricing:read",
            Self::PricingWrite => "pricing:write",
            Self::AnalyticsRead => "analytics:read",
            Self::NotificationsRead => "notifications:read",
            Self::NotificationsWrite => "notifications:write",
            Self::StaffWrite => "staff:write",
            Self::OperationsRead => "operations:read",
            Self::OperationsWrite => "operations:write",
            Self::AuditRead => "audit:read",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.as_str() == text)
    }
}

/// Who acts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Actor {
    /// Nobody has been authenticated.
    Anonymous,
    /// A shopper with a login.
    Customer { user: UserId },
    /// A guest who holds the access token of one order.
    OrderHolder { order: OrderId },
    /// Somebody who works for the merchant.
    Staff { user: UserId, permissions: Arc<BTreeSet<Permission>> },
    /// A service of this deployment, by name.
    Service { name: Arc<str> },
}

impl Actor {
    pub fn service(name: &str) -> Self {
        Self::Service { name: name.into() }
    }
    pub fn user(&self) -> Option<UserId> {
        match self {
            Self::Customer { user } | Self::Staff { user, .. } => Some(*user),
            _ => None,
        }
    }
    /// Deny unless allowed: only staff hold permissions.
    pub fn may(&self, permission: Permission) -> bool {
        matches!(self, Self::Staff { permissions, .. } if permissions.contains(&permission))
    }
    /// For logs and audit: no personal data.
    pub fn label(&self) -> String {
        match self {
            Self::Anonymous => "anonymous".into(),
            Self::Customer { user } => format!("customer:{user}"),
            Self::OrderHolder { order } => format!("order:{order}"),
            Self::Staff { user, .. } => format!("staff:{user}"),
            Self::Service { name } => format!("service:{name}"),
        }
    }
}

/// How whoever asks has shown who they are, as far as it matters to what they may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// A while ago, or it does not matter: nobody, a service.
    #[default]
    Former,
    /// A person who has just done so, by a second factor or, where they have none, by password or by a provider of logins.
    Recent,
    /// Staff who have to enrol a second factor before they do anything else.
    Unenrolled,
    /// A program, by a key. It has no second factor.
    Key,
}

/// From where somebody acts, as far as it is known: for the audit log.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whence {
    /// Of the client, as the gateway saw it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
    /// A digest of what the client calls itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<Arc<str>>,
    /// The id of the API key that a program showed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key: Option<Arc<str>>,
    /// Who is at the operator's command line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<Arc<str>>,
}

/// The address's network: /24 or /48, which many share.
pub fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(address) => {
            let [a, b, c, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}::/48")
        }
    }
}

/// Addresses are somebody's.
impl fmt::Debug for Whence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Whence").field("api_key", &self.api_key).finish_non_exhaustive()
    }
}

/// The context of one piece of work.
#[derive(Clone, Debug)]
pub struct Ctx {
    pub actor: Actor,
    pub proof: Proof,
    /// None: nobody outside asked for it.
    pub whence: Option<Arc<Whence>>,
    pub channel: ChannelId,
    pub locale: Locale,
    pub correlation: CorrelationId,
    /// The message that caused this work, when one did.
    pub causation: Option<Arc<str>>,
    /// The place in a trace; what this work causes is a child of it.
    pub trace: Option<TraceContext>,
    /// When the caller stops waiting; calls onward get what is left of it.
    pub deadline: Option<Timestamp>,
    /// The address that somebody asks from, where it came in from outside.
    pub from: Option<Personal<IpAddr>>,
}

impl Ctx {
    pub fn new(actor: Actor, correlation: CorrelationId) -> Self {
        Self {
            actor,
            proof: Proof::default(),
            whence: None,
            channel: ChannelId::default(),
            locale: Locale::default(),
            correlation,
            causation: None,
            trace: None,
            deadline: None,
            from: None,
        }
    }
    /// For work that a service starts by itself.
    pub fn background(service: &str, id: uuid::Uuid) -> Self {
        Self::new(Actor::service(service), CorrelationId::new(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_staff_with_the_permission_may() {
        let user = UserId::new(uuid::Uuid::from_u128(1));
        let staff =
            Actor::Staff { user, permissions: Arc::new([Permission::OrdersRead].into_iter().collect()) };
        assert!(staff.may(Permission::OrdersRead));
        assert!(!staff.may(Permission::OrdersRefund));
        assert!(!Actor::Customer { user }.may(Permission::OrdersRead));
        assert!(!Actor::service("order").may(Permission::OrdersRead));
    }

    #[test]
    fn permissions_and_tags_read_back() {
        for p in Permission::ALL {
            assert_eq!(Permission::parse(p.as_str()), Some(p));
            assert_eq!(serde_json::to_value(p).unwrap(), p.as_str());
        }
        assert_eq!(Locale::new("de-AT").as_str(), "de");
        assert_eq!(Locale::new("<x>").as_str(), "en");
        assert!(CorrelationId::parse("a b").is_none());
        let read = |text: &str| serde_json::from_str::<CorrelationId>(text);
        assert_eq!(read("\"a:1\"").unwrap().as_str(), "a:1");
        assert!(read("\"a b\"").is_err() && read("\"\"").is_err());
    }
}
