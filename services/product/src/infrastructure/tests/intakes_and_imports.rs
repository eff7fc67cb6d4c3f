//! What waits for neighbours, and imports with their reports.

use super::{NOW, en, id, later, on_both, variant_id};
use crate::application::import_report::{ImportRun, ImportStatus, ReportedProblem};
use crate::application::ports::{Imports, Intakes, MediaStore, Picture};
use crate::domain::import::Format;
use crate::domain::intake::{Answer, Intake, Outcome, Tally};
use crate::domain::origin::{Origin, OriginVariant};
use crate::domain::stock::StockPolicy;
use crate::infrastructure::imports::SqlImports;
use crate::infrastructure::intakes::SqlIntakes;
use crate::infrastructure::media::SqlMedia;
use hanse_kernel::{ChannelId, Currency, ImportId, Limit, ProductId};

fn intake(key: &str, import: Option<u128>) -> Intake {
    Intake {
        key: key.into(),
        product: ProductId::new(id(1)),
        import: import.map(|n| ImportId::new(id(n))),
        line: Some(7),
        rows: 3,
        outcome: Outcome::Created,
        variants: Tally { created: 1, updated: 2, unchanged: 3, skipped: 0 },
        publish_in: Some(ChannelId::default()),
        prices: Answer::Pending,
        stock: Answer::None,
        created_at: NOW,
        finished_at: None,
    }
}

#[tokio::test]
async fn intakes_wait_and_end() {
    on_both(|tx| {
        Box::pin(async move {
            let import = ImportId::new(id(5));
            let (mut a, b) = (intake("a", Some(5)), intake("b", Some(5)));
            SqlIntakes.insert(tx, &a, "{}").await?;
            SqlIntakes.insert(tx, &b, "{\"b\":1}").await?;
            SqlIntakes.insert(tx, &intake("c", None), "{}").await?;
            assert_eq!(SqlIntakes.find(tx, "a").await?.as_ref(), Some(&a));
            assert_eq!(SqlIntakes.waiting_rows(tx, import).await?, (6, 2));
            (a.prices, a.finished_at) = (Answer::Refused("too dear".into()), Some(later(1)));
            SqlIntakes.save(tx, &a).await?;
            assert_eq!(SqlIntakes.find(tx, "a").await?.as_ref(), Some(&a));
            assert_eq!(SqlIntakes.refused(tx, import).await?, [a.clone()]);
            assert_eq!(SqlIntakes.waiting_rows(tx, import).await?, (3, 1));
            let of = SqlIntakes.of_import(tx, import).await?;
            assert_eq!((of.len(), of[0].0.as_str(), of[0].1.created, of[0].2), (2, "a", 1, a.variants));
            assert_eq!(SqlIntakes.latest(tx, a.product).await?.map(|i| i.key), Some("c".into()));

            let overdue = SqlIntakes.overdue(tx, later(1), 9).await?;
            let overdue: Vec<_> =
                overdue.iter().map(|o| (o.key.as_str(), o.commands.as_str(), o.sent_times)).collect();
            assert_eq!(overdue, [("b", "{\"b\":1}", 1), ("c", "{}", 1)]);
            SqlIntakes.sent_again(tx, "b", later(5)).await?;
            assert_eq!(SqlIntakes.overdue(tx, later(1), 9).await?.len(), 1);
            assert_eq!(SqlIntakes.overdue(tx, later(6), 9).await?[1].sent_times, 2);
            SqlIntakes.keep_draft(tx, a.product).await?;
            assert_eq!(SqlIntakes.find(tx, "b").await?.expect("there").publish_in, None);
            assert_eq!(SqlIntakes.find(tx, "a").await?.as_ref(), Some(&a), "what has ended stays");
            assert_eq!(SqlIntakes.forget(tx, later(1)).await?, 0);
            assert_eq!(SqlIntakes.forget(tx, later(2)).await?, 1);
            assert_eq!(SqlIntakes.find(tx, "a").await?, None);
            Ok(())
        })
    })
    .await;
}

fn run(n: u128) -> ImportRun {
    ImportRun {
        id: ImportId::new(id(n)),
        status: ImportStatus::Uploading,
        channel: ChannelId::default(),
        locale: en(),
        correlation: "c".into(),
        currency: Currency::EUR,
        format: Format::Auto,
        dry_run: true,
        file_name: Some("a.csv".into()),
        file_bytes: 6,
        rows_total: 0,
        rows_read: 0,
        products: Tally::default(),
        variants: Tally::default(),
        created_at: later(n as u64),
        finished_at: None,
    }
}

