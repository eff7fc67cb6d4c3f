//! Erasures once more. A store that was restored from before them knows people again who had been forgotten: they are erased here,
//! and all others are told of it again, also of those who are known to be erased, since it may be another service that was
//! restored. As often as one likes.

use crate::application::ports::{Erasure, ErasuresAsked};
use crate::application::{Erase, UserError};
use hanse_database::{DbError, Tx};
use hanse_kernel::{Ctx, Timestamp, UserId};

/// People at a time: told of, or asked for.
pub const MOST_ERASURES: usize = 500;
/// People per unit.
const BATCH: usize = 50;

#[derive(Clone)]
pub struct RepeatErasures {
    pub erase: Erase,
}

/// Who is to be forgotten, and since when.
#[derive(Debug, Clone, Copy)]
pub struct Past {
    pub user: UserId,
    pub erased_at: Timestamp,
}

/// How it went, or would go.
#[derive(Debug, Default)]
pub struct Repeated {
    /// It was not known that they were erased.
    pub unheard_of: i64,
    /// They had a profile.
    pub known_again: i64,
    /// They work here, and are left as they are.
    pub of_staff: Vec<UserId>,
}

/// What is found of one.
struct Found {
    profile: bool,
    staff: bool,
    erased: bool,
}

impl RepeatErasures {
    /// Bounded units, each whole or not at all; whoever was interrupted begins anew.
    pub async fn run(&self, ctx: &Ctx, people: &[Past], look_only: bool) -> Result<Repeated, UserError> {
        let mut all = Repeated::default();
        for some in people.chunks(BATCH) {
            let found = match look_only {
                true => self.look(some.to_vec()).await?,
                false => self.erase(ctx, some.to_vec()).await?,
            };
            for (past, found) in some.iter().zip(found) {
                if found.staff {
                    all.of_staff.push(past.user);
                    continue;
                }
                all.unheard_of += i64::from(!found.erased);
                all.known_again += i64::from(found.profile);
            }
        }
        Ok(all)
    }

    /// The ones that are remembered, page by page.
    pub async fn list(&self, asked: ErasuresAsked) -> Result<Vec<Erasure>, UserError> {
        let page = self.erase.db.read((self.erase.erasures.clone(), asked), |tx, (erasures, asked)| {
            Box::pin(async move { Ok::<_, UserError>(erasures.page(tx, asked).await?) })
        });
        page.await
    }

    async fn look(&self, people: Vec<Past>) -> Result<Vec<Found>, UserError> {
        let found = self.erase.db.read((self.clone(), people), |tx, (this, people)| {
            Box::pin(async move {
                let mut found = vec![];
                for past in people {
                    found.push(this.find(tx, past.user).await?);
                }
                Ok::<_, UserError>(found)
            })
        });
        found.await
    }

    async fn erase(&self, ctx: &Ctx, people: Vec<Past>) -> Result<Vec<Found>, UserError> {
        let found = self.erase.db.tx((self.clone(), ctx.clone(), people), |tx, (this, ctx, people)| {
            Box::pin(async move {
                let mut all = vec![];
                for past in people {
                    let found = this.find(tx, past.user).await?;
                    if !found.staff {
                        this.one(tx, ctx, *past).await?;
                    }
                    all.push(found);
                }
                Ok::<_, UserError>(all)
            })
        });
        found.await
    }

    async fn find(&self, tx: &mut Tx, user: UserId) -> Result<Found, DbError> {
        let staff = self.erase.profiles.staff(tx, user).await?;
        let erased = self.erase.erasures.has(tx, user).await?;
        Ok(Found { profile: staff.is_some(), staff: staff == Some(true), erased })
    }

    async fn one(&self, tx: &mut Tx, ctx: &Ctx, Past { user, erased_at }: Past) -> Result<(), DbError> {
        self.erase.erasures.add(tx, user, &ctx.actor.label(), erased_at).await?;
        self.erase.forget(tx, ctx, user, "customer.erased_again").await
    }
}
