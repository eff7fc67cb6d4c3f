//! The platform's promises, kept alike by both engines.

mod platform {
    mod audit_log;
    mod batches;
    mod broker;
    mod crash_loop;
    mod cuts;
    mod dead_letters;
    mod faults;
    mod fuzz;
    mod gauges;
    mod isolation;
    mod jobs;
    mod messages;
    mod relay;
    mod schema;
    mod silence;
    mod tls;
    mod together;
    mod topology;
    mod units;
    mod vault;
    mod versions;
}
