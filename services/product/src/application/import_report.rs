//! Use cases: how an import goes, and what came of it, told so that a merchant can act on it.

use super::catalogue::Catalogue;
use super::error::ProductError;
use crate::domain::import::{Format, Problem};
use crate::domain::intake::{Answer, Intake, Tally};
use hanse_database::{DbError, Tx};
use hanse_kernel::{ChannelId, Currency, Cursor, ImportId, Limit, Locale, Page, Timestamp};
use std::sync::Arc;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportStatus {
    /// The file is still coming.
    Uploading,
    Queued,
    Running,
    Done,
    /// The file as a whole could not be read.
    Failed,
}

impl ImportStatus {
    /// In the store.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Uploading => "uploading",
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Uploading, Self::Queued, Self::Running, Self::Done, Self::Failed]
            .into_iter()
            .find(|status| status.name() == name)
    }
    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed)
    }
}

/// One run of a merchant's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRun {
    pub id: ImportId,
    pub status: ImportStatus,
    pub channel: ChannelId,
    pub locale: Locale,
    pub correlation: String,
    pub currency: Currency,
    /// As asked for; once the file was read, as found.
    pub format: Format,
    pub dry_run: bool,
    pub file_name: Option<String>,
    pub file_bytes: i64,
    pub rows_total: i64,
    /// Rows that have been dealt with, answers of the neighbours not counted.
    pub rows_read: i64,
    pub products: Tally,
    pub variants: Tally,
    pub created_at: Timestamp,
    pub finished_at: Option<Timestamp>,
}

/// A problem as it stands in the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportedProblem {
    pub line: i64,
    pub column: Option<String>,
    pub value: Option<String>,
    pub code: String,
    pub hint: String,
    /// It kept the product out; else it is a warning.
    pub error: bool,
}

impl ReportedProblem {
    pub fn error(line: u64, code: &str, hint: impl Into<String>) -> Self {
        Self {
            line: i64::try_from(line).unwrap_or(i64::MAX),
            column: None,
            value: None,
            code: code.into(),
            hint: hint.into(),
            error: true,
        }
    }
    pub fn warning(line: u64, code: &str, hint: impl Into<String>) -> Self {
        Self { error: false, ..Self::error(line, code, hint) }
    }
    #[must_use]
    pub fn at(self, column: Option<&str>, value: &str) -> Self {
        Self { column: column.map(Into::into), value: Some(value.into()), ..self }
    }
}

impl From<&Problem> for ReportedProblem {
    fn from(problem: &Problem) -> Self {
        Self {
            line: i64::try_from(problem.line).unwrap_or(i64::MAX),
            column: problem.column.clone(),
            value: problem.value.clone(),
            code: problem.code.to_string(),
            hint: problem.hint.clone(),
            error: problem.severity == crate::domain::import::Severity::Error,
        }
    }
}

/// The run and everything that a merchant should know about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportReport {
    pub run: ImportRun,
    /// Rows that are finished, the answers of the neighbours in.
    pub rows_done: i64,
    pub problems: Vec<ReportedProblem>,
}

/// What pricing or inventory refused, as problems of the report.
fn refusals(intake: &Intake) -> Vec<ReportedProblem> {
    let line = intake.line.and_then(|line| u64::try_from(line).ok()).unwrap_or(0);
    let sides = [
        (&intake.prices, "price_refused", "The prices of this product were refused"),
        (&intake.stock, "stock_refused", "The stock of this product was refused"),
    ];
    sides
        .into_iter()
        .filter_map(|(answer, code, text)| match answer {
            Answer::Refused(reason) => {
                let hint = format!("{text}: {reason}. It stays a draft; mend it and import the file again.");
                Some(ReportedProblem::error(line, code, hint))
            }
            _ => None,
        })
        .collect()
}

impl Catalogue {
    pub(super) async fn report(
        &self,
        tx: &mut Tx,
        run: ImportRun,
        whole: bool,
    ) -> Result<ImportReport, DbError> {
        let waiting = if run.status.is_over() { 0 } else { self.intakes.waiting_rows(tx, run.id).await?.0 };
        let mut problems = vec![];
        if whole {
            problems = self.imports.problems(tx, run.id).await?;
            for intake in self.intakes.refused(tx, run.id).await? {
                problems.extend(refusals(&intake));
            }
            // Stable: problems of one line keep their order.
            problems.sort_by_key(|problem| problem.line);
        }
        Ok(ImportReport { rows_done: (run.rows_read - waiting).max(0), run, problems })
    }
}

#[derive(Clone)]
pub struct ReadImport(pub Arc<Catalogue>);

impl ReadImport {
    pub async fn run(&self, id: ImportId) -> Result<ImportReport, ProductError> {
        let read = self.0.db.read((self.0.clone(), id), |tx, (catalogue, id)| {
            Box::pin(async move {
                let run = catalogue.imports.find(tx, *id).await?.ok_or(ProductError::NotFound("import"))?;
                let report = catalogue.report(tx, run, true).await?;
                Ok::<_, ProductError>(report)
            })
        });
        read.await
    }

    /// Newest first, without their problems.
    pub async fn list(
        &self,
        cursor: Option<String>,
        limit: Limit,
    ) -> Result<Page<ImportReport>, ProductError> {
        let after = match cursor.as_deref().map(Cursor::decode::<(i64, ImportId)>) {
            None => None,
            Some(Ok((at, id))) => Some((Timestamp::from_micros(at), id)),
            Some(Err(e)) => return Err(ProductError::invalid("cursor", "cursor", e.to_string())),
        };
        let read = self.0.db.read((self.0.clone(), after, limit), |tx, (catalogue, after, limit)| {
            Box::pin(async move {
                let runs = catalogue.imports.newest(tx, *after, *limit).await?;
                let page = Page::cut(runs, *limit, |run| (run.created_at.micros(), run.id));
                let mut items = vec![];
                for run in page.items {
                    items.push(catalogue.report(tx, run, false).await?);
                }
                Ok::<_, ProductError>(Page { items, next: page.next })
            })
        });
        read.await
    }
}
