//! What waits at the broker, counted from outside of any shop.

use super::dead::{DeadError, silent};
use super::topology::Names;
use super::{RabbitSettings, link};
use hanse_kernel::Effects;
use lapin::ErrorKind;
use lapin::options::QueueDeclareOptions;
use lapin::protocol::{AMQPErrorKind, AMQPSoftError};
use lapin::types::{FieldTable, ShortString};

/// Any other refusal may hide a queue that is full.
fn is_not_there(error: &lapin::Error) -> bool {
    let not_found = AMQPErrorKind::Soft(AMQPSoftError::NOTFOUND);
    matches!(error.kind(), ErrorKind::ProtocolError(told) if *told.kind() == not_found)
}

/// The queues of a shop in which messages wait for these consumers, and that of the dead, with how many there are. A queue
/// that is not there holds none.
pub async fn waiting(
    settings: &RabbitSettings,
    consumers: &[&str],
    effects: &Effects,
) -> Result<Vec<(String, u32)>, DeadError> {
    let (patience, names) = (settings.patience, Names::new(&settings.prefix));
    let broker = |e: lapin::Error| DeadError::Broker(e.to_string());
    let looked = async {
        let (connection, mut channel) = link::open(settings, "looking").await.map_err(DeadError::Broker)?;
        let queues = consumers.iter().map(|consumer| names.queue(consumer)).chain([names.dead.clone()]);
        let mut found = vec![];
        for queue in queues {
            let passive = QueueDeclareOptions { passive: true, ..Default::default() };
            let name = ShortString::from(queue.as_str());
            match channel.queue_declare(name, passive, FieldTable::default()).await {
                Ok(there) if there.message_count() == 0 => {}
                Ok(there) => found.push((queue, there.message_count())),
                // A question about a queue that is not there ends the channel, not the connection.
                Err(e) if is_not_there(&e) => {
                    channel = connection.create_channel().await.map_err(broker)?;
                }
                Err(e) => return Err(broker(e)),
            }
        }
        // What is not said in good order the broker finds out by itself.
        let _ = connection.close(200, ShortString::from("done")).await;
        Ok(found)
    };
    let answered = effects.within(patience, looked).await;
    answered.unwrap_or_else(|| Err(DeadError::Broker(silent(patience))))
}
