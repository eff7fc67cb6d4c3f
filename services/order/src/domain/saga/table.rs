//! The table of state × signal. Every cell names a rule; a missing cell does not compile.

use super::signal::Signal;
use super::state::State;

/// What a cell does. `step.rs` carries each out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rule {
    /// Late, doubled or overtaken: nothing to do.
    Nil,
    /// A request that comes too late (or too early).
    Closed,
    /// A request that has been granted before.
    Done,
    /// A request that must wait for a refund under way.
    Busy,
    /// A refund of money that has not been taken yet.
    Early,
    /// The goods are held: ask for the payment; nothing to pay: sell.
    Held,
    /// There are no goods.
    Reject,
    /// The goods are sold: take the money, or confirm.
    Sold,
    /// The payment is certain: the goods are being sold.
    Paid,
    /// The payment is dead: the shopper may try another.
    Unpaid,
    /// The shopper has something to do.
    Act,
    /// Another payment was opened.
    Again,
    /// The hold has ended unpaid.
    Lapse,
    /// The money is taken: confirm, or give it back when cancelled meanwhile.
    Taken,
    /// Undo everything: payment and goods.
    Undo,
    /// Cancel as soon as the answer under way is here.
    Later,
    /// One side of the undoing has ended.
    ShutPay,
    ShutStk,
    /// The undoing does not succeed.
    Stuck,
    /// A part of held money is taken.
    Part,
    /// The authorisation stands anew.
    Renewed,
    /// The authorisation is in doubt.
    Doubt,
    /// Cancel what has not been sent of held, or of paid goods.
    DropHld,
    DropPd,
    /// Money goes back.
    Refund,
    Repaid,
    NoRepay,
    /// A shipment leaves.
    Ship,
    ShipHld,
    /// Goods or money of an order that is closed.
    FreeStk,
    FreePay,
    /// The state's own timer: ask again, or give up.
    AskStk,
    AskSale,
    AskCapt,
    AskUndo,
    AskRepy,
    AskHold,
}

pub type Table = [[Rule; Signal::KINDS]; State::ALL.len()];

use Rule::*;

/// Rows in the order of [`State::ALL`], columns in the order of [`Signal::column`].
#[rustfmt::skip]
pub const TABLE: Table = [
// answers of inventory                                    answers of payment                                                                          requests                            timer
// Reserved OutOfSt  Committ  CoFail   Expired  Released | Authoriz Declined Action   Captured CaptFail Voided   Refunded RefFail  Renewed  NotRenew | PayAgain Cancel   Refund   Ship   | Deadline
/* awaiting_stock */
  [Held,    Reject,  Sold,    Undo,    Undo,    Nil,       Nil,     Nil,     Nil,     Nil,     Nil,     Nil,     Nil,     Nil,     Nil,     Nil,      Closed,  Undo,    Closed,  Closed,  AskStk],
/* awaiting_authorization */
  [Nil,     Nil,     Sold,    Undo,    Undo,    Nil,       Paid,    Unpaid,  Act,     Paid,    Nil,     Unpaid,  Nil,     Nil,     Nil,     Nil,      Closed,  Undo,    Closed,  Closed,  Undo],
/* awaiting_payment */
  [Nil,     Nil,     Sold,    Undo,    Lapse,   Nil,       Paid,    Nil,     Nil,     Paid,    Nil,     Nil,     Nil,     Nil,     Nil,     Nil,      Again,   Undo,    Closed,  Closed,  Lapse],
/* awaiting_commit */
  [Nil,     Nil,     Sold,    Undo,    Nil,     Nil,       Nil,     Nil,     Nil,     Nil,     Nil,     Nil,     Nil,     Nil,     Nil,     Nil,      Closed,  Later,   Closed,  Closed,  AskSale],
/* awaiting_capture */
  [Nil,     Nil,     Nil,     Nil,     Nil,     Nil,       Nil,     Nil,     Nil,     Taken,   Undo,    Undo,    Undo,    Nil,     Nil,     Nil,      Closed,  Later,   Closed,  Closed,  AskCapt],
/* confirmed_held */
  [Nil,     Nil,     Nil,     Nil,     Nil,     Nil,       Nil,     Nil,     Nil,     Part,    Doubt,   Doubt,   Nil,     Nil,     Renewed, Doubt,    Closed,  DropHld, Early,   ShipHld, AskHold],
/* confirmed */
  [Nil,     Nil,     Nil,     Nil,     Nil,     Nil,       Nil,     Nil,     Nil,     Nil,     Nil,     Nil,     Nil,     Nil,     Nil,     Nil,      Closed,  DropPd,  Refund,  Ship,    Nil],
/* refunding */
  [Nil,     Nil,     Nil,     Nil,     Nil,     Nil,       Nil,     Nil,     Nil,     Nil,     Nil,     Nil,     Repaid,  NoRepay, Nil,     Nil,      Closed,  Busy,    Busy,    Busy,    AskRepy],
/* compensating */
  [Nil,     Nil,     Nil,     Nil,     Nil,     ShutStk,   Nil,     Nil,     Nil,     Nil,     Nil,     ShutPay, ShutPay, Stuck,   Nil,     Nil,      Closed,  Done,    Closed,  Closed,  AskUndo],
/* rejected */
  [FreeStk, Nil,     FreeStk, Nil,     Nil,     Nil,       FreePay, Nil,     Nil,     FreePay, Nil,     Nil,     Nil,     Nil,     FreePay, Nil,      Closed,  Closed,  Closed,  Closed,  Nil],
/* cancelled */
  [FreeStk, Nil,     FreeStk, Nil,     Nil,     Nil,       FreePay, Nil,     Nil,     FreePay, Nil,     Nil,     Nil,     Nil,     FreePay, Nil,      Closed,  Done,    Closed,  Closed,  Nil],
/* refunded */
  [Nil,     Nil,     Nil,     Nil,     Nil,     Nil,       FreePay, Nil,     Nil,     FreePay, Nil,     Nil,     Nil,     Nil,     FreePay, Nil,      Closed,  Closed,  Closed,  Closed,  Nil],
];

/// The rule for `signal` in `state`.
pub(super) fn rule(table: &Table, state: State, signal: &Signal) -> Rule {
    table[state as usize][signal.column()]
}
