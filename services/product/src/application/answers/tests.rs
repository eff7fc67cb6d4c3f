//! What kept answers must do, in memory alone and with either level of sharing.

use super::*;
use hanse_kernel::effects::ManualClock;
use uuid::Uuid;

fn body() -> Body {
    Body::new("{}")
}

fn product(n: u128) -> ProductId {
    ProductId::new(Uuid::from_u128(n))
}

fn missing(found: Lookup) -> Moment {
    match found {
        Lookup::Missing(moment) => moment,
        Lookup::Kept(_) => panic!("it is kept"),
    }
}

fn kept(found: &Lookup) -> bool {
    matches!(found, Lookup::Kept(_))
}

#[tokio::test]
async fn a_list_is_behind_a_change_for_a_moment_at_most() {
    let clock = ManualClock::at(Timestamp::from_micros(0));
    let answers = Answers::new(1 << 20, clock.clone(), None);
    let keep = async || {
        let moment = missing(answers.list("q").await);
        answers.keep_list("q".into(), moment, body()).await;
    };
    keep().await;
    clock.advance(Duration::from_millis(300));
    assert!(kept(&answers.list("q").await), "nothing has changed");
    answers.lists_changed();
    keep().await;
    answers.lists_changed();
    assert!(kept(&answers.list("q").await), "made a moment ago");
    clock.advance(LIST_GRACE);
    keep().await;
    clock.advance(LONGEST);
    assert!(!kept(&answers.list("q").await), "another process may have changed it");
}

#[tokio::test]
async fn a_page_is_let_go_at_once_even_when_it_was_being_read() {
    let clock = ManualClock::at(Timestamp::from_micros(0));
    let answers = Answers::new(1 << 20, clock, None);
    let moment = missing(answers.page("mug").await);
    answers.page_changed(product(7));
    answers.keep_page("mug".into(), moment, product(7), body()).await;
    let moment = missing(answers.page("mug").await);
    answers.keep_page("mug".into(), moment, product(7), body()).await;
    assert!(kept(&answers.page("mug").await));
    answers.page_changed(product(7));
    assert!(!kept(&answers.page("mug").await));
}

#[test]
fn equal_bodies_have_equal_validators() {
    assert_eq!(Body::new("a").etag, Body::new("a").etag);
    assert_ne!(Body::new("a").etag, Body::new("b").etag);
}
