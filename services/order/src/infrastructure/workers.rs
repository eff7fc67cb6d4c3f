//! Order's loops.

use crate::application::erase_person::ErasePerson;
use crate::application::forget::ForgetCustomer;
use crate::application::sagas::WatchSagas;
use crate::application::timers::Timers;
use crate::application::waiting::Waiters;
use hanse_runtime::{Host, Worker};
use std::time::Duration;

/// Lets the orders' timers go off.
pub fn timers(host: &Host, timers: Timers, pause: Duration) -> Worker {
    let host = host.clone();
    Worker::new("order.timers", move |stop| async move {
        stop.every(&host.effects, pause, || async {
            if let Err(error) = timers.run(&host.background()).await {
                tracing::warn!(%error, "the orders' timers could not be looked at; they are looked at again");
            }
        })
        .await;
    })
}

/// Measures how old the sagas under way are.
pub fn watch_sagas(host: &Host, sagas: WatchSagas, pause: Duration) -> Worker {
    let host = host.clone();
    Worker::new("order.sagas", move |stop| async move {
        stop.every(&host.effects, pause, || async {
            if let Err(error) = sagas.run().await {
                tracing::warn!(%error, "the ages of sagas could not be measured; they are measured again");
            }
        })
        .await;
    })
}

/// Takes personal data out of what ended since its customer, or its guest, was erased.
pub fn forget(host: &Host, forget: ForgetCustomer, guests: ErasePerson, pause: Duration) -> Worker {
    let host = host.clone();
    Worker::new("order.forget", move |stop| async move {
        stop.every(&host.effects, pause, || async {
            if let Err(error) = forget.go_on().await {
                tracing::warn!(%error, "orders of erased customers could not be looked at; they are looked at again");
            }
            if let Err(error) = guests.go_on().await {
                tracing::warn!(%error, "orders of erased guests could not be looked at; they are looked at again");
            }
        })
        .await;
    })
}

/// Ends what follows orders when the process is asked to end.
pub fn end_streams(waiters: Waiters) -> Worker {
    Worker::new("order.streams", move |stop| async move {
        stop.asked().await;
        waiters.close();
    })
}
