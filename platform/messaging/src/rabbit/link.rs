//! Our own supervisor of a connection: it connects, notices that the connection is gone, also where nobody says so, and
//! connects again. The client library's own recovery is not used: it hangs after a restart of the broker.

use super::RabbitSettings;
use hanse_kernel::Effects;
use hanse_kernel::personal::ExposeSecret;
use lapin::options::ConfirmSelectOptions;
use lapin::{Channel, Connection, ConnectionProperties};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;
use tokio::sync::{Mutex, watch};

/// The line is looked at so often, beside what is noticed by using it.
const LOOK: Duration = Duration::from_millis(200);
/// Wait before connecting again: doubled each time, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Seconds; a peer that says nothing for twice as long is gone.
const HEARTBEAT: u64 = 10;
/// Bytes of a frame at most. The library holds two buffers of 32 such frames per connection, and fills them with zeros: as
/// much memory as that is in use. Larger messages are sent in several frames; the broker wants 8192 at least.
const FRAME_MAX: u64 = 16_384;

#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub(super) struct LineError(pub(super) String);

/// A connection while it lasts. Whoever finds it broken says so, and everybody gets another one.
pub(super) struct Line {
    connection: Connection,
    /// For publishing (it has confirms on) and for declaring.
    pub(super) channel: Channel,
    /// How many flows have been declared on it; None: not even the exchanges.
    pub(super) declared: Mutex<Option<usize>>,
    /// One more than that, for who only wants to know whether all of it is done; 0: nothing is.
    pub(super) made: AtomicUsize,
    broken: watch::Sender<bool>,
    effects: Effects,
    patience: Duration,
}

impl Line {
    /// Waits for the broker's answer; one that fails or does not come breaks the line.
    pub(super) async fn ask<T>(
        &self,
        question: impl Future<Output = lapin::Result<T>> + Send,
    ) -> Result<T, LineError> {
        let error = match self.effects.within(self.patience, question).await {
            Some(Ok(answer)) => return Ok(answer),
            Some(Err(e)) => LineError(e.to_string()),
            None => LineError(format!("no answer within {} s", self.patience.as_secs_f32())),
        };
        self.give_up();
        Err(error)
    }

    pub(super) async fn another_channel(&self) -> Result<Channel, LineError> {
        self.ask(self.connection.create_channel()).await
    }

    pub(super) fn give_up(&self) {
        self.broken.send_replace(true);
    }

    pub(super) fn is_broken(&self) -> bool {
        *self.broken.borrow()
    }

    /// Resolves when the line is of no use any more.
    pub(super) async fn lost(&self) {
        // The sender is ours: the wait ends with the value only.
        let _ = self.broken.subscribe().wait_for(|broken| *broken).await;
    }

    fn usable(&self) -> bool {
        self.connection.status().connected() && self.channel.status().connected()
    }
}

#[derive(Clone)]
enum State {
    Away(String),
    Up(Arc<Line>),
}

pub(super) struct Link {
    role: &'static str,
    settings: RabbitSettings,
    effects: Effects,
    state: watch::Sender<State>,
}

impl Link {
    pub(super) fn new(role: &'static str, settings: RabbitSettings, effects: Effects) -> Self {
        let state = watch::Sender::new(State::Away("the broker has not been reached yet".into()));
        Self { role, settings, effects, state }
    }

    /// The line, as soon as there is one.
    pub(super) async fn line(&self) -> Arc<Line> {
        let mut states = self.state.subscribe();
        loop {
            if let State::Up(line) = &*states.borrow_and_update()
                && !line.is_broken()
            {
                return line.clone();
            }
            if states.changed().await.is_err() {
                // The sender is `self`'s own.
                futures::future::pending::<()>().await;
            }
        }
    }

    /// The line, if there is one now.
    pub(super) fn line_now(&self) -> Result<Arc<Line>, LineError> {
        match &*self.state.borrow() {
            State::Up(line) if !line.is_broken() => Ok(line.clone()),
            State::Up(_) => Err(LineError("the connection to the broker is gone".into())),
            State::Away(why) => Err(LineError(why.clone())),
        }
    }

