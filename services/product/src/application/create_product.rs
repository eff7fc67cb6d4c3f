//! Use case: a merchant creates a product by hand. It is a draft until pricing and inventory have confirmed.

use super::catalogue::{Catalogue, Stored, slug_of};
use super::error::ProductError;
use super::intakes::{AskedPrice, AskedStock, Request};
use super::ports::SlugKind;
use super::written;
use crate::domain::content::{Content, Fault, check_slug, check_text};
use crate::domain::intake::{Outcome, Tally};
use crate::domain::product::{Filled, Product};
use crate::domain::stock::StockPolicy;
use crate::domain::texts::Field;
use crate::domain::upload::SCHEME;
use hanse_database::Tx;
use hanse_kernel::{CategoryId, ChannelId, Ctx, Locale, Money, ProductId, TypedId};
use hanse_record::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What is asked of pricing and inventory for a variant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    pub price: Option<Money>,
    pub compare_at: Option<Money>,
    pub stock: Option<i64>,
    pub policy: Option<StockPolicy>,
}

/// Texts in another language. `None` leaves a text as it is, an empty one takes it away.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Translation {
    pub title: Option<String>,
    pub subtitle: Option<String>,
    pub description_html: Option<String>,
    pub slug: Option<String>,
}

#[derive(Debug, Clone)]
pub struct NewProduct {
    /// Chosen by the caller, so that trying again finds what was made.
    pub id: ProductId,
    pub content: Content,
    /// The category's slug.
    pub category: Option<String>,
    pub slug: Option<String>,
    /// For each variant of the content.
    pub asked: Vec<Asked>,
    /// A JSON object.
    pub metadata: Option<String>,
    pub translations: BTreeMap<Locale, Translation>,
    pub publish: bool,
}

#[derive(Clone)]
pub struct CreateProduct(pub Arc<Catalogue>);

impl CreateProduct {
    pub async fn run(&self, ctx: &Ctx, mut new: NewProduct) -> Result<ProductId, ProductError> {
        let catalogue = &self.0;
        let mut faults = new.content.faults();
        if let Some(slug) = &new.slug {
            check_slug("slug", slug, &mut faults);
        }
        catalogue.check_asked(ctx, &new.asked, &mut faults);
        catalogue.check_translations(&new.translations, &mut faults);
        let (pictures, unknown) = catalogue.draw(&mut new.content.images);
        faults.extend(unknown_pictures(&new.content, &unknown));
        if !faults.is_empty() {
            return Err(ProductError::Invalid(faults));
        }
        let id = new.id;
        let input = (catalogue.clone(), ctx.clone(), new, pictures);
        let unit = catalogue.db.tx(input, |tx, (catalogue, ctx, new, pictures)| {
            Box::pin(async move {
                catalogue.keep_pictures(tx, pictures).await?;
                create(tx, catalogue, ctx, new).await
            })
        });
        unit.await.map(|()| id)
    }
}

/// Pictures whose address our own source does not know.
pub fn unknown_pictures(content: &Content, unknown: &[String]) -> Vec<Fault> {
    let place = |src: &String| content.images.iter().position(|image| image.src == *src).unwrap_or(0);
    let fault = |src| Fault::new(format!("images[{}].src", place(src)), "unknown", "names no sample picture");
    unknown.iter().map(fault).collect()
}

/// Uploads that are not among the product's own: only a file brings one in.
pub fn foreign_uploads(content: &Content, product: &Product) -> Vec<Fault> {
    let foreign = |src: &str| src.starts_with(SCHEME) && product.images.iter().all(|image| image.src != src);
    let places = content.images.iter().enumerate().filter(|(_, image)| foreign(&image.src));
    let message = "names no upload of this product; send the file to the product's images";
    places.map(|(i, _)| Fault::new(format!("images[{i}].src"), "unknown", message)).collect()
}

