//! A connection to PostgreSQL as it is seen from outside: which unit of work is about to be committed, and which has been
//! (the frontend/backend protocol, version 3).

use super::frames::{Cursor, Frames};
use super::point::{Moment, Sight};
use std::collections::BTreeMap;

/// What is written for the messages' sake only names a unit that writes nothing else.
const MACHINERY: [&str; 2] = ["outbox", "inbox"];

pub struct Units {
    service: &'static str,
    asking: Frames,
    answering: Frames,
    /// The first thing that is said has no type.
    greeted: bool,
    statements: BTreeMap<String, Statement>,
    consumers: Vec<String>,
    written: Vec<String>,
    committing: bool,
}

#[derive(Clone, Default)]
struct Statement {
    /// The table that it writes.
    table: Option<String>,
    inbox: bool,
}

impl Units {
    pub fn new(service: &'static str) -> Self {
        Self {
            service,
            asking: Frames::default(),
            answering: Frames::default(),
            greeted: false,
            statements: BTreeMap::new(),
            consumers: vec![],
            written: vec![],
            committing: false,
        }
    }

    /// What the process says.
    pub fn asks(&mut self, bytes: &[u8]) -> Vec<Sight> {
        self.asking.add(bytes);
        let mut sights = vec![];
        loop {
            let typed = usize::from(self.greeted);
            let length = |held: &[u8]| Cursor(held.get(typed..)?).i32().map(|n| typed + n as usize);
            let Some(frame) = self.asking.next(length) else { return sights };
            if !std::mem::replace(&mut self.greeted, true) {
                continue;
            }
            let mut body = Cursor(&frame[5..]);
            match frame[0] {
                b'P' => self.prepared(&mut body),
                b'B' => self.bound(&mut body),
                b'Q' => match body.text() {
                    Some("commit") => {
                        self.committing = true;
                        sights.extend(self.unit(Moment::BeforeCommit));
                    }
                    Some(text) if text.starts_with("begin") || text == "rollback" => self.forget(),
                    _ => {}
                },
                _ => {}
            }
        }
    }

    /// What it is answered.
    pub fn is_told(&mut self, bytes: &[u8]) -> Vec<Sight> {
        self.answering.add(bytes);
        let mut sights = vec![];
        while let Some(frame) =
            self.answering.next(|held| Cursor(held.get(1..)?).i32().map(|n| 1 + n as usize))
        {
            if frame[0] == b'C' && self.committing {
                if Cursor(&frame[5..]).text() == Some("COMMIT") {
                    sights.extend(self.unit(Moment::Committed));
                }
                self.forget();
            }
        }
        sights
    }

    fn prepared(&mut self, body: &mut Cursor) {
        let (Some(name), Some(sql)) = (body.text(), body.text()) else { return };
        let table = written_table(sql);
        let inbox = table.as_deref() == Some("inbox");
        self.statements.insert(name.into(), Statement { table, inbox });
    }

    fn bound(&mut self, body: &mut Cursor) {
        let statement = body.text().and_then(|_portal| body.text());
        let Some(statement) = statement.and_then(|name| self.statements.get(name)).cloned() else { return };
        if statement.inbox {
            self.consumers.extend(texts(body).into_iter().filter(|t| is_consumer(t, self.service)));
        }
        if let Some(table) = statement.table
            && !self.written.contains(&table)
        {
            self.written.push(table);
        }
    }

    /// The unit under its names: its consumers, else the first table that it wrote. A unit that only reads has none.
    fn unit(&self, moment: Moment) -> Vec<Sight> {
        let sight = |what: &String| Sight { what: what.clone(), moment };
        if !self.consumers.is_empty() {
            return self.consumers.iter().map(sight).collect();
        }
        let named = self.written.iter().find(|table| !MACHINERY.contains(&table.as_str()));
        named.or(self.written.first()).map(sight).into_iter().collect()
    }

    fn forget(&mut self) {
        self.consumers.clear();
        self.written.clear();
        self.committing = false;
    }
}

fn is_consumer(text: &str, service: &str) -> bool {
    text.strip_prefix(service).is_some_and(|rest| rest.starts_with('.'))
}

