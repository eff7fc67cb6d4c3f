//! Defects that can be planted, one at a time, around the services' real code: in what carries their messages, in the
//! provider's client, in their tables. A rig that finds none of them proves nothing.

use crate::services::{CART, INVENTORY, ORDER, PAYMENT, PRICING, PRODUCT};

macro_rules! defects {
    ($($defect:ident = $name:literal, $told:literal;)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Defect { $($defect),* }
        impl Defect {
            pub const ALL: &'static [Defect] = &[$(Self::$defect),*];
            pub fn name(self) -> &'static str {
                match self { $(Self::$defect => $name),* }
            }
            pub const fn told(self) -> &'static str {
                match self { $(Self::$defect => $told),* }
            }
        }
    };
}

defects! {
    AckBeforeCommit = "ack-before-commit", "a message counts as taken before its effect is committed";
    MarkedBeforePublished = "marked-before-published", "the relay marks a message before it is with those who take it";
    MissingInbox = "missing-inbox", "a message that was dealt with is not remembered";
    MessageForgotten = "event-outside-unit", "an event is not written in the unit that it tells of";
    ReleaseForgotten = "forgotten-release", "a release is answered and not carried out";
    RestockForgotten = "forgotten-restock", "goods that come back are answered and not put on the shelf";
    ShipmentForgotten = "forgotten-shipment", "goods that leave are not taken off the shelf";
    LostUpdate = "lost-update-reservation", "a reservation does not lessen what is available";
    HoldIgnored = "sold-without-commit", "goods are told to be sold while they are only held";
    RefundUnderNewKey = "double-refund", "a refund that is asked for again has another key";
    CaptureUnderNewKey = "double-capture", "a capture that is asked for again has another key";
    CaptureBeforeCommit = "capture-before-commit", "the money is taken as soon as it is authorised";
    TimeoutIsDecline = "timeout-is-decline", "no answer of the provider is taken for a refusal";
    TimeoutIsApproval = "timeout-is-approval", "no answer of the provider is taken for a yes";
    VoidForgotten = "forgotten-void", "a void is answered and not asked of the provider";
    StalePrice = "stale-price", "a changed price is answered and not applied";
    CouponRace = "coupon-race", "codes that are held are not counted against the limit";
    RedemptionForgotten = "forgotten-redemption", "a confirmed order does not redeem its code";
    KeysForgotten = "keys-in-memory", "idempotency keys end with the process";
    CancelForgotten = "forgotten-cancel", "a cancellation that must wait is granted and forgotten";
    CartTakesTwice = "cart-takes-out-twice", "a cart forgets which orders it has taken out";
    CartChangeLost = "lost-cart-change", "an added item is answered and not kept";
    OutboxCursor = "cursor-outbox", "the relay looks only behind the last message that it published";
    VoidWithoutTombstone = "void-without-tombstone", "a void that overtakes its authorisation stands against nothing";
    RenewalForgotten = "forgotten-renewal", "a renewal is answered and not asked of the provider";
    CentLost = "lost-cent", "a capture of a part takes a cent less than was asked for";
    ForgedWebhook = "forged-webhook", "a webhook's signature is not looked at";
    LeakingShelf = "leaking-shelf", "a hold that is let go gives back less than it took, and the count is corrected";
    MergeKeepsLines = "merge-keeps-lines", "a cart that was merged keeps its lines";
    OldLevelWins = "old-level-wins", "of two levels of stock the one that comes last is shown";
    FiguresMissCancellations = "uncounted-cancellation", "a cancelled order is counted as if it stood";
}

impl Defect {
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|defect| defect.name() == name)
    }

    /// What is done to a service's tables.
    pub fn sql(self) -> Vec<(usize, &'static str)> {
        match self {
            Self::LostUpdate => vec![(
                INVENTORY,
                "create trigger planted after update of reserved on stock_level when new.reserved > old.reserved
                 begin update stock_level set available = old.available, received = new.received + new.reserved - old.reserved
                   where variant_id = new.variant_id and location_id = new.location_id; end",
            )],
            Self::StalePrice => vec![(
                PRICING,
                "create trigger planted before update of amount on prices when new.amount <> old.amount
                 begin select raise(ignore); end",
            ), (
                PRICING,
                "create trigger planted_anew before insert on prices
                   when exists (select 1 from prices p where p.variant_id = new.variant_id and p.amount <> new.amount)
                 begin select raise(ignore); end",
            )],
            Self::CouponRace => vec![
                (PRICING, "pragma ignore_check_constraints = on"),
                (
                    PRICING,
                    "create trigger planted after update of held on discounts when new.held > 0
                     begin update discounts set held = 0 where id = new.id; end",
                ),
            ],
            Self::CancelForgotten => vec![(
                ORDER,
                "create trigger planted after update of cancel on orders when new.cancel is not null
                 begin update orders set cancel = null where id = new.id; end",
            )],
            Self::MessageForgotten => vec![(
                ORDER,
                "create trigger planted after insert on outbox when new.type = 'order.OrderConfirmed.v1' and new.seq % 3 = 0
                 begin delete from outbox where seq = new.seq; end",
            )],
            Self::CartChangeLost => vec![(
                CART,
                "create trigger planted after update of quantity on cart_lines when new.quantity > old.quantity
                 begin update cart_lines set quantity = old.quantity where cart_id = new.cart_id and id = new.id; end",
            )],
            Self::OutboxCursor => [ORDER, PAYMENT, INVENTORY].map(|service| (service, CURSOR)).to_vec(),
            Self::LeakingShelf => vec![(
                INVENTORY,
                "create trigger planted after update of reserved on stock_level
                   when new.reserved < old.reserved and new.available > old.available
                 begin update stock_level set available = new.available - 1, received = new.received - 1
                   where variant_id = new.variant_id and location_id = new.location_id; end",
            )],
            Self::MergeKeepsLines => vec![(
                CART,
                "create trigger planted before delete on cart_lines
                   when exists (select 1 from carts c where c.id = old.cart_id and c.merged_into is not null)
                 begin select raise(ignore); end",
            )],
            Self::OldLevelWins => vec![(
                PRODUCT,
                "create trigger planted after update of level_version on known_level when new.level_version > 0
                 begin update known_level set level_version = 0 where variant_id = new.variant_id; end",
            )],
            _ => vec![],
        }
    }
}

const CURSOR: &str =
    "create trigger planted after update of published_at on outbox when new.published_at is not null
     begin update outbox set published_at = new.published_at
       where part = new.part and seq < new.seq and published_at is null; end";
