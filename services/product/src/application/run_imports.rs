//! Use case: imports are run in the background, one after the other, product by product. A run that was broken off
//! goes on where it was: what its products did is known by their intakes.

use super::catalogue::Catalogue;
use super::error::ProductError;
use super::file_categories::{FileCategories, path_of};
use super::import_report::{ImportRun, ImportStatus, ReportedProblem};
use super::import_row::{Done, ImportRow, Row, check, key_of, problem_of};
use super::media::OWN_SCHEME;
use super::ports::Picture;
use crate::domain::category::Category;
use crate::domain::content::ImageContent;
use crate::domain::import::{ImportedImage, ImportedProduct, ReadFile};
use crate::domain::intake::{Outcome, Tally};
use crate::domain::origin::Origin;
use futures::StreamExt;
use hanse_database::DbError;
use hanse_kernel::{Actor, CategoryId, CorrelationId, Ctx, Timestamp};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// How long a run stays with a worker that has gone silent. A living one is heard of many times in it.
const LEASE: Duration = Duration::from_secs(30);
/// While a file is being read the lease is renewed so often.
const RENEW: Duration = Duration::from_secs(5);
/// Products that are looked up together.
const CHUNK: usize = 128;
/// Units under way at once: neighbours share a commit.
const AT_ONCE: usize = 32;
/// Products that may wait for their answers before the run itself waits.
const MOST_WAITING: i64 = 1_000;
const FLUSH: Duration = Duration::from_millis(100);
const PAUSE: Duration = Duration::from_millis(20);
/// A unit that conflicts with others is tried so often.
const TRIES: u32 = 10;

/// Tells whether the worker is to end; the run is then left for the next one.
pub type Stopping<'a> = &'a (dyn Fn() -> bool + Send + Sync);

#[derive(Clone)]
pub struct RunImports(pub Arc<Catalogue>);

impl RunImports {
    /// At the start of a worker: where no other process works on the store, runs under way have lost theirs.
    pub async fn take_over(&self) -> Result<(), ProductError> {
        let catalogue = &self.0;
        if !catalogue.config.only_process {
            return Ok(());
        }
        let unit = catalogue.db.tx(catalogue.clone(), |tx, catalogue| {
            Box::pin(async move { catalogue.imports.release(tx, catalogue.effects.now()).await })
        });
        let broken_off = unit.await?;
        if broken_off > 0 {
            tracing::info!(imports = broken_off, "imports that were broken off go on");
        }
        Ok(())
    }

    /// Runs the next import that waits; whether there was one.
    pub async fn next(&self, worker: Uuid, stopping: Stopping<'_>) -> Result<bool, ProductError> {
        let catalogue = &self.0;
        let unit = catalogue.db.tx((catalogue.clone(), worker), |tx, (catalogue, worker)| {
            Box::pin(async move {
                let now = catalogue.effects.now();
                catalogue.imports.claim(tx, *worker, now, now.plus(LEASE)).await
            })
        });
        let Some(run) = unit.await? else { return Ok(false) };
        tracing::info!(import = %run.id, rows = run.rows_total, "an import begins");
        let mut going = Going::new(catalogue.clone(), run, worker);
        let outcome = going.run(stopping).await;
        if outcome.is_err() || !going.over {
            // Somebody, perhaps this worker, may take it up at once.
            going.keep(Duration::ZERO).await?;
        }
        outcome.map(|()| true)
    }
}

/// One run under way.
struct Going {
    catalogue: Arc<Catalogue>,
    run: ImportRun,
    worker: Uuid,
    ctx: Ctx,
    problems: i64,
    flushed: Timestamp,
    over: bool,
    categories: BTreeMap<String, (Option<CategoryId>, Vec<Category>)>,
}

enum Made {
    Done(Done),
    Left(ReportedProblem),
}

impl Going {
    fn new(catalogue: Arc<Catalogue>, run: ImportRun, worker: Uuid) -> Self {
        let correlation =
            CorrelationId::parse(&run.correlation).unwrap_or_else(|| CorrelationId::new(run.id.uuid()));
        let mut ctx = Ctx::new(Actor::service("product"), correlation);
        ctx.channel = run.channel.clone();
        ctx.locale = run.locale.clone();
        let flushed = catalogue.effects.now();
        Self { catalogue, run, worker, ctx, problems: 0, flushed, over: false, categories: BTreeMap::new() }
    }

