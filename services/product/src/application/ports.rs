//! What the use cases need from outside: stores (inside a unit of work), the reader of files, the source of pictures.

use super::config::Window;
use super::error::ProductError;
use super::import_report::{ImportRun, ReportedProblem};
use super::list_products::{ListQuestion, Listed};
use super::shown::{Card, Label};
use crate::domain::category::{Category, Collection};
use crate::domain::image_head::{Head, Refusal};
use crate::domain::import::{Format, ReadFile};
use crate::domain::intake::{Intake, Tally};
use crate::domain::offer::{Known, Offer};
use crate::domain::origin::Origin;
use crate::domain::product::Product;
use crate::domain::search::Terms;
use crate::domain::stock::{Level, ToldLevel};
use crate::domain::upload::Upload;
use async_trait::async_trait;
use bytes::Bytes;
use hanse_database::{DbError, Tx};
use hanse_kernel::{
    CategoryId, ChannelId, CollectionId, Currency, ImportId, Limit, Locale, Money, ProductId, Timestamp,
    VariantId,
};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Whose slug: each kind has names of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlugKind {
    Product,
    Category,
    Collection,
}

impl SlugKind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Product => "product",
            Self::Category => "category",
            Self::Collection => "collection",
        }
    }
}

#[async_trait]
pub trait Slugs: Send + Sync {
    /// Makes `slug` the current one of `entity`; its former one redirects from now on. False when it names another.
    async fn claim(
        &self,
        tx: &mut Tx,
        kind: SlugKind,
        locale: &Locale,
        slug: &str,
        entity: Uuid,
    ) -> Result<bool, DbError>;
    /// What `slug` names now.
    async fn current(
        &self,
        tx: &mut Tx,
        kind: SlugKind,
        locale: &Locale,
        slug: &str,
    ) -> Result<Option<Uuid>, DbError>;
    /// Lets all slugs of `entity` go.
    async fn release(&self, tx: &mut Tx, entity: Uuid) -> Result<(), DbError>;
}

