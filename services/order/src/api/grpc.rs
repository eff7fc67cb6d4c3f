//! What other services may ask about orders.

use crate::application::OrderError;
use crate::application::ports::{Shown, ShownShipment};
use crate::application::read::{GetOrder, OrderExists};
use crate::domain::order::Address;
use async_trait::async_trait;
use hanse_kernel::OrderId;
use hanse_order_contract::rpc::orders_server::{Orders, OrdersServer};
use hanse_order_contract::rpc::{
    ExistsReply, ExistsRequest, GetForMailRequest, MailLine, MailShipment, OrderForMail,
};
use tonic::{Request, Response, Status};

pub struct Questions {
    pub exists: OrderExists,
    pub get: GetOrder,
}

impl Questions {
    pub fn server(self) -> OrdersServer<Self> {
        OrdersServer::new(self)
    }
}

fn order_id(text: &str) -> Result<OrderId, Status> {
    text.parse().map_err(|e: hanse_kernel::ids::IdError| Status::invalid_argument(format!("order_id {e}")))
}

fn status(error: OrderError) -> Status {
    match error {
        OrderError::NotFound => Status::not_found("no such order"),
        OrderError::Db(e) => {
            tracing::warn!(error = %e, "a question about an order could not be answered");
            Status::unavailable("the order's store")
        }
        other => Status::internal(other.to_string()),
    }
}

#[async_trait]
impl Orders for Questions {
    async fn exists(&self, request: Request<ExistsRequest>) -> Result<Response<ExistsReply>, Status> {
        let exists = self.exists.run(order_id(&request.get_ref().order_id)?).await.map_err(status)?;
        Ok(Response::new(ExistsReply { exists }))
    }

    async fn get_for_mail(
        &self,
        request: Request<GetForMailRequest>,
    ) -> Result<Response<OrderForMail>, Status> {
        let id = order_id(&request.get_ref().order_id)?;
        let shown = self.get.run(id).await.map_err(status)?;
        for_mail(shown, self.get.tokens.issue(id)).map(Response::new)
    }
}

/// The lines of an address as they stand on an envelope.
fn address_lines(a: &Address) -> Vec<String> {
    let town = format!("{} {}", a.postal_code, a.city);
    let lines =
        [Some(&a.name), Some(&a.line1), a.line2.as_ref(), Some(&town), a.region.as_ref(), Some(&a.country)];
    lines.into_iter().flatten().map(|line| line.trim().to_string()).filter(|line| !line.is_empty()).collect()
}

fn shipment(shipment: ShownShipment) -> MailShipment {
    MailShipment { id: shipment.id.to_string(), tracking: shipment.tracking.unwrap_or_default() }
}

fn for_mail(shown: Shown, access_token: String) -> Result<OrderForMail, Status> {
    let Shown { order, details, shipments, .. } = shown;
    let email = details.email.ok_or_else(|| Status::not_found("the customer has been forgotten"))?;
    let address = details.shipping_address.or(details.billing_address);
    let totals = details.totals;
    let line = |(line, d): (&crate::domain::order::Line, crate::domain::order::LineDetails)| MailLine {
        title: d.title,
        variant_title: d.variant_title,
        sku: d.sku,
        quantity: line.quantity,
        total: d.total.minor(),
    };
    Ok(OrderForMail {
        order_id: order.id.to_string(),
        number: order.number.as_str().to_string(),
        email: email.into_revealed(),
        name: address.as_ref().map(|a| a.reveal().name.clone()).unwrap_or_default(),
        locale: details.locale.as_str().to_string(),
        currency: totals.total.currency().code().to_string(),
        lines: order.lines.iter().zip(details.lines).map(line).collect(),
        items: totals.items.minor(),
        discount: totals.discount.minor(),
        shipping: totals.shipping.minor(),
        tax: totals.tax.minor(),
        total: totals.total.minor(),
        tax_included: totals.tax_included,
        access_token,
        status: order.status().as_str().to_string(),
        user_id: order.customer.map(|user| user.to_string()).unwrap_or_default(),
        address_lines: address.map(|a| address_lines(a.reveal())).unwrap_or_default(),
        shipments: shipments.into_iter().map(shipment).collect(),
    })
}
