//! Compare a provider's books with ours and, when asked to, set right what differs: after a restore the provider has moved
//! money that we know nothing of.
//!
//! The provider's books are read first, and ours then: whatever we have asked for was written down before it was asked, so
//! what is in its books and not in ours was forgotten, and is not on its way.

use super::error::PaymentError;
use super::ports::{Orders, Provider, SetRight};
use super::till::Till;
use crate::domain::{Held, Kind, Payment, Standing, State};
use hanse_database::Tx;
use hanse_kernel::{Ctx, OrderId, PaymentId, Timestamp};
use std::sync::Arc;
use uuid::Uuid;

/// Authorisations per page.
const PAGE: u32 = 100;
/// What comes after the provider's books: ours, against them.
const OURS: &str = "ours";

#[derive(Clone)]
pub struct Reconcile {
    pub till: Till,
    pub orders: Arc<dyn Orders>,
}

#[derive(Debug, Clone)]
pub struct Wanted {
    /// Only what has changed since then.
    pub since: Timestamp,
    /// Where the page before ended; "" at first.
    pub after: String,
    /// Who wants it set right; None: nothing is changed.
    pub apply: Option<String>,
}

#[derive(Debug)]
pub struct Difference {
    pub provider: &'static str,
    pub key: Uuid,
    pub payment: PaymentId,
    pub order: OrderId,
    pub kind: &'static str,
    pub detail: String,
    pub remedy: &'static str,
    pub done: bool,
    pub by_hand: bool,
}

#[derive(Debug, Default)]
pub struct Page {
    pub differences: Vec<Difference>,
    pub next: Option<String>,
    pub compared: u32,
    pub unread: Vec<&'static str>,
}

/// What is to be done about one.
struct Verdict {
    kind: &'static str,
    remedy: &'static str,
    /// None: only a person can, or nothing needs to be done.
    deed: Option<Deed>,
    by_hand: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    /// Bring our payment up to it.
    Adopt,
    /// Make it our payment's own authorisation.
    TakeIn { wanted: bool },
    /// A payment of its own, that ends.
    Stray,
}

impl Reconcile {
    pub async fn run(&self, ctx: &Ctx, wanted: Wanted) -> Result<Page, PaymentError> {
        let mut page = Page::default();
        let readable = |p: &&Arc<dyn Provider>| p.capabilities().statements;
        let providers: Vec<_> = self.till.providers.values().filter(readable).cloned().collect();
        if wanted.after.is_empty() {
            let all = self.till.providers.values();
            page.unread = all.filter(|p| !readable(p)).map(|p| p.name()).collect();
        }
        // `provider/key` in its books, then `provider/ours/payment`.
        let mut parts = wanted.after.splitn(3, '/');
        let at = parts.next().filter(|name| !name.is_empty());
        let (second, third) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let place = at.and_then(|name| providers.iter().position(|p| p.name() == name)).unwrap_or(0);
        let Some(provider) = providers.get(place) else { return Ok(page) };
        let name = provider.name();
        if second == OURS {
            let after = third.parse().unwrap_or(PaymentId::new(Uuid::nil()));
            let last = self.ours(provider, &wanted, after, &mut page).await?;
            let following = providers.get(place + 1).map(|p| p.name());
            page.next = match last {
                Some(last) => Some(format!("{name}/{OURS}/{last}")),
                None => following.map(|name| format!("{name}/")),
            };
            return Ok(page);
        }
        let after = second.parse().unwrap_or(Uuid::nil());
        let books = provider.statement(wanted.since, after, PAGE).await?;
        page.compared = u32::try_from(books.len()).unwrap_or(u32::MAX);
        for held in &books {
            self.compare(ctx, name, held, &wanted, &mut page).await?;
        }
        page.next = Some(match books.last().filter(|_| books.len() >= PAGE as usize) {
            Some(last) => format!("{name}/{}", last.key),
            None => format!("{name}/{OURS}/"),
        });
        Ok(page)
    }

