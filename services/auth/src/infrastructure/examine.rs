//! Auth's part of the audit: invariant 18, one live refresh token per family.

use crate::domain::Transport;
use async_trait::async_trait;
use hanse_database::sql::Sql;
use hanse_database::{Db, DbError, Tx};
use hanse_kernel::{Effects, SessionId, Timestamp};
use hanse_runtime::{Erased, Examine, Findings, Page, Remains};

pub struct OwnStore {
    pub db: Db,
    pub effects: Effects,
}

const PAGE: i64 = 500;
const ONE_LIVE_TOKEN: u32 = 18;
/// What hangs on an account and goes with it.
const WITH_THE_ACCOUNT: [&str; 8] = [
    "sessions",
    "devices",
    "account_links",
    "api_keys",
    "totp_factors",
    "recovery_codes",
    "passkeys",
    "identities",
];

struct Family {
    session: SessionId,
    /// A token session that has neither ended nor expired.
    live: bool,
    live_tokens: i64,
}

#[async_trait]
impl Examine for OwnStore {
    async fn examine(&self, page: &Page) -> Result<Findings, DbError> {
        let after = page.after.parse().unwrap_or(SessionId::new(uuid::Uuid::nil()));
        let families = self
            .db
            .scan((page.at_rest_since, after, self.effects.now()), |tx, (since, after, now)| {
                Box::pin(families(tx, *since, *after, *now))
            })
            .await?;
        let mut findings = Findings::default();
        if families.len() as i64 == PAGE {
            findings.next = families.last().map(|family| family.session.to_string());
        }
        for family in families {
            let expected = i64::from(family.live);
            if family.live_tokens != expected {
                let detail = format!("{} live refresh tokens, not {expected}", family.live_tokens);
                let remedy = "end the session: its holder logs in again";
                findings.breach(ONE_LIVE_TOKEN, "refresh_tokens.session_id", family.session, detail, remedy);
            }
        }
        Ok(findings)
    }

    async fn remains(&self, tx: &mut Tx, erased: &Erased, remains: &mut Remains) -> Result<(), DbError> {
        remains.look(tx, erased, "accounts", "id").await?;
        for table in WITH_THE_ACCOUNT {
            remains.look(tx, erased, table, "user_id").await?;
        }
        Ok(())
    }
}

async fn families(
    tx: &mut Tx,
    since: Timestamp,
    after: SessionId,
    now: Timestamp,
) -> Result<Vec<Family>, DbError> {
    tx.query(
        "select s.id, s.transport, s.ended_at is null and s.expires_at > $3,
           (select count(*) from refresh_tokens t
            where t.session_id = s.id and t.used_at is null and s.expires_at > $3)
         from sessions s where s.id > $2 and s.started_at <= $1 and coalesce(s.ended_at, s.started_at) <= $1
         order by s.id limit $4",
        &[&since, &after, &now, &PAGE],
        |row| {
            let transport: Transport = row.parse(1)?;
            let live: bool = row.get(2)?;
            Ok(Family {
                session: row.id(0)?,
                live: live && transport == Transport::Token,
                live_tokens: row.get(3)?,
            })
        },
    )
    .await
}
