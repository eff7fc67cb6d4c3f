//! Sends what is due: asks whom and what at this moment, renders, delivers, notes. Never inside a unit of work.

use super::error::{NotificationError, SendError};
use super::ports::{
    Ending, Intent, Intents, Mail, Mailer, Neighbours, Occasion, Render, Template, Templates,
};
use crate::domain::{ATTEMPTS, Kind, backoff, header_text};
use futures::stream::{self, StreamExt};
use hanse_database::{Db, DbError};
use hanse_kernel::trace::{Kind as SpanKind, Work};
use hanse_kernel::{Ctx, Effects, Scope, UserId};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

const BATCH: i64 = 20;
/// Mails on their way at once.
const ABREAST: usize = 8;
/// A worker that died with intents in hand gives them up after so long.
const LEASE: Duration = Duration::from_secs(60);

#[derive(Clone)]
pub struct Deliver {
    pub db: Db,
    pub effects: Effects,
    pub intents: Arc<dyn Intents>,
    pub templates: Arc<dyn Templates>,
    pub neighbours: Arc<dyn Neighbours>,
    pub renderer: Arc<dyn Render>,
    pub mailer: Arc<dyn Mailer>,
}

enum Outcome {
    /// Whom to.
    Sent(Option<UserId>),
    /// Nobody is to be told any more.
    Dropped(&'static str),
}

/// What a mail tells of a shipment, with the number of its parcel if it has one.
fn with_tracking(facts: &Value, occasion: &Occasion) -> Value {
    let mut facts = facts.clone();
    let number = facts["shipment"].as_str().and_then(|shipment| occasion.tracking.get(shipment));
    if let Some(number) = number.filter(|number| !number.is_empty()) {
        facts["tracking"] = number.as_str().into();
    }
    facts
}

impl Deliver {
    /// One round; how many were looked at.
    pub async fn due(&self) -> Result<usize, NotificationError> {
        let now = self.effects.now();
        let taken = self
            .db
            .tx_relaxed((self.intents.clone(), now), |tx, (intents, now)| {
                Box::pin(async move { intents.take_due(tx, *now, now.plus(LEASE), BATCH).await })
            })
            .await?;
        let count = taken.len();
        let sending = taken.into_iter().map(async |intent| {
            let (ctx, mut work) = self.resume(&intent);
            let scope = Scope::for_ctx("notification", &ctx);
            let sent = async {
                let outcome = self.send(&ctx, &intent).await;
                work.tell(|span| span.failed = outcome.is_err());
                self.note(intent, outcome).await
            };
            scope.around(sent).await
        });
        let noted: Vec<Result<(), NotificationError>> =
            stream::iter(sending).buffer_unordered(ABREAST).collect().await;
        // Every one has had its turn; the first failure is told.
        noted.into_iter().collect::<Result<(), _>>().map(|()| count)
    }

    /// The context of the request that the mail comes of, and the work that continues its trace.
    fn resume(&self, intent: &Intent) -> (Ctx, Work) {
        let mut ctx = Ctx::background("notification", self.effects.ids.uuid());
        if let Some(correlation) = &intent.correlation {
            ctx.correlation = correlation.clone();
        }
        let mut work =
            Work::begin(&self.effects, "notification", SpanKind::Producer, "send mail", intent.trace);
        work.tell(|span| {
            span.set("messaging.system", "mail");
            span.set("messaging.operation.type", "send");
            span.set("messaging.message.id", intent.id.to_string());
            span.set("hanse.mail.kind", intent.kind.as_str());
        });
        ctx.trace = Some(work.context());
        (ctx, work)
    }

    async fn send(&self, ctx: &Ctx, intent: &Intent) -> Result<Outcome, SendError> {
        let Some(occasion) = self.neighbours.occasion(ctx, intent.addressee).await? else {
            return Ok(Outcome::Dropped("the addressee is no more"));
        };
        if intent.kind == Kind::PaymentDeclined && occasion.status != "awaiting_payment" {
            return Ok(Outcome::Dropped("the order no longer waits for its payment"));
        }
        let template = self.template(intent.kind, occasion.locale.as_str()).await?;
        let facts = with_tracking(&intent.facts, &occasion);
        let rendered = self.renderer.render(&template, &occasion.data, &facts).map_err(SendError::Later)?;
        let person = occasion.to.subject();
        let mail = Mail {
            id: intent.id,
            kind: intent.kind,
            to: occasion.to,
            subject: header_text(&rendered.subject),
            text: rendered.text,
            html: rendered.html,
            addressee: intent.addressee,
        };
        self.mailer.deliver(&mail).await?;
        Ok(Outcome::Sent(person))
    }

    async fn template(&self, kind: Kind, locale: &str) -> Result<Template, SendError> {
        let input = (self.templates.clone(), kind, locale.to_string());
        let found = self.db.read(input, |tx, (templates, kind, locale)| {
            Box::pin(async move {
                match templates.get(tx, *kind, locale).await? {
                    Some(template) => Ok(Some(template)),
                    None => templates.get(tx, *kind, "en").await,
                }
            })
        });
        let found: Result<Option<Template>, DbError> = found.await;
        found
            .map_err(|e| SendError::Later(e.to_string()))?
            .ok_or_else(|| SendError::Later(format!("no template for {kind}")))
    }

    async fn note(
        &self,
        intent: Intent,
        outcome: Result<Outcome, SendError>,
    ) -> Result<(), NotificationError> {
        let now = self.effects.now();
        let tried = intent.attempts + 1;
        let person = match &outcome {
            Ok(Outcome::Sent(person)) => *person,
            _ => None,
        };
        let (state, error) = match outcome {
            Ok(Outcome::Sent(_)) => (Some("sent"), None),
            Ok(Outcome::Dropped(why)) => (Some("dropped"), Some(why.to_string())),
            Err(SendError::Never(e)) => (Some("failed"), Some(e)),
            Err(SendError::Later(e)) if tried >= ATTEMPTS => (Some("failed"), Some(e)),
            Err(SendError::Later(e)) => (None, Some(e)),
        };
        if let Some(error) = &error {
            tracing::warn!(mail = %intent.id, kind = %intent.kind, state = state.unwrap_or("tried again"), %error, "mail");
        }
        metrics::counter!("notification_mails_total", "kind" => intent.kind.as_str(), "state" => state.unwrap_or("retry"))
            .increment(1);
        self.db
            .tx(
                (self.intents.clone(), intent.id, (state, error, person), now, now.plus(backoff(tried))),
                |tx, input| {
                    let (intents, id, (state, error, person), now, again) = input;
                    Box::pin(async move {
                        match *state {
                            Some(state) => {
                                let ending = Ending { state, error: error.clone(), person: *person };
                                intents.end(tx, *id, &ending, *now).await
                            }
                            None => intents.try_again(tx, *id, error.as_deref().unwrap_or(""), *again).await,
                        }
                    })
                },
            )
            .await
            .map_err(|e: DbError| e.into())
    }
}