    async fn run(&mut self, stopping: Stopping<'_>) -> Result<(), ProductError> {
        let file = self.file().await?;
        let (name, format, currency) = (self.run.file_name.clone(), self.run.format, self.run.currency);
        let files = self.catalogue.files.clone();
        let mut reading = files.read(file, name, format, currency);
        let read = loop {
            match self.catalogue.effects.within(RENEW, reading.as_mut()).await {
                Some(read) => break read?,
                None if self.keep(LEASE).await? => {}
                None => return Ok(()),
            }
        };
        self.begin(&read).await?;
        if read.is_refused() {
            return self.finish(ImportStatus::Failed).await;
        }
        let done_before = self.done_before().await?;
        for chunk in read.products.chunks(CHUNK) {
            self.chunk(chunk, &done_before).await?;
            if stopping() || !self.flush_when_due().await? {
                return Ok(());
            }
            while self.waiting().await? > MOST_WAITING {
                self.catalogue.effects.timers.sleep(PAUSE).await;
                if stopping() || !self.flush_when_due().await? {
                    return Ok(());
                }
            }
        }
        if !self.keep(LEASE).await? {
            return Ok(());
        }
        while self.waiting().await? > 0 {
            let wake = self.catalogue.wake_imports.clone();
            self.catalogue.effects.within(PAUSE, wake.notified()).await;
            self.catalogue.effects.timers.sleep(PAUSE / 4).await;
            if stopping() || !self.flush_when_due().await? {
                return Ok(());
            }
        }
        self.finish(ImportStatus::Done).await
    }

    async fn file(&self) -> Result<Vec<u8>, ProductError> {
        let mut bytes = Vec::with_capacity(usize::try_from(self.run.file_bytes).unwrap_or(0));
        for n in 0.. {
            let read =
                self.catalogue.db.read((self.catalogue.clone(), self.run.id, n), |tx, (catalogue, id, n)| {
                    Box::pin(async move { catalogue.imports.chunk(tx, *id, *n).await })
                });
            match read.await? {
                Some(chunk) => bytes.extend(chunk),
                None => break,
            }
        }
        Ok(bytes)
    }

    /// Notes what reading the file told; a run that is taken up again begins its report anew.
    async fn begin(&mut self, read: &ReadFile) -> Result<(), ProductError> {
        let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        self.run.format = read.format;
        self.run.rows_total = count(read.rows_total);
        let taken: u64 = read.products.iter().map(|product| product.rows).sum();
        self.run.rows_read = count(read.rows_total.saturating_sub(taken));
        self.run.products = Tally { skipped: read.skipped.products, ..Tally::default() };
        self.run.variants = Tally { skipped: read.skipped.variants, ..Tally::default() };
        let unit = self.catalogue.db.tx((self.catalogue.clone(), self.run.id), |tx, (catalogue, id)| {
            Box::pin(async move { catalogue.imports.clear_problems(tx, *id).await })
        });
        unit.await?;
        self.problems = 0;
        let told: Vec<ReportedProblem> = read.problems.iter().map(ReportedProblem::from).collect();
        self.add_problems(told).await?;
        self.keep(LEASE).await?;
        Ok(())
    }

    async fn add_problems(&mut self, problems: Vec<ReportedProblem>) -> Result<(), ProductError> {
        for part in problems.chunks(500) {
            let input = (self.catalogue.clone(), self.run.id, self.problems, part.to_vec());
            let unit = self.catalogue.db.tx(input, |tx, (catalogue, id, first, part)| {
                Box::pin(async move { catalogue.imports.add_problems(tx, *id, *first, part).await })
            });
            unit.await?;
            self.problems += i64::try_from(part.len()).unwrap_or(0);
        }
        Ok(())
    }

    /// What products of this very run did before it was broken off.
    async fn done_before(&self) -> Result<BTreeMap<String, (Tally, Tally)>, ProductError> {
        let read = self.catalogue.db.read((self.catalogue.clone(), self.run.id), |tx, (catalogue, id)| {
            Box::pin(async move { catalogue.intakes.of_import(tx, *id).await })
        });
        Ok(read.await?.into_iter().map(|(key, products, variants)| (key, (products, variants))).collect())
    }

    async fn waiting(&self) -> Result<i64, ProductError> {
        let read = self.catalogue.db.read((self.catalogue.clone(), self.run.id), |tx, (catalogue, id)| {
            Box::pin(async move { Ok::<_, DbError>(catalogue.intakes.waiting_rows(tx, *id).await?.1) })
        });
        Ok(read.await?)
    }

