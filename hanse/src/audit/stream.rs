//! What services tell, page by page, brought together order by order: all of them tell in the order of the orders' ids, so
//! that a page of each is all that is held at once, however many orders there are.

use super::facts::{Fact, Told};
use super::{AuditError, Found, PAGE_BYTES, Sight};
use hanse_kernel::Ctx;
use hanse_rpc::audit::ExamineRequest;
use hanse_rpc::audit::audit_client::AuditClient;
use std::collections::VecDeque;

/// One service's facts of orders, as far as they were asked for.
struct Stream {
    service: &'static str,
    waiting: VecDeque<Fact>,
    /// Where the next page begins; None: everything was told.
    next: Option<String>,
}

impl Stream {
    /// The order up to which, and without which, everything is here; None: everything is.
    fn horizon(&self) -> Option<&str> {
        self.next.as_deref().map(|next| next.split('/').next().unwrap_or(next))
    }

    async fn more(&mut self, sight: &Sight<'_>, found: &mut Found) -> Result<(), AuditError> {
        let ctx = Ctx::background(sight.caller, sight.effects.ids.uuid());
        let after = self.next.take().unwrap_or_default();
        let ask = ExamineRequest {
            at_rest_since: sight.since.micros(),
            orders_after: sight.orders_after.clone(),
            after: after.clone(),
        };
        let link = sight.network.link(self.service);
        let mut client = AuditClient::new(link).max_decoding_message_size(PAGE_BYTES);
        let reply = client.examine(hanse_rpc::request(&ctx, &*sight.effects.clock, ask)).await;
        let failed = |message: String| AuditError::Service { service: self.service, message };
        let reply = reply.map_err(|s| failed(s.message().to_string()))?.into_inner();
        if !reply.next.is_empty() && reply.next <= after {
            return Err(failed(format!("its pages do not go on after {after}")));
        }
        reply.breaches.into_iter().for_each(|breach| found.of_service(breach));
        for fact in reply.facts {
            found.counted(&fact.kind);
            let unread =
                |e: serde_json::Error| AuditError::Fact { service: self.service, message: e.to_string() };
            if let Some(fact) = Fact::of(fact.kind, fact.subject, fact.json).map_err(unread)? {
                self.waiting.push_back(fact);
            }
        }
        self.next = Some(reply.next).filter(|next| !next.is_empty());
        Ok(())
    }
}

/// Asks all services and hands out what they told of each order, the lowest id first.
pub async fn by_order(
    sight: &Sight<'_>,
    found: &mut Found,
    mut judge: impl FnMut(&str, &Told, &mut Found),
) -> Result<(), AuditError> {
    let mut streams = vec![];
    for service in sight.services {
        let mut stream = Stream { service, waiting: VecDeque::new(), next: None };
        stream.more(sight, found).await?;
        streams.push(stream);
    }
    loop {
        // Of the order at the horizon itself more may come.
        let horizon = streams.iter().filter_map(Stream::horizon).min().map(str::to_string);
        while let Some(order) = lowest(&streams).filter(|order| horizon.as_ref().is_none_or(|h| order < h)) {
            let mut told = Told::default();
            for stream in &mut streams {
                while stream.waiting.front().is_some_and(|fact| fact.order == order) {
                    let Some(fact) = stream.waiting.pop_front() else { break };
                    let service = stream.service;
                    told.add(fact).map_err(|e| AuditError::Fact { service, message: e.to_string() })?;
                }
            }
            judge(&order, &told, found);
        }
        let Some(horizon) = horizon else { return Ok(()) };
        for stream in &mut streams {
            if stream.horizon() == Some(horizon.as_str()) {
                stream.more(sight, found).await?;
            }
        }
    }
}

