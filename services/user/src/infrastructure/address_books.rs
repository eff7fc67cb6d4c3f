//! Address books as rows, one per address, sealed.

use super::sealed::ADDRESS;
use crate::application::ports::AddressBooks;
use crate::domain::address::Parts;
use crate::domain::{AddressBook, PostalAddress, SavedAddress};
use async_trait::async_trait;
use hanse_database::sql::{Row, Sql};
use hanse_database::{DbError, Tx};
use hanse_kernel::{AddressId, Personal, Timestamp, UserId};
use hanse_vault::{HeldKey, Key, Vault};

pub struct SqlAddressBooks {
    pub vault: Vault,
}

/// A row, its texts as they stand there.
struct Stored {
    id: AddressId,
    parts: Parts,
    is_default: bool,
    created_at: Timestamp,
}

fn stored(row: &Row<'_>) -> Result<Stored, DbError> {
    let parts = Parts {
        name: row.get(1)?,
        line1: row.get(2)?,
        line2: row.get(3)?,
        city: row.get(4)?,
        postal_code: row.get(5)?,
        region: row.get(6)?,
        country: row.get(7)?,
        phone: row.get(8)?,
    };
    Ok(Stored { id: row.id(0)?, parts, is_default: row.get(9)?, created_at: row.get(10)? })
}

impl Stored {
    fn open(self, user: UserId, key: &HeldKey) -> Result<SavedAddress, DbError> {
        let [name, line1, line2, city, postal_code, region, phone] = ADDRESS;
        let Parts { country, .. } = &self.parts;
        let parts = Parts {
            name: key.open(name, &self.parts.name)?,
            line1: key.open(line1, &self.parts.line1)?,
            line2: key.open_some(line2, self.parts.line2.as_deref())?,
            city: key.open(city, &self.parts.city)?,
            postal_code: key.open(postal_code, &self.parts.postal_code)?,
            region: key.open_some(region, self.parts.region.as_deref())?,
            country: country.clone(),
            phone: key.open_some(phone, self.parts.phone.as_deref())?,
        };
        // The faults name fields, not what is in them.
        let broken = |faults| DbError::Column { index: 1, message: format!("not an address: {faults:?}") };
        Ok(SavedAddress {
            id: self.id,
            address: Personal::of(user, PostalAddress::read(&parts).map_err(broken)?),
            is_default: self.is_default,
            created_at: self.created_at,
        })
    }
}

fn seal(key: &Key, parts: &Parts) -> Result<Parts, DbError> {
    let [name, line1, line2, city, postal_code, region, phone] = ADDRESS;
    Ok(Parts {
        name: key.seal(name, &parts.name)?,
        line1: key.seal(line1, &parts.line1)?,
        line2: key.seal_some(line2, parts.line2.as_deref())?,
        city: key.seal(city, &parts.city)?,
        postal_code: key.seal(postal_code, &parts.postal_code)?,
        region: key.seal_some(region, parts.region.as_deref())?,
        country: parts.country.clone(),
        phone: key.seal_some(phone, parts.phone.as_deref())?,
    })
}

#[async_trait]
impl AddressBooks for SqlAddressBooks {
    async fn load(&self, tx: &mut Tx, user: UserId) -> Result<AddressBook, DbError> {
        let sql =
            "select id, name, line1, line2, city, postal_code, region, country, phone, is_default, created_at
                   from addresses where user_id = $1 order by id";
        let rows = tx.query(sql, &[&user], stored).await?;
        if rows.is_empty() {
            return Ok(AddressBook::new(user, vec![]));
        }
        let key = self.vault.find(tx, user).await?;
        let addresses = rows.into_iter().map(|row| row.open(user, &key)).collect::<Result<_, _>>()?;
        Ok(AddressBook::new(user, addresses))
    }

    async fn save(&self, tx: &mut Tx, book: &AddressBook) -> Result<(), DbError> {
        if let Some(id) = book.removed() {
            tx.execute("delete from addresses where id = $1 and user_id = $2", &[&id, &book.user]).await?;
        }
        if book.changed().next().is_none() {
            return Ok(());
        }
        let key = self.vault.of(tx, book.user).await?;
        for saved in book.changed() {
            write(tx, book.user, saved, &key).await?;
        }
        Ok(())
    }
}

async fn write(tx: &mut Tx, user: UserId, saved: &SavedAddress, key: &Key) -> Result<(), DbError> {
    let parts = seal(key, saved.address.reveal().parts())?;
    tx.execute(
        "insert into addresses
           (id, user_id, name, line1, line2, city, postal_code, region, country, phone, is_default, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         on conflict (id) do update set name = excluded.name, line1 = excluded.line1, line2 = excluded.line2,
           city = excluded.city, postal_code = excluded.postal_code, region = excluded.region,
           country = excluded.country, phone = excluded.phone, is_default = excluded.is_default",
        &[
            &saved.id,
            &user,
            &parts.name,
            &parts.line1,
            &parts.line2,
            &parts.city,
            &parts.postal_code,
            &parts.region,
            &parts.country,
            &parts.phone,
            &saved.is_default,
            &saved.created_at,
        ],
    )
    .await?;
    Ok(())
}