    async fn compare(
        &self,
        ctx: &Ctx,
        provider: &'static str,
        held: &Held,
        wanted: &Wanted,
        page: &mut Page,
    ) -> Result<(), PaymentError> {
        let (known, named) = self.known(held).await?;
        // Asked only about what is new to us, since a question goes to another service.
        let ordered = known.is_none() && held.at_stake() && self.orders.exists(ctx, held.order).await?;
        let Some(verdict) = judge(known.as_ref(), named.as_ref(), held, ordered) else { return Ok(()) };
        let payment = match (&known, verdict.deed) {
            (_, Some(Deed::Stray)) => PaymentId::new(held.key),
            (Some(known), _) => known.id,
            (None, _) => held.payment,
        };
        let mut difference = Difference {
            provider,
            key: held.key,
            payment,
            order: held.order,
            kind: verdict.kind,
            detail: detail(known.as_ref(), held),
            remedy: verdict.remedy,
            done: false,
            by_hand: verdict.by_hand,
        };
        if let (Some(who), Some(deed)) = (&wanted.apply, verdict.deed) {
            let right = SetRight {
                who: who.clone(),
                provider,
                held: held.clone(),
                payment,
                kind: verdict.kind,
                detail: difference.detail.clone(),
            };
            difference.done = self.set_right(ctx, right, ordered, deed).await?;
        }
        page.differences.push(difference);
        Ok(())
    }

    /// Our payment with that authorisation, and the one that the provider names.
    async fn known(&self, held: &Held) -> Result<(Option<Payment>, Option<Payment>), PaymentError> {
        let input = (self.till.payments.clone(), held.key, held.payment);
        let read = self.till.db.read(input, |tx, (payments, key, named)| {
            Box::pin(async move {
                let known = payments.of_intent(tx, *key).await?;
                Ok::<_, PaymentError>((known, payments.find(tx, *named).await?))
            })
        });
        read.await
    }

    /// Judges once more inside the unit; false when it is not as it was any more.
    async fn set_right(
        &self,
        ctx: &Ctx,
        right: SetRight,
        ordered: bool,
        deed: Deed,
    ) -> Result<bool, PaymentError> {
        let input = (self.till.clone(), ctx.clone(), right, ordered, deed);
        let unit = self.till.db.tx(input, |tx, (till, ctx, right, ordered, deed)| {
            Box::pin(async move {
                let held = &right.held;
                let known = till.payments.of_intent(tx, held.key).await?;
                let named = till.payments.find(tx, held.payment).await?;
                let verdict = judge(known.as_ref(), named.as_ref(), held, *ordered);
                if verdict.and_then(|v| v.deed) != Some(*deed) {
                    return Ok(false);
                }
                act(till, tx, ctx, right, *deed, known, named).await?;
                Ok::<_, PaymentError>(true)
            })
        });
        unit.await
    }

    /// Payments of ours that the provider has never heard of; the last one looked at when there may be more.
    async fn ours(
        &self,
        provider: &Arc<dyn Provider>,
        wanted: &Wanted,
        after: PaymentId,
        page: &mut Page,
    ) -> Result<Option<PaymentId>, PaymentError> {
        let input = (self.till.payments.clone(), provider.name(), wanted.since, after);
        let read = self.till.db.read(input, |tx, (payments, provider, since, after)| {
            Box::pin(async move {
                Ok::<_, PaymentError>(
                    payments.with_money(tx, provider, *since, *after, i64::from(PAGE)).await?,
                )
            })
        });
        let ours = read.await?;
        page.compared = u32::try_from(ours.len()).unwrap_or(u32::MAX);
        for (payment, order, key) in &ours {
            // Its own books tell, not an answer that may get lost.
            let before = Uuid::from_u128(key.as_u128().saturating_sub(1));
            let books = provider.statement(Timestamp::from_micros(0), before, 1).await?;
            if books.first().is_none_or(|held| held.key != *key) {
                page.differences.push(Difference {
                    provider: provider.name(),
                    key: *key,
                    payment: *payment,
                    order: *order,
                    kind: "not_there",
                    detail: "money is set aside or taken by our books, and the provider's do not have it".into(),
                    remedy: "ask the provider; has its account been changed, or its test data been thrown away?",
                    done: false,
                    by_hand: true,
                });
            }
        }
        Ok(ours.last().map(|(id, ..)| *id).filter(|_| ours.len() >= PAGE as usize))
    }
}

