//! How many checkouts are under way, where, and how long the oldest has been there: what an operator watches.

use super::desk::Desk;
use super::error::OrderError;
use crate::domain::saga::State;

const COUNT: &str = "hanse_order_sagas";
const AGE: &str = "hanse_order_saga_oldest_age_seconds";

#[derive(Clone)]
pub struct WatchSagas(Desk);

impl WatchSagas {
    pub fn new(desk: Desk) -> Self {
        metrics::describe_gauge!(COUNT, "Orders whose saga waits in the state");
        metrics::describe_gauge!(
            AGE,
            metrics::Unit::Seconds,
            "How long the longest of them has been in the state; 0 when there is none"
        );
        Self(desk)
    }

    /// Measures once.
    pub async fn run(&self) -> Result<(), OrderError> {
        let Self(desk) = self;
        let waiting = desk.db.read(desk.clone(), |tx, desk| {
            Box::pin(async move { Ok::<_, OrderError>(desk.orders.waiting(tx).await?) })
        });
        let (waiting, now) = (waiting.await?, desk.effects.now());
        for state in State::ALL.into_iter().filter(|state| state.waits()) {
            let found = waiting.iter().find(|(waits, _, _)| *waits == state);
            let count = found.map_or(0, |(_, count, _)| *count);
            let age = found.map_or(0.0, |(_, _, since)| now.since(*since).as_secs_f64());
            metrics::gauge!(COUNT, "state" => state.as_str()).set(count as f64);
            metrics::gauge!(AGE, "state" => state.as_str()).set(age);
        }
        Ok(())
    }
}
