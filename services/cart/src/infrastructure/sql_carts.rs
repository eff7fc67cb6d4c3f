//! Carts in SQL, behind both ports.

use super::rows;
use crate::application::ports::{CartEffects, CartStore, Found, Standing};
use crate::domain::{Cart, ConfirmedOrder};
use async_trait::async_trait;
use hanse_database::sql::{Bind, Sql, list};
use hanse_database::{Db, DbError, Tx};
use hanse_http::idempotency;
use hanse_kernel::{CartId, Timestamp, UserId};
use hanse_vault::{Subject, Vault};

/// How far one cart may have been merged into another, and that into the next.
const MERGES: usize = 8;

#[derive(Clone)]
pub struct SqlCarts {
    pub db: Db,
    pub vault: Vault,
}

async fn end(tx: &mut Tx, vault: &Vault, ids: &[CartId]) -> Result<u64, DbError> {
    if ids.is_empty() {
        return Ok(0);
    }
    let params: Vec<&(dyn Bind + '_)> = ids.iter().map(|id| id as &(dyn Bind + '_)).collect();
    let places = list(1, ids.len());
    vault.destroy_all(tx, ids.iter().map(Subject::from).collect::<Vec<_>>()).await?;
    tx.execute(&format!("delete from cart_lines where cart_id in {places}"), &params).await?;
    tx.execute(&format!("delete from carts where id in {places}"), &params).await
}

#[async_trait]
impl CartStore for SqlCarts {
    async fn insert(&self, cart: &Cart) -> Result<(), DbError> {
        let input = (self.vault.clone(), cart.clone());
        self.db.tx_one(input, |tx, (vault, cart)| Box::pin(rows::insert(tx, vault, cart))).await
    }

    async fn load(&self, id: CartId, now: Timestamp) -> Result<Option<Found>, DbError> {
        let input = (self.vault.clone(), id);
        let found = self.db.read(input, |tx, (vault, id)| Box::pin(rows::find(tx, vault, *id))).await?;
        Ok(found.filter(|(cart, _)| cart.expires_at > now).map(|(cart, merged)| match merged {
            Some(into) => Found::MergedInto(into),
            None => Found::Cart(Box::new(cart)),
        }))
    }

