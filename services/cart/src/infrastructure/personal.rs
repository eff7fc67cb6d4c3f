//! A person's carts, for whoever wants to have what the shop holds about them: as they stand in the service's database, which
//! carts that are kept elsewhere follow within moments.

use super::rows;
use crate::domain::{Address, Cart};
use async_trait::async_trait;
use hanse_database::sql::Sql;
use hanse_database::{Db, DbError, Tx};
use hanse_kernel::{CartId, UserId};
use hanse_runtime::{Holds, Portion, Whose};
use hanse_vault::Vault;
use serde_json::{Value, json};

/// One customer has one cart at a time; those of before were merged into it.
const MOST: i64 = 100;

pub struct OwnCarts {
    pub db: Db,
    pub vault: Vault,
}

#[async_trait]
impl Holds for OwnCarts {
    async fn about(&self, whose: &Whose) -> Result<Portion, DbError> {
        let input = (self.vault.clone(), whose.user);
        self.db.scan(input, |tx, (vault, user)| Box::pin(about(tx, vault, *user))).await
    }
}

async fn about(tx: &mut Tx, vault: &Vault, user: UserId) -> Result<Portion, DbError> {
    let sql = "select id from carts where customer_id = $1 and merged_into is null
               order by updated_at desc, id limit $2";
    let ids: Vec<CartId> = tx.query(sql, &[&user, &MOST], |r| r.get(0)).await?;
    let mut told = Portion::default();
    for id in ids {
        if let Some((cart, None)) = rows::find(tx, vault, id).await? {
            told.tell("cart", &shown(&cart));
        }
    }
    Ok(told)
}

fn address(a: &Address) -> Value {
    json!({
        "name": a.name, "line1": a.line1, "line2": a.line2, "city": a.city, "postal_code": a.postal_code,
        "region": a.region, "country": a.country, "phone": a.phone,
    })
}

fn raw(json: &str) -> Value {
    // What does not read is told as it stands: nothing is left out.
    serde_json::from_str(json).unwrap_or_else(|_| Value::String(json.into()))
}

fn shown(cart: &Cart) -> Value {
    let lines = cart.lines.iter().map(|line| {
        json!({"variant_id": line.variant, "quantity": line.quantity, "metadata": raw(&line.metadata)})
    });
    json!({
        "id": cart.id, "created_at": cart.created_at, "updated_at": cart.updated_at, "expires_at": cart.expires_at,
        "locale": cart.locale.as_str(), "email": cart.email.as_ref().map(|email| email.reveal().as_str()),
        "shipping_address": cart.shipping_address.as_ref().map(|a| address(a.reveal())),
        "billing_address": cart.billing_address.as_ref().map(|a| address(a.reveal())),
        "discount_codes": cart.codes.iter().map(|code| code.as_str()).collect::<Vec<_>>(),
        "lines": lines.collect::<Vec<_>>(), "metadata": raw(&cart.metadata),
    })
}
