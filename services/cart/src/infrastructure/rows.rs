//! Carts as rows: reading and writing them inside a unit.

use super::sealed::{self, Texts};
use crate::domain::{Cart, Code, Line};
use hanse_database::sql::{Bind, Row, Sql};
use hanse_database::{DbError, Tx};
use hanse_kernel::{CartId, ChannelId, Currency, Locale};
use hanse_vault::Vault;
use uuid::Uuid;

pub const COLUMNS: &str = "id, version, channel, currency, locale, customer_id, email, shipping_address,
     billing_address, shipping_method_id, discount_codes, metadata, operations, created_at, updated_at, expires_at,
     merged_into";

fn unwritable(error: serde_json::Error) -> DbError {
    DbError::Other(error.to_string())
}

fn currency(row: &Row<'_>, index: usize) -> Result<Currency, DbError> {
    let code: String = row.get(index)?;
    Currency::parse(&code).map_err(|e| DbError::Column { index, message: e.to_string() })
}

/// A cart without its texts, those as they stand there, and where it was merged into.
fn head(row: &Row<'_>) -> Result<(Cart, Texts, Option<CartId>), DbError> {
    let cart = Cart {
        id: row.get(0)?,
        version: row.get(1)?,
        channel: ChannelId::new(&row.get::<String>(2)?),
        currency: currency(row, 3)?,
        locale: Locale::new(&row.get::<String>(4)?),
        customer: row.id_opt(5)?,
        email: None,
        shipping_address: None,
        billing_address: None,
        shipping_method: row.id_opt(9)?,
        codes: row.json::<Vec<String>>(10)?.into_iter().map(Code::stored).collect(),
        lines: vec![],
        metadata: String::new(),
        operations: row.json::<Vec<Uuid>>(12)?,
        created_at: row.get(13)?,
        updated_at: row.get(14)?,
        expires_at: row.get(15)?,
    };
    let texts = Texts {
        email: row.get(6)?,
        shipping: row.get(7)?,
        billing: row.get(8)?,
        metadata: row.get(11)?,
        lines: vec![],
    };
    Ok((cart, texts, row.get(16)?))
}

/// A line without its text, and that as it stands there.
fn line(row: &Row<'_>) -> Result<(Line, String), DbError> {
    let line = Line { id: row.id(0)?, variant: row.id(1)?, quantity: row.get(2)?, metadata: String::new() };
    Ok((line, row.get(3)?))
}

/// The cart of that id, expired or not, and where it was merged into.
pub async fn find(tx: &mut Tx, vault: &Vault, id: CartId) -> Result<Option<(Cart, Option<CartId>)>, DbError> {
    let sql = format!("select {COLUMNS} from carts where id = $1");
    let Some((mut cart, mut texts, merged)) = tx.query_opt(&sql, &[&id], head).await? else {
        return Ok(None);
    };
    if merged.is_none() {
        let sql = "select id, variant_id, quantity, metadata from cart_lines where cart_id = $1
                   order by position, id";
        (cart.lines, texts.lines) = tx.query(sql, &[&id], line).await?.into_iter().unzip();
    }
    sealed::open(tx, vault, texts, &mut cart).await?;
    Ok(Some((cart, merged)))
}

/// Lists of a cart that are stored as text.
struct Lists {
    codes: String,
    operations: String,
}

impl Lists {
    fn of(cart: &Cart) -> Result<Self, DbError> {
        let codes: Vec<&str> = cart.codes.iter().map(Code::as_str).collect();
        Ok(Self {
            codes: serde_json::to_string(&codes).map_err(unwritable)?,
            operations: serde_json::to_string(&cart.operations).map_err(unwritable)?,
        })
    }
}

pub async fn insert(tx: &mut Tx, vault: &Vault, cart: &Cart) -> Result<(), DbError> {
    let texts = sealed::seal(tx, vault, cart).await?;
    insert_head(tx, cart, &texts, None, "").await?;
    write_lines(tx, &[], cart, &texts).await
}

const NEWER: &str = "on conflict (id) do update set version = excluded.version, locale = excluded.locale,
       customer_id = excluded.customer_id, email = excluded.email, shipping_address = excluded.shipping_address,
       billing_address = excluded.billing_address, shipping_method_id = excluded.shipping_method_id,
       discount_codes = excluded.discount_codes, metadata = excluded.metadata, operations = excluded.operations,
       updated_at = excluded.updated_at, expires_at = excluded.expires_at, merged_into = excluded.merged_into
     where carts.version <= excluded.version";