fn lowest(streams: &[Stream]) -> Option<String> {
    streams.iter().filter_map(|s| s.waiting.front()).map(|fact| &fact.order).min().cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hanse_kernel::{Effects, Timestamp};
    use hanse_rpc::audit as wire;
    use hanse_rpc::audit::audit_server::{Audit, AuditServer};
    use hanse_rpc::audit::{ExamineReply, ExamineRequest, Fact as Told};
    use hanse_rpc::{Allow, Network, OPERATOR, Switchboard};
    use hanse_runtime::{Tasks, TokioTimers};
    use std::collections::BTreeMap;
    use std::sync::{Arc, Mutex};
    use tonic::{Request, Response, Status};

    const ORDERS: u32 = 100_000;
    const PAGE: u32 = 500;
    const NAMES: [&str; 3] = ["order", "inventory", "payment"];

    /// How far each service has told, so that it is seen when one is asked far ahead of another.
    type Far = Arc<Mutex<BTreeMap<&'static str, u32>>>;

    struct Teller {
        name: &'static str,
        /// Tells of every so many orders only.
        every: u32,
        far: Far,
        /// The widest that any two were apart.
        apart: Arc<Mutex<u32>>,
    }

    fn order(n: u32) -> String {
        format!("ord_{n:032x}")
    }

    #[tonic::async_trait]
    impl Audit for Teller {
        async fn examine(&self, request: Request<ExamineRequest>) -> Result<Response<ExamineReply>, Status> {
            let after = request.into_inner().after;
            let from =
                after.split('/').next().and_then(|id| u32::from_str_radix(&id[id.len().min(4)..], 16).ok());
            let from = from.unwrap_or(0);
            let kind = match self.name {
                "order" => "order",
                "inventory" => "reservation",
                _ => "payment",
            };
            let (mut facts, mut last) = (vec![], from);
            for n in (from + 1..=ORDERS).filter(|n| n % self.every == 0).take(PAGE as usize) {
                let json = format!(r#"{{"moving":true,"order_id":"{}"}}"#, order(n));
                let subject = if kind == "payment" { format!("pay_{n:032x}") } else { order(n) };
                facts.push(Told { kind: kind.into(), subject, json });
                last = n;
            }
            let over = facts.len() < PAGE as usize;
            {
                let mut far = self.far.lock().unwrap();
                far.insert(self.name, if over { ORDERS } else { last });
                let (least, most) = (far.values().min().unwrap(), far.values().max().unwrap());
                if far.len() == NAMES.len() && *least < ORDERS {
                    let mut apart = self.apart.lock().unwrap();
                    *apart = (*apart).max(most - least);
                }
            }
            let next = if over { String::new() } else { format!("{}/x", order(last)) };
            Ok(Response::new(ExamineReply { breaches: vec![], facts, next }))
        }

        async fn remains(
            &self,
            _: Request<wire::RemainsRequest>,
        ) -> Result<Response<wire::RemainsReply>, Status> {
            Err(Status::unimplemented("only orders are told of"))
        }

        async fn verify_log(
            &self,
            _: Request<wire::VerifyLogRequest>,
        ) -> Result<Response<wire::VerifyLogReply>, Status> {
            Err(Status::unimplemented("only orders are told of"))
        }

        async fn log_hashes(
            &self,
            _: Request<wire::LogHashesRequest>,
        ) -> Result<Response<wire::LogEnds>, Status> {
            Err(Status::unimplemented("only orders are told of"))
        }

        async fn log_anchors(
            &self,
            _: Request<wire::LogAnchorsRequest>,
        ) -> Result<Response<wire::LogEnds>, Status> {
            Err(Status::unimplemented("only orders are told of"))
        }

        async fn log_verified(
            &self,
            _: Request<wire::LogVerifiedRequest>,
        ) -> Result<Response<wire::LogEnds>, Status> {
            Err(Status::unimplemented("only orders are told of"))
        }

        async fn remember_log(
            &self,
            _: Request<wire::RememberLogRequest>,
        ) -> Result<Response<wire::LogEnds>, Status> {
            Err(Status::unimplemented("only orders are told of"))
        }

        async fn read_log(
            &self,
            _: Request<wire::ReadLogRequest>,
        ) -> Result<Response<wire::ReadLogReply>, Status> {
            Err(Status::unimplemented("only orders are told of"))
        }
    }

    fn network(effects: &Effects, far: &Far, apart: &Arc<Mutex<u32>>) -> Arc<dyn Network> {
        let board = Switchboard::new(effects.clone());
        for (name, every) in NAMES.into_iter().zip([1, 3, 1]) {
            let teller = Teller { name, every, far: far.clone(), apart: apart.clone() };
            board.plug(name, tonic::service::Routes::new(AuditServer::new(teller)), Allow::new(name, &[]));
        }
        board.network_of(OPERATOR)
    }

    #[tokio::test]
    async fn many_orders_are_seen_once_each_and_whole_while_no_service_is_asked_far_ahead() {
        let effects = hanse_kernel::system::effects(Arc::new(TokioTimers), Tasks::new());
        let (far, apart) = (Far::default(), Arc::default());
        let network = network(&effects, &far, &apart);
        let mut sight = Sight::new(&network, &NAMES, &effects, OPERATOR);
        sight.since = Timestamp::from_micros(0);
        let (mut found, mut seen) = (Found::default(), 0);
        by_order(&sight, &mut found, |id, told, _| {
            seen += 1;
            assert_eq!(id, order(seen), "in order, none twice");
            assert!(told.moving);
        })
        .await
        .expect("told");
        assert_eq!(seen, ORDERS);
        assert_eq!(found.examined["order"] + found.examined["payment"], 2 * ORDERS as usize);
        assert_eq!(found.examined["reservation"], (ORDERS / 3) as usize);
        // Who tells of every third order covers three times as many by a page: nobody waits with more than two pages.
        let apart = *apart.lock().unwrap();
        assert!(apart <= PAGE * 3 * 2, "{apart} orders are held at once");
    }
}
