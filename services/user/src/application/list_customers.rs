//! Lists customers for staff: all of them, by the words of their names, or the one with an e-mail address.

use crate::application::UserError;
use crate::application::ports::{Away, People, Profiles};
use crate::application::show_me::Me;
use crate::domain::Profile;
use crate::domain::name::words;
use hanse_database::{Db, DbError};
use hanse_kernel::{Ctx, Limit, Page, Personal, UserId};
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Clone)]
pub struct ListCustomers {
    pub db: Db,
    pub profiles: Arc<dyn Profiles>,
    pub people: Arc<dyn People>,
}

pub struct CustomerQuery {
    /// An e-mail address, or beginnings of words of a name.
    pub q: Option<Personal<String>>,
    pub before: Option<UserId>,
    pub limit: Limit,
}

impl ListCustomers {
    pub async fn run(&self, ctx: &Ctx, query: CustomerQuery) -> Result<Page<Me>, UserError> {
        let q = query.q.as_ref().map_or("", |q| q.reveal().as_str());
        let page = if q.contains('@') {
            Page { items: self.with_email(ctx, q).await?.into_iter().collect(), next: None }
        } else {
            Page::cut(self.named(q, &query).await?, query.limit, |profile: &Profile| profile.user)
        };
        let mut emails = self.emails(ctx, &page.items).await;
        Ok(page.map(|profile| Me { email: emails.remove(&profile.user), profile }))
    }

    /// Addresses are auth's to know, so there is no list of them here to search in.
    async fn with_email(&self, ctx: &Ctx, email: &str) -> Result<Option<Profile>, UserError> {
        let away = |Away(why)| UserError::AuthAway(why);
        let Some(user) = self.people.by_email(ctx, email).await.map_err(away)? else { return Ok(None) };
        let found: Result<Option<Profile>, DbError> = self
            .db
            .read((self.profiles.clone(), user), |tx, (profiles, user)| {
                Box::pin(async move { profiles.find(tx, *user).await })
            })
            .await;
        Ok(found?.filter(|profile| !profile.staff))
    }

    async fn named(&self, q: &str, query: &CustomerQuery) -> Result<Vec<Profile>, DbError> {
        let input = (self.profiles.clone(), words(q), query.before, query.limit);
        self.db
            .read(input, |tx, (profiles, words, before, limit)| {
                Box::pin(async move { profiles.customers(tx, words, *before, *limit).await })
            })
            .await
    }

    /// One question for the whole page. Without auth the list is shown without addresses.
    async fn emails(&self, ctx: &Ctx, profiles: &[Profile]) -> BTreeMap<UserId, Personal<String>> {
        let users: Vec<UserId> = profiles.iter().map(|profile| profile.user).collect();
        if users.is_empty() {
            return BTreeMap::new();
        }
        match self.people.contacts(ctx, &users).await {
            Ok(found) => found.into_iter().map(|c| (c.user, Personal::of(c.user, c.email))).collect(),
            Err(away) => {
                tracing::warn!(error = %away, "customers are listed without their addresses");
                BTreeMap::new()
            }
        }
    }
}
