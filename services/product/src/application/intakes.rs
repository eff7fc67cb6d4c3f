//! Handing products to pricing and inventory, and what follows from their answers: the draft becomes visible, or the
//! refusal is kept for whoever asked.

use super::catalogue::Catalogue;
use super::error::ProductError;
use crate::domain::intake::{Answer, Intake, Outcome, Side, Step, Tally};
use crate::domain::stock::StockPolicy;
use hanse_database::{DbError, Tx};
use hanse_inventory_contract::{SetStock, StockTarget};
use hanse_kernel::{ChannelId, Ctx, ImportId, Money, ProductId, VariantId};
use hanse_pricing_contract::{SetPrices, VariantPrice};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The price that a merchant asks for a variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AskedPrice {
    pub variant: VariantId,
    pub price: Money,
    pub compare_at: Option<Money>,
}

/// The stock that a merchant tells of a variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedStock {
    pub variant: VariantId,
    pub sku: String,
    /// None: the count stays as it is.
    pub on_hand: Option<i64>,
    pub policy: StockPolicy,
}

/// What is to be asked of the neighbours for one product.
#[derive(Debug, Clone)]
pub struct Request {
    pub key: String,
    pub product: ProductId,
    pub import: Option<ImportId>,
    pub line: Option<i64>,
    pub rows: i64,
    pub outcome: Outcome,
    pub variants: Tally,
    pub publish_in: Option<ChannelId>,
    pub prices: Vec<AskedPrice>,
    pub stock: Vec<AskedStock>,
}

/// The commands of an intake, kept until they are answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Commands {
    prices: Option<SetPrices>,
    stock: Option<SetStock>,
}

impl Catalogue {
    /// Notes the intake and sends its commands. With nothing to ask it is content at once.
    pub async fn take_in(&self, tx: &mut Tx, ctx: &Ctx, request: Request) -> Result<Intake, ProductError> {
        let now = self.effects.now();
        let asked = match request.prices.is_empty() && request.stock.is_empty() {
            true => None,
            false => Some(self.products.next_ask(tx, request.product).await?),
        };
        let commands = Commands {
            prices: (!request.prices.is_empty()).then(|| SetPrices {
                key: request.key.clone(),
                product_id: request.product,
                channel: ctx.channel.clone(),
                prices: request.prices.iter().map(price_of).collect(),
                asked,
            }),
            stock: (!request.stock.is_empty()).then(|| SetStock {
                key: request.key.clone(),
                levels: request.stock.iter().map(target_of).collect(),
                asked,
            }),
        };
        let waits = |asked: bool| if asked { Answer::Pending } else { Answer::None };
        let mut intake = Intake {
            key: request.key,
            product: request.product,
            import: request.import,
            line: request.line,
            rows: request.rows,
            outcome: request.outcome,
            variants: request.variants,
            publish_in: request.publish_in,
            prices: waits(commands.prices.is_some()),
            stock: waits(commands.stock.is_some()),
            created_at: now,
            finished_at: None,
        };
        if !intake.is_pending() {
            intake.finished_at = Some(now);
        }
        let text = serde_json::to_string(&commands).map_err(|e| DbError::Other(e.to_string()))?;
        self.intakes.insert(tx, &intake, if intake.is_pending() { &text } else { "" }).await?;
        self.send(tx, ctx, request.product, &commands).await?;
        if !intake.is_pending() {
            self.content(tx, ctx, &intake).await?;
        }
        Ok(intake)
    }

    async fn send(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        product: ProductId,
        commands: &Commands,
    ) -> Result<(), DbError> {
        if let Some(prices) = &commands.prices {
            self.outbox.command(tx, ctx, &product, prices).await?;
        }
        if let Some(stock) = &commands.stock {
            self.outbox.command(tx, ctx, &product, stock).await?;
        }
        Ok(())
    }

    /// Sends the commands of an intake again; their keys make them harmless.
    pub async fn send_again(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        key: &str,
        commands: &str,
    ) -> Result<(), ProductError> {
        let Some(intake) = self.intakes.find(tx, key).await?.filter(Intake::is_pending) else {
            return Ok(());
        };
        let mut commands = commands_of(key, commands)?;
        if intake.prices != Answer::Pending {
            commands.prices = None;
        }
        if intake.stock != Answer::Pending {
            commands.stock = None;
        }
        self.send(tx, ctx, intake.product, &commands).await?;
        self.intakes.sent_again(tx, key, self.effects.now()).await?;
        Ok(())
    }

    /// Takes an answer in. Whether this was the moment of publishing, so that the places are written.
    pub async fn answered(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        key: &str,
        side: Side,
        refusal: Option<String>,
    ) -> Result<(), ProductError> {
        let Some(mut intake) = self.intakes.find(tx, key).await? else { return Ok(()) };
        let step = intake.answer(side, refusal, self.effects.now());
        if step == Step::Nothing {
            return Ok(());
        }
        if step == Step::Refused && intake.import.is_some() {
            self.doubt(tx, &intake).await?;
        }
        self.intakes.save(tx, &intake).await?;
        match step {
            Step::Content => self.content(tx, ctx, &intake).await?,
            Step::Refused => {
                tracing::info!(product = %intake.product, key, "an intake was refused");
            }
            Step::Nothing | Step::Wait => {}
        }
        if intake.import.is_some() && !intake.is_pending() {
            let wake = self.wake_imports.clone();
            tx.after_commit(move || wake.notify_one());
        }
        Ok(())
    }

    /// What a neighbour refused has not been taken in, so that the same file again is another try and not "unchanged".
    /// What the file said of stock that was not refused stays known: it must not be set again, for some of it may have
    /// been sold since.
    async fn doubt(&self, tx: &mut Tx, intake: &Intake) -> Result<(), ProductError> {
        let row_key =
            intake.key.split_once('/').map_or(intake.key.as_str(), |(_, row_key)| row_key).to_string();
        let origins = self.imports.origins(tx, &[row_key]).await?;
        let Some(mut origin) = origins.into_iter().find(|o| o.product == intake.product) else {
            return Ok(());
        };
        let mut refused = BTreeSet::new();
        if intake.stock.reason().is_some()
            && let Some(text) = self.intakes.commands(tx, &intake.key).await?
        {
            let commands = commands_of(&intake.key, &text)?;
            refused.extend(commands.stock.into_iter().flat_map(|s| s.levels).map(|target| target.variant_id));
        }
        origin.doubt(&refused);
        Ok(self.imports.save_origin(tx, &origin).await?)
    }

    async fn content(&self, tx: &mut Tx, ctx: &Ctx, intake: &Intake) -> Result<(), ProductError> {
        if let Some(channel) = &intake.publish_in {
            self.publish(tx, ctx, intake.product, channel).await?;
        }
        Ok(())
    }
}

fn commands_of(key: &str, text: &str) -> Result<Commands, DbError> {
    serde_json::from_str(text).map_err(|e| DbError::Other(format!("commands of {key}: {e}")))
}

fn price_of(asked: &AskedPrice) -> VariantPrice {
    VariantPrice { variant_id: asked.variant, price: asked.price, compare_at: asked.compare_at }
}

fn target_of(asked: &AskedStock) -> StockTarget {
    StockTarget {
        variant_id: asked.variant,
        sku: asked.sku.clone(),
        on_hand: asked.on_hand,
        policy: match asked.policy {
            StockPolicy::Deny => hanse_inventory_contract::StockPolicy::Deny,
            StockPolicy::Continue => hanse_inventory_contract::StockPolicy::Continue,
            StockPolicy::Untracked => hanse_inventory_contract::StockPolicy::Untracked,
        },
    }
}
