//! Cards and the shelves they stand on.

use super::rows::{self, Values, column};
use crate::application::config::Window;
use crate::application::ports::{Offers, Placing, Rendered};
use hanse_database::sql::{Bind, Sql, list};
use hanse_database::{DbError, Tx};
use hanse_kernel::{ChannelId, Currency, Locale, ProductId, Timestamp};

/// Writes one card per window.
pub(super) async fn write_cards(
    tx: &mut Tx,
    product: ProductId,
    windows: &[Window],
    scopes: &str,
    rendered: &[Rendered],
) -> Result<(), DbError> {
    for window in windows {
        let Some(one) = rendered.iter().find(|one| one.locale == window.locale) else { continue };
        tx.execute(
            "insert into listing (product_id, channel, currency, locale, card, title_key, scopes, availability)
             values ($1, $2, $3, $4, $5, $6, $7, 'unknown')
             on conflict (product_id, channel, currency, locale) do update set card = excluded.card,
               title_key = excluded.title_key, scopes = excluded.scopes",
            &[
                &product,
                &window.channel.as_str(),
                &window.currency.code(),
                &window.locale.as_str(),
                &one.card.json,
                &one.card.title_key,
                &scopes,
            ],
        )
        .await?;
    }
    Ok(())
}

/// A card as it is.
struct Row {
    id: i64,
    window: Window,
    title_key: String,
    scopes: Vec<String>,
    price_min: Option<i64>,
    price_max: Option<i64>,
    compare_at: Option<i64>,
    availability: String,
}

async fn cards(tx: &mut Tx, product: ProductId) -> Result<Vec<Row>, DbError> {
    tx.query(
        "select id, channel, currency, locale, title_key, scopes, price_min, price_max, compare_at, availability
         from listing where product_id = $1 order by id",
        &[&product],
        |row| {
            Ok(Row {
                id: row.get(0)?,
                window: Window {
                    channel: ChannelId::new(&row.get::<String>(1)?),
                    currency: Currency::parse(&row.get::<String>(2)?).map_err(|e| column(2, e.to_string()))?,
                    locale: Locale::new(&row.get::<String>(3)?),
                },
                title_key: row.get(4)?,
                scopes: row.json(5)?,
                price_min: row.get(6)?,
                price_max: row.get(7)?,
                compare_at: row.get(8)?,
                availability: row.get(9)?,
            })
        },
    )
    .await
}

/// Takes away the cards of windows that the shop does not have.
pub(super) async fn drop_windows_but(
    tx: &mut Tx,
    product: ProductId,
    windows: &[Window],
) -> Result<(), DbError> {
    for card in cards(tx, product).await? {
        if !windows.contains(&card.window) {
            tx.execute("delete from listing where id = $1", &[&card.id]).await?;
        }
    }
    Ok(())
}

/// Where the product is published, and since when.
async fn published(tx: &mut Tx, product: ProductId) -> Result<Vec<(ChannelId, Timestamp)>, DbError> {
    tx.query(
        "select c.channel, p.published_at from product_channel c join product p on p.id = c.product_id
         where c.product_id = $1 order by c.channel",
        &[&product],
        |row| Ok((ChannelId::new(&row.get::<String>(0)?), row.get(1)?)),
    )
    .await
}

/// Writes what moves on the cards, and their places; whether a list may show something else now.
pub(super) async fn refresh(
    tx: &mut Tx,
    product: ProductId,
    offers: &Offers,
    placing: Placing,
) -> Result<bool, DbError> {
    let cards = cards(tx, product).await?;
    let mut changed = false;
    let mut to_place = vec![];
    for card in &cards {
        let offer = offers.get(&(card.window.channel.clone(), card.window.currency));
        let (min, max) = (offer.map(|o| o.price_min), offer.map(|o| o.price_max));
        let compare_at = offer.and_then(|o| o.compare_at);
        let availability = offer.map_or("unknown", |o| o.availability.name());
        let moved = card.price_min != min;
        if moved
            || card.price_max != max
            || card.compare_at != compare_at
            || card.availability != availability
        {
            tx.execute(
                "update listing set price_min = $2, price_max = $3, compare_at = $4, availability = $5 where id = $1",
                &[&card.id, &min, &max, &compare_at, &availability],
            )
            .await?;
            changed = true;
        }
        if moved || placing == Placing::Anew {
            to_place.push((card, min));
        }
    }
    if to_place.is_empty() {
        return Ok(changed);
    }
    let published = published(tx, product).await?;
    if published.is_empty() && placing == Placing::IfPriceMoved {
        return Ok(changed);
    }
    place(tx, product, &to_place, &published).await?;
    Ok(true)
}

async fn place(
    tx: &mut Tx,
    product: ProductId,
    cards: &[(&Row, Option<i64>)],
    published: &[(ChannelId, Timestamp)],
) -> Result<(), DbError> {
    let ids: Vec<i64> = cards.iter().map(|(card, _)| card.id).collect();
    let sql = format!("delete from listing_place where listing_id in {}", list(1, ids.len()));
    let params: Values<'_> = ids.iter().map(|id| id as &dyn Bind).collect();
    tx.execute(&sql, &params).await?;
    let mut places: Vec<(String, i64, i64, i64, &str)> = vec![];
    for (card, price) in cards {
        let since = published.iter().find(|(channel, _)| *channel == card.window.channel);
        if let (Some((_, since)), Some(price)) = (since, price) {
            places.extend(card.scopes.iter().map(|scope| {
                (card.window.shelf(scope), card.id, since.micros(), *price, card.title_key.as_str())
            }));
        }
    }
    let rows: Vec<Values<'_>> = places
        .iter()
        .map(|(shelf, id, newest, price, title)| {
            vec![shelf as _, &product as _, id as _, newest as _, price as _, title as _]
        })
        .collect();
    rows::insert(
        tx,
        "insert into listing_place (shelf, product_id, listing_id, newest, price, title)",
        "",
        &rows,
    )
    .await
}