#[tokio::test]
async fn an_import_is_one_workers_until_its_lease_ends() {
    on_both(|tx| {
        Box::pin(async move {
            let (me, you) = (id(100), id(200));
            let first = run(1);
            for one in [&first, &run(2)] {
                SqlImports.insert(tx, one).await?;
                SqlImports.add_chunk(tx, one.id, 0, b"abc").await?;
                SqlImports.add_chunk(tx, one.id, 1, b"def").await?;
            }
            assert_eq!(SqlImports.find(tx, first.id).await?.as_ref(), Some(&first));
            assert_eq!(SqlImports.claim(tx, me, NOW, later(30)).await?, None, "no file is whole yet");
            SqlImports.queue(tx, first.id).await?;
            let mut mine = SqlImports.claim(tx, me, NOW, later(30)).await?.expect("the first");
            assert_eq!((mine.id, mine.status), (first.id, ImportStatus::Running));
            assert_eq!(SqlImports.claim(tx, you, later(30), later(60)).await?, None, "mine to the end");
            assert_eq!(SqlImports.chunk(tx, first.id, 1).await?.as_deref(), Some(&b"def"[..]));

            (mine.rows_total, mine.rows_read, mine.format) = (10, 4, Format::ShopifyCsv);
            mine.products = Tally { created: 1, updated: 2, unchanged: 3, skipped: 4 };
            assert!(!SqlImports.progress(tx, &mine, you, later(60)).await?);
            assert!(SqlImports.progress(tx, &mine, me, later(60)).await?);
            assert_eq!(SqlImports.find(tx, first.id).await?.as_ref(), Some(&mine));
            assert_eq!(SqlImports.claim(tx, you, later(60), later(90)).await?, None, "the lease was renewed");

            // My process is gone, and nobody else works on this store.
            assert_eq!(
                (SqlImports.release(tx, later(2)).await?, SqlImports.release(tx, later(2)).await?),
                (1, 0)
            );
            assert_eq!(SqlImports.claim(tx, you, later(2), later(32)).await?.map(|r| r.id), Some(first.id));
            assert!(!SqlImports.progress(tx, &mine, me, later(60)).await?);
            (mine.status, mine.finished_at) = (ImportStatus::Done, Some(later(3)));
            assert!(!SqlImports.finish(tx, &mine, me).await?, "who has lost it does not end it");
            assert!(SqlImports.chunk(tx, first.id, 0).await?.is_some());
            assert!(SqlImports.finish(tx, &mine, you).await?);
            assert_eq!(SqlImports.find(tx, first.id).await?, Some(mine));
            assert_eq!(SqlImports.chunk(tx, first.id, 0).await?, None);
            assert_eq!(SqlImports.claim(tx, me, later(99), later(120)).await?, None);

            let newest = SqlImports.newest(tx, None, Limit::new(1).unwrap()).await?;
            assert_eq!(newest.iter().map(|r| r.id).collect::<Vec<_>>(), [ImportId::new(id(2)), first.id]);
            let rest =
                SqlImports.newest(tx, Some((later(2), ImportId::new(id(2)))), Limit::default()).await?;
            assert_eq!(rest.len(), 1);
            assert_eq!(SqlImports.forget_broken(tx, later(9)).await?, 1, "an upload that never became whole");
            assert_eq!(SqlImports.chunk(tx, ImportId::new(id(2)), 0).await?, None);
            Ok(())
        })
    })
    .await;
}

#[tokio::test]
async fn problems_origins_and_pictures_are_kept() {
    on_both(|tx| {
        Box::pin(async move {
            let one = run(1);
            SqlImports.insert(tx, &one).await?;
            let problems = [
                ReportedProblem::error(3, "price_not_a_number", "Write it as 12.00.")
                    .at(Some("Variant Price"), "12,oo"),
                ReportedProblem::warning(2, "image_unknown", "Left out."),
            ];
            SqlImports.add_problems(tx, one.id, 0, &problems[..1]).await?;
            SqlImports.add_problems(tx, one.id, 1, &problems[1..]).await?;
            assert_eq!(SqlImports.problems(tx, one.id).await?, problems);
            SqlImports.clear_problems(tx, one.id).await?;
            assert_eq!(SqlImports.problems(tx, one.id).await?, []);

            let mut origin = Origin {
                row_key: "mug".into(),
                product: ProductId::new(id(1)),
                fingerprint: "f".into(),
                variants: vec![OriginVariant {
                    id: variant_id(10),
                    stock: None,
                    policy: StockPolicy::Untracked,
                    digest: "d".into(),
                }],
            };
            SqlImports.save_origin(tx, &origin).await?;
            (origin.fingerprint, origin.variants[0].stock) = ("g".into(), Some(4));
            SqlImports.save_origin(tx, &origin).await?;
            let keys = ["none".to_string(), "mug".into()];
            assert_eq!(SqlImports.origins(tx, &keys).await?, [origin.clone()]);
            SqlImports.forget_origin(tx, origin.product).await?;
            assert_eq!(SqlImports.origins(tx, &keys).await?, []);

            let picture = Picture {
                name: "ab.svg".into(),
                content_type: "image/svg+xml".into(),
                bytes: bytes::Bytes::from_static(b"<svg/>\0\xff"),
                width: Some(8),
                height: None,
            };
            SqlMedia.put(tx, &picture, NOW).await?;
            SqlMedia.put(tx, &Picture { content_type: "x/y".into(), ..picture.clone() }, NOW).await?;
            assert_eq!(SqlMedia.get(tx, "ab.svg").await?, Some(picture), "a name is made of its content");
            assert_eq!(SqlMedia.get(tx, "cd.svg").await?, None);
            Ok(())
        })
    })
    .await;
}
