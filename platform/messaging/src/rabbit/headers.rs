//! What the broker writes on messages: how often one came back, and where and how it died.

use hanse_kernel::Timestamp;
use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable};

const CAME_BACK: &str = "x-delivery-count";
const DEATHS: &str = "x-death";

/// How often a delivery had been in somebody's hands before, without having been dealt with.
pub(super) fn came_back(properties: &BasicProperties) -> i64 {
    let header = properties.headers().as_ref().and_then(|headers| headers.inner().get(CAME_BACK));
    header.and_then(integer).unwrap_or(0)
}

/// How a message died.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Death {
    pub(super) queue: String,
    /// `rejected`, `delivery_limit`, …
    pub(super) reason: String,
    pub(super) at: Option<Timestamp>,
}

/// The last death, which the broker writes first.
pub(super) fn death(properties: &BasicProperties) -> Option<Death> {
    let headers = properties.headers().as_ref()?;
    let AMQPValue::FieldArray(deaths) = headers.inner().get(DEATHS)? else { return None };
    let AMQPValue::FieldTable(death) = deaths.as_slice().first()? else { return None };
    let field = |name: &str| death.inner().get(name);
    let at = match field("time") {
        Some(AMQPValue::Timestamp(seconds)) => i64::try_from(*seconds).ok(),
        _ => None,
    };
    Some(Death {
        queue: text(field("queue")?)?,
        reason: field("reason").and_then(text).unwrap_or_default(),
        at: at.map(|seconds| Timestamp::from_micros(seconds.saturating_mul(1_000_000))),
    })
}

/// The same properties as before the message died: what the broker added is gone, everything else stays.
pub(super) fn revived(properties: &BasicProperties) -> BasicProperties {
    let of_the_broker =
        |name: &str| name == CAME_BACK || name == DEATHS || name.starts_with("x-first-death-");
    let mut headers = FieldTable::default();
    for (name, value) in properties.headers().iter().flat_map(|headers| headers.inner()) {
        if !of_the_broker(name.as_str()) && !name.as_str().starts_with("x-last-death-") {
            headers.insert(name.clone(), value.clone());
        }
    }
    properties.clone().with_headers(headers)
}

fn integer(value: &AMQPValue) -> Option<i64> {
    match value {
        AMQPValue::ShortShortInt(n) => Some(i64::from(*n)),
        AMQPValue::ShortShortUInt(n) => Some(i64::from(*n)),
        AMQPValue::ShortInt(n) => Some(i64::from(*n)),
        AMQPValue::ShortUInt(n) => Some(i64::from(*n)),
        AMQPValue::LongInt(n) => Some(i64::from(*n)),
        AMQPValue::LongUInt(n) => Some(i64::from(*n)),
        AMQPValue::LongLongInt(n) => Some(*n),
        _ => None,
    }
}

fn text(value: &AMQPValue) -> Option<String> {
    match value {
        AMQPValue::LongString(text) => Some(String::from_utf8_lossy(text.as_bytes()).into_owned()),
        AMQPValue::ShortString(text) => Some(text.as_str().to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lapin::types::{FieldArray, LongString, ShortString};

    fn long(text: &str) -> AMQPValue {
        AMQPValue::LongString(LongString::from(text))
    }

    fn table(fields: &[(&str, AMQPValue)]) -> FieldTable {
        let mut table = FieldTable::default();
        for (name, value) in fields {
            table.insert(ShortString::from(*name), value.clone());
        }
        table
    }

    #[test]
    fn what_the_broker_wrote_is_read_and_taken_off_again() {
        let mut deaths = FieldArray::default();
        let died = [("queue", long("shop.books.count")), ("reason", long("delivery_limit"))];
        deaths.push(AMQPValue::FieldTable(table(&died)));
        let headers = table(&[
            (DEATHS, AMQPValue::FieldArray(deaths)),
            ("x-first-death-queue", long("shop.books.count")),
            (CAME_BACK, AMQPValue::LongLongInt(21)),
            ("subject", long("MUG")),
        ]);
        let properties = BasicProperties::default().with_message_id("7".into()).with_headers(headers);
        assert_eq!(came_back(&properties), 21);
        let death = death(&properties).expect("it died");
        assert_eq!((death.queue.as_str(), death.reason.as_str()), ("shop.books.count", "delivery_limit"));
        let revived = revived(&properties);
        assert_eq!(revived.message_id(), properties.message_id());
        let left: Vec<String> =
            revived.headers().iter().flat_map(|h| h.inner().keys()).map(|k| k.as_str().to_string()).collect();
        assert_eq!(left, ["subject"]);
        assert_eq!((came_back(&revived), super::death(&revived)), (0, None));
    }
}
