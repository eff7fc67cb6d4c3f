//! What the composition root decides about the catalogue: languages, channels and bounds.

use super::ports::MediaSource;
use super::shared_answers::SharedAnswers;
use hanse_kernel::{ChannelId, Currency, Locale};
use std::sync::Arc;

/// A market that products are published in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    pub id: ChannelId,
    /// The first is what it shows unless asked otherwise.
    pub currencies: Vec<Currency>,
    /// Prices contain the tax.
    pub tax_included: bool,
}

#[derive(Clone)]
pub struct ProductConfig {
    /// The languages of the shop, its own first.
    pub locales: Vec<Locale>,
    pub channels: Vec<Channel>,
    /// So many units or fewer are shown as low stock.
    pub low_stock: i64,
    /// Bytes of answers kept in memory.
    pub cache_bytes: u64,
    /// No other process works on this store, so that what is under way at the start is nobody's any more: an import
    /// that was broken off goes on at once instead of when its lease ends.
    pub only_process: bool,
    /// Draws the pictures behind `sample:` addresses; without it such pictures are left out.
    pub media: Option<Arc<dyn MediaSource>>,
    /// Where the processes of this service share their answers. None: there is one.
    pub shared: Option<Arc<dyn SharedAnswers>>,
}

impl Default for ProductConfig {
    fn default() -> Self {
        Self {
            locales: vec![Locale::default()],
            channels: vec![Channel {
                id: ChannelId::default(),
                currencies: vec![Currency::EUR],
                tax_included: true,
            }],
            low_stock: 5,
            cache_bytes: 16 * 1024 * 1024,
            only_process: false,
            media: None,
            shared: None,
        }
    }
}

impl ProductConfig {
    /// What is wrong with it: the key, the problem and the remedy.
    pub fn fault(&self) -> Option<(&'static str, &'static str, &'static str)> {
        if self.locales.is_empty() {
            Some(("product.locales", "is empty", "name at least the shop's own language"))
        } else if self.channels.is_empty() {
            Some(("product.channels", "is empty", "name at least the channel `default`"))
        } else if self.channels.iter().any(|channel| channel.currencies.is_empty()) {
            Some(("product.channels", "has a channel without a currency", "give every channel a currency"))
        } else {
            None
        }
    }

    /// The shop's own language.
    pub fn own(&self) -> Locale {
        self.locales.first().cloned().unwrap_or_default()
    }

    /// `wanted`, where the shop speaks it, else its own.
    pub fn locale(&self, wanted: &Locale) -> Locale {
        if self.locales.contains(wanted) { wanted.clone() } else { self.own() }
    }

    pub fn channel(&self, id: &ChannelId) -> Option<&Channel> {
        self.channels.iter().find(|channel| channel.id == *id)
    }

    /// Every combination that a list can be asked in.
    pub fn windows(&self) -> impl Iterator<Item = Window> + '_ {
        self.channels.iter().flat_map(move |channel| {
            channel.currencies.iter().flat_map(move |currency| {
                self.locales.iter().map(move |locale| Window {
                    channel: channel.id.clone(),
                    currency: *currency,
                    locale: locale.clone(),
                })
            })
        })
    }

    /// Read models written under other settings are to be written anew; so are those of another shape of ours.
    pub fn read_model_name(&self) -> String {
        const SHAPE: u32 = 2;
        let windows: Vec<String> = self.windows().map(|window| window.shelf("")).collect();
        format!("{SHAPE} {} low {}", windows.join(" "), self.low_stock)
    }
}

/// A shop window: where, in which currency and in which language something is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    pub channel: ChannelId,
    pub currency: Currency,
    pub locale: Locale,
}

/// The scope of everything that is for sale.
pub const EVERYTHING: &str = "all";

impl Window {
    /// The shelf of one scope in this window.
    pub fn shelf(&self, scope: &str) -> String {
        format!("{}/{}/{}/{scope}", self.channel, self.currency, self.locale.as_str())
    }
}
