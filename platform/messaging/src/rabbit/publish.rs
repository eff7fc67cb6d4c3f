//! Publishing: persistent and mandatory, done when the broker has confirmed it.

use super::Rabbit;
use super::topology::declare;
use crate::version::family;
use hanse_envelope::Envelope;
use lapin::options::BasicPublishOptions;
use lapin::types::{AMQPValue, FieldTable, LongString, ShortString};
use lapin::{BasicProperties, Confirmation};

const PERSISTENT: u8 = 2;

/// `written`: the envelope as text.
pub(super) async fn publish(rabbit: &Rabbit, envelope: &Envelope, written: &str) -> Result<(), String> {
    let line = rabbit.publishing.line_now().map_err(|e| e.0)?;
    declare(rabbit, &line).await.map_err(|e| e.0)?;
    // A command goes to its addressee in whatever version: the queue is the same.
    let (exchange, key) = match tells_of_itself(envelope) {
        true => (&rabbit.names.events, envelope.kind.as_str()),
        false => (&rabbit.names.commands, family(&envelope.kind)),
    };
    let sent = line.channel.basic_publish(
        ShortString::from(exchange.as_str()),
        ShortString::from(key),
        BasicPublishOptions { mandatory: true, ..Default::default() },
        written.as_bytes(),
        properties(envelope),
    );
    // One wait for both: the confirm comes some time after the sending.
    let confirmed = line.ask(async { sent.await?.await }).await.map_err(|e| e.0)?;
    match confirmed {
        Confirmation::Ack(None) => Ok(()),
        Confirmation::Ack(Some(_)) => Err(format!("nobody takes {}; it came back", envelope.kind)),
        Confirmation::Nack(_) => Err("the broker could not keep it".into()),
        Confirmation::NotRequested => Err("the broker was not asked to confirm".into()),
    }
}

/// An event's type begins with its producer, a command's with its addressee.
fn tells_of_itself(envelope: &Envelope) -> bool {
    envelope
        .kind
        .split('.')
        .next()
        .is_some_and(|first| envelope.source.strip_prefix("/services/") == Some(first))
}

/// What tools at the broker show; consumers read the envelope alone.
fn properties(envelope: &Envelope) -> BasicProperties {
    let mut headers = FieldTable::default();
    let mut header = |name: &str, value: &str| {
        headers.insert(ShortString::from(name), AMQPValue::LongString(LongString::from(value)));
    };
    header("source", &envelope.source);
    header("subject", &envelope.subject);
    if let Some(traceparent) = &envelope.traceparent {
        header("traceparent", traceparent);
    }
    BasicProperties::default()
        .with_delivery_mode(PERSISTENT)
        .with_content_type("application/cloudevents+json".into())
        .with_message_id(envelope.id.to_string().as_str().into())
        .with_correlation_id(envelope.correlationid.as_str().into())
        .with_type(envelope.kind.as_str().into())
        .with_headers(headers)
}