/// Writes the whole cart over what stands there, unless that is newer. Of a cart that was merged nothing is left to read.
pub async fn overwrite(
    tx: &mut Tx,
    vault: &Vault,
    cart: &Cart,
    merged_into: Option<CartId>,
) -> Result<(), DbError> {
    let texts = sealed::seal(tx, vault, cart).await?;
    if insert_head(tx, cart, &texts, merged_into, NEWER).await? == 0 {
        return Ok(());
    }
    tx.execute("delete from cart_lines where cart_id = $1", &[&cart.id]).await?;
    for (position, (line, metadata)) in (0i64..).zip(cart.lines.iter().zip(&texts.lines)) {
        // A line may have come from a cart whose own snapshot still has it.
        tx.execute(
            "insert into cart_lines (id, cart_id, position, variant_id, quantity, metadata)
             values ($1, $2, $3, $4, $5, $6)
             on conflict (id) do update set cart_id = excluded.cart_id, position = excluded.position,
               variant_id = excluded.variant_id, quantity = excluded.quantity, metadata = excluded.metadata",
            &[&line.id, &cart.id, &position, &line.variant, &line.quantity, metadata],
        )
        .await?;
    }
    if merged_into.is_some() && texts.say_nothing() {
        vault.destroy(tx, &cart.id).await?;
    }
    Ok(())
}

async fn insert_head(
    tx: &mut Tx,
    cart: &Cart,
    texts: &Texts,
    merged_into: Option<CartId>,
    conflict: &str,
) -> Result<u64, DbError> {
    let lists = Lists::of(cart)?;
    tx.execute(
        &format!(
            "insert into carts ({COLUMNS})
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) {conflict}"
        ),
        &[
            &cart.id,
            &cart.version,
            &cart.channel.as_str(),
            &cart.currency.code(),
            &cart.locale.as_str(),
            &cart.customer,
            &texts.email,
            &texts.shipping,
            &texts.billing,
            &cart.shipping_method,
            &lists.codes,
            &texts.metadata,
            &lists.operations,
            &cart.created_at,
            &cart.updated_at,
            &cart.expires_at,
            &merged_into,
        ],
    )
    .await
}

/// Saves the step from `before` to `after`; false when the cart is not at `before`'s version any more: then the unit is to be
/// undone, because the key of a cart that is gone may have been made in it.
pub async fn update(tx: &mut Tx, vault: &Vault, before: &Cart, after: &Cart) -> Result<bool, DbError> {
    let (lists, texts) = (Lists::of(after)?, sealed::seal(tx, vault, after).await?);
    let saved = tx
        .execute(
            "update carts set version = $2, locale = $3, customer_id = $4, email = $5, shipping_address = $6,
               billing_address = $7, shipping_method_id = $8, discount_codes = $9, metadata = $10, operations = $11,
               updated_at = $12, expires_at = $13
             where id = $1 and version = $14 and merged_into is null",
            &[
                &after.id,
                &after.version,
                &after.locale.as_str(),
                &after.customer,
                &texts.email,
                &texts.shipping,
                &texts.billing,
                &after.shipping_method,
                &lists.codes,
                &texts.metadata,
                &lists.operations,
                &after.updated_at,
                &after.expires_at,
                &before.version,
            ],
        )
        .await?;
    if saved == 0 {
        return Ok(false);
    }
    write_lines(tx, &before.lines, after, &texts).await?;
    Ok(true)
}

async fn write_lines(tx: &mut Tx, before: &[Line], after: &Cart, texts: &Texts) -> Result<(), DbError> {
    for gone in before.iter().filter(|b| !after.lines.iter().any(|a| a.id == b.id)) {
        tx.execute("delete from cart_lines where id = $1", &[&gone.id]).await?;
    }
    for (index, (line, metadata)) in (0..).zip(after.lines.iter().zip(&texts.lines)) {
        match before.iter().find(|b| b.id == line.id) {
            Some(old) if old == line => {}
            Some(_) => {
                let sql = "update cart_lines set quantity = $2, metadata = $3 where id = $1";
                tx.execute(sql, &[&line.id, &line.quantity, metadata]).await?;
            }
            None => {
                // Later than all that were there before, in the order in which they came.
                let position: i64 = after.updated_at.micros() + index;
                let row: [&(dyn Bind + '_); 6] =
                    [&line.id, &after.id, &position, &line.variant, &line.quantity, metadata];
                tx.execute(
                    "insert into cart_lines (id, cart_id, position, variant_id, quantity, metadata)
                     values ($1, $2, $3, $4, $5, $6)",
                    &row,
                )
                .await?;
            }
        }
    }
    Ok(())
}

/// The carts that were merged into this one, directly or not.
pub async fn merged_into(tx: &mut Tx, id: CartId) -> Result<Vec<CartId>, DbError> {
    let sql = "with recursive merged (id) as (
                 select id from carts where merged_into = $1
                 union select c.id from carts c join merged m on c.merged_into = m.id)
               select id from merged order by id limit 100";
    tx.query(sql, &[&id], |r| r.get(0)).await
}
