//! An entry as it stands in the store.

use crate::chain::Link;
use crate::entry::Entry;
use hanse_database::DbError;
use hanse_database::sql::{Bind, Row};
use hanse_kernel::{Actor, Ctx, Timestamp, Whence, network};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    pub id: Uuid,
    pub at: Timestamp,
    /// `staff`, `program`, `customer`, `guest`, `anonymous`, `operator` or `service`.
    pub actor_kind: String,
    /// The user's id, the order whose holder acts, or the service's name.
    pub actor: Option<String>,
    pub api_key: Option<String>,
    pub operator: Option<String>,
    pub action: String,
    pub subject_kind: String,
    pub subject: String,
    /// JSON.
    pub was: Option<String>,
    pub became: Option<String>,
    /// How often it happened, where that was counted first.
    pub times: i64,
    /// The network, for everybody who does not work here.
    pub address: Option<String>,
    pub agent: Option<String>,
    pub correlation: String,
    /// None: it is not sealed yet.
    #[serde(skip)]
    pub link: Option<Link>,
}

/// The columns in the order in which [`Stored::read`] takes them.
pub const COLUMNS: &str =
    "id, at, actor_kind, actor, api_key, operator, action, subject_kind, subject, was, became, times,
     address, agent, correlation, seq, prev_hash, hash";
/// Of these is written what an entry says when it is appended.
pub const APPENDED: &str =
    "id, at, actor_kind, actor, api_key, operator, action, subject_kind, subject, was, became, times,
     address, agent, correlation";

impl Stored {
    pub(crate) fn new(id: Uuid, at: Timestamp, ctx: &Ctx, entry: &Entry) -> Self {
        let whence = ctx.whence.as_deref().cloned().unwrap_or_default();
        let (actor_kind, actor) = match &entry.by {
            Some((kind, user)) => (*kind, Some(user.clone())),
            None => who(&ctx.actor, &whence),
        };
        let here = matches!(actor_kind, "staff" | "program" | "operator");
        let text = |text: Option<std::sync::Arc<str>>| text.map(|text| text.to_string());
        Self {
            id,
            at,
            actor_kind: actor_kind.into(),
            actor,
            api_key: text(whence.api_key),
            operator: text(whence.operator),
            action: entry.action.into(),
            subject_kind: entry.subject_kind.into(),
            subject: entry.subject.clone(),
            was: entry.was.clone(),
            became: entry.became.clone(),
            times: 1,
            address: whence.address.map(|address| if here { address.to_string() } else { network(address) }),
            agent: text(whence.agent),
            correlation: ctx.correlation.to_string(),
            link: None,
        }
    }

    pub(crate) fn values(&self) -> Vec<&(dyn Bind + '_)> {
        vec![
            &self.id,
            &self.at,
            &self.actor_kind,
            &self.actor,
            &self.api_key,
            &self.operator,
            &self.action,
            &self.subject_kind,
            &self.subject,
            &self.was,
            &self.became,
            &self.times,
            &self.address,
            &self.agent,
            &self.correlation,
        ]
    }

    pub(crate) fn read(r: &Row<'_>) -> Result<Self, DbError> {
        let link = match r.get::<Option<i64>>(15)? {
            None => None,
            Some(seq) => Some(Link { seq, before: r.get(16)?, hash: r.get(17)? }),
        };
        Ok(Self {
            id: r.get(0)?,
            at: r.get(1)?,
            actor_kind: r.get(2)?,
            actor: r.get(3)?,
            api_key: r.get(4)?,
            operator: r.get(5)?,
            action: r.get(6)?,
            subject_kind: r.get(7)?,
            subject: r.get(8)?,
            was: r.get(9)?,
            became: r.get(10)?,
            times: r.get(11)?,
            address: r.get(12)?,
            agent: r.get(13)?,
            correlation: r.get(14)?,
            link,
        })
    }
}

/// The nil user stands for the operator's command line in the services' histories.
fn who(actor: &Actor, whence: &Whence) -> (&'static str, Option<String>) {
    match actor {
        Actor::Anonymous => ("anonymous", None),
        Actor::Customer { user } => ("customer", Some(user.to_string())),
        Actor::OrderHolder { order } => ("guest", Some(order.to_string())),
        Actor::Staff { user, .. } if user.uuid().is_nil() => ("operator", None),
        Actor::Staff { user, .. } if whence.api_key.is_some() => ("program", Some(user.to_string())),
        Actor::Staff { user, .. } => ("staff", Some(user.to_string())),
        Actor::Service { name } if &**name == OPERATOR => ("operator", None),
        Actor::Service { name } => ("service", Some(name.to_string())),
    }
}

/// The network that somebody asks from; empty where that is not known.
pub fn network_of(ctx: &Ctx) -> String {
    ctx.whence.as_ref().and_then(|whence| whence.address).map(network).unwrap_or_default()
}

/// The operator's tools, as the services know them.
const OPERATOR: &str = "hanse";

#[cfg(test)]
mod tests {
    use super::*;
    use hanse_kernel::{CorrelationId, UserId};
    use std::sync::Arc;

    fn written(actor: Actor, whence: Whence) -> Stored {
        let mut ctx = Ctx::new(actor, CorrelationId::parse("c-1").expect("an id"));
        ctx.whence = Some(Arc::new(whence));
        Stored::new(Uuid::nil(), Timestamp::from_micros(1), &ctx, &Entry::new("a.b", "thing", 7))
    }

    #[test]
    fn shoppers_are_known_by_their_network_and_programs_by_their_key() {
        let user = UserId::new(Uuid::from_u128(5));
        let from = |address: &str| Whence { address: address.parse().ok(), ..Whence::default() };
        let shopper = written(Actor::Customer { user }, from("203.0.113.9"));
        assert_eq!(shopper.address.as_deref(), Some("203.0.113.0/24"));
        let shopper = written(Actor::Anonymous, from("2001:db8:7:8::1"));
        assert_eq!((shopper.address.as_deref(), shopper.actor), (Some("2001:db8:7::/48"), None));
        let staff = Actor::Staff { user, permissions: Arc::default() };
        assert_eq!(written(staff.clone(), from("203.0.113.9")).address.as_deref(), Some("203.0.113.9"));
        let program = written(staff, Whence { api_key: Some("hak_1".into()), ..Whence::default() });
        assert_eq!((program.actor_kind.as_str(), program.api_key.as_deref()), ("program", Some("hak_1")));
        let nil = Actor::Staff { user: UserId::new(Uuid::nil()), permissions: Arc::default() };
        assert_eq!(written(nil, Whence::default()).actor_kind, "operator");
        assert_eq!(written(Actor::service("hanse"), Whence::default()).actor_kind, "operator");
    }
}
