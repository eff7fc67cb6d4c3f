//! Tells people what happened to their account and orders, by mail.

mod api;
mod application;
mod domain;
mod infrastructure;

pub use infrastructure::MIGRATIONS;

use application::deliver::Deliver;
use application::intend::Intend;
use application::mails::Mails;
use application::ports::Mailer;
use application::retain::Retain;
use application::templates::ManageTemplates;
use hanse_runtime::{Host, Module, StartError, Worker, audit_server, personal_data_server};
use infrastructure::{
    LiveNeighbours, OutboxMailer, OwnMails, Renderer, SmtpMailer, SqlIntents, SqlMails, SqlTemplates,
};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// What an operator may set.
#[derive(Debug, Clone)]
pub struct NotificationConfig {
    /// Links in mails begin with it.
    pub public_url: String,
    pub shop_name: String,
    /// `Kontor <shop@example.org>`.
    pub from: String,
    /// `smtps://user:password@host:465` or `smtp://user:password@host:587?tls=required`; none keeps mails in the outbox.
    pub smtp_url: Option<hanse_kernel::Secret>,
    /// How long mails that are kept are kept.
    pub keep: Duration,
}

/// How often due mails are looked for, should a wake-up be lost.
const POLL: Duration = Duration::from_secs(1);
const RETAIN_EVERY: Duration = Duration::from_secs(60 * 60);

pub fn module(host: Host, config: NotificationConfig) -> Result<Module, StartError> {
    let rows = infrastructure::sealed_rows(&host.vault);
    let host = host.sealing(rows);
    let intents = Arc::new(SqlIntents { vault: host.vault.clone() });
    let mails = Arc::new(SqlMails { vault: host.vault.clone() });
    let templates = Arc::new(SqlTemplates::new(&host));
    let outbox_open = config.smtp_url.is_none();
    let mailer: Arc<dyn Mailer> = match &config.smtp_url {
        Some(url) => Arc::new(SmtpMailer::new(url, &config.from)?),
        None => Arc::new(OutboxMailer {
            db: host.db.clone(),
            mails: mails.clone(),
            effects: host.effects.clone(),
        }),
    };
    let wake = Arc::new(Notify::new());
    let intend = Intend {
        intents: intents.clone(),
        mails: mails.clone(),
        effects: host.effects.clone(),
        wake: wake.clone(),
    };
    let renderer = Arc::new(Renderer::new(&config.public_url, &config.shop_name));
    let deliver = Deliver {
        db: host.db.clone(),
        effects: host.effects.clone(),
        intents,
        templates: templates.clone(),
        neighbours: Arc::new(LiveNeighbours::new(&host)),
        renderer: renderer.clone(),
        mailer,
    };
    let manage = ManageTemplates {
        db: host.db.clone(),
        effects: host.effects.clone(),
        templates,
        renderer,
        record: host.record.clone(),
    };
    let retain = Retain {
        db: host.db.clone(),
        effects: host.effects.clone(),
        mails: mails.clone(),
        keep: config.keep,
    };
    let state = api::Api { templates: manage.clone(), mails: Mails { db: host.db.clone(), mails } };
    let hours = host.effects.clone();
    let retention = Worker::new("notification.retention", move |stop| async move {
        stop.every(&hours, RETAIN_EVERY, || async {
            if let Err(error) = retain.run().await {
                tracing::warn!(%error, "old mails are not thrown away yet");
            }
        })
        .await;
    });
    let effects = host.effects.clone();
    let sender = Worker::new("notification.sender", move |stop| async move {
        if let Err(error) = manage.seed().await {
            tracing::error!(%error, "the default templates cannot be written");
        }
        while !stop.is_set() {
            match deliver.due().await {
                Ok(0) => {
                    let woken = std::pin::pin!(wake.notified());
                    let pause = futures::future::select(woken, effects.timers.sleep(POLL));
                    futures::future::select(pause, std::pin::pin!(stop.asked())).await;
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "mails cannot be sent now; tried again");
                    futures::future::select(effects.timers.sleep(POLL), std::pin::pin!(stop.asked())).await;
                }
            }
        }
    });
    Ok(Module {
        routes: api::routes_of(state, outbox_open),
        rpc: tonic::service::Routes::new(audit_server(
            &host,
            Arc::new(infrastructure::Examination(host.db.clone())),
        ))
        .add_service(personal_data_server(Arc::new(OwnMails {
            db: host.db.clone(),
            vault: host.vault.clone(),
        }))),
        // It answers the audit, and who wants to have their data.
        allow: hanse_rpc::Allow::new("notification", &[]).tells_personal_data(),
        consumers: infrastructure::consumers(host.consumers(), &intend),
        workers: vec![sender, retention],
        host,
    })
}
