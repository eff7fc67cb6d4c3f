//! Whether the chain still is what it was: numbers without gaps, each entry's hash its own and the one before it in it, and
//! nothing that waits for long. One bounded page at a time.

use crate::chain;
use crate::entry::hex;
use crate::seal::End;
use crate::stored::{COLUMNS, Stored};
use hanse_database::sql::{Bind, Sql, list};
use hanse_database::{Db, DbError};
use hanse_kernel::Timestamp;
use std::time::Duration;

/// Verified at once.
pub const PAGE: i64 = 500;
/// What waits longer than this to be sealed is told.
const SEALED_WITHIN: Duration = Duration::from_secs(60);
/// Told of one page; the rest is more of the same.
const TOLD: usize = 20;

/// Something that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The row that it is about, `table.column = value`.
    pub row: String,
    pub what: String,
    pub remedy: &'static str,
}

/// What was found on one page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    pub faults: Vec<Fault>,
    /// The last entry of the page, or where it began.
    pub end: End,
    pub entries: usize,
    pub more: bool,
}

pub const BREACH: &str = "somebody changed the database behind the log: take its files or a dump into safety before anything else, \
     then see docs/operations/audit.md, A breach of the log";
const WAITS: &str = "look for errors of the service's log.sealing worker; it seals by itself once they end";

/// Verifies what follows `from`, of which nothing is believed but what the caller says. On the last page, too, that nothing has
/// been waiting for long, seen from `since`.
pub async fn page(db: &Db, service: &'static str, from: End, since: Timestamp) -> Result<Verified, DbError> {
    db.scan((service, from, since), |tx, (service, from, since)| {
        Box::pin(async move {
            let mut walk = Walk { service, faults: vec![], end: from.clone() };
            if from.seq > 0 {
                let sql = "select hash from record_entry where seq = $1";
                let there: Option<Vec<u8>> = tx.query_opt(sql, &[&from.seq], |r| r.get(0)).await?;
                walk.begins(there.as_deref());
            }
            let sql = format!("select {COLUMNS} from record_entry where seq > $1 order by seq limit {PAGE}");
            let entries = tx.query(&sql, &[&from.seq], Stored::read).await?;
            for entry in &entries {
                walk.step(entry);
            }
            let more = entries.len() as i64 == PAGE;
            if !more {
                let sql = "select seq, hash from record_head";
                let head = tx.query_opt(sql, &[], |r| Ok(End { seq: r.get(0)?, hash: r.get(1)? })).await?;
                walk.ends(head);
                let sql = "select count(*) from record_entry where seq is null and at < $1";
                let waiting: i64 =
                    tx.query_opt(sql, &[&since.minus(SEALED_WITHIN)], |r| r.get(0)).await?.unwrap_or(0);
                if waiting > 0 {
                    let row = "record_entry.seq = null".to_string();
                    walk.faults.push(Fault {
                        row,
                        what: format!("{waiting} entries are not sealed"),
                        remedy: WAITS,
                    });
                }
            }
            walk.faults.truncate(TOLD);
            Ok(Verified { faults: walk.faults, end: walk.end, entries: entries.len(), more })
        })
    })
    .await
}

/// The hashes that stand at these numbers now; a number without an entry is left out.
pub async fn hashes(db: &Db, seqs: Vec<i64>) -> Result<Vec<End>, DbError> {
    db.scan(seqs, |tx, seqs| {
        Box::pin(async move {
            let sql = format!(
                "select seq, hash from record_entry where seq in {} order by seq",
                list(1, seqs.len())
            );
            let params: Vec<&dyn Bind> = seqs.iter().map(|seq| seq as &dyn Bind).collect();
            tx.query(&sql, &params, |r| Ok(End { seq: r.get(0)?, hash: r.get(1)? })).await
        })
    })
    .await
}

struct Walk<'a> {
    service: &'a str,
    faults: Vec<Fault>,
    end: End,
}

impl Walk<'_> {
    fn fault(&mut self, seq: i64, what: String) {
        self.faults.push(Fault { row: format!("record_entry.seq = {seq}"), what, remedy: BREACH });
    }

    /// `there`: the hash of the entry that the caller believes in.
    fn begins(&mut self, there: Option<&[u8]>) {
        let seq = self.end.seq;
        match there {
            None => self.fault(seq, format!("entry {seq}, which was verified before, is not there any more")),
            Some(hash) if hash != self.end.hash => {
                let (was, is) = (hex(&self.end.hash), hex(hash));
                self.fault(
                    seq,
                    format!("entry {seq} was verified with the hash {was} before, and has {is} now"),
                );
            }
            Some(_) => {}
        }
    }

    /// What is wrong with one entry makes none of those after it wrong.
    fn step(&mut self, entry: &Stored) {
        let Some(link) = &entry.link else { return };
        let expected = self.end.seq + 1;
        if link.seq == expected + 1 {
            self.fault(expected, format!("entry {expected} is missing"));
        } else if link.seq != expected {
            self.fault(expected, format!("entries {expected} to {} are missing", link.seq - 1));
        } else if link.before != self.end.hash {
            let (seq, before) = (link.seq, self.end.seq);
            self.fault(
                seq,
                format!("entry {seq} does not follow entry {before}: one of them was put in its place"),
            );
        }
        if link.hash != chain::hash(self.service, link.seq, &link.before, entry) {
            let (seq, action) = (link.seq, &entry.action);
            self.fault(
                seq,
                format!("entry {seq} ({action}) is not what was sealed: it was changed or put there"),
            );
        }
        self.end = End { seq: link.seq, hash: link.hash.clone() };
    }

    fn ends(&mut self, head: Option<End>) {
        let seq = self.end.seq;
        match head {
            Some(head) if head == self.end => {}
            None if seq == 0 => {}
            Some(head) if head.seq > seq => {
                self.fault(head.seq, format!("the log ends with entry {seq}, but {} were sealed", head.seq));
            }
            Some(head) if head.seq == seq => {
                self.fault(seq, format!("entry {seq}, the last one, is another than was sealed last"));
            }
            _ => self.fault(seq, format!("entry {seq} was not sealed as the last one, and is")),
        }
    }
}
