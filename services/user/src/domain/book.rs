//! A person's address book: at most fifty addresses, and once there are any, one of them is the default.

use crate::domain::PostalAddress;
use hanse_kernel::{AddressId, Personal, Timestamp, UserId};
use std::collections::BTreeSet;

#[derive(Debug, Clone)]
pub struct SavedAddress {
    pub id: AddressId,
    pub address: Personal<PostalAddress>,
    pub is_default: bool,
    pub created_at: Timestamp,
}

#[derive(Debug, Clone)]
pub struct AddressBook {
    pub user: UserId,
    /// By id, which is the order in which they were added.
    addresses: Vec<SavedAddress>,
    changed: BTreeSet<AddressId>,
    removed: Option<AddressId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BookError {
    #[error("the address book is full: it holds {}", AddressBook::MOST)]
    Full,
    #[error("there is no such address")]
    NoSuchAddress,
}

impl AddressBook {
    pub const MOST: usize = 50;

    pub fn new(user: UserId, addresses: Vec<SavedAddress>) -> Self {
        Self { user, addresses, changed: BTreeSet::new(), removed: None }
    }

    pub fn addresses(&self) -> &[SavedAddress] {
        &self.addresses
    }

    pub fn find(&self, id: AddressId) -> Result<&SavedAddress, BookError> {
        self.addresses.iter().find(|saved| saved.id == id).ok_or(BookError::NoSuchAddress)
    }

    /// The first one is the default whether asked for or not.
    pub fn add(
        &mut self,
        id: AddressId,
        address: PostalAddress,
        as_default: bool,
        now: Timestamp,
    ) -> Result<(), BookError> {
        if self.addresses.len() >= Self::MOST {
            return Err(BookError::Full);
        }
        let address = Personal::of(self.user, address);
        self.addresses.push(SavedAddress { id, address, is_default: false, created_at: now });
        self.changed.insert(id);
        if as_default || self.addresses.len() == 1 {
            self.prefer(id);
        }
        Ok(())
    }

    /// Another default is named by naming it: taking the mark away from the present one leaves it where it is.
    pub fn change(
        &mut self,
        id: AddressId,
        address: PostalAddress,
        as_default: bool,
    ) -> Result<(), BookError> {
        let user = self.user;
        let saved = self.addresses.iter_mut().find(|saved| saved.id == id).ok_or(BookError::NoSuchAddress)?;
        saved.address = Personal::of(user, address);
        self.changed.insert(id);
        if as_default {
            self.prefer(id);
        }
        Ok(())
    }

    /// When the default goes, the oldest of the others takes its place.
    pub fn remove(&mut self, id: AddressId) -> Result<(), BookError> {
        let was_default = self.find(id)?.is_default;
        self.addresses.retain(|saved| saved.id != id);
        self.changed.remove(&id);
        self.removed = Some(id);
        if let (true, Some(oldest)) = (was_default, self.addresses.first().map(|saved| saved.id)) {
            self.prefer(oldest);
        }
        Ok(())
    }

    fn prefer(&mut self, id: AddressId) {
        for saved in &mut self.addresses {
            let preferred = saved.id == id;
            if saved.is_default != preferred {
                saved.is_default = preferred;
                self.changed.insert(saved.id);
            }
        }
    }

    /// What has to be written, those that lose the default first: at no moment are there two.
    pub fn changed(&self) -> impl Iterator<Item = &SavedAddress> {
        let of = |preferred: bool| {
            let changed = self.addresses.iter().filter(|saved| self.changed.contains(&saved.id));
            changed.filter(move |saved| saved.is_default == preferred)
        };
        of(false).chain(of(true))
    }

    pub fn removed(&self) -> Option<AddressId> {
        self.removed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::address::tests::ana;
    use proptest::prelude::*;

    fn id(n: u128) -> AddressId {
        AddressId::new(uuid::Uuid::from_u128(n))
    }

    fn home() -> PostalAddress {
        PostalAddress::read(&ana()).unwrap()
    }

    fn empty() -> AddressBook {
        AddressBook::new(UserId::new(uuid::Uuid::from_u128(9)), vec![])
    }

    #[test]
    fn a_full_book_takes_no_more() {
        let mut book = empty();
        for n in 0..50 {
            book.add(id(n), home(), false, Timestamp::default()).unwrap();
        }
        assert_eq!(book.add(id(50), home(), true, Timestamp::default()), Err(BookError::Full));
        assert_eq!(book.remove(id(77)), Err(BookError::NoSuchAddress));
        assert_eq!(book.change(id(77), home(), true), Err(BookError::NoSuchAddress));
    }

    proptest! {
        #[test]
        fn a_book_with_addresses_has_one_default(steps in proptest::collection::vec((0u8..3, 0u128..6, any::<bool>()), 0..40)) {
            let mut book = empty();
            let mut next = 100;
            for (step, n, flag) in steps {
                let some = book.addresses().get(n as usize).map(|saved| saved.id).unwrap_or(id(n));
                let _known_or_not = match step {
                    0 => { next += 1; book.add(id(next), home(), flag, Timestamp::default()) }
                    1 => book.change(some, home(), flag),
                    _ => book.remove(some),
                };
                let defaults = book.addresses().iter().filter(|saved| saved.is_default).count();
                prop_assert_eq!(defaults, usize::from(!book.addresses().is_empty()));
            }
            let last_written = book.changed().last().map(|saved| saved.is_default);
            let loses = book.changed().skip_while(|saved| !saved.is_default).any(|saved| !saved.is_default);
            prop_assert!(!loses, "{:?}", last_written);
        }
    }
}
