//! The built-in roles of staff: each is a name for a set of permissions.

use hanse_kernel::Permission;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Everything, staff and operations included.
    Owner,
    /// The whole shop, but neither who works here nor how it runs.
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

impl Role {
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
            Self::Manager => !matches!(permission, P::StaffWrite | P::OperationsWrite),
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
            Self::ReadOnly => permission.as_str().ends_with(":read"),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
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
        for role in Role::ALL {
            assert_eq!(role.to_string().parse(), Ok(role));
            let hires = role.permissions().contains(&Permission::StaffWrite);
            assert_eq!(hires, role == Role::Owner, "{role}");
        }
        assert!("root".parse::<Role>().is_err());
    }

    #[test]
    fn who_only_reads_writes_nothing() {
        let read_only = Role::ReadOnly.permissions();
        assert!(read_only.iter().all(|p| p.as_str().ends_with(":read")));
        assert!(!Role::Support.permissions().contains(&Permission::OrdersRefund));
    }
}
