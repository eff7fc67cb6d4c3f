//! The dead letters: what nobody survived and what is no message at all, looked at, sent again and given up by hand.
//!
//! While somebody looks, the letters are in his hands and nobody else sees them; whatever he has not removed is back in the
//! queue when he leaves, however that comes. One is sent again first and removed after the broker has it: what comes in
//! between leaves it twice, which the inbox notices, and never takes it away.

use super::headers::{self, Death};
use super::topology::Names;
use super::{RabbitSettings, link};
use crate::acts::{self, Act, Deed, Operator, Place, Subject};
use crate::consumer::Consumers;
use hanse_database::DbError;
use hanse_envelope::Envelope;
use hanse_kernel::{Effects, Timestamp};
use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, BasicGetOptions, BasicPublishOptions, QueueDeclareOptions};
use lapin::types::{FieldTable, ShortString};
use lapin::{BasicProperties, Channel, Confirmation, Connection};
use std::time::Duration;
use uuid::Uuid;

/// Why the work on dead letters did not go on.
#[derive(Debug, thiserror::Error)]
pub enum DeadError {
    #[error("the message broker: {0}; look at broker.url and whether it runs")]
    Broker(String),
    #[error("the broker has no queue {0}; `hanse migrate` makes it")]
    NoQueue(String),
    /// Of one letter; it stays where it is.
    #[error("{0}")]
    Stays(String),
    #[error(transparent)]
    Store(#[from] DbError),
}

/// A dead letter as an operator sees it.
#[derive(Debug)]
pub struct Letter {
    /// The message's own; made from queue and content where it is no message: the same rubbish has the same id.
    pub id: Uuid,
    /// Whose queue it was in. None: somebody put it among the dead ones himself.
    pub consumer: Option<String>,
    /// None: it is no message.
    pub envelope: Option<Envelope>,
    /// Why it is dead.
    pub reason: String,
    pub died_at: Option<Timestamp>,
    pub body: Vec<u8>,
    queue: Option<String>,
    properties: BasicProperties,
    delivery: Delivery,
}

impl Letter {
    fn read(delivery: Delivery, names: &Names) -> Self {
        let body = delivery.data.clone();
        let death = headers::death(&delivery.properties);
        let queue = death.as_ref().map(|death| death.queue.clone());
        let consumer = queue.as_deref().and_then(|queue| names.consumer(queue)).map(str::to_string);
        let envelope = std::str::from_utf8(&body).map_err(|e| e.to_string());
        let envelope = envelope.and_then(|text| Envelope::from_json(text).map_err(|e| e.to_string()));
        let reason = why(death.as_ref(), &envelope);
        let envelope = envelope.ok();
        let id = envelope.as_ref().map_or_else(|| made_up(queue.as_deref(), &body), |envelope| envelope.id);
        let (died_at, properties) = (death.and_then(|death| death.at), delivery.properties.clone());
        Self { id, consumer, envelope, reason, died_at, body, queue, properties, delivery }
    }

    /// The service that takes what is in its queue.
    pub fn service(&self) -> Option<&str> {
        self.consumer.as_deref()?.split('.').next()
    }

    fn act(&self, effects: &Effects, by: &Operator, deed: Deed) -> Act {
        let envelope = self.envelope.as_ref();
        let of = Subject {
            consumer: self.consumer.as_deref().unwrap_or_default(),
            message: self.id,
            source: envelope.map(|e| e.source.as_str()),
            kind: envelope.map(|e| e.kind.as_str()),
            subject: envelope.map(|e| e.subject.as_str()),
        };
        Act::new(effects, by, deed, Place::Dead, of)
    }
}

fn why(death: Option<&Death>, envelope: &Result<Envelope, String>) -> String {
    match (death.map(|death| death.reason.as_str()), envelope) {
        (_, Err(e)) => format!("it is no message: {e}"),
        (Some("delivery_limit"), _) => "the process that took it ended, again and again".into(),
        (Some("rejected"), Ok(envelope)) => format!("its consumer does not take {}", envelope.kind),
        (Some(other), _) => other.to_string(),
        (None, _) => "somebody put it there".into(),
    }
}

/// FNV-1a over the queue's name and the content, as a UUID of the version for ids of one's own making (8).
fn made_up(queue: Option<&str>, body: &[u8]) -> Uuid {
    let bytes = queue.unwrap_or_default().bytes().chain([0]).chain(body.iter().copied());
    let hash = bytes.fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128, |h, b| {
        (h ^ u128::from(b)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    });
    uuid::Builder::from_custom_bytes(hash.to_be_bytes()).into_uuid()
}

/// Somebody at work on them, over a connection of his own.
pub struct DeadLetters {
    connection: Connection,
    channel: Channel,
    names: Names,
    effects: Effects,
    patience: Duration,
}

impl DeadLetters {
    pub async fn open(settings: &RabbitSettings, effects: Effects) -> Result<Self, DeadError> {
        let (patience, names) = (settings.patience, Names::new(&settings.prefix));
        let opened = effects.within(patience, link::open(settings, "dead letters")).await;
        let (connection, channel) =
            opened.unwrap_or_else(|| Err(silent(patience))).map_err(DeadError::Broker)?;
        let dead = Self { connection, channel, names, effects, patience };
        let passive = QueueDeclareOptions { passive: true, ..Default::default() };
        let name = ShortString::from(dead.names.dead.as_str());
        let there = dead.ask(dead.channel.queue_declare(name, passive, FieldTable::default())).await;
        match there {
            Ok(_) => Ok(dead),
            // A question about a queue that is not there ends the channel, not the connection.
            Err(_) if dead.connection.status().connected() => Err(DeadError::NoQueue(dead.names.dead)),
            Err(e) => Err(e),
        }
    }

