//! What was sold, by day: sums over one row per order, fed by events. No rules of its own, so no domain layer.

mod api;
mod application;
mod infrastructure;

pub use infrastructure::MIGRATIONS;

use application::read_log::ReadLog;
use application::report::Report;
use hanse_runtime::{Host, Module, StartError, audit_server, keep_anchors, personal_data_server};
use infrastructure::{AskedLogs, Examination, OwnFigures, SqlSales};
use std::sync::Arc;

pub fn module(host: Host) -> Result<Module, StartError> {
    let sales = Arc::new(SqlSales);
    let report = Report { db: host.db.clone(), sales: sales.clone() };
    let logs = AskedLogs { network: host.network.clone(), clock: host.effects.clock.clone() };
    let api = api::Api { report, log: ReadLog { logs: Arc::new(logs) } };
    Ok(Module {
        routes: api::routes_of(api),
        rpc: tonic::service::Routes::new(audit_server(&host, Arc::new(Examination(host.db.clone()))))
            .add_service(personal_data_server(Arc::new(OwnFigures(host.db.clone())))),
        // It answers the audit, and who wants to have their data.
        allow: hanse_rpc::Allow::new("analytics", &[]).tells_personal_data(),
        consumers: keep_anchors(
            infrastructure::consumers(host.consumers(), sales, host.effects.clone()),
            &host.effects,
        ),
        workers: vec![],
        host,
    })
}