    /// Connects and keeps the connection, for ever.
    pub(super) async fn keep(&self) {
        let mut pause = FIRST_PAUSE;
        loop {
            match self.connect().await {
                Ok(line) => {
                    pause = FIRST_PAUSE;
                    let line = Arc::new(line);
                    tracing::info!(role = self.role, "connected to the message broker");
                    self.show(State::Up(line.clone()));
                    self.watch(&line).await;
                    tracing::warn!(
                        role = self.role,
                        "the connection to the message broker is gone; connecting again"
                    );
                    metrics::counter!("messaging_broker_connections_lost_total", "role" => self.role)
                        .increment(1);
                    self.show(State::Away("the connection to the broker is gone".into()));
                }
                Err(e) => {
                    let told = format!("the message broker cannot be reached: {e}");
                    tracing::warn!(role = self.role, error = %e, again_in = ?pause, "the message broker cannot be reached; look at broker.url and whether it runs");
                    self.show(State::Away(told));
                    self.effects.timers.sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    fn show(&self, state: State) {
        let up = matches!(state, State::Up(_));
        metrics::gauge!("messaging_broker_up", "role" => self.role).set(f64::from(u8::from(up)));
        self.state.send_replace(state);
    }

    /// Returns when the line is of no use any more.
    async fn watch(&self, line: &Line) {
        while line.usable() {
            if self.effects.within(LOOK, line.lost()).await.is_some() {
                break;
            }
        }
        line.give_up();
    }

    async fn connect(&self) -> Result<Line, LineError> {
        let patience = self.settings.patience;
        let opened = self.effects.within(patience, self.open()).await;
        let (connection, channel) =
            opened.unwrap_or_else(|| Err(LineError(format!("no answer within {patience:?}"))))?;
        let (broken, declared) = (watch::Sender::new(false), Mutex::new(None));
        let made = AtomicUsize::new(0);
        Ok(Line { connection, channel, declared, made, broken, effects: self.effects.clone(), patience })
    }

    async fn open(&self) -> Result<(Connection, Channel), LineError> {
        open(&self.settings, self.role).await.map_err(LineError)
    }
}

/// A connection and a channel on it that has confirms on. Where the address says `amqps://`, the broker has to show a
/// certificate of the given authority for the name that it is reached under.
pub(super) async fn open(settings: &RabbitSettings, role: &str) -> Result<(Connection, Channel), String> {
    let told = |e: lapin::Error| e.to_string();
    let name = format!("hanse {} ({role})", settings.prefix);
    let options = ConnectionProperties::default().with_connection_name(name.as_str().into());
    let url = with_our_terms(settings.url.expose_secret());
    let connection = super::tls::connect(&url, options, settings.authority.as_deref()).await?;
    let channel = connection.create_channel().await.map_err(told)?;
    channel.confirm_select(ConfirmSelectOptions::default()).await.map_err(told)?;
    Ok((connection, channel))
}

/// Unless the operator has set them: without heartbeats a peer that went away silently would never be missed, and with
/// frames as large as brokers propose every connection would cost megabytes.
fn with_our_terms(url: &str) -> String {
    let mut url = url.to_string();
    for (name, value) in [("heartbeat", HEARTBEAT), ("frame_max", FRAME_MAX)] {
        if !url.contains(&format!("{name}=")) {
            let joint = if url.contains('?') { '&' } else { '?' };
            url.push_str(&format!("{joint}{name}={value}"));
        }
    }
    url
}

#[cfg(test)]
mod tests {
    use super::{FRAME_MAX, HEARTBEAT, with_our_terms};
    use lapin::uri::AMQPUri;

    #[test]
    fn heartbeats_and_small_frames_are_asked_for_unless_the_operator_did() {
        assert_eq!(with_our_terms("amqp://h/%2f"), "amqp://h/%2f?heartbeat=10&frame_max=16384");
        assert_eq!(with_our_terms("amqp://h/%2f?a=b"), "amqp://h/%2f?a=b&heartbeat=10&frame_max=16384");
        assert_eq!(with_our_terms("amqp://h/%2f?heartbeat=3"), "amqp://h/%2f?heartbeat=3&frame_max=16384");
        let large = "amqp://h/%2f?frame_max=131072";
        assert_eq!(with_our_terms(large), format!("{large}&heartbeat=10"));
    }

    #[test]
    fn the_library_reads_our_terms_in_the_address() {
        let uri: AMQPUri = with_our_terms("amqps://u:p@h/shop?auth_mechanism=plain").parse().expect("reads");
        assert_eq!(uri.query.heartbeat.map(u64::from), Some(HEARTBEAT));
        assert_eq!(uri.query.frame_max.map(u64::from), Some(FRAME_MAX));
    }
}