/// The parameters that are texts.
fn texts(body: &mut Cursor) -> Vec<String> {
    let mut found = vec![];
    let mut read = || {
        let formats = body.u16()?;
        body.take(usize::from(formats) * 2)?;
        for _ in 0..body.u16()? {
            let Ok(length) = usize::try_from(body.i32()?) else { continue };
            if let Ok(text) = std::str::from_utf8(body.take(length)?) {
                found.push(text.to_string());
            }
        }
        Some(())
    };
    read();
    found
}

fn written_table(sql: &str) -> Option<String> {
    let mut words = sql.split_whitespace().map(str::to_ascii_lowercase);
    while let Some(word) = words.next() {
        let table = match word.as_str() {
            "insert" | "delete" => words.nth(1),
            "update" => words.next(),
            "select" => return None,
            _ => continue,
        };
        return table.map(|table| table.split('(').next().unwrap_or_default().to_string());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = i32::try_from(body.len() + 4).unwrap().to_be_bytes();
        [&[kind], &length[..], body].concat()
    }

    fn bind(name: &str, params: &[&str]) -> Vec<u8> {
        let mut body = format!("\0{name}\0").into_bytes();
        body.extend([0, 1, 0, 1]);
        body.extend(u16::try_from(params.len()).unwrap().to_be_bytes());
        for param in params {
            body.extend(i32::try_from(param.len()).unwrap().to_be_bytes());
            body.extend(param.as_bytes());
        }
        typed(b'B', &body)
    }

    fn sight(what: &str, moment: Moment) -> Vec<Sight> {
        vec![Sight { what: what.into(), moment }]
    }

    fn connected() -> Units {
        let mut units = Units::new("order");
        assert_eq!(units.asks(&[0, 0, 0, 8, 0, 3, 0, 0]), []);
        let prepare = |name: &str, sql: &str| typed(b'P', format!("{name}\0{sql}\0\0\0").as_bytes());
        units.asks(&prepare("s1", "insert into inbox (consumer, source) values ($1, $2)"));
        units.asks(&prepare("s2", "update orders set state = $1 where id = $2"));
        units.asks(&prepare("s3", "select 1 from orders where id = $1 for update"));
        units
    }

    #[test]
    fn a_unit_is_named_after_its_consumer_before_and_after_its_commit() {
        let mut units = connected();
        units.asks(&typed(b'Q', b"begin isolation level serializable\0"));
        units.asks(&bind("s1", &["order.payment_answer", "/services/payment"]));
        units.asks(&bind("s2", &["confirmed", "x"]));
        let commit = typed(b'Q', b"commit\0");
        // In pieces, as a line brings it.
        assert_eq!(units.asks(&commit[..4]), []);
        assert_eq!(units.asks(&commit[4..]), sight("order.payment_answer", Moment::BeforeCommit));
        assert_eq!(units.is_told(&typed(b'C', b"UPDATE 1\0")), []);
        units.asks(&typed(b'Q', b"begin\0"));
        units.asks(&bind("s1", &["order.stock_answer", "/services/inventory"]));
        units.asks(&commit);
        assert_eq!(units.is_told(&typed(b'C', b"COMMIT\0")), sight("order.stock_answer", Moment::Committed));
        assert_eq!(units.is_told(&typed(b'C', b"COMMIT\0")), [], "once");
    }

    #[test]
    fn a_unit_without_a_message_is_named_after_its_table_and_one_that_reads_not_at_all() {
        let mut units = connected();
        units.asks(&bind("s2", &["confirmed", "x"]));
        assert_eq!(units.asks(&typed(b'Q', b"commit\0")), sight("orders", Moment::BeforeCommit));
        units.asks(&typed(b'Q', b"begin\0"));
        units.asks(&bind("s3", &["x"]));
        assert_eq!(units.asks(&typed(b'Q', b"commit\0")), []);
        // What was refused was not committed.
        units.asks(&bind("s2", &["confirmed", "x"]));
        units.asks(&typed(b'Q', b"commit\0"));
        assert_eq!(units.is_told(&typed(b'C', b"ROLLBACK\0")), []);
    }

    #[test]
    fn what_a_statement_writes_is_read_off_its_text() {
        assert_eq!(written_table("insert into inbox (consumer) values"), Some("inbox".into()));
        assert_eq!(written_table("insert into inbox(consumer) values"), Some("inbox".into()));
        assert_eq!(written_table("with x as (delete from intent where id = $1)"), None);
        assert_eq!(written_table("delete from claim where id = $1"), Some("claim".into()));
        assert_eq!(written_table("select pg_advisory_xact_lock($1)"), None);
    }
}