    async fn chunk(
        &mut self,
        chunk: &[ImportedProduct],
        done_before: &BTreeMap<String, (Tally, Tally)>,
    ) -> Result<(), ProductError> {
        let origins = self.origins(chunk).await?;
        let mut problems = vec![];
        let mut rows = vec![];
        for said in chunk {
            let variants = u64::try_from(said.variants.len()).unwrap_or(0);
            problems.extend(insecure_picture(said));
            if let Some((products, variants)) = done_before.get(&key_of(self.run.id, &said.row_key)) {
                add(&mut self.run.products, *products);
                add(&mut self.run.variants, *variants);
                self.run.rows_read += i64::try_from(said.rows).unwrap_or(0);
                // What the worker before this one told of it went with its report.
                let (_, _, unknown) = self.pictures(said);
                problems.extend(unknown);
            } else if origins
                .get(&said.row_key)
                .is_some_and(|o| o.fingerprint == said.fingerprint.to_string())
            {
                self.run.products.unchanged += 1;
                self.run.variants.unchanged += variants;
                self.run.rows_read += i64::try_from(said.rows).unwrap_or(0);
            } else {
                match self.prepare(said, &mut problems).await? {
                    Ok(row) => rows.push(Arc::new(row)),
                    Err(problem) => {
                        self.skip(said);
                        problems.push(problem);
                    }
                }
            }
        }
        let import = ImportRow(self.catalogue.clone());
        let (ctx, dry_run, catalogue) = (self.ctx.clone(), self.run.dry_run, self.catalogue.clone());
        let units = rows.into_iter().map(|row| {
            let (import, ctx, catalogue) = (import.clone(), ctx.clone(), catalogue.clone());
            async move {
                let made = make(&catalogue, &import, &ctx, &row, dry_run).await;
                (row, made)
            }
        });
        let mut made = futures::stream::iter(units).buffer_unordered(AT_ONCE);
        while let Some((row, outcome)) = made.next().await {
            match outcome? {
                Made::Done(done) => self.count(&row.said, done),
                Made::Left(problem) => {
                    self.skip(&row.said);
                    problems.push(problem);
                }
            }
        }
        drop(made);
        self.add_problems(problems).await
    }

    fn count(&mut self, said: &ImportedProduct, done: Done) {
        match done.outcome {
            Outcome::Created => self.run.products.created += 1,
            Outcome::Updated => self.run.products.updated += 1,
        }
        add(&mut self.run.variants, done.variants);
        self.run.rows_read += i64::try_from(said.rows).unwrap_or(0);
    }

    fn skip(&mut self, said: &ImportedProduct) {
        self.run.products.skipped += 1;
        self.run.variants.skipped += u64::try_from(said.variants.len()).unwrap_or(0);
        self.run.rows_read += i64::try_from(said.rows).unwrap_or(0);
    }

    /// The origins of these products, as far as their products still live.
    async fn origins(&self, chunk: &[ImportedProduct]) -> Result<BTreeMap<String, Origin>, ProductError> {
        let keys: Vec<String> = chunk.iter().map(|said| said.row_key.clone()).collect();
        let read = self.catalogue.db.read((self.catalogue.clone(), keys), |tx, (catalogue, keys)| {
            Box::pin(async move { catalogue.imports.origins(tx, keys).await })
        });
        Ok(read.await?.into_iter().map(|origin| (origin.row_key.clone(), origin)).collect())
    }

    /// Everything that the unit needs and that is not to be waited for inside it: category and pictures.
    async fn prepare(
        &mut self,
        said: &ImportedProduct,
        problems: &mut Vec<ReportedProblem>,
    ) -> Result<Result<Row, ReportedProblem>, ProductError> {
        let sold =
            self.catalogue.config.channel(&self.run.channel).map_or(&[][..], |channel| &channel.currencies);
        if let Err(problem) = check(said, sold) {
            return Ok(Err(problem));
        }
        let (category, line) = self.category(said).await?;
        let (images, pictures, unknown) = self.pictures(said);
        problems.extend(unknown);
        Ok(Ok(Row { import: self.run.id, said: said.clone(), category, line, images, pictures }))
    }

    /// The product's pictures, those that the shop draws itself, and what is to be told of them.
    fn pictures(&self, said: &ImportedProduct) -> (Vec<ImageContent>, Vec<Picture>, Vec<ReportedProblem>) {
        let content = |image: &ImportedImage| ImageContent {
            src: image.src.clone(),
            alt: image.alt.clone(),
            stored: None,
        };
        let mut images: Vec<ImageContent> = said.images.iter().map(content).collect();
        let (pictures, unknown) = self.catalogue.draw(&mut images);
        let told = unknown.iter().map(|src| {
            let hint = "The shop knows no such sample picture: it is left out.";
            ReportedProblem::warning(said.lines.first, "image_unknown", hint).at(None, src)
        });
        (images, pictures, told.collect())
    }

