//! Seals a service's audit log and tells another service where its chain ends, so that whoever rewrites one database is found
//! out by the other: all tell analytics, and analytics tells user.

use crate::host::Host;
use async_trait::async_trait;
use hanse_database::{Db, DbError, Tx};
use hanse_kernel::{Ctx, Effects};
use hanse_messaging::{Consumers, Handle, HandlerError, Message, Outbox, Received};
use hanse_record::{Record, anchors, seal};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What is written within so long is sealed together.
const TOGETHER: Duration = Duration::from_millis(300);
/// What other processes of the service have written and not sealed, and what was counted, is looked for so often.
const LOOK: Duration = Duration::from_secs(5);
/// After a failure.
const AGAIN: Duration = Duration::from_secs(1);

/// Who keeps the others' anchors.
pub const KEEPER: &str = "analytics";
/// Who keeps the keeper's.
pub const KEEPERS_KEEPER: &str = "user";

/// Who keeps a service's anchors.
pub fn keeper_of(service: &str) -> &'static str {
    if service == KEEPER { KEEPERS_KEEPER } else { KEEPER }
}

/// The end of a service's log: the number and the hash, in hexadecimal digits, of the entry that is its last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEnd {
    pub service: String,
    pub seq: i64,
    pub hash: String,
}

/// Asks analytics to keep the end of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeepLogEnd {
    #[serde(flatten)]
    pub end: LogEnd,
}

/// Asks user to keep the end of analytics' log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeepKeepersLogEnd {
    #[serde(flatten)]
    pub end: LogEnd,
}

hanse_envelope::messages! {
    KeepLogEnd = "analytics.KeepLogEnd.v1";
    KeepKeepersLogEnd = "user.KeepLogEnd.v1";
}

/// The type of message by which a service tells the end of its log.
pub(crate) fn tells(service: &str) -> &'static str {
    if service == KEEPER { KeepKeepersLogEnd::TYPE } else { KeepLogEnd::TYPE }
}

/// Seals one service's log. Any number of processes may: they take turns at the end of the chain.
#[derive(Clone)]
pub struct Sealer {
    db: Db,
    record: Record,
    outbox: Outbox,
    effects: Effects,
}

impl Sealer {
    pub fn of(host: &Host) -> Self {
        Self {
            db: host.db.clone(),
            record: host.record.clone(),
            outbox: host.outbox.clone(),
            effects: host.effects.clone(),
        }
    }

    /// Runs until `stop` resolves; what has been written by then is sealed first.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) {
        let mut stop = std::pin::pin!(stop);
        loop {
            let pause = match self.seal_all().await {
                Ok(()) => LOOK,
                Err(error) => {
                    let service = self.record.service();
                    tracing::warn!(service, %error, "the audit log could not be sealed; it is tried again");
                    AGAIN
                }
            };
            let pause = async {
                let written = std::pin::pin!(self.record.written());
                let looked = futures::future::select(written, self.effects.timers.sleep(pause)).await;
                if matches!(looked, futures::future::Either::Left(_)) {
                    self.effects.timers.sleep(TOGETHER).await;
                }
            };
            match futures::future::select(stop.as_mut(), std::pin::pin!(pause)).await {
                futures::future::Either::Left(_) => break,
                futures::future::Either::Right(_) => {}
            }
        }
        if let Err(error) = self.seal_all().await {
            tracing::warn!(%error, "what was written last is sealed at the next start");
        }
    }

    /// Seals everything that waits.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn seal_all(&self) -> Result<(), DbError> {
        while seal::is_due(&self.db, self.effects.now()).await? {
            let sealed = self.seal_some().await?;
            let service = self.record.service();
            metrics::counter!("audit_log_sealed_total", "service" => service)
                .increment(sealed.entries as u64);
            if !sealed.more {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn seal_some(&self) -> Result<seal::Sealed, DbError> {
        self.db
            .tx_queue(self.clone(), |tx, this| {
                Box::pin(async move {
                    let sealed = seal::seal(tx, &this.record, this.effects.now()).await?;
                    if let Some(end) = &sealed.tell {
                        this.tell(tx, end).await?;
                    }
                    Ok(sealed)
                })
            })
            .await
    }

    async fn tell(&self, tx: &mut Tx, end: &seal::End) -> Result<(), DbError> {
        let service = self.record.service();
        let ctx = Ctx::background(service, self.effects.ids.uuid());
        let hash = end.hash.iter().map(|byte| format!("{byte:02x}")).collect();
        let end = LogEnd { service: service.into(), seq: end.seq, hash };
        if service == KEEPER {
            self.outbox.command(tx, &ctx, &service, &KeepKeepersLogEnd { end }).await
        } else {
            self.outbox.command(tx, &ctx, &service, &KeepLogEnd { end }).await
        }
    }
}

/// Adds to a keeper's consumers those by which it keeps what others tell.
pub fn keep_anchors(consumers: Consumers, effects: &Effects) -> Consumers {
    let keeper = Keeper(effects.clone());
    match consumers.service() {
        KEEPER => consumers.on::<KeepLogEnd>("analytics.keep_log_end", keeper),
        KEEPERS_KEEPER => consumers.on::<KeepKeepersLogEnd>("user.keep_log_end", keeper),
        _ => consumers,
    }
}

#[derive(Clone)]
struct Keeper(Effects);

impl Keeper {
    /// Only a service itself tells where its log ends.
    async fn keep(&self, tx: &mut Tx, source: &str, end: &LogEnd) -> Result<(), HandlerError> {
        if source.strip_prefix("/services/") != Some(end.service.as_str()) {
            return Err(HandlerError::Refused(format!("{source} tells the end of {}'s log", end.service)));
        }
        let hash = unhex(&end.hash).filter(|hash| hash.len() == 32 && end.seq > 0);
        let hash = hash.ok_or_else(|| HandlerError::Refused("it is no end of a log".into()))?;
        let kept = seal::End { seq: end.seq, hash };
        Ok(anchors::keep(tx, &end.service, &kept, self.0.now()).await?)
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[async_trait]
impl Handle<KeepLogEnd> for Keeper {
    async fn handle(&self, tx: &mut Tx, received: &Received<KeepLogEnd>) -> Result<(), HandlerError> {
        self.keep(tx, &received.source, &received.message.end).await
    }
}

#[async_trait]
impl Handle<KeepKeepersLogEnd> for Keeper {
    async fn handle(&self, tx: &mut Tx, received: &Received<KeepKeepersLogEnd>) -> Result<(), HandlerError> {
        self.keep(tx, &received.source, &received.message.end).await
    }
}
