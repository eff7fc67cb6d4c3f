//! The orders as people see them, in SQL.

use super::columns;
use super::rows::{self, DETAILS, LINE, LINE_DETAILS, ORDER, StoredDetails, StoredOrder};
use super::sealed::{TRACKING, open_lines};
use crate::application::ports::{Filter, Listed, OrderViews, Shown, ShownShipment};
use crate::domain::saga::State;
use async_trait::async_trait;
use hanse_database::sql::{Bind, Row, Sql, list};
use hanse_database::{DbError, Tx};
use hanse_kernel::{Currency, OrderId};
use hanse_vault::{HeldKey, Vault};
use std::collections::BTreeMap;

pub struct ViewTables {
    pub vault: Vault,
}

#[async_trait]
impl OrderViews for ViewTables {
    async fn show(&self, tx: &mut Tx, id: OrderId) -> Result<Option<Shown>, DbError> {
        let sql = format!("select {ORDER}, {DETAILS} from orders where id = $1");
        let found = tx.query_opt(&sql, &[&id], |r| Ok((rows::order(r)?, rows::details(r)?))).await?;
        let Some((order, details)) = found else { return Ok(None) };
        let key = self.vault.find(tx, order.whose()).await?;
        let mut order = order.open(&key)?;
        let mut details = details.open(order.customer, &key)?;
        let currency = order.total().currency();
        let sql =
            format!("select {LINE}, {LINE_DETAILS} from order_lines where order_id = $1 order by position");
        let read = move |r: &Row<'_>| Ok((rows::line(r, currency)?, rows::line_details(r, currency)?));
        (order.lines, details.lines) = tx.query(&sql, &[&id], read).await?.into_iter().unzip();
        open_lines(&key, &mut details.lines)?;
        let sql = "select at, event from order_history where order_id = $1 order by seq";
        let history = tx.query(sql, &[&id], |r| Ok((r.get(0)?, r.parse(1)?))).await?;
        let sent = order.lines.iter().any(|line| line.counts.fulfilled > 0);
        let shipments = if sent { shipments(tx, id, &key).await? } else { vec![] };
        Ok(Some(Shown { order, details, history, shipments }))
    }

    async fn list(&self, tx: &mut Tx, filter: &Filter, limit: i64) -> Result<Vec<Listed>, DbError> {
        let status = filter.status.map(|status| status.as_str());
        let mut conditions = vec!["1 = 1".to_string()];
        let mut params: Vec<&dyn Bind> = vec![];
        if let Some(status) = &status {
            params.push(status);
            conditions.push(format!("status = ${}", params.len()));
        }
        if let Some(customer) = &filter.customer {
            params.push(customer);
            conditions.push(format!("customer_id = ${}", params.len()));
        }
        if let Some((at, id)) = &filter.after {
            params.extend([at as &dyn Bind, id]);
            conditions.push(format!("(placed_at, id) < (${}, ${})", params.len() - 1, params.len()));
        }
        params.push(&limit);
        let sql = format!(
            "select {ORDER}, {DETAILS} from orders where {} order by placed_at desc, id desc limit ${}",
            conditions.join(" and "),
            params.len()
        );
        let found = tx.query(&sql, &params, |r| Ok((rows::order(r)?, rows::details(r)?))).await?;
        self.with_lines(tx, found).await
    }

    async fn exists(&self, tx: &mut Tx, id: OrderId) -> Result<bool, DbError> {
        let found = tx.query_opt("select 1 from orders where id = $1", &[&id], |_| Ok(())).await?;
        Ok(found.is_some())
    }

    async fn settled(&self, tx: &mut Tx, id: OrderId) -> Result<Option<bool>, DbError> {
        tx.query_opt("select state, next_action from orders where id = $1", &[&id], |r| {
            let (state, action): (State, Option<String>) = (r.parse(0)?, r.get(1)?);
            let theirs = match state {
                State::AwaitingPayment => true,
                State::AwaitingAuthorization => action.is_some(),
                _ => false,
            };
            Ok(state.is_at_rest() || theirs)
        })
        .await
    }
}

async fn shipments(tx: &mut Tx, id: OrderId, key: &HeldKey) -> Result<Vec<ShownShipment>, DbError> {
    let sql = "select id, at, tracking, pieces from order_shipments where order_id = $1 order by at, id";
    let read = |r: &Row<'_>| {
        let pieces: String = r.get(3)?;
        Ok(ShownShipment {
            id: r.id(0)?,
            at: r.get(1)?,
            tracking: r.get(2)?,
            pieces: columns::read_pieces(&pieces)?,
        })
    };
    let open = |shipment: ShownShipment| {
        let tracking = key.open_some(TRACKING, shipment.tracking.as_deref())?;
        Ok(ShownShipment { tracking, ..shipment })
    };
    tx.query(sql, &[&id], read).await?.into_iter().map(open).collect()
}

impl ViewTables {
    async fn with_lines(
        &self,
        tx: &mut Tx,
        found: Vec<(StoredOrder, StoredDetails)>,
    ) -> Result<Vec<Listed>, DbError> {
        let ids: Vec<OrderId> = found.iter().map(|(stored, _)| stored.order.id).collect();
        let currencies: BTreeMap<OrderId, Currency> =
            found.iter().map(|(stored, _)| (stored.order.id, stored.order.total().currency())).collect();
        let sql = format!(
            "select {LINE}, {LINE_DETAILS}, order_id from order_lines where order_id in {} order by order_id, position",
            list(1, ids.len())
        );
        let params: Vec<&dyn Bind> = ids.iter().map(|id| id as &dyn Bind).collect();
        let lines = tx
            .query(&sql, &params, move |r| {
                let order: OrderId = r.id(19)?;
                let unknown = || DbError::Other(format!("a line of {order} came unasked"));
                let currency = *currencies.get(&order).ok_or_else(unknown)?;
                Ok((order, rows::line(r, currency)?, rows::line_details(r, currency)?))
            })
            .await?;
        let mut by_order: BTreeMap<OrderId, (Vec<_>, Vec<_>)> = BTreeMap::new();
        for (order, line, detail) in lines {
            let entry = by_order.entry(order).or_default();
            entry.0.push(line);
            entry.1.push(detail);
        }
        let whose: Vec<_> = found.iter().map(|(stored, _)| stored.whose()).collect();
        let keys = self.vault.find_all(tx, whose).await?;
        let open = |(stored, details): (StoredOrder, StoredDetails)| {
            let key = keys.of(stored.whose());
            let mut order = stored.open(&key)?;
            let mut details = details.open(order.customer, &key)?;
            (order.lines, details.lines) = by_order.remove(&order.id).unwrap_or_default();
            open_lines(&key, &mut details.lines)?;
            Ok(Listed { order, details })
        };
        found.into_iter().map(open).collect()
    }
}