    /// The file's category, or one of the merchant's word for what it is.
    async fn category(
        &mut self,
        said: &ImportedProduct,
    ) -> Result<(Option<CategoryId>, Vec<Category>), ProductError> {
        let titles = if said.category.is_empty() {
            said.kind.iter().cloned().collect()
        } else {
            said.category.clone()
        };
        let path = path_of(&titles);
        if let Some(known) = self.categories.get(&path) {
            return Ok(known.clone());
        }
        let id = if self.run.dry_run {
            None
        } else {
            FileCategories(self.catalogue.clone()).ensure(&titles).await?
        };
        let read = self.catalogue.db.read((self.catalogue.clone(), id), |tx, (catalogue, id)| {
            Box::pin(async move { catalogue.line(tx, *id).await })
        });
        let known = (id, read.await?);
        self.categories.insert(path, known.clone());
        Ok(known)
    }

    /// False when the run has gone to another worker.
    async fn flush_when_due(&mut self) -> Result<bool, ProductError> {
        if self.catalogue.effects.now().since(self.flushed) < FLUSH {
            Ok(true)
        } else {
            self.keep(LEASE).await
        }
    }

    async fn keep(&mut self, lease: Duration) -> Result<bool, ProductError> {
        self.flushed = self.catalogue.effects.now();
        let input = (self.catalogue.clone(), self.run.clone(), self.worker, self.flushed.plus(lease));
        let unit = self.catalogue.db.tx(input, |tx, (catalogue, run, worker, until)| {
            Box::pin(async move { catalogue.imports.progress(tx, run, *worker, *until).await })
        });
        Ok(unit.await?)
    }

    async fn finish(&mut self, status: ImportStatus) -> Result<(), ProductError> {
        self.run.status = status;
        self.run.finished_at = Some(self.catalogue.effects.now());
        let input = (self.catalogue.clone(), self.run.clone(), self.worker);
        let unit = self.catalogue.db.tx(input, |tx, (catalogue, run, worker)| {
            Box::pin(async move { catalogue.imports.finish(tx, run, *worker).await })
        });
        // Not ended: it is another worker's by now, and that one ends it.
        if unit.await? {
            tracing::info!(import = %self.run.id, status = status.name(), "an import has ended");
        }
        self.over = true;
        Ok(())
    }
}

/// One of a product's pictures that a browser would not show on a secure page.
fn insecure_picture(said: &ImportedProduct) -> Option<ReportedProblem> {
    let shown =
        |image: &&ImportedImage| !image.src.starts_with(OWN_SCHEME) && !image.src.starts_with("https://");
    let image = said.images.iter().find(shown)?;
    let hint = "Pictures at http:// addresses are kept but not shown: use an https:// address.";
    Some(ReportedProblem::warning(said.lines.first, "image_not_secure", hint).at(None, &image.src))
}

fn add(sum: &mut Tally, more: Tally) {
    sum.created += more.created;
    sum.updated += more.updated;
    sum.unchanged += more.unchanged;
    sum.skipped += more.skipped;
}

/// Runs one unit, again where others were in the way. What is wrong with this product alone becomes a problem of the
/// report; what is wrong with the store ends the run for now.
async fn make(
    catalogue: &Catalogue,
    import: &ImportRow,
    ctx: &Ctx,
    row: &Arc<Row>,
    dry_run: bool,
) -> Result<Made, ProductError> {
    for attempt in 1.. {
        let outcome =
            if dry_run { import.preview(row.clone()).await } else { import.run(ctx, row.clone()).await };
        match outcome {
            Ok(done) => return Ok(Made::Done(done)),
            Err(ProductError::Busy | ProductError::Store(DbError::Conflict { .. })) if attempt < TRIES => {
                catalogue.effects.timers.sleep(PAUSE * attempt).await;
            }
            Err(ProductError::Store(
                e @ (DbError::Violation(_) | DbError::Budget(_) | DbError::Panicked(_) | DbError::Other(_)),
            )) => {
                tracing::error!(import = %row.import, product = %row.said.row_key, error = %e, "a product could not be stored");
                let hint = "The product could not be stored and was left out. The shop's log says why.";
                return Ok(Made::Left(ReportedProblem::error(row.said.lines.first, "not_stored", hint)));
            }
            Err(error) => return problem_of(&row.said, error).map(Made::Left),
        }
    }
    Err(ProductError::Busy)
}