/// The products themselves.
#[async_trait]
pub trait Products: Send + Sync {
    /// Also a deleted one.
    async fn find(&self, tx: &mut Tx, id: ProductId) -> Result<Option<Product>, DbError>;
    /// Stores a product for the first time, with version 1.
    async fn insert(&self, tx: &mut Tx, product: &Product) -> Result<(), DbError>;
    /// Stores everything of it as the next version; false when another version is the present one.
    async fn save(&self, tx: &mut Tx, product: &Product) -> Result<bool, DbError>;
    /// As [`Products::save`], for a change of state and channels alone.
    async fn save_state(&self, tx: &mut Tx, product: &Product) -> Result<bool, DbError>;
    /// Counts one more asking for the product's prices; which one it is.
    async fn next_ask(&self, tx: &mut Tx, id: ProductId) -> Result<i64, DbError>;
    /// Who has these SKUs, with titles in `locale`.
    async fn sku_owners(
        &self,
        tx: &mut Tx,
        locale: &Locale,
        skus: &[String],
    ) -> Result<Vec<SkuOwner>, DbError>;
    /// The products of variants that exist.
    async fn of_variants(
        &self,
        tx: &mut Tx,
        variants: &[VariantId],
    ) -> Result<BTreeMap<VariantId, ProductId>, DbError>;
    /// For the merchant: newest first, drafts too; `after` is the last one seen.
    async fn newest(
        &self,
        tx: &mut Tx,
        after: Option<(Timestamp, ProductId)>,
        limit: Limit,
    ) -> Result<Vec<ProductId>, DbError>;
    /// The products of a category, of one collection; for writing their read models anew.
    async fn in_categories(&self, tx: &mut Tx, categories: &[CategoryId]) -> Result<Vec<ProductId>, DbError>;
    async fn count(&self, tx: &mut Tx) -> Result<i64, DbError>;
    /// A page of all ids that are not deleted, in their order.
    async fn all_after(
        &self,
        tx: &mut Tx,
        after: Option<ProductId>,
        limit: i64,
    ) -> Result<Vec<ProductId>, DbError>;
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkuOwner {
    pub sku: String,
    pub variant: VariantId,
    pub product: ProductId,
    pub title: String,
}

#[async_trait]
pub trait Categories: Send + Sync {
    /// All, in their order.
    async fn all(&self, tx: &mut Tx) -> Result<Vec<Category>, DbError>;
    /// By the titles on the way to it; how imports name categories.
    async fn by_path(&self, tx: &mut Tx, path: &str) -> Result<Option<CategoryId>, DbError>;
    async fn insert(&self, tx: &mut Tx, category: &Category, path: &str) -> Result<(), DbError>;
    async fn save(&self, tx: &mut Tx, category: &Category) -> Result<bool, DbError>;
}

#[async_trait]
pub trait Collections: Send + Sync {
    async fn all(&self, tx: &mut Tx) -> Result<Vec<Collection>, DbError>;
    async fn find(&self, tx: &mut Tx, id: CollectionId) -> Result<Option<Collection>, DbError>;
    async fn insert(&self, tx: &mut Tx, collection: &Collection) -> Result<(), DbError>;
    async fn save(&self, tx: &mut Tx, collection: &Collection) -> Result<bool, DbError>;
    async fn delete(&self, tx: &mut Tx, id: CollectionId) -> Result<(), DbError>;
    /// Those that `product` is in.
    async fn of_product(&self, tx: &mut Tx, product: ProductId) -> Result<Vec<CollectionId>, DbError>;
}

/// The parts of a product's read models that do not move, per language.
pub struct Rendered {
    pub locale: Locale,
    pub slug: String,
    pub title: String,
    pub card: Card,
    /// The page before and after its variants.
    pub head: String,
    pub tail: String,
    pub labels: Vec<Label>,
    pub terms: Terms,
}

/// What a product's places are to be compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placing {
    /// Only if the price has moved.
    IfPriceMoved,
    /// It may have been published, taken back, or moved to other shelves.
    Anew,
}

/// The read models: what pricing and inventory have told, and what shoppers see of it.
#[async_trait]
pub trait Shelves: Send + Sync {
    /// Writes what does not move. `scopes` are the shelves it belongs on; `fresh` when nothing is there yet.
    async fn render(
        &self,
        tx: &mut Tx,
        product: ProductId,
        windows: &[Window],
        scopes: &[String],
        rendered: &[Rendered],
        fresh: bool,
    ) -> Result<(), DbError>;
    /// Writes what moves; whether a list may show something else now.
    async fn refresh(
        &self,
        tx: &mut Tx,
        product: ProductId,
        low_stock: i64,
        placing: Placing,
    ) -> Result<bool, DbError>;
    /// Puts these prices in the place of all that the product has in a channel, unless something as new has been told
    /// already; whether anything shown has changed.
    async fn tell_prices(
        &self,
        tx: &mut Tx,
        product: ProductId,
        channel: &ChannelId,
        version: i64,
        prices: &[(VariantId, Money, Option<Money>)],
    ) -> Result<bool, DbError>;
    /// Keeps levels that are newer than those known; those that were.
    async fn tell_levels(&self, tx: &mut Tx, levels: &[ToldLevel]) -> Result<Vec<VariantId>, DbError>;
    async fn known_prices(&self, tx: &mut Tx, variants: &[VariantId]) -> Result<Vec<Known>, DbError>;
    async fn known_levels(
        &self,
        tx: &mut Tx,
        variants: &[VariantId],
    ) -> Result<BTreeMap<VariantId, Level>, DbError>;
    /// Takes everything of the product away.
    async fn clear(&self, tx: &mut Tx, product: ProductId, variants: &[VariantId]) -> Result<(), DbError>;
    /// Notes products whose read models are to be written anew.
    async fn mark_due(&self, tx: &mut Tx, products: &[ProductId], now: Timestamp) -> Result<(), DbError>;
    /// Takes up to `limit` of those away to write them.
    async fn take_due(&self, tx: &mut Tx, limit: i64) -> Result<Vec<ProductId>, DbError>;
    async fn state(&self, tx: &mut Tx, name: &str) -> Result<Option<String>, DbError>;
    async fn set_state(&self, tx: &mut Tx, name: &str, value: &str) -> Result<(), DbError>;
}

