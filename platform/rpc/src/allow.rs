//! Who may ask a service what: one list per service, denied unless listed, the same in both shapes.

use crate::methods::{Descriptors, Methods};
use std::collections::BTreeMap;
use tonic::Status;

/// The caller's name of the operator's own tools.
pub const OPERATOR: &str = "hanse";
/// Every service answers it.
const EXAMINE: &str = "/hanse.audit.v1.Audit/Examine";
/// Every service answers it, since every service may have keys of people.
const REMAINS: &str = "/hanse.audit.v1.Audit/Remains";
/// What an audit asks of the audit log.
const OF_THE_LOG: [&str; 5] = [
    "/hanse.audit.v1.Audit/VerifyLog",
    "/hanse.audit.v1.Audit/LogHashes",
    "/hanse.audit.v1.Audit/LogAnchors",
    "/hanse.audit.v1.Audit/LogVerified",
    "/hanse.audit.v1.Audit/RememberLog",
];
const READ_LOG: &str = "/hanse.audit.v1.Audit/ReadLog";
/// The operator, and who shows the whole shop's log to staff.
const READERS: &[&str] = &[OPERATOR, "analytics"];
/// The operator's audit, and the one that a shop does by itself now and then, in a process with this service.
const EXAMINERS: &[&str] = &[OPERATOR, "order"];
/// Answered by those who hold something about people.
const TELL: &str = "/hanse.personal.v1.PersonalData/Tell";
/// Whoever wants to have what the shop holds about them asks it of `user`, and `user` asks the others.
const COLLECTORS: &[&str] = &["user"];

/// A service's methods and the callers of each. It begins with what every service answers: the audit.
///
/// ```
/// # const DESCRIPTORS: &[u8] = &[];
/// use hanse_rpc::Allow;
/// let allow = Allow::new("pricing", &[DESCRIPTORS])
///     .method("/hanse.pricing.v1.Pricing/Quote", &["cart", "order"])
///     .method("/hanse.pricing.v1.Pricing/HoldDiscount", &["order"]);
/// assert!(allow.permits("/hanse.pricing.v1.Pricing/Quote", "cart"));
/// assert!(!allow.permits("/hanse.pricing.v1.Pricing/HoldDiscount", "cart"));
/// ```
#[derive(Debug, Clone)]
pub struct Allow {
    service: &'static str,
    contracts: Vec<Descriptors>,
    methods: Methods,
    callers: BTreeMap<&'static str, &'static [&'static str]>,
    anybody: bool,
}

impl Allow {
    /// `contracts`: the descriptors of the service's own questions.
    pub fn new(service: &'static str, contracts: &[Descriptors]) -> Self {
        let contracts: Vec<_> = contracts.iter().copied().chain([crate::audit::DESCRIPTORS]).collect();
        Self {
            service,
            methods: Methods::of(&contracts),
            contracts,
            callers: OF_THE_LOG
                .into_iter()
                .chain([EXAMINE, REMAINS])
                .map(|path| (path, EXAMINERS))
                .chain([(READ_LOG, READERS), (TELL, &[])])
                .collect(),
            anybody: false,
        }
    }

    /// Lets anybody ask anything: for a neighbour that a test puts in a service's place.
    pub fn anybody(service: &'static str, contracts: &[Descriptors]) -> Self {
        Self { anybody: true, ..Self::new(service, contracts) }
    }

    /// Lets these services, and no others, ask the method. No callers at all: nobody asks it yet.
    #[must_use]
    pub fn method(mut self, path: &'static str, callers: &'static [&'static str]) -> Self {
        self.callers.insert(path, callers);
        self
    }

    /// Lets `user` ask what the service holds about a person.
    #[must_use]
    pub fn tells_personal_data(self) -> Self {
        self.method(TELL, COLLECTORS)
    }

    pub fn permits(&self, path: &str, caller: &str) -> bool {
        self.anybody || self.callers.get(path).is_some_and(|callers| callers.contains(&caller))
    }

    /// Refuses whoever is not on the list, and leaves a trace of it.
    pub(crate) fn check(&self, path: &str, caller: &str) -> Result<(), Status> {
        if self.permits(path, caller) {
            return Ok(());
        }
        // A path that no contract has is anything at all, and would be a series of its own each time.
        let method = if self.methods.has(path) { path.to_string() } else { "unknown".to_string() };
        tracing::warn!(service = self.service, caller, path, "a caller that may not ask was refused");
        metrics::counter!("rpc_refused_total", "service" => self.service, "caller" => caller.to_string(), "method" => method)
            .increment(1);
        Err(Status::permission_denied(format!("{caller} may not ask {path} of {}", self.service)))
    }

    pub fn service(&self) -> &'static str {
        self.service
    }
    /// The contracts that the service answers to, the audit's among them.
    pub fn contracts(&self) -> &[Descriptors] {
        &self.contracts
    }
    pub fn methods(&self) -> &Methods {
        &self.methods
    }
    /// Each method with those who may ask it.
    pub fn list(&self) -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
        self.callers.iter().map(|(path, callers)| (*path, *callers))
    }

    /// Everybody who may ask anything.
    pub fn callers(&self) -> impl Iterator<Item = &'static str> {
        self.callers.values().flat_map(|callers| callers.iter().copied())
    }

    /// What is wrong with the list: a method of the contract that is not in it, or one in it that no contract has.
    pub fn faults(&self) -> Vec<String> {
        let unlisted = self.methods.paths().filter(|path| !self.callers.contains_key(path));
        let unlisted = unlisted.map(|path| format!("{}: {path} is not in the allow-list", self.service));
        let unknown = self.callers.keys().filter(|path| !self.methods.has(path));
        let unknown = unknown.map(|path| format!("{}: {path} is listed, but in no contract", self.service));
        unlisted.chain(unknown).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_audit_is_the_operators_and_the_shops_own() {
        let allow = Allow::new("pricing", &[]);
        assert!(allow.permits(EXAMINE, "hanse") && allow.permits(EXAMINE, "order"));
        assert!(!allow.permits(EXAMINE, "cart"));
        assert!(allow.permits(REMAINS, "hanse") && allow.permits(REMAINS, "order"));
        assert!(!allow.permits(REMAINS, "user"));
        assert!(allow.permits(READ_LOG, "analytics") && !allow.permits(READ_LOG, "order"));
        assert!(!allow.permits(TELL, "user"));
        let allow = allow.tells_personal_data();
        assert!(allow.permits(TELL, "user") && !allow.permits(TELL, "hanse"));
        assert_eq!(allow.faults(), Vec::<String>::new());
    }

    #[test]
    fn a_method_that_was_forgotten_and_one_that_is_no_more_are_found() {
        let mut allow = Allow::new("pricing", &[]).method("/hanse.pricing.v1.Pricing/Gone", &["cart"]);
        allow.callers.remove(EXAMINE);
        let faults = allow.faults();
        assert_eq!(faults.len(), 2, "{faults:?}");
        assert!(faults[0].contains("Audit/Examine is not in the allow-list"), "{faults:?}");
        assert!(faults[1].contains("Pricing/Gone is listed, but in no contract"), "{faults:?}");
    }

    #[test]
    fn what_may_be_repeated_is_read_from_the_contract() {
        assert!(Allow::new("pricing", &[]).methods().may_be_repeated(EXAMINE));
        assert!(!Methods::default().may_be_repeated(EXAMINE));
    }
}
