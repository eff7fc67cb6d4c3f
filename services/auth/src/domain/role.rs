//! What staff work here as: the built-in roles, and those that the shop makes for itself. Each is a name for a set of
//! permissions.

use hanse_kernel::Permission;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    BuiltIn(BuiltIn),
    Custom(CustomRole),
}

impl Role {
    pub fn name(&self) -> &str {
        match self {
            Self::BuiltIn(role) => role.as_str(),
            Self::Custom(role) => role.name.as_str(),
        }
    }

    pub fn permissions(&self) -> BTreeSet<Permission> {
        match self {
            Self::BuiltIn(role) => role.permissions(),
            Self::Custom(role) => role.permissions.clone(),
        }
    }

    pub fn built_in(&self) -> Option<BuiltIn> {
        match self {
            Self::BuiltIn(role) => Some(*role),
            Self::Custom(_) => None,
        }
    }

    pub fn custom(&self) -> Option<&CustomRole> {
        match self {
            Self::BuiltIn(_) => None,
            Self::Custom(role) => Some(role),
        }
    }
}

/// A role that the shop has made for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomRole {
    pub name: RoleName,
    pub permissions: BTreeSet<Permission>,
}

impl CustomRole {
    /// A shop has no more than this: their list is one page.
    pub const MOST: i64 = 100;
}

/// 2 to 40 small letters, digits and `_`, a letter first; none of a built-in role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleName(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RoleNameError {
    #[error("must be 2 to 40 small letters, digits and `_`, a letter first")]
    Format,
    #[error("is the name of a built-in role")]
    BuiltIn,
}

impl RoleName {
    pub fn parse(text: &str) -> Result<Self, RoleNameError> {
        let fine = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        let begins = text.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
        if !begins || !(2..=40).contains(&text.len()) || !text.bytes().all(fine) {
            return Err(RoleNameError::Format);
        }
        match text.parse::<BuiltIn>() {
            Ok(_) => Err(RoleNameError::BuiltIn),
            Err(_) => Ok(Self(text.into())),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuiltIn {
    /// Everything, staff and operations included.
    Owner,
    /// The whole shop, but neither who works here, nor what they did, nor how it runs.
    Manager,
    /// Customers and their orders. Money goes back only through a manager.
    Support,
    /// What is sold, at which price, and how much of it there is.
    Catalogue,
    ReadOnly,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be one of owner, manager, support, catalogue, read_only")]
pub struct RoleError;

impl BuiltIn {
    pub const ALL: [Self; 5] = [Self::Owner, Self::Manager, Self::Support, Self::Catalogue, Self::ReadOnly];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Manager => "manager",
            Self::Support => "support",
            Self::Catalogue => "catalogue",
            Self::ReadOnly => "read_only",
        }
    }

    pub fn permissions(self) -> BTreeSet<Permission> {
        Permission::ALL.into_iter().filter(|permission| self.grants(*permission)).collect()
    }

    /// A new permission belongs to the owner and the manager until somebody decides otherwise here.
    fn grants(self, permission: Permission) -> bool {
        use Permission as P;
        match self {
            Self::Owner => true,
            Self::Manager => !matches!(permission, P::StaffWrite | P::OperationsWrite | P::AuditRead),
            Self::Support => matches!(
                permission,
                P::CatalogueRead
                    | P::InventoryRead
                    | P::PricingRead
                    | P::OrdersRead
                    | P::OrdersWrite
                    | P::CustomersRead
                    | P::CustomersWrite
                    | P::NotificationsRead
            ),
            Self::Catalogue => matches!(
                permission,
                P::CatalogueRead
                    | P::CatalogueWrite
                    | P::InventoryRead
                    | P::InventoryWrite
                    | P::PricingRead
                    | P::PricingWrite
            ),
            Self::ReadOnly => permission.as_str().ends_with(":read") && permission != P::AuditRead,
        }
    }
}

impl fmt::Display for BuiltIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for BuiltIn {
    type Err = RoleError;
    fn from_str(text: &str) -> Result<Self, RoleError> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(RoleError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_reads_back_and_only_the_owner_may_hire() {
        for role in BuiltIn::ALL {
            assert_eq!(role.to_string().parse(), Ok(role));
            let hires = role.permissions().contains(&Permission::StaffWrite);
            assert_eq!(hires, role == BuiltIn::Owner, "{role}");
        }
        assert!("root".parse::<BuiltIn>().is_err());
    }

    #[test]
    fn who_only_reads_writes_nothing() {
        let read_only = BuiltIn::ReadOnly.permissions();
        assert!(read_only.iter().all(|p| p.as_str().ends_with(":read")));
        assert!(!BuiltIn::Support.permissions().contains(&Permission::OrdersRefund));
    }

    #[test]
    fn a_role_of_ones_own_has_a_name_of_its_own() {
        for good in ["packer", "b2b_sales", "x1"] {
            assert_eq!(RoleName::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "p", "Packer", "1st", "_x", "pack er", "päcker", &"p".repeat(41)] {
            assert_eq!(RoleName::parse(bad), Err(RoleNameError::Format), "{bad}");
        }
        for role in BuiltIn::ALL {
            assert_eq!(RoleName::parse(role.as_str()), Err(RoleNameError::BuiltIn));
        }
    }
}
