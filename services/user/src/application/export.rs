//! All that the shop holds about somebody, from every service that holds something, in one document. It is all of it or
//! nothing: what is missing would not be missed.

use crate::application::UserError;
use crate::application::ports::{AddressBooks, Away, ConsentBook, Held, Holders, Profiles, Question};
use crate::domain::consent::Consents;
use crate::domain::{AddressBook, Profile};
use hanse_database::{Db, DbError};
use hanse_kernel::{Ctx, Effects, OrderId, Personal, Timestamp, UserId};
use hanse_record::{Entry, Record};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How a service is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Person,
    /// It knows the person's orders only.
    Orders,
    /// It knew only the orders at first, and the person later.
    Both,
}

/// Every service besides this one that holds something about people. A new one is asked once it stands here; a test
/// compares the list with docs/operations/personal-data.md, which every column has its place in.
pub const HOLDERS: [(&str, By); 6] = [
    ("auth", By::Person),
    ("order", By::Person),
    ("payment", By::Orders),
    ("notification", By::Both),
    ("cart", By::Person),
    ("analytics", By::Person),
];
/// Orders asked about at once.
const ORDERS: usize = 100;
/// More than that is not held in memory for anybody.
const MOST_BYTES: usize = 32 * 1024 * 1024;

#[derive(Clone)]
pub struct ExportMe {
    pub db: Db,
    pub effects: Effects,
    pub profiles: Arc<dyn Profiles>,
    pub books: Arc<dyn AddressBooks>,
    pub consents: Arc<dyn ConsentBook>,
    pub holders: Arc<dyn Holders>,
    pub record: Record,
}

/// What is held, by service and kind; each thing is a JSON object.
pub struct Export {
    pub user: UserId,
    pub made_at: Timestamp,
    pub profile: Option<Profile>,
    pub book: AddressBook,
    pub consents: Consents,
    pub held: BTreeMap<&'static str, BTreeMap<String, Vec<Personal<String>>>>,
}

impl ExportMe {
    pub async fn run(&self, ctx: &Ctx) -> Result<Export, UserError> {
        let user = ctx.actor.user().ok_or(UserError::Nobody)?;
        let own = self.db.read((self.clone(), user), |tx, (this, user)| {
            Box::pin(async move {
                let profile = this.profiles.find(tx, *user).await?;
                let book = this.books.load(tx, *user).await?;
                Ok::<_, UserError>((profile, book, this.consents.load(tx, *user).await?))
            })
        });
        let (profile, book, consents) = own.await?;
        let mut gathered = Gathered::default();
        for (service, by) in HOLDERS {
            gathered.held.entry(service).or_default();
            if by != By::Orders {
                self.gather(ctx, service, user, &[], &mut gathered).await?;
            }
        }
        let orders = std::mem::take(&mut gathered.orders);
        for (service, _) in HOLDERS.iter().filter(|(_, by)| *by != By::Person) {
            for orders in orders.chunks(ORDERS) {
                self.gather(ctx, service, user, orders, &mut gathered).await?;
            }
        }
        // Written down before it is handed out: whoever takes all that there is of somebody is seen to have done it.
        let input = (self.record.clone(), ctx.clone(), user);
        let noted = self.db.tx(input, |tx, (record, ctx, user)| {
            Box::pin(
                async move { record.note(tx, ctx, Entry::new("customer.exported", "user", *user)).await },
            )
        });
        let noted: Result<(), DbError> = noted.await;
        noted?;
        Ok(Export { user, made_at: self.effects.now(), profile, book, consents, held: gathered.held })
    }

    async fn gather(
        &self,
        ctx: &Ctx,
        service: &'static str,
        user: UserId,
        orders: &[OrderId],
        into: &mut Gathered,
    ) -> Result<(), UserError> {
        let mut after = String::new();
        loop {
            let question = Question { service, user, orders, after };
            let away = |Away(why)| UserError::HolderAway { service, why };
            let (held, next) = self.holders.ask(ctx, question).await.map_err(away)?;
            for thing in held {
                into.take(service, thing)?;
            }
            match next {
                Some(next) => after = next,
                None => return Ok(()),
            }
        }
    }
}

#[derive(Default)]
struct Gathered {
    held: BTreeMap<&'static str, BTreeMap<String, Vec<Personal<String>>>>,
    orders: Vec<OrderId>,
    bytes: usize,
}

impl Gathered {
    fn take(&mut self, service: &'static str, thing: Held) -> Result<(), UserError> {
        self.bytes += thing.json.reveal().len();
        if self.bytes > MOST_BYTES {
            return Err(UserError::TooMuch);
        }
        self.orders.extend(thing.order);
        self.held.entry(service).or_default().entry(thing.kind).or_default().push(thing.json);
        Ok(())
    }
}