/// A product's page before its moving parts are put in.
pub struct FoundPage {
    pub product: ProductId,
    /// The slug it goes by now; another than the one asked for means a redirect.
    pub slug: String,
    pub head: String,
    pub tail: String,
    pub variants: Vec<FoundVariant>,
}

pub struct FoundVariant {
    pub part: String,
    pub amount: Option<i64>,
    pub compare_at: Option<i64>,
    pub level: Option<Level>,
}

/// What a shopper asks for.
#[async_trait]
pub trait ShopWindow: Send + Sync {
    /// One page and one line more, where there is one; with the total when it was asked for and is known with it.
    async fn list(&self, tx: &mut Tx, question: &ListQuestion)
    -> Result<(Vec<Listed>, Option<i64>), DbError>;
    /// How many stand on the shelf, or answer the search on it.
    async fn total(&self, tx: &mut Tx, question: &ListQuestion) -> Result<i64, DbError>;
    /// How many stand on each of these shelves.
    async fn totals(&self, tx: &mut Tx, shelves: &[String]) -> Result<BTreeMap<String, i64>, DbError>;
    /// The page of a published product, asked for in the window's language, then in the shop's own.
    async fn page(
        &self,
        tx: &mut Tx,
        window: &Window,
        own: &Locale,
        slug: &str,
    ) -> Result<Option<FoundPage>, DbError>;
    /// Products by search words, drafts too, best first; for the merchant.
    async fn search_all(
        &self,
        tx: &mut Tx,
        locale: &Locale,
        question: &crate::domain::search::Question,
        skip: i64,
        limit: Limit,
    ) -> Result<Vec<ProductId>, DbError>;
    async fn describe(
        &self,
        tx: &mut Tx,
        locale: &Locale,
        channel: &ChannelId,
        variants: &[VariantId],
    ) -> Result<Vec<VariantDescription>, DbError>;
    /// Variants by SKU, or all of them in the order of SKUs after `after`; for the merchant.
    async fn variants_by_sku(
        &self,
        tx: &mut Tx,
        sku: Option<&str>,
        after: Option<&str>,
        limit: Limit,
    ) -> Result<Vec<(String, VariantId, ProductId)>, DbError>;
}

/// A variant as other services see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariantDescription {
    pub variant: VariantId,
    pub product: ProductId,
    pub slug: String,
    pub title: String,
    pub variant_title: String,
    pub sku: String,
    pub image_url: String,
    pub published: bool,
    pub weight_grams: i64,
    pub tax_class: String,
    pub requires_shipping: bool,
}

/// An intake whose answers have not come for a while.
pub struct Overdue {
    pub key: String,
    pub commands: String,
    pub sent_times: i64,
}

