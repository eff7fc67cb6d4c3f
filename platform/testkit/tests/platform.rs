//! The platform's promises, kept alike by both engines.

mod platform {
    mod batches;
    mod broker;
    mod crash_loop;
    mod dead_letters;
    mod faults;
    mod gauges;
    mod isolation;
    mod messages;
    mod schema;
    mod silence;
    mod tls;
    mod units;
    mod versions;
}
