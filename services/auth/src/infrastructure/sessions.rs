//! Sessions as rows.

use crate::application::ports::Sessions;
use crate::domain::{Ending, Method, Session, TokenDigest};
use async_trait::async_trait;
use hanse_database::sql::{Row, Sql};
use hanse_database::{DbError, Tx};
use hanse_kernel::{SessionId, Timestamp, UserId};

pub struct SqlSessions;

const COLUMNS: &str =
    "id, user_id, transport, started_at, expires_at, ended_at, ended_because, device, proven_at, proven_by";

fn session(row: &Row<'_>) -> Result<Session, DbError> {
    let ended_at: Option<Timestamp> = row.get(5)?;
    let ended = match ended_at {
        Some(at) => Some((at, row.parse(6)?)),
        None => None,
    };
    let started_at: Timestamp = row.get(3)?;
    let proven_at: Option<Timestamp> = row.get(8)?;
    let proven_by: Option<String> = row.get(9)?;
    // A word that this version does not know counts for nothing.
    let words = |text: String| text.split(' ').filter_map(|word| word.parse().ok()).collect();
    Ok(Session {
        id: row.id(0)?,
        user: row.id(1)?,
        transport: row.parse(2)?,
        started_at,
        proven_at: proven_at.unwrap_or(started_at),
        proven_by: proven_by.map_or(vec![Method::Password], words),
        expires_at: row.get(4)?,
        ended,
        device: row.get(7)?,
    })
}

fn words(proven_by: &[Method]) -> String {
    proven_by.iter().map(|method| method.as_str()).collect::<Vec<_>>().join(" ")
}

#[async_trait]
impl Sessions for SqlSessions {
    async fn add(&self, tx: &mut Tx, session: &Session, cookie: Option<&TokenDigest>) -> Result<(), DbError> {
        tx.execute(
            "insert into sessions (id, user_id, transport, cookie_digest, started_at, expires_at, device, proven_at, proven_by)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            &[
                &session.id,
                &session.user,
                &session.transport.as_str(),
                &cookie.map(TokenDigest::as_bytes),
                &session.started_at,
                &session.expires_at,
                &session.device,
                &session.proven_at,
                &words(&session.proven_by),
            ],
        )
        .await?;
        Ok(())
    }

    async fn by_id(&self, tx: &mut Tx, id: SessionId) -> Result<Option<Session>, DbError> {
        tx.query_opt(&format!("select {COLUMNS} from sessions where id = $1"), &[&id], session).await
    }

    async fn by_cookie(&self, tx: &mut Tx, cookie: &TokenDigest) -> Result<Option<Session>, DbError> {
        let sql = format!("select {COLUMNS} from sessions where cookie_digest = $1");
        tx.query_opt(&sql, &[&cookie.as_bytes()], session).await
    }

    async fn prove(
        &self,
        tx: &mut Tx,
        id: SessionId,
        now: Timestamp,
        proven_by: &[Method],
    ) -> Result<(), DbError> {
        let sql = "update sessions set proven_at = $2, proven_by = $3 where id = $1 and ended_at is null";
        tx.execute(sql, &[&id, &now, &words(proven_by)]).await.map(|_| ())
    }

    async fn live(
        &self,
        tx: &mut Tx,
        user: UserId,
        now: Timestamp,
        limit: i64,
    ) -> Result<Vec<Session>, DbError> {
        let sql = format!(
            "select {COLUMNS} from sessions where user_id = $1 and ended_at is null and expires_at > $2
             order by id desc limit $3"
        );
        tx.query(&sql, &[&user, &now, &limit], session).await
    }

    async fn end(&self, tx: &mut Tx, id: SessionId, now: Timestamp, why: Ending) -> Result<(), DbError> {
        tx.execute(
            "update sessions set ended_at = $2, ended_because = $3 where id = $1 and ended_at is null",
            &[&id, &now, &why.as_str()],
        )
        .await?;
        tx.execute(
            "update refresh_tokens set used_at = $2 where session_id = $1 and used_at is null",
            &[&id, &now],
        )
        .await?;
        Ok(())
    }

    async fn end_all(
        &self,
        tx: &mut Tx,
        user: UserId,
        except: Option<SessionId>,
        now: Timestamp,
    ) -> Result<Vec<SessionId>, DbError> {
        let except = except.unwrap_or(SessionId::new(uuid::Uuid::nil()));
        let ended = tx
            .query(
                "update sessions set ended_at = $3, ended_because = $4
                 where user_id = $1 and id <> $2 and ended_at is null and expires_at > $3 returning id",
                &[&user, &except, &now, &Ending::Logout.as_str()],
                |row| row.id(0),
            )
            .await?;
        tx.execute(
            "update refresh_tokens set used_at = $2 where used_at is null and session_id in
               (select id from sessions where user_id = $1 and ended_at = $2)",
            &[&user, &now],
        )
        .await?;
        Ok(ended)
    }

    async fn forget(&self, tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, DbError> {
        // Its tokens go with it (on delete cascade).
        tx.execute(
            "delete from sessions where id in
               (select id from sessions where expires_at < $1 order by expires_at, id limit $2)",
            &[&before, &limit],
        )
        .await
    }
}
