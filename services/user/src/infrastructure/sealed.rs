//! Which columns are sealed, each person's with their own key, and how people are found by words of names that nobody can
//! read in the store.

use crate::domain::PersonName;
use async_trait::async_trait;
use hanse_database::sql::{Bind, Sql};
use hanse_database::{DbError, Tx};
use hanse_kernel::UserId;
use hanse_vault::{AfterSealing, Column, Index, Rows, Subject, Vault};
use std::sync::Arc;

pub const NAME: Column = Column::new("profiles", "name");
pub const METADATA: Column = Column::new("profiles", "metadata");
/// Of a book; the country says too little of anybody, and the database looks at it.
pub const ADDRESS: [Column; 7] = [
    Column::new("addresses", "name"),
    Column::new("addresses", "line1"),
    Column::new("addresses", "line2"),
    Column::new("addresses", "city"),
    Column::new("addresses", "postal_code"),
    Column::new("addresses", "region"),
    Column::new("addresses", "phone"),
];
const WORD: Column = Column::new("name_words", "word");
/// Words are found by so many characters of theirs; longer ones that begin alike are taken for the same.
const LONGEST: usize = 16;

/// What stands there from before is sealed while the service works.
pub fn rows(vault: &Vault) -> Vec<Rows> {
    vec![
        Rows::of("profiles", &["user_id"], &["user_id"], &[NAME, METADATA])
            .then(Arc::new(WordsAnew(vault.clone()))),
        Rows::of("addresses", &["id"], &["user_id"], &ADDRESS),
    ]
}

struct WordsAnew(Vault);

#[async_trait]
impl AfterSealing for WordsAnew {
    async fn sealed(&self, tx: &mut Tx, subject: Subject, texts: &[Option<String>]) -> Result<(), DbError> {
        let name = texts.first().and_then(Option::as_deref).and_then(PersonName::known);
        write_words(tx, &self.0, UserId::new(subject.uuid()), name.as_ref()).await
    }
}

/// Puts a name's words in place of those that were there.
pub async fn write_words(
    tx: &mut Tx,
    vault: &Vault,
    user: UserId,
    name: Option<&PersonName>,
) -> Result<(), DbError> {
    tx.execute("delete from name_words where user_id = $1", &[&user]).await?;
    let Some(name) = name else { return Ok(()) };
    let index = vault.index(tx).await?;
    let words = name.words();
    // Words that begin alike share beginnings.
    let blind: std::collections::BTreeSet<String> =
        words.iter().flat_map(|word| index.beginnings(WORD, word, LONGEST)).collect();
    let rows: Vec<Vec<&dyn Bind>> = blind.iter().map(|word| vec![word as &dyn Bind, &user]).collect();
    tx.insert_all("insert into name_words (word, user_id)", rows, "").await.map(|_| ())
}

/// What people are found by one of whose words begins so: blindly, and, as long as there are rows from before, from the
/// word itself up to the greatest text that begins with it.
pub struct Sought {
    pub blind: Option<String>,
    pub from: String,
    pub to: String,
}

impl Sought {
    pub fn new(index: Option<&Index>, word: &str) -> Self {
        let blind = index.map(|index| index.beginning(WORD, word, LONGEST));
        Self { blind, from: word.into(), to: format!("{word}{}", char::MAX) }
    }
}
