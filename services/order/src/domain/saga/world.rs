//! A small world around one saga, for tests: inventory and payment as they are specified, and a wire that may double
//! messages and let the later of three overtake. Every choice the neighbours have becomes a world of its own.

use super::effect::{Effect, News};
use super::reason::Reason;
use super::signal::{NextAction, Sent, Signal};
use super::state::{CaptureMode, Saga, State, Terms};
use super::table::Table;
use hanse_kernel::{Currency, Money, PaymentId, RefundId, Timestamp};
use uuid::Uuid;

/// How far a message may be overtaken.
const WINDOW: usize = 3;
pub const NOW: Timestamp = Timestamp::from_micros(1_000_000);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stock {
    Nothing,
    Held,
    Short,
    Expired,
    Sold,
    Released,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pay {
    Open,
    Action,
    Authorized,
    Declined,
    CaptureFailed,
    Captured,
    Voided,
    Refunded(Option<RefundId>),
}

/// One payment as it stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Paid {
    pub pay: Pay,
    /// The last renewal that was asked for, and the last that was granted.
    renewal: u32,
    renewed: u32,
    /// The capture that was answered.
    capture: Uuid,
}

impl Paid {
    fn opened(n: usize) -> Self {
        Self { pay: Pay::Open, renewal: 0, renewed: 0, capture: payment_id(n).uuid() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Message {
    Reserve,
    Renew,
    Commit,
    Release,
    /// PaymentProcessed.authorized as inventory reads it.
    PaidFor,
    Authorize(usize),
    AuthorizeAnew(usize, u32),
    CancelPayment(usize),
    Capture(usize, Uuid),
    Refund(usize, RefundId),
    ToOrder(usize, Signal),
}

/// What may still be done to the world; everything is finite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Budget {
    pub doubles: u8,
    pub timers: u8,
    pub cancels: u8,
    pub payments: u8,
    pub expiries: u8,
    pub shipments: u8,
    /// How often the provider refuses to give money back.
    pub refusals: u8,
}

impl Budget {
    /// Nothing goes wrong but what the neighbours may answer.
    pub const NONE: Self =
        Self { doubles: 0, timers: 0, cancels: 0, payments: 0, expiries: 0, shipments: 0, refusals: 0 };
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct World {
    pub saga: Saga,
    pub stock: Stock,
    pub payments: Vec<Paid>,
    pub wire: Vec<Message>,
    pub budget: Budget,
    pub confirmed: u8,
    pub ended: u8,
    pub cancel_granted: bool,
    pub sent: bool,
    /// Stands still but for the timers.
    pub now: Timestamp,
}

/// Answers of inventory belong to no payment.
const STOCK: usize = usize::MAX;

fn payment_id(n: usize) -> PaymentId {
    PaymentId::new(Uuid::from_u128(100 + n as u128))
}

fn number(id: PaymentId) -> usize {
    usize::try_from(id.uuid().as_u128() - 100).unwrap()
}

pub fn total(payable: bool) -> Money {
    Money::new(if payable { 2650 } else { 0 }, Currency::EUR)
}

impl World {
    pub fn new(payable: bool, capture: CaptureMode, budget: Budget) -> Self {
        let terms = Terms { total: total(payable), capture, placed_at: NOW };
        Self {
            saga: Saga::begin(terms, payable.then(|| payment_id(0))),
            stock: Stock::Nothing,
            payments: if payable { vec![Paid::opened(0)] } else { vec![] },
            wire: vec![Message::Reserve],
            budget,
            confirmed: 0,
            ended: 0,
            cancel_granted: false,
            sent: false,
            now: NOW,
        }
    }

    /// Every world that one happening leads to.
    pub fn successors(&self, table: &Table) -> Vec<World> {
        let mut next = vec![];
        for i in 0..self.wire.len().min(WINDOW) {
            let mut taken = self.clone();
            let message = taken.wire.remove(i);
            next.extend(taken.deliver(table, &message));
            if self.budget.doubles > 0 {
                let mut kept = self.clone();
                kept.budget.doubles -= 1;
                next.extend(kept.deliver(table, &message));
            }
        }
        next.extend(self.by_itself(table));
        next
    }

    fn by_itself(&self, table: &Table) -> Vec<World> {
        let mut next = vec![];
        if self.budget.timers > 0 && self.saga.due_at.is_some() {
            let mut w = self.clone();
            w.budget.timers -= 1;
            w.ring(table);
            next.push(w);
        }
        if self.budget.cancels > 0 {
            let mut w = self.clone();
            w.budget.cancels -= 1;
            w.take_signal(table, &cancel(w.sent));
            next.push(w);
        }
        if self.budget.shipments > 0 && !self.sent {
            let mut w = self.clone();
            w.budget.shipments -= 1;
            w.take_signal(table, &Signal::Ship { shipment: Uuid::from_u128(8), part: total(true) });
            next.push(w);
        }
        if self.budget.payments > 0 && self.saga.state == State::AwaitingPayment {
            let mut w = self.clone();
            w.budget.payments -= 1;
            let n = w.payments.len();
            w.payments.push(Paid::opened(n));
            w.take_signal(table, &Signal::PayAgain { payment: payment_id(n), attempt: n as u32 + 1 });
            next.push(w);
        }
        if self.budget.expiries > 0 && self.stock == Stock::Held {
            let mut w = self.clone();
            w.budget.expiries -= 1;
            w.stock = Stock::Expired;
            w.tell(STOCK, Signal::Expired);
            next.push(w);
        }
        for (n, paid) in self.payments.iter().enumerate() {
            if paid.pay == Pay::Action {
                next.extend([Pay::Authorized, Pay::Declined].map(|to| self.clone().with_payment(n, to)));
            }
        }
        next
    }

    fn deliver(self, table: &Table, message: &Message) -> Vec<World> {
        match message {
            Message::ToOrder(n, signal) => {
                let mut w = self;
                w.hear(table, *n, signal);
                vec![w]
            }
            Message::Reserve | Message::Renew | Message::Commit | Message::Release | Message::PaidFor => {
                self.inventory(message)
            }
            _ => self.payment(message),
        }
    }

    fn with_stock(mut self, stock: Stock) -> World {
        self.stock = stock;
        let answer = match stock {
            Stock::Nothing => return self,
            Stock::Held => Signal::Reserved,
            Stock::Short => Signal::OutOfStock,
            Stock::Expired => Signal::Expired,
            Stock::Sold => Signal::Committed,
            Stock::Released => Signal::Released,
        };
        self.tell(STOCK, answer);
        self
    }

    fn commit_failed(mut self) -> World {
        self.tell(STOCK, Signal::CommitFailed);
        self
    }

    fn inventory(self, message: &Message) -> Vec<World> {
        use Stock::{Expired, Held, Nothing, Released, Short, Sold};
        match (message, self.stock) {
            // Goods may run out, and may come in again before the command is issued anew.
            (Message::Reserve, Nothing | Short) => {
                vec![self.clone().with_stock(Held), self.with_stock(Short)]
            }
            (Message::Reserve | Message::Renew, present) => vec![self.with_stock(present)],
            (Message::Release, _) => vec![self.with_stock(Released)],
            (Message::PaidFor, Nothing | Short) => vec![self],
            (_, Held | Sold) => vec![self.with_stock(Sold)],
            (_, Nothing | Expired | Short) => vec![self.clone().with_stock(Sold), self.commit_failed()],
            (_, Released) => vec![self.commit_failed()],
        }
    }

    /// The timer goes off when it is due.
    fn ring(&mut self, table: &Table) {
        self.now = self.saga.due_at.unwrap_or(self.now).max(self.now);
        self.take_signal(table, &Signal::Deadline);
    }

    fn with_payment(mut self, n: usize, pay: Pay) -> World {
        self.payments[n].pay = pay;
        let renewal = self.payments[n].renewed;
        let answer = match pay {
            Pay::Open => return self,
            Pay::Action => {
                Signal::ActionRequired(NextAction { kind: "redirect".into(), url: "https://pay".into() })
            }
            Pay::Authorized => {
                self.send(Message::PaidFor);
                Signal::Authorized
            }
            Pay::Declined => Signal::Declined,
            Pay::CaptureFailed => Signal::CaptureFailed { renewal },
            Pay::Captured => Signal::Captured { capture: Some(self.payments[n].capture) },
            Pay::Voided => Signal::Voided,
            Pay::Refunded(refund) => Signal::Refunded { refund },
        };
        self.tell(n, answer);
        self
    }

    /// The provider sets the money aside anew, or does not.
    fn renew(self, n: usize, renewal: u32) -> Vec<World> {
        let paid = self.payments[n];
        let mut w = self.clone();
        match paid.pay {
            Pay::Voided | Pay::Refunded(_) => return vec![self.with_payment(n, paid.pay)],
            _ if renewal < paid.renewal => {}
            _ if renewal == paid.renewal && renewal == paid.renewed => w.tell(n, Signal::Renewed { renewal }),
            _ if renewal == paid.renewal => w.tell(n, Signal::NotRenewed { renewal }),
            _ => {
                w.payments[n].renewal = renewal;
                let mut declined = w.clone();
                declined.tell(n, Signal::NotRenewed { renewal });
                w.payments[n].renewed = renewal;
                w.tell(n, Signal::Renewed { renewal });
                if paid.pay == Pay::CaptureFailed {
                    w.payments[n].pay = Pay::Authorized;
                }
                return vec![w, declined];
            }
        }
        vec![w]
    }

    fn payment(mut self, message: &Message) -> Vec<World> {
        use Pay::{Action, Authorized, CaptureFailed, Captured, Declined, Open, Refunded, Voided};
        let n = match message {
            Message::Authorize(n)
            | Message::CancelPayment(n)
            | Message::Capture(n, _)
            | Message::Refund(n, _) => *n,
            Message::AuthorizeAnew(n, renewal) => return self.renew(*n, *renewal),
            _ => return vec![self],
        };
        if let (Message::Capture(_, capture), Pay::Authorized) = (message, self.payments[n].pay) {
            self.payments[n].capture = *capture;
        }
        match (message, self.payments[n].pay) {
            (Message::Authorize(_), Open) => {
                [Authorized, Declined, Action].map(|to| self.clone().with_payment(n, to)).into()
            }
            (Message::CancelPayment(_), Captured) => vec![self.with_payment(n, Refunded(None))],
            (Message::CancelPayment(_), Refunded(by)) => vec![self.with_payment(n, Refunded(by))],
            (Message::CancelPayment(_), _) => vec![self.with_payment(n, Voided)],
            (Message::Capture(..), Authorized) => {
                vec![self.clone().with_payment(n, Captured), self.with_payment(n, CaptureFailed)]
            }
            (Message::Capture(..), Voided | Declined | Open | Action) => {
                let mut w = self;
                let renewal = w.payments[n].renewed;
                w.tell(n, Signal::CaptureFailed { renewal });
                vec![w]
            }
            (Message::Refund(_, id), Captured) => {
                let mut ways = vec![self.clone().with_payment(n, Refunded(Some(*id)))];
                if self.budget.refusals > 0 {
                    let mut refused = self;
                    refused.budget.refusals -= 1;
                    refused.tell(n, Signal::RefundFailed { refund: Some(*id) });
                    ways.push(refused);
                }
                ways
            }
            (_, present) => vec![self.with_payment(n, present)],
        }
    }

    /// What is under way twice is the same as once: doubles are counted where they arrive.
    fn send(&mut self, message: Message) {
        if !self.wire.contains(&message) {
            self.wire.push(message);
        }
    }

    fn tell(&mut self, n: usize, signal: Signal) {
        self.send(Message::ToOrder(n, signal));
    }

    /// What the order does with an answer: those of payments it does not count on never reach the saga.
    fn hear(&mut self, table: &Table, n: usize, signal: &Signal) {
        if n == STOCK {
            return self.take_signal(table, signal);
        }
        if !self.saga.is_current(payment_id(n)) {
            if matches!(signal, Signal::Authorized | Signal::Renewed { .. } | Signal::Captured { .. }) {
                self.send(Message::CancelPayment(n));
            }
            return;
        }
        let (all, none) = (total(true), total(false));
        match signal {
            Signal::Authorized | Signal::CaptureFailed { .. } => self.saga.observe(all, none, none),
            Signal::Captured { .. } => self.saga.observe(all, all, none),
            Signal::Refunded { .. } => self.saga.observe(all, all, all),
            _ => {}
        }
        self.take_signal(table, signal);
    }

    fn take_signal(&mut self, table: &Table, signal: &Signal) {
        let Ok(step) = self.saga.step_by(table, signal, self.now) else { return };
        match signal {
            Signal::Cancel { .. } => self.cancel_granted = true,
            Signal::Ship { .. } => self.sent = true,
            _ => {}
        }
        self.saga = step.saga;
        for effect in step.effects {
            match effect {
                Effect::ReserveStock => self.send(Message::Reserve),
                Effect::RenewHold { .. } => self.send(Message::Renew),
                Effect::CommitStock => self.send(Message::Commit),
                // A restock of all there is: for this world the same as letting go.
                Effect::ReleaseStock | Effect::CancelUnsent { restock: Some(_) } => {
                    self.send(Message::Release);
                }
                Effect::Authorize(id) => self.send(Message::Authorize(number(id))),
                Effect::Renew { payment, renewal } => {
                    self.send(Message::AuthorizeAnew(number(payment), renewal))
                }
                Effect::CancelPayment(id) => self.send(Message::CancelPayment(number(id))),
                Effect::Capture { payment, capture, .. } => {
                    self.send(Message::Capture(number(payment), capture));
                }
                Effect::Refund { payment, refund, .. } => self.send(Message::Refund(number(payment), refund)),
                Effect::Tell(News::Confirmed) => self.confirmed += 1,
                Effect::Tell(News::Rejected | News::Cancelled) => self.ended += 1,
                Effect::Tell(News::Refunded { .. })
                | Effect::VoidRest(_)
                | Effect::CancelUnsent { restock: None }
                | Effect::Note(_)
                | Effect::Alarm(_) => {}
            }
        }
    }

    /// Nothing bad happens any more and everything that is asked for is answered: where does the saga end?
    pub fn settle(&self, table: &Table) -> World {
        let mut w = self.clone();
        w.budget = Budget::NONE;
        for _ in 0..200 {
            if !w.wire.is_empty() {
                let message = w.wire.remove(0);
                // The first choice is the friendly one.
                w = w.deliver(table, &message).swap_remove(0);
            } else if w.saga.state.is_at_rest() && !w.saga.attention && w.saga.captures.is_empty() {
                break;
            } else {
                w.ring(table);
            }
        }
        w
    }
}

pub fn cancel(sent: bool) -> Signal {
    Signal::Cancel {
        reason: Reason::Customer,
        operation: Uuid::from_u128(7),
        sent: if sent { Sent::All } else { Sent::Nothing },
        unsent: total(true),
    }
}