    async fn load_standing(&self, id: CartId, now: Timestamp) -> Result<Option<Standing>, DbError> {
        self.db
            .read((self.vault.clone(), id, now), |tx, (vault, id, now)| {
                Box::pin(async move {
                    let found = rows::find(tx, vault, *id).await?;
                    let Some((cart, None)) = found.filter(|(cart, _)| cart.expires_at > *now) else {
                        return Ok(None);
                    };
                    let merged = rows::merged_into(tx, *id).await?;
                    let all: Vec<&(dyn Bind + '_)> =
                        std::iter::once(id).chain(&merged).map(|id| id as &(dyn Bind + '_)).collect();
                    let sql = format!(
                        "select order_id from cart_applied_orders where applied_to in {}
                         order by applied_at, order_id",
                        list(1, all.len())
                    );
                    let applied = tx.query(&sql, &all, |r| r.id(0)).await?;
                    Ok(Some(Standing { cart, applied, merged }))
                })
            })
            .await
    }

    async fn save(&self, before: &Cart, after: &Cart) -> Result<bool, DbError> {
        let input = (self.vault.clone(), before.clone(), after.clone());
        let saved = self.db.tx_one(input, |tx, (vault, before, after)| {
            Box::pin(async move {
                if rows::update(tx, vault, before, after).await? { Ok(()) } else { Err(Step::Changed) }
            })
        });
        Step::done(saved.await)
    }

    async fn merge(&self, before: &Cart, after: &Cart, absorbed: &Cart) -> Result<bool, DbError> {
        let input = (self.vault.clone(), before.clone(), after.clone(), absorbed.clone());
        // An error undoes the first step when the second finds its cart changed.
        let merged = self.db.tx(input, |tx, (vault, before, after, absorbed)| {
            Box::pin(async move {
                let ended = tx
                    .execute(
                        "update carts set merged_into = $2, version = version + 1, email = null,
                           shipping_address = null, billing_address = null, metadata = '{}'
                         where id = $1 and version = $3 and merged_into is null",
                        &[&absorbed.id, &after.id, &absorbed.version],
                    )
                    .await?;
                if ended == 0 {
                    return Err(Step::Changed);
                }
                tx.execute("delete from cart_lines where cart_id = $1", &[&absorbed.id]).await?;
                vault.destroy(tx, &absorbed.id).await?;
                if rows::update(tx, vault, before, after).await? { Ok(()) } else { Err(Step::Changed) }
            })
        });
        Step::done(merged.await)
    }

    async fn latest_of(
        &self,
        customer: UserId,
        besides: CartId,
        now: Timestamp,
    ) -> Result<Option<Cart>, DbError> {
        self.db
            .read((self.vault.clone(), customer, besides, now), |tx, (vault, customer, besides, now)| {
                Box::pin(async move {
                    let sql = "select id from carts where customer_id = $1 and id <> $2 and expires_at > $3
                                 and merged_into is null order by updated_at desc, id limit 1";
                    let id: Option<CartId> =
                        tx.query_opt(sql, &[customer, besides, now], |r| r.get(0)).await?;
                    let Some(id) = id else { return Ok(None) };
                    Ok(rows::find(tx, vault, id).await?.map(|(cart, _)| cart))
                })
            })
            .await
    }

    async fn sweep(&self, now: Timestamp, limit: i64) -> Result<u64, DbError> {
        self.db
            .tx((self.vault.clone(), now, limit), |tx, (vault, now, limit)| {
                Box::pin(async move {
                    let sql = "select id from carts where expires_at <= $1 order by expires_at, id limit $2";
                    let ids: Vec<CartId> = tx.query(sql, &[now, limit], |r| r.get(0)).await?;
                    end(tx, vault, &ids).await
                })
            })
            .await
    }
}

/// How a step did not happen; whatever was done in its unit is undone.
enum Step {
    Changed,
    Store(DbError),
}

impl Step {
    fn done(done: Result<(), Self>) -> Result<bool, DbError> {
        match done {
            Ok(()) => Ok(true),
            Err(Self::Changed) => Ok(false),
            Err(Self::Store(error)) => Err(error),
        }
    }
}

impl From<DbError> for Step {
    fn from(error: DbError) -> Self {
        Self::Store(error)
    }
}

#[async_trait]
impl CartEffects for SqlCarts {
    async fn take_out(&self, tx: &mut Tx, order: &ConfirmedOrder, now: Timestamp) -> Result<(), DbError> {
        let cart = current(tx, &self.vault, order.cart).await?.filter(|cart| cart.expires_at > now);
        let noted = tx
            .execute(
                "insert into cart_applied_orders (order_id, cart_id, applied_to, applied_at)
                 values ($1, $2, $3, $4) on conflict (order_id) do nothing",
                &[&order.id, &order.cart, &cart.as_ref().map(|c| c.id), &now],
            )
            .await?;
        let (1, Some(before)) = (noted, cart) else { return Ok(()) };
        let mut after = before.clone();
        after.take_out(order);
        after.touched(now);
        // The unit has seen the cart at this version, so nobody else can have changed it within.
        if rows::update(tx, &self.vault, &before, &after).await? {
            Ok(())
        } else {
            Err(DbError::Conflict { attempts: 1 })
        }
    }

    async fn forget(&self, tx: &mut Tx, customer: UserId) -> Result<(), DbError> {
        idempotency::forget_customer(tx, customer).await?;
        let sql = "select id from carts where customer_id = $1 order by id limit 50";
        loop {
            let ids: Vec<CartId> = tx.query(sql, &[&customer], |r| r.get(0)).await?;
            if ids.is_empty() {
                return self.vault.destroy(tx, customer).await.map(|_| ());
            }
            // What a guest was answered whose cart it became.
            for id in &ids {
                idempotency::forget_about(tx, &id.to_string()).await?;
            }
            end(tx, &self.vault, &ids).await?;
        }
    }

    async fn forget_guest(&self, tx: &mut Tx, cart: CartId) -> Result<(), DbError> {
        // What they were answered shows them, also where the cart has gone by itself.
        let sql =
            "select 1 from carts where id = $1 and (customer_id is not null or merged_into is not null)";
        if tx.query_opt(sql, &[&cart], |_| Ok(())).await?.is_some() {
            return Ok(());
        }
        idempotency::forget_about(tx, &cart.to_string()).await?;
        end(tx, &self.vault, &[cart]).await.map(|_| ())
    }
}

/// The cart, or the one that it was merged into.
async fn current(tx: &mut Tx, vault: &Vault, id: CartId) -> Result<Option<Cart>, DbError> {
    let mut id = id;
    for _ in 0..MERGES {
        match rows::find(tx, vault, id).await? {
            Some((_, Some(into))) => id = into,
            found => return Ok(found.map(|(cart, _)| cart)),
        }
    }
    Ok(None)
}
