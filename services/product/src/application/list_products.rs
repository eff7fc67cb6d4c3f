//! Use case: a shopper lists or searches products.

use super::answers::{Body, Lookup};
use super::catalogue::Catalogue;
use super::config::{EVERYTHING, Window};
use super::error::ProductError;
use super::ports::SlugKind;
use super::shown::{Moving, push_card};
use crate::domain::search::Question;
use hanse_database::{DbError, Tx};
use hanse_kernel::{CategoryId, CollectionId, Ctx, Currency, Cursor, Limit, TypedId};
use serde::{Deserialize, Serialize};
use std::fmt::Write;
use std::sync::Arc;

/// In which order. Ties are always broken the same way, so that pages have no gaps and no repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    Newest,
    Price,
    PriceDown,
    Title,
    Relevance,
}

impl Sort {
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "newest" => Self::Newest,
            "price" => Self::Price,
            "-price" => Self::PriceDown,
            "title" => Self::Title,
            "relevance" => Self::Relevance,
            _ => return None,
        })
    }
}

/// What a shopper asks for, as it came.
#[derive(Debug, Clone, Default)]
pub struct ListInput {
    pub q: Option<String>,
    /// Slugs.
    pub category: Option<String>,
    pub collection: Option<String>,
    pub sort: Option<Sort>,
    pub currency: Option<Currency>,
    pub cursor: Option<String>,
    pub limit: Limit,
}

/// The key of the order: a time, a price, a score, or a title.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SortKey {
    Number(i64),
    Text(String),
}

/// Where a page begins: behind this place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    #[serde(rename = "s")]
    pub sort: Sort,
    #[serde(rename = "k")]
    pub key: SortKey,
    #[serde(rename = "i")]
    pub listing: i64,
}

impl Place {
    /// In front of everything.
    pub fn start(sort: Sort) -> Self {
        let (key, listing) = match sort {
            Sort::Newest | Sort::PriceDown | Sort::Relevance => (SortKey::Number(i64::MAX), i64::MAX),
            Sort::Price => (SortKey::Number(i64::MIN), i64::MIN),
            Sort::Title => (SortKey::Text(String::new()), i64::MIN),
        };
        Self { sort, key, listing }
    }
    fn fits(&self, sort: Sort) -> bool {
        self.sort == sort && matches!(self.key, SortKey::Text(_)) == (sort == Sort::Title)
    }
}

/// A question that the store can answer.
#[derive(Debug, Clone)]
pub struct ListQuestion {
    pub window: Window,
    pub shelf: String,
    pub search: Option<Question>,
    pub sort: Sort,
    pub after: Place,
    pub limit: Limit,
    /// The total is not known yet.
    pub count: bool,
}

/// One line of the answer.
pub struct Listed {
    pub listing: i64,
    pub key: SortKey,
    pub card: String,
    pub price_min: i64,
    pub price_max: i64,
    pub compare_at: Option<i64>,
    pub availability: String,
}

#[derive(Clone)]
pub struct ListProducts(pub Arc<Catalogue>);

/// Letters of a search; longer ones are no honest question.
const LONGEST_SEARCH: usize = 200;

struct Asked {
    input: ListInput,
    window: Window,
    tax_included: bool,
    search: Option<Question>,
    sort: Sort,
    after: Place,
    /// The total is known already.
    total: Option<i64>,
}

impl ListProducts {
    pub async fn run(&self, ctx: &Ctx, input: ListInput) -> Result<Body, ProductError> {
        let catalogue = &self.0;
        let (window, tax_included) = catalogue.window_of(ctx, input.currency)?;
        let asked = Asked::new(input, window, tax_included)?;
        let Some(mut asked) = asked else { return Ok(Body::new(EMPTY)) };
        let key = asked.key();
        let moment = match catalogue.answers.list(&key).await {
            Lookup::Kept(body) => return Ok(body),
            Lookup::Missing(moment) => moment,
        };
        let total_key = asked.total_key();
        asked.total = catalogue.answers.total(&total_key).await;
        let known = asked.total.is_some();
        let read = catalogue.db.read((catalogue.clone(), asked), |tx, (catalogue, asked)| {
            Box::pin(async move { read(tx, catalogue, asked).await })
        });
        let (json, total) = read.await?;
        let body = Body::new(json);
        catalogue.answers.keep_list(key, moment, body.clone()).await;
        if !known {
            catalogue.answers.keep_total(total_key, moment, total).await;
        }
        Ok(body)
    }
}

const EMPTY: &str = "{\"items\":[],\"next_cursor\":null,\"total\":0}";

