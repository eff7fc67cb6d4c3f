//! Carts in Redis are sealed: their keys stand in the database, neither in Redis nor in its files.

use super::super::sealed::Texts;
use super::record::{self, Record};
use super::{RedisCarts, Why, document, store};
use crate::domain::Cart;
use hanse_database::DbError;
use hanse_kernel::CartId;
use hanse_redis::cmd;

/// Somebody who changes the cart meanwhile may have had its key destroyed, as a merge does.
const LOOKS: usize = 3;
/// Carts looked at together.
const PAGE: usize = 200;

impl RedisCarts {
    /// The cart as Redis has it. One whose key was destroyed was destroyed with it, and Redis has not been told yet.
    pub(super) async fn read(&self, id: CartId) -> Result<Option<Record>, Why> {
        let mut ask = cmd("HMGET");
        ask.arg(self.0.redis.key(format_args!("cart:{id}"))).arg(&record::FIELDS);
        for look in 1..=LOOKS {
            let Some((mut record, texts)) = Record::read(id, self.0.redis.ask("cart_read", &ask).await?)?
            else {
                return Ok(None);
            };
            let Some(cart) = &mut record.cart else { return Ok(Some(record)) };
            if !texts.are_sealed() {
                texts.into_cart(cart)?;
                return Ok(Some(record));
            }
            let key = self.0.sql.vault.find_in(&self.0.sql.db, &id).await?;
            match texts.opened(&key) {
                Ok(texts) => {
                    texts.into_cart(cart)?;
                    return Ok(Some(record));
                }
                Err(_) if look < LOOKS => {}
                Err(_) if !key.is_there() => {
                    tracing::warn!(
                        version = cart.version,
                        "a cart in Redis is taken for destroyed, as its key was"
                    );
                    return Ok(Some(Record { cart: None, ..record }));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(None)
    }

    /// What every script that writes a cart is given of it. A cart of which nothing is told has no key.
    pub(super) async fn written(&self, cart: &Cart) -> Result<[String; 5], DbError> {
        let texts = self.seal(cart.id, Texts::of(cart)?).await?;
        record::written(cart, &texts)
    }

    pub(super) fn left_of(&self, absorbed: &Cart) -> Result<String, DbError> {
        let left = document::left_of(absorbed);
        document::write(&left, &Texts::of(&left)?)
    }

    async fn seal(&self, id: CartId, texts: Texts) -> Result<Texts, DbError> {
        if texts.say_nothing() {
            return Ok(texts);
        }
        texts.sealed(&self.0.sql.vault.of_in(&self.0.sql.db, &id).await?)
    }

    /// Seals the next documents that were written before they were sealed; how many those were, and where to go on: nowhere,
    /// when these were the last. Nothing else about the carts changes.
    pub(super) async fn seal_documents(&self, from: Option<&str>) -> Result<(u64, Option<String>), DbError> {
        let mut ask = cmd("ZSCAN");
        ask.arg(self.0.redis.key("carts-ending")).arg(from.unwrap_or("0")).arg("COUNT").arg(PAGE);
        let (next, told): (String, Vec<String>) = self.0.redis.ask("carts_all", &ask).await.map_err(store)?;
        let mut sealed = 0;
        // Each with the moment of its end.
        for id in told.iter().step_by(2).filter_map(|id| id.parse().ok()) {
            match self.seal_document(id).await {
                Ok(done) => sealed += u64::from(done),
                // The others need not wait for it.
                Err(error @ DbError::Other(_)) => {
                    tracing::error!(%error, cart = ?id, "a cart in Redis is not sealed");
                }
                Err(error) => return Err(error),
            }
        }
        Ok((sealed, Some(next).filter(|next| next != "0")))
    }

    /// False: there is nothing to do, or somebody has changed it meanwhile and sealed it so.
    async fn seal_document(&self, id: CartId) -> Result<bool, DbError> {
        let mut ask = cmd("HGET");
        ask.arg(self.0.redis.key(format_args!("cart:{id}"))).arg("d");
        let told: Option<String> = self.0.redis.ask("cart_document", &ask).await.map_err(store)?;
        let Some(before) = told else { return Ok(false) };
        let (cart, texts) = document::read(id, 1, &before)?;
        if texts.are_sealed() || !texts.are_from_before() {
            return Ok(false);
        }
        let after = document::write(&cart, &self.seal(id, texts).await?)?;
        self.run(&self.0.scripts.reseal, vec![id.to_string(), before, after]).await.map_err(store)
    }
}
