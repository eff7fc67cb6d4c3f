//! The platform's promises, kept alike by both engines.

mod platform {
    mod batches;
    mod broker;
    mod faults;
    mod messages;
    mod units;
}
