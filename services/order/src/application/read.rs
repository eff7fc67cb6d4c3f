//! Use cases: reading orders, by those who may.

use super::access::AccessTokens;
use super::desk::Desk;
use super::error::OrderError;
use super::ports::{Filter, Listed, Shown};
use hanse_kernel::{Actor, Ctx, Limit, OrderId, Page, UserId};

/// Whether an order exists; for those who keep something for it.
#[derive(Clone)]
pub struct OrderExists(pub Desk);

impl OrderExists {
    pub async fn run(&self, order: OrderId) -> Result<bool, OrderError> {
        let input = (self.0.views.clone(), order);
        self.0
            .db
            .read(input, |tx, (views, order)| Box::pin(async move { Ok(views.exists(tx, *order).await?) }))
            .await
    }
}

/// One order, for its customer, the holder of its token, or without question for the staff and the other services.
#[derive(Clone)]
pub struct GetOrder {
    pub desk: Desk,
    pub tokens: AccessTokens,
}

impl GetOrder {
    pub async fn run(&self, order: OrderId) -> Result<Shown, OrderError> {
        self.desk.show(order).await
    }

    /// Not found also for everybody who may not see it.
    pub async fn for_shopper(
        &self,
        ctx: &Ctx,
        token: Option<&str>,
        order: OrderId,
    ) -> Result<Shown, OrderError> {
        let shown = self.desk.show(order).await?;
        let holds = token.is_some_and(|token| self.tokens.opens(token, order))
            || matches!(ctx.actor, Actor::OrderHolder { order: held } if held == order);
        let owns = ctx.actor.user().is_some() && ctx.actor.user() == shown.order.customer;
        if holds || owns { Ok(shown) } else { Err(OrderError::NotFound) }
    }
}

#[derive(Clone)]
pub struct ListOrders(pub Desk);

impl ListOrders {
    pub async fn run(&self, filter: Filter, limit: Limit) -> Result<Page<Listed>, OrderError> {
        let input = (self.0.views.clone(), filter, limit.with_peek());
        let items = self
            .0
            .db
            .read(input, |tx, (views, filter, limit)| {
                Box::pin(async move { views.list(tx, filter, *limit).await })
            })
            .await?;
        Ok(Page::cut(items, limit, |listed| (listed.order.placed_at().micros(), listed.order.id)))
    }

    pub async fn of_customer(
        &self,
        customer: UserId,
        filter: Filter,
        limit: Limit,
    ) -> Result<Page<Listed>, OrderError> {
        self.run(Filter { customer: Some(customer), ..filter }, limit).await
    }
}