#[async_trait]
pub trait Intakes: Send + Sync {
    /// `commands` are kept to be sent again.
    async fn insert(&self, tx: &mut Tx, intake: &Intake, commands: &str) -> Result<(), DbError>;
    async fn find(&self, tx: &mut Tx, key: &str) -> Result<Option<Intake>, DbError>;
    async fn save(&self, tx: &mut Tx, intake: &Intake) -> Result<(), DbError>;
    /// What was kept to be sent again; nothing once it has ended.
    async fn commands(&self, tx: &mut Tx, key: &str) -> Result<Option<String>, DbError>;
    /// The latest of a product.
    async fn latest(&self, tx: &mut Tx, product: ProductId) -> Result<Option<Intake>, DbError>;
    /// Pending intakes of the product will not publish it any more.
    async fn keep_draft(&self, tx: &mut Tx, product: ProductId) -> Result<(), DbError>;
    /// Those that were last sent before `before`.
    async fn overdue(&self, tx: &mut Tx, before: Timestamp, limit: i64) -> Result<Vec<Overdue>, DbError>;
    async fn sent_again(&self, tx: &mut Tx, key: &str, now: Timestamp) -> Result<(), DbError>;
    /// Of one import: keys with what they did.
    async fn of_import(&self, tx: &mut Tx, import: ImportId) -> Result<Vec<(String, Tally, Tally)>, DbError>;
    async fn refused(&self, tx: &mut Tx, import: ImportId) -> Result<Vec<Intake>, DbError>;
    /// Rows of products that still wait, and whether any does.
    async fn waiting_rows(&self, tx: &mut Tx, import: ImportId) -> Result<(i64, i64), DbError>;
    /// Forgets finished ones that are older.
    async fn forget(&self, tx: &mut Tx, before: Timestamp) -> Result<u64, DbError>;
}

#[async_trait]
pub trait Imports: Send + Sync {
    async fn insert(&self, tx: &mut Tx, run: &ImportRun) -> Result<(), DbError>;
    async fn add_chunk(&self, tx: &mut Tx, id: ImportId, n: i64, bytes: &[u8]) -> Result<(), DbError>;
    /// The file is whole: it may be run.
    async fn queue(&self, tx: &mut Tx, id: ImportId) -> Result<(), DbError>;
    async fn find(&self, tx: &mut Tx, id: ImportId) -> Result<Option<ImportRun>, DbError>;
    async fn newest(
        &self,
        tx: &mut Tx,
        after: Option<(Timestamp, ImportId)>,
        limit: Limit,
    ) -> Result<Vec<ImportRun>, DbError>;
    /// The oldest that waits, or whose worker is gone; it is `worker`'s until `until`.
    async fn claim(
        &self,
        tx: &mut Tx,
        worker: Uuid,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<ImportRun>, DbError>;
    /// Lets go of the leases of all runs under way; how many there were.
    async fn release(&self, tx: &mut Tx, now: Timestamp) -> Result<u64, DbError>;
    /// Keeps progress and lease; false when the run is no longer `worker`'s.
    async fn progress(
        &self,
        tx: &mut Tx,
        run: &ImportRun,
        worker: Uuid,
        until: Timestamp,
    ) -> Result<bool, DbError>;
    /// Ends the run and lets its file go; false when the run is no longer `worker`'s.
    async fn finish(&self, tx: &mut Tx, run: &ImportRun, worker: Uuid) -> Result<bool, DbError>;
    async fn chunk(&self, tx: &mut Tx, id: ImportId, n: i64) -> Result<Option<Vec<u8>>, DbError>;
    async fn clear_problems(&self, tx: &mut Tx, id: ImportId) -> Result<(), DbError>;
    async fn add_problems(
        &self,
        tx: &mut Tx,
        id: ImportId,
        first: i64,
        problems: &[ReportedProblem],
    ) -> Result<(), DbError>;
    async fn problems(&self, tx: &mut Tx, id: ImportId) -> Result<Vec<ReportedProblem>, DbError>;
    async fn origins(&self, tx: &mut Tx, row_keys: &[String]) -> Result<Vec<Origin>, DbError>;
    async fn save_origin(&self, tx: &mut Tx, origin: &Origin) -> Result<(), DbError>;
    /// Forgets where the product came from: it is deleted.
    async fn forget_origin(&self, tx: &mut Tx, product: ProductId) -> Result<(), DbError>;
    /// Removes uploads that never became whole.
    async fn forget_broken(&self, tx: &mut Tx, before: Timestamp) -> Result<u64, DbError>;
}

/// A stored picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub name: String,
    pub content_type: String,
    pub bytes: Bytes,
    pub width: Option<i64>,
    pub height: Option<i64>,
}

