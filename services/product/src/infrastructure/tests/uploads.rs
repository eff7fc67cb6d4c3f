//! Uploads and their files: what is shown cannot go, what goes cannot be shown.

use super::super::image_files::SqlImageFiles;
use super::super::products::SqlProducts;
use super::super::uploads::SqlUploads;
use super::{later, on_both, product, unit};
use crate::application::ports::{ImageFile, ImageFiles, Products, Uploads};
use crate::domain::upload::Upload;
use bytes::Bytes;
use hanse_database::{DbError, Violation};
use hanse_testkit::both_engines;

fn upload(digest: &str) -> Upload {
    Upload { digest: digest.into(), ending: "jpg".into(), width: 640, height: 480, widths: vec![320, 640] }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_goes_when_it_has_been_unused_for_long_enough() {
    on_both(|tx| {
        Box::pin(async move {
            assert!(SqlUploads.claim(tx, &upload("shown"), later(0)).await?);
            assert!(SqlUploads.claim(tx, &upload("lost"), later(0)).await?);
            assert!(SqlUploads.shown(tx, "shown").await? && !SqlUploads.shown(tx, "unknown").await?);
            let mut mug = product(1);
            mug.images[0].upload = Some(upload("shown"));
            SqlProducts.insert(tx, &mug).await?;
            let found = SqlProducts.find(tx, mug.id).await?.unwrap();
            assert_eq!(found.images[0].upload, Some(upload("shown")));

            assert_eq!(SqlUploads.mark_unused(tx, later(10)).await?, 1);
            assert_eq!(SqlUploads.mark_unused(tx, later(20)).await?, 1, "since it was seen first");
            assert_eq!(SqlUploads.let_go(tx, later(50), later(10), 9).await?, []);
            assert_eq!(SqlUploads.let_go(tx, later(50), later(11), 9).await?, [upload("lost")]);
            let (hour, away) = (later(50 + 3600), later(51 + 3600));
            assert_eq!(SqlUploads.let_go(tx, hour, hour, 9).await?, [], "somebody is at it");
            assert_eq!(
                SqlUploads.let_go(tx, away, later(0), 9).await?,
                [upload("lost")],
                "they have stopped"
            );
            assert!(!SqlUploads.claim(tx, &upload("lost"), later(12)).await?, "it is on its way out");
            assert!(!SqlUploads.shown(tx, "lost").await?);
            SqlUploads.forget(tx, "shown").await?;
            SqlUploads.forget(tx, "lost").await?;
            assert!(SqlUploads.claim(tx, &upload("lost"), later(13)).await?, "as if it had never been there");
            assert!(SqlUploads.shown(tx, "shown").await?, "nobody forgets what is shown");
            Ok(())
        })
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_cannot_show_an_upload_that_is_not_there() {
    both_engines(&[super::super::MIGRATIONS], |db| async move {
        let stored = unit(&db, |tx| {
            Box::pin(async move {
                let mut mug = product(1);
                mug.images[0].upload = Some(upload("nowhere"));
                SqlProducts.insert(tx, &mug).await
            })
        });
        let refused = stored.await.unwrap_err();
        assert!(matches!(refused, DbError::Violation(Violation::ForeignKey)), "{refused:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_kept_once_and_removed_by_name() {
    both_engines(&[super::super::MIGRATIONS], |db| async move {
        let files = SqlImageFiles::new(db, hanse_testkit::effects());
        let file = |name: &str, bytes: &'static [u8]| ImageFile {
            name: name.into(),
            content_type: "image/jpeg".into(),
            bytes: Bytes::from_static(bytes),
        };
        let (small, large) = (file("ab-320.jpg", b"small"), file("ab-640.jpg", b"large"));
        files.keep(&[small.clone(), large.clone()]).await.unwrap();
        files.keep(&[file("ab-320.jpg", b"other")]).await.unwrap();
        assert_eq!(files.read("ab-320.jpg").await.unwrap(), Some(small), "a name shows what it showed first");
        assert_eq!(files.read("ab-1.jpg").await.unwrap(), None);
        files.remove(&["ab-320.jpg".into(), "ab-1.jpg".into()]).await.unwrap();
        assert_eq!(files.read("ab-320.jpg").await.unwrap(), None);
        assert_eq!(files.read("ab-640.jpg").await.unwrap(), Some(large));
    })
    .await;
}
