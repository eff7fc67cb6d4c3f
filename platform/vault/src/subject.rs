//! Whose key it is.

use hanse_kernel::{CartId, OrderId, UserId};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A person, or, where nobody is logged in, the cart or the order that everything hangs on: a guest's order can be erased as
/// well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject(Uuid);

impl Subject {
    /// What is about somebody, and nobody can say about whom: it is sealed for the service, and goes by its age.
    pub const SERVICE: Self = Self(Uuid::nil());
    /// The key of blind indexes, which lasts as long as the database.
    pub(crate) const INDEX: Self = Self(Uuid::max());

    pub fn uuid(&self) -> Uuid {
        self.0
    }

    pub(crate) fn of_uuid(id: Uuid) -> Self {
        Self(id)
    }
}

impl From<UserId> for Subject {
    fn from(id: UserId) -> Self {
        Self(id.uuid())
    }
}

impl From<OrderId> for Subject {
    fn from(id: OrderId) -> Self {
        Self(id.uuid())
    }
}

/// A cart's id opens the cart, so it does not stand among the keys: a digest of it does.
impl From<&CartId> for Subject {
    fn from(id: &CartId) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"the subject of the cart ");
        hash.update(id.as_bytes());
        let digest: [u8; 32] = hash.finalize().into();
        let mut half = [0; 16];
        half.copy_from_slice(&digest[..16]);
        Self(Uuid::from_bytes(half))
    }
}