async fn create(tx: &mut Tx, catalogue: &Catalogue, ctx: &Ctx, new: &NewProduct) -> Result<(), ProductError> {
    // The first try may have committed before its answer was lost.
    if catalogue.products.find(tx, new.id).await?.is_some() {
        return Ok(());
    }
    let own = catalogue.own();
    let mut content = new.content.clone();
    content.category = catalogue.category_by_slug(tx, new.category.as_deref()).await?;
    let mut product = Product::draft(new.id, catalogue.effects.now());
    let faults = foreign_uploads(&content, &product);
    if !faults.is_empty() {
        return Err(ProductError::Invalid(faults));
    }
    let wanted = new.slug.clone().unwrap_or_else(|| slug_of(&content.title, product.id));
    let slug = catalogue.claim_slug(tx, &own, &wanted, product.id, new.slug.is_some()).await?;
    product.texts.set(&own, Field::Slug, Some(&slug));
    let filled = product.fill(&content, &own, &mut || catalogue.effects.ids.uuid());
    catalogue.translate(tx, &mut product, &new.translations).await?;
    if let Some(metadata) = &new.metadata {
        product.metadata.clone_from(metadata);
    }
    let given: BTreeSet<&String> = content.variants.iter().filter_map(|v| v.sku.as_ref()).collect();
    catalogue.settle_skus(tx, &mut product, |sku| given.contains(&sku.to_string())).await?;
    catalogue.store(tx, ctx, &mut product, Stored::First).await?;
    let line = catalogue.line(tx, product.category).await?;
    catalogue.relist(tx, &product, &line, Stored::First).await?;
    let publish_in = new.publish.then(|| ctx.channel.clone());
    let created = u64::try_from(product.variants.len()).unwrap_or(0);
    let request = Request {
        key: product.id.to_string(),
        outcome: Outcome::Created,
        variants: Tally { created, ..Tally::default() },
        ..request_of(&product, &filled, &new.asked, publish_in)
    };
    catalogue.take_in(tx, ctx, request).await?;
    let entry = Entry::new("product.made", "product", product.id).became(written::product(&product, &own));
    catalogue.record.note(tx, ctx, entry).await?;
    Ok(())
}

/// What is to be asked of the neighbours: prices where one is given, stock where it is told or the variant is new.
pub fn request_of(
    product: &Product,
    filled: &Filled,
    asked: &[Asked],
    publish_in: Option<ChannelId>,
) -> Request {
    let (mut prices, mut stock) = (vec![], vec![]);
    for (id, asked) in filled.variants.iter().zip(asked) {
        if let Some(price) = asked.price {
            prices.push(AskedPrice { variant: *id, price, compare_at: asked.compare_at });
        }
        if asked.stock.is_some() || asked.policy.is_some() || filled.created.contains(id) {
            stock.push(AskedStock {
                variant: *id,
                sku: product.variant(*id).map(|variant| variant.sku.clone()).unwrap_or_default(),
                on_hand: asked.stock,
                policy: asked.policy.unwrap_or(StockPolicy::Deny),
            });
        }
    }
    Request {
        key: String::new(),
        product: product.id,
        import: None,
        line: None,
        rows: 0,
        outcome: Outcome::Updated,
        variants: Tally::default(),
        publish_in,
        prices,
        stock,
    }
}

/// The most that one variant may have on the shelf.
const MOST_STOCK: i64 = 1_000_000_000;
/// The highest price, in minor units: what pricing takes.
const HIGHEST_PRICE: i64 = 100_000_000_000;

impl Catalogue {
    /// Prices must be sensible and in a currency of the channel, stock a count.
    pub fn check_asked(&self, ctx: &Ctx, asked: &[Asked], faults: &mut Vec<Fault>) {
        for (i, one) in asked.iter().enumerate() {
            self.check_one(ctx, &format!("variants[{i}]."), one, faults);
        }
    }

