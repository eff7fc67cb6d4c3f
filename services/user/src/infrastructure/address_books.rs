//! Address books as rows, one per address.

use crate::application::ports::AddressBooks;
use crate::domain::address::Parts;
use crate::domain::{AddressBook, PostalAddress, SavedAddress};
use async_trait::async_trait;
use hanse_database::sql::{Row, Sql};
use hanse_database::{DbError, Tx};
use hanse_kernel::{Personal, UserId};

pub struct SqlAddressBooks;

fn saved(row: &Row<'_>, user: UserId) -> Result<SavedAddress, DbError> {
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
    // The faults name fields, not what is in them.
    let broken = |faults| DbError::Column { index: 1, message: format!("not an address: {faults:?}") };
    Ok(SavedAddress {
        id: row.id(0)?,
        address: Personal::of(user, PostalAddress::read(&parts).map_err(broken)?),
        is_default: row.get(9)?,
        created_at: row.get(10)?,
    })
}

#[async_trait]
impl AddressBooks for SqlAddressBooks {
    async fn load(&self, tx: &mut Tx, user: UserId) -> Result<AddressBook, DbError> {
        let sql =
            "select id, name, line1, line2, city, postal_code, region, country, phone, is_default, created_at
                   from addresses where user_id = $1 order by id";
        let addresses = tx.query(sql, &[&user], |row| saved(row, user)).await?;
        Ok(AddressBook::new(user, addresses))
    }

    async fn save(&self, tx: &mut Tx, book: &AddressBook) -> Result<(), DbError> {
        if let Some(id) = book.removed() {
            tx.execute("delete from addresses where id = $1 and user_id = $2", &[&id, &book.user]).await?;
        }
        for saved in book.changed() {
            write(tx, book.user, saved).await?;
        }
        Ok(())
    }
}

async fn write(tx: &mut Tx, user: UserId, saved: &SavedAddress) -> Result<(), DbError> {
    let parts = saved.address.reveal().parts();
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