    /// The next of them, those that died first before the others, at most `limit`.
    pub async fn look(&self, limit: usize) -> Result<Vec<Letter>, DeadError> {
        let mut letters = vec![];
        while letters.len() < limit {
            let name = ShortString::from(self.names.dead.as_str());
            let Some(next) = self.ask(self.channel.basic_get(name, BasicGetOptions::default())).await? else {
                break;
            };
            letters.push(Letter::read(next.delivery, &self.names));
        }
        Ok(letters)
    }

    /// Sends it back into the queue in which it died, under its own id, and removes it from the dead ones after that.
    pub async fn redrive(
        &self,
        letter: Letter,
        consumers: &Consumers,
        by: &Operator,
    ) -> Result<(), DeadError> {
        if letter.envelope.is_none() {
            return Err(DeadError::Stays("it is no message: nobody could handle it; discard it".into()));
        }
        acts::note_ahead(consumers, letter.act(&self.effects, by, Deed::Redrive)).await?;
        self.send_again(&letter).await?;
        self.remove(letter).await
    }

    /// Its first half: the broker has it in both places.
    pub async fn send_again(&self, letter: &Letter) -> Result<(), DeadError> {
        let Some(queue) = &letter.queue else {
            return Err(DeadError::Stays("nobody knows in whose queue it was; discard it".into()));
        };
        let options = BasicPublishOptions { mandatory: true, ..Default::default() };
        // The exchange without a name leads to the queue itself: other consumers have had theirs.
        let (to, properties) = (ShortString::from(queue.as_str()), headers::revived(&letter.properties));
        let sent = self.channel.basic_publish(ShortString::from(""), to, options, &letter.body, properties);
        match self.ask(async { sent.await?.await }).await? {
            Confirmation::Ack(None) => Ok(()),
            Confirmation::Ack(Some(_)) => {
                Err(DeadError::Stays(format!("there is no queue {queue} any more; it stays dead")))
            }
            _ => Err(DeadError::Broker("it could not keep the message".into())),
        }
    }

    /// Gives it up. `consumers` are those of its service, where that is known: who did it and why is kept there.
    pub async fn discard(
        &self,
        letter: Letter,
        consumers: Option<&Consumers>,
        by: &Operator,
    ) -> Result<(), DeadError> {
        let act = letter.act(&self.effects, by, Deed::Discard);
        let (id, consumer, who, reason) = (letter.id, act.consumer.clone(), &by.who, &by.reason);
        tracing::warn!(%id, consumer, who, ?reason, why_dead = %letter.reason, "a dead letter is given up by the operator");
        if let Some(consumers) = consumers {
            acts::note_ahead(consumers, act).await?;
        }
        self.remove(letter).await
    }

    async fn remove(&self, letter: Letter) -> Result<(), DeadError> {
        self.ask(letter.delivery.ack(BasicAckOptions::default())).await.map(|_| ())
    }

    /// Lets go of what is still in hand.
    pub async fn close(self) {
        // What is not said in good order the broker finds out by itself.
        let _ = self.ask(self.connection.close(200, ShortString::from("done"))).await;
    }

    async fn ask<T>(&self, question: impl Future<Output = lapin::Result<T>> + Send) -> Result<T, DeadError> {
        let answered = self.effects.within(self.patience, question).await;
        let answered = answered.ok_or_else(|| DeadError::Broker(silent(self.patience)))?;
        answered.map_err(|e| DeadError::Broker(e.to_string()))
    }
}

pub(super) fn silent(patience: Duration) -> String {
    format!("no answer within {} s", patience.as_secs_f32())
}

#[cfg(test)]
mod tests {
    use super::made_up;

    #[test]
    fn the_same_rubbish_has_the_same_id() {
        let id = made_up(Some("shop.books.count"), b"{}");
        assert_eq!(id, made_up(Some("shop.books.count"), b"{}"));
        assert_ne!(id, made_up(Some("shop.books.count"), b"[]"));
        assert_ne!(id, made_up(Some("shop.books.sum"), b"{}"));
        assert_eq!(id.get_version_num(), 8);
    }
}