    pub fn check_one(&self, ctx: &Ctx, prefix: &str, one: &Asked, faults: &mut Vec<Fault>) {
        let mut fault = |name: &str, code, message: String| {
            faults.push(Fault::new(format!("{prefix}{name}"), code, message))
        };
        for (name, money) in [("price", one.price), ("compare_at_price", one.compare_at)] {
            let Some(money) = money else { continue };
            if !(0..=HIGHEST_PRICE).contains(&money.minor()) {
                fault(name, "range", format!("must be between 0 and {HIGHEST_PRICE} minor units"));
            }
            let sold = self.config.channel(&ctx.channel).map_or(&[][..], |channel| &channel.currencies);
            if !sold.contains(&money.currency()) {
                let known: Vec<&str> = sold.iter().map(|c| c.code()).collect();
                fault(
                    name,
                    "currency",
                    format!("must be in {}, which the channel sells in", known.join(" or ")),
                );
            }
        }
        match (one.price, one.compare_at) {
            (None, Some(_)) => fault("compare_at_price", "combination", "needs a price beside it".into()),
            (Some(price), Some(was))
                if was.currency() != price.currency() || was.minor() <= price.minor() =>
            {
                fault("compare_at_price", "range", "must be above the price, in the same currency".into());
            }
            _ => {}
        }
        if one.stock.is_some_and(|stock| !(0..=MOST_STOCK).contains(&stock)) {
            fault("stock", "range", format!("must be between 0 and {MOST_STOCK}"));
        }
        if one.stock.is_some() && one.policy == Some(StockPolicy::Untracked) {
            fault("stock", "combination", "is not counted when the stock_policy is untracked".into());
        }
    }

    pub fn check_translations(&self, all: &BTreeMap<Locale, Translation>, faults: &mut Vec<Fault>) {
        for (locale, one) in all {
            let at = |name: &str| format!("translations.{}.{name}", locale.as_str());
            if *locale == self.own() || !self.config.locales.contains(locale) {
                let message = "must be one of the shop's other languages";
                faults.push(Fault::new(format!("translations.{}", locale.as_str()), "unknown", message));
            }
            for (name, text) in [("title", &one.title), ("subtitle", &one.subtitle)] {
                if let Some(text) = text.as_deref().filter(|t| !t.is_empty()) {
                    check_text(&at(name), text, faults);
                }
            }
            if let Some(slug) = one.slug.as_deref().filter(|s| !s.is_empty()) {
                check_slug(&at("slug"), slug, faults);
            }
        }
    }

    pub async fn category_by_slug(
        &self,
        tx: &mut Tx,
        slug: Option<&str>,
    ) -> Result<Option<CategoryId>, ProductError> {
        let Some(slug) = slug else { return Ok(None) };
        match self.slugs.current(tx, SlugKind::Category, &self.own(), slug).await? {
            Some(id) => Ok(Some(CategoryId::from_uuid(id))),
            None => Err(ProductError::invalid("category", "unknown", "must be the slug of a category")),
        }
    }

    /// Takes texts in other languages in; a language with a title of its own gets a slug of its own.
    pub async fn translate(
        &self,
        tx: &mut Tx,
        product: &mut Product,
        all: &BTreeMap<Locale, Translation>,
    ) -> Result<(), ProductError> {
        for (locale, one) in all {
            let texts = [
                (Field::Title, &one.title),
                (Field::Subtitle, &one.subtitle),
                (Field::Description, &one.description_html),
            ];
            for (field, text) in texts.into_iter().filter_map(|(field, text)| Some((field, text.as_ref()?))) {
                product.texts.set(locale, field, Some(text));
            }
            let wanted = match (&one.slug, product.texts.get(locale, Field::Slug), &one.title) {
                (Some(slug), ..) if !slug.is_empty() => Some((slug.clone(), true)),
                (None, None, Some(title)) if !title.is_empty() => Some((slug_of(title, product.id), false)),
                _ => None,
            };
            if let Some((wanted, exactly)) = wanted {
                let slug = self.claim_slug(tx, locale, &wanted, product.id, exactly).await?;
                product.texts.set(locale, Field::Slug, Some(&slug));
            }
        }
        Ok(())
    }
}