async fn act(
    till: &Till,
    tx: &mut Tx,
    ctx: &Ctx,
    right: &SetRight,
    deed: Deed,
    known: Option<Payment>,
    named: Option<Payment>,
) -> Result<(), PaymentError> {
    let held = &right.held;
    let new = |id, attempt| {
        Payment::open((id, held.order, attempt), held.amount, right.provider, till.effects.now())
    };
    let payment = match deed {
        Deed::Adopt => known.map(|mut payment| {
            till.decide(&mut payment, |payment, at| payment.adopt(held, at));
            payment
        }),
        Deed::TakeIn { wanted } => {
            let mut payment = named.unwrap_or_else(|| new(held.payment, held.attempt));
            payment.provider = right.provider.into();
            till.decide(&mut payment, |payment, at| payment.take_in(held, wanted, at));
            Some(payment)
        }
        Deed::Stray => {
            // No attempt of the order's: those have their own authorisations.
            let mut payment = new(right.payment, 0);
            till.decide(&mut payment, |payment, at| payment.take_in(held, false, at));
            Some(payment)
        }
    };
    if let Some(payment) = payment {
        till.settle(tx, ctx, payment).await?;
        till.payments.note(tx, right, till.effects.now()).await?;
    }
    Ok(())
}

/// None: nothing differs.
fn judge(known: Option<&Payment>, named: Option<&Payment>, held: &Held, ordered: bool) -> Option<Verdict> {
    let verdict = |kind, remedy, deed, by_hand| Some(Verdict { kind, remedy, deed, by_hand });
    let Some(known) = known else {
        if !held.at_stake() {
            return None;
        }
        let fresh = named.is_none_or(|payment| !payment.intents.iter().any(|i| i.kind == Kind::Authorise));
        let waiting = named.is_none_or(|payment| payment.state == State::Opened && !payment.cancel);
        return match (fresh, ordered && waiting) {
            (true, true) => verdict(
                "unknown_authorisation",
                "it is taken over for its order, which goes on with it",
                Some(Deed::TakeIn { wanted: true }),
                false,
            ),
            (true, false) => verdict(
                "unknown_authorisation",
                "what is set aside is let go and what was taken is given back, since no order waits for it",
                Some(Deed::TakeIn { wanted: false }),
                false,
            ),
            (false, _) => verdict(
                "unknown_authorisation",
                "what is set aside is let go and what was taken is given back, since its order pays by another one",
                Some(Deed::Stray),
                false,
            ),
        };
    };
    match known.standing(held) {
        Standing::Same => None,
        Standing::UnderWay => {
            verdict("under_way", "the provider is being asked; look again when it has answered", None, false)
        }
        Standing::Unknown => verdict(
            "unknown_movement",
            "our books are brought up to the provider's; what belongs to no order then goes back",
            Some(Deed::Adopt),
            false,
        ),
        Standing::StillAside => verdict(
            "still_aside",
            "our books are brought up to the provider's, and it is let go there",
            Some(Deed::Adopt),
            false,
        ),
        Standing::Denied => verdict(
            "denied",
            "compare with the provider's own statement: our books say that more has moved than it does",
            None,
            true,
        ),
        Standing::LetGo => verdict(
            "let_go",
            "nothing: the next capture is declined, and the order is then paid anew or cancelled",
            None,
            false,
        ),
    }
}

fn detail(known: Option<&Payment>, held: &Held) -> String {
    let theirs = format!(
        "the provider has set {} {} aside, taken {} and given back {}{}",
        held.amount.minor(),
        held.amount.currency(),
        held.captured,
        held.refunded,
        if held.live { "" } else { ", and let go of the rest" }
    );
    match known {
        None => format!("{theirs}; we know nothing of it"),
        Some(known) => format!(
            "{theirs}; by our books {} are set aside, {} taken, {} given back and {} let go",
            known.authorised, known.captured, known.refunded, known.released
        ),
    }
}
