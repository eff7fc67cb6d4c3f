//! Every message that somebody sends is taken by somebody, and the other way round; where one is not, that is meant.

use super::modules::modules;
use hanse_testkit::{Engine, TestHost};
use std::collections::BTreeSet;

/// Events that nobody has to hear.
const UNHEARD: [&str; 0] = [];
/// Messages that are taken although nobody sends them yet.
const AWAITED: [&str; 0] = [];

/// What a service sends and takes, by type.
#[derive(Clone)]
struct Speaker {
    service: &'static str,
    sends: Vec<&'static str>,
    takes: Vec<&'static str>,
}

fn faults(house: &[Speaker], unheard: &[&str], awaited: &[&str]) -> Vec<String> {
    let sent: BTreeSet<&str> = house.iter().flat_map(|s| s.sends.iter().copied()).collect();
    let taken: BTreeSet<&str> = house.iter().flat_map(|s| s.takes.iter().copied()).collect();
    let mut faults = vec![];
    for speaker in house {
        let service = speaker.service;
        for kind in &speaker.sends {
            let (first, event) = kind.split_once('.').unwrap_or((kind, ""));
            let command = first != service;
            if event.is_empty() || !house.iter().any(|s| s.service == first) {
                faults.push(format!("{service} sends {kind}, which begins with nobody's name"));
            } else if command && !house.iter().any(|s| s.service == first && s.takes.contains(kind)) {
                faults.push(format!("{service} sends {kind}, which {first} does not take"));
            } else if !taken.contains(kind) && !unheard.contains(kind) {
                faults.push(format!(
                    "{service} sends {kind}, which nobody takes: let somebody, or say that it is meant"
                ));
            }
        }
        for kind in speaker.takes.iter().filter(|kind| !sent.contains(**kind) && !awaited.contains(*kind)) {
            faults.push(format!("{service} takes {kind}, which nobody sends"));
        }
    }
    faults.extend(unheard.iter().filter(|k| taken.contains(**k)).map(|k| format!("{k} is heard by now")));
    faults.extend(awaited.iter().filter(|k| sent.contains(**k)).map(|k| format!("{k} has come by now")));
    faults
}

#[tokio::test]
async fn whatever_is_sent_is_taken_and_whatever_is_taken_is_sent() {
    let bench = TestHost::new(Engine::Sqlite);
    let house: Vec<Speaker> = modules(&bench)
        .await
        .iter()
        .map(|module| Speaker {
            service: module.host.service,
            sends: module.host.outbox.sends().to_vec(),
            takes: module.consumers.iter().map(|consumer| consumer.kind).collect(),
        })
        .collect();
    assert!(house.iter().map(|s| s.sends.len()).sum::<usize>() > 20, "hardly anybody says anything");
    assert_eq!(faults(&house, &UNHEARD, &AWAITED), Vec::<String>::new());
}

#[test]
fn a_message_into_the_void_and_one_from_nowhere_are_found() {
    let till = Speaker { service: "till", sends: vec!["till.Sold.v1", "books.Count.v1"], takes: vec![] };
    let books = Speaker { service: "books", sends: vec![], takes: vec!["till.Sold.v1", "books.Count.v1"] };
    let house = [till, books];
    assert_eq!(faults(&house, &[], &[]), Vec::<String>::new());
    let planted = |change: &dyn Fn(&mut [Speaker; 2])| {
        let mut house = house.clone();
        change(&mut house);
        faults(&house, &[], &[]).join("; ")
    };
    let unheard = planted(&|house| house[0].sends.push("till.Opened.v1"));
    assert!(unheard.contains("till sends till.Opened.v1, which nobody takes"), "{unheard}");
    let command = planted(&|house| house[1].takes.truncate(1));
    assert!(command.contains("till sends books.Count.v1, which books does not take"), "{command}");
    let nowhere = planted(&|house| house[0].sends.retain(|kind| *kind != "till.Sold.v1"));
    assert!(nowhere.contains("books takes till.Sold.v1, which nobody sends"), "{nowhere}");
    let stranger = planted(&|house| house[0].sends.push("cellar.Fetch.v1"));
    assert!(stranger.contains("begins with nobody's name"), "{stranger}");
    let stale = faults(&house, &["till.Sold.v1"], &["books.Count.v1"]).join("; ");
    assert!(
        stale.contains("till.Sold.v1 is heard by now") && stale.contains("books.Count.v1 has come"),
        "{stale}"
    );
}