impl Asked {
    /// `None` for a search without a word in it, which nothing answers.
    fn new(input: ListInput, window: Window, tax_included: bool) -> Result<Option<Self>, ProductError> {
        let search = match input.q.as_deref().map(str::trim).filter(|q| !q.is_empty()) {
            None => None,
            Some(q) if q.chars().count() > LONGEST_SEARCH => {
                return Err(ProductError::invalid("q", "length", "must be at most 200 characters"));
            }
            Some(q) => match Question::parse(q) {
                None => return Ok(None),
                some => some,
            },
        };
        let usual = if search.is_some() { Sort::Relevance } else { Sort::Newest };
        let sort = match input.sort.unwrap_or(usual) {
            // Without a search nothing is more relevant than anything else.
            Sort::Relevance if search.is_none() => Sort::Newest,
            sort => sort,
        };
        let after = match &input.cursor {
            None => Place::start(sort),
            Some(text) => {
                let place = Cursor::decode::<Place>(text).ok().filter(|place| place.fits(sort));
                place.ok_or_else(|| {
                    let message =
                        "is not a cursor of this list; take `next_cursor` from the page before as it is";
                    ProductError::invalid("cursor", "cursor", message)
                })?
            }
        };
        Ok(Some(Self { input, window, tax_included, search, sort, after, total: None }))
    }

    fn total_key(&self) -> String {
        let mut key = self.window.shelf("");
        for part in [&self.input.category, &self.input.collection] {
            let _ = write!(key, "|{}", part.as_deref().unwrap_or_default());
        }
        let _ = write!(key, "|{}", self.search.as_ref().map(Question::normalised).unwrap_or_default());
        key
    }

    fn key(&self) -> String {
        let mut key = self.total_key();
        let cursor = self.input.cursor.as_deref().unwrap_or_default();
        let _ = write!(key, "|{:?}|{}|{cursor}", self.sort, self.input.limit.get());
        key
    }

    async fn scope(&self, tx: &mut Tx, catalogue: &Catalogue) -> Result<String, ProductError> {
        let (kind, slug, what) = match (&self.input.category, &self.input.collection) {
            (None, None) => return Ok(EVERYTHING.into()),
            (Some(slug), None) => (SlugKind::Category, slug, "category"),
            (None, Some(slug)) => (SlugKind::Collection, slug, "collection"),
            (Some(_), Some(_)) => {
                let message = "cannot be combined with category";
                return Err(ProductError::invalid("collection", "combination", message));
            }
        };
        let own = catalogue.own();
        let mut id = catalogue.slugs.current(tx, kind, &self.window.locale, slug).await?;
        if id.is_none() && self.window.locale != own {
            id = catalogue.slugs.current(tx, kind, &own, slug).await?;
        }
        let id = id.ok_or(ProductError::NotFound(what))?;
        Ok(match kind {
            SlugKind::Category => CategoryId::from_uuid(id).to_string(),
            _ => CollectionId::from_uuid(id).to_string(),
        })
    }
}

async fn read(tx: &mut Tx, catalogue: &Catalogue, asked: &Asked) -> Result<(String, i64), ProductError> {
    let scope = asked.scope(tx, catalogue).await?;
    let question = ListQuestion {
        shelf: asked.window.shelf(&scope),
        window: asked.window.clone(),
        search: asked.search.clone(),
        sort: asked.sort,
        after: asked.after.clone(),
        limit: asked.input.limit,
        count: asked.total.is_none(),
    };
    let (rows, counted) = catalogue.window.list(tx, &question).await?;
    let total = match asked.total.or(counted) {
        Some(total) => total,
        None => total(tx, catalogue, &question, &rows, asked.input.cursor.is_none()).await?,
    };
    Ok((write_list(rows, asked, total), total))
}

async fn total(
    tx: &mut Tx,
    catalogue: &Catalogue,
    question: &ListQuestion,
    rows: &[Listed],
    first_page: bool,
) -> Result<i64, DbError> {
    let got = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    if first_page && got <= question.limit.get() {
        return Ok(got);
    }
    catalogue.window.total(tx, question).await
}

fn write_list(mut rows: Vec<Listed>, asked: &Asked, total: i64) -> String {
    let full = usize::try_from(asked.input.limit.get()).unwrap_or(usize::MAX);
    let more = rows.len() > full;
    rows.truncate(full);
    let mut out = String::with_capacity(64 + rows.iter().map(|row| row.card.len() + 220).sum::<usize>());
    out.push_str("{\"items\":[");
    for (i, row) in rows.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        let moving = Moving {
            price_min: row.price_min,
            price_max: row.price_max,
            compare_at: row.compare_at,
            availability: &row.availability,
        };
        push_card(&mut out, &row.card, &moving, asked.window.currency, asked.tax_included);
    }
    out.push_str("],\"next_cursor\":");
    match rows.last().filter(|_| more) {
        Some(last) => {
            let place = Place { sort: asked.sort, key: last.key.clone(), listing: last.listing };
            // A cursor is hexadecimal: nothing to escape. Writing to a String cannot fail.
            let _ = write!(out, "\"{}\"", Cursor::encode(&place));
        }
        None => out.push_str("null"),
    }
    // As above.
    let _ = write!(out, ",\"total\":{total}}}");
    out
}
