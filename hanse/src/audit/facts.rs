//! What services tell of one order, for judgement across them.

use serde::Deserialize;

#[derive(Debug, Clone, Deserialize)]
pub struct Order {
    pub state: String,
    pub number: String,
    pub total: i64,
    pub currency: String,
    pub cancelled_value: i64,
    pub past_pivot: bool,
    pub confirmed: bool,
    pub stuck: bool,
    pub placed_at: hanse_kernel::Timestamp,
    pub lines: Vec<OrderLine>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct OrderLine {
    pub variant_id: String,
    pub quantity: i64,
    /// Sent.
    pub fulfilled: i64,
    /// Sent and come back.
    pub returned: i64,
    /// Never to be sent.
    pub cancelled: i64,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Reservation {
    pub state: String,
    pub lines: Vec<ReservedLine>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct ReservedLine {
    pub variant_id: String,
    pub quantity: i64,
    /// Sent.
    pub out: i64,
    /// Put back before they were sent.
    pub restocked: i64,
    /// Sent and come back.
    pub returned: i64,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Payment {
    pub state: String,
    pub captured: i64,
    pub refunded: i64,
    pub authorized: i64,
    /// Set aside, and let go of without having been taken. Processes of before do not tell it.
    #[serde(default)]
    pub released: i64,
    pub live_authorization: bool,
}

#[derive(Debug, Clone, Deserialize)]
struct Count {
    #[serde(alias = "times")]
    intents: i64,
}

/// Told in place of a fact that may be changing.
#[derive(Deserialize)]
struct Moving {
    #[serde(default)]
    moving: bool,
}

#[derive(Deserialize)]
struct OfOrder {
    order_id: String,
}

/// A fact that belongs to an order.
#[derive(Debug)]
pub struct Fact {
    pub order: String,
    pub kind: String,
    pub subject: String,
    pub json: String,
}

impl Fact {
    /// None of what its service has judged by itself, and which is counted only.
    pub fn of(kind: String, subject: String, json: String) -> Result<Option<Self>, serde_json::Error> {
        let order = match kind.as_str() {
            "order" | "reservation" | "confirmation" | "cart_applied" => subject.clone(),
            "payment" => serde_json::from_str::<OfOrder>(&json)?.order_id,
            _ => return Ok(None),
        };
        Ok(Some(Self { order, kind, subject, json }))
    }
}

/// Everything that was told of one order.
#[derive(Debug, Default)]
pub struct Told {
    /// Something of it may be changing.
    pub moving: bool,
    /// Order has told of it, be it only that it may be changing.
    pub placed: bool,
    pub order: Option<Order>,
    pub reservation: Option<Reservation>,
    /// By payment id.
    pub payments: Vec<(String, Payment)>,
    /// Confirmation mails intended.
    pub confirmations: i64,
    /// How often it was taken out of its cart.
    pub applied: i64,
}

impl Told {
    pub fn add(&mut self, fact: Fact) -> Result<(), serde_json::Error> {
        self.placed |= fact.kind == "order";
        if serde_json::from_str::<Moving>(&fact.json)?.moving {
            self.moving = true;
            return Ok(());
        }
        let json = fact.json.as_str();
        match fact.kind.as_str() {
            "order" => self.order = Some(serde_json::from_str(json)?),
            "reservation" => self.reservation = Some(serde_json::from_str(json)?),
            "payment" => self.payments.push((fact.subject, serde_json::from_str(json)?)),
            "confirmation" => self.confirmations = serde_json::from_str::<Count>(json)?.intents,
            "cart_applied" => self.applied += serde_json::from_str::<Count>(json)?.intents,
            _ => {}
        }
        Ok(())
    }
}