#[async_trait]
pub trait MediaStore: Send + Sync {
    /// Stores it under its name, unless it is there already.
    async fn put(&self, tx: &mut Tx, picture: &Picture, now: Timestamp) -> Result<(), DbError>;
    async fn get(&self, tx: &mut Tx, name: &str) -> Result<Option<Picture>, DbError>;
}

/// One size of an uploaded picture, as it is handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageFile {
    pub name: String,
    pub content_type: String,
    pub bytes: Bytes,
}

/// Where the files of uploads lie. It is asked outside of units, so that it may be a store that knows none; what is
/// there and what is to go stands in [`Uploads`].
#[async_trait]
pub trait ImageFiles: Send + Sync {
    /// Keeps the files for good; one that is there already stays as it is.
    async fn keep(&self, files: &[ImageFile]) -> Result<(), ProductError>;
    async fn read(&self, name: &str) -> Result<Option<ImageFile>, ProductError>;
    /// Removes them; one that is not there is no error.
    async fn remove(&self, names: &[String]) -> Result<(), ProductError>;
}

/// Which uploads there are, and which of them are still shown.
#[async_trait]
pub trait Uploads: Send + Sync {
    /// Notes an upload whose files are about to be kept; false while those of the same picture are being removed.
    async fn claim(&self, tx: &mut Tx, upload: &Upload, now: Timestamp) -> Result<bool, DbError>;
    /// An image is to show it; false when it is gone or going.
    async fn shown(&self, tx: &mut Tx, digest: &str) -> Result<bool, DbError>;
    /// Notes since when those are unused that no image shows; how many there are.
    async fn mark_unused(&self, tx: &mut Tx, now: Timestamp) -> Result<i64, DbError>;
    /// Up to `limit` that nobody has used since `before`: no image can show them from now on. Whoever is told of one removes
    /// its files alone, for an hour.
    async fn let_go(
        &self,
        tx: &mut Tx,
        now: Timestamp,
        before: Timestamp,
        limit: i64,
    ) -> Result<Vec<Upload>, DbError>;
    /// Forgets one that was let go.
    async fn forget(&self, tx: &mut Tx, digest: &str) -> Result<(), DbError>;
}

/// A picture made anew: upright, in sRGB, with nothing of its file but what can be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// `jpg` or `webp`.
    pub ending: &'static str,
    pub content_type: &'static str,
    /// The smallest first.
    pub sizes: Vec<MadeSize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeSize {
    pub width: u32,
    pub height: u32,
    pub bytes: Bytes,
}

/// Decodes uploads and makes them anew, off the request threads and with bounded memory.
#[async_trait]
pub trait ImageMaker: Send + Sync {
    async fn make(&self, head: Head, file: Bytes) -> Result<Made, Refusal>;
}

/// Draws the picture behind an address such as `sample:mug/7/green/front.svg`: its bytes and content type.
pub trait MediaSource: Send + Sync {
    fn picture(&self, address: &str) -> Option<(Vec<u8>, String)>;
}

impl<F> MediaSource for F
where
    F: Fn(&str) -> Option<(Vec<u8>, String)> + Send + Sync,
{
    fn picture(&self, address: &str) -> Option<(Vec<u8>, String)> {
        self(address)
    }
}

/// Reads a merchant's file, off the request threads.
#[async_trait]
pub trait FileReader: Send + Sync {
    async fn read(
        &self,
        bytes: Vec<u8>,
        name: Option<String>,
        format: Format,
        currency: Currency,
    ) -> Result<ReadFile, DbError>;
}

/// Offers by channel and currency.
pub type Offers = BTreeMap<(ChannelId, Currency), Offer>;
