//! What happened, for a person to read: who did what, when. Ids are told by the names that people in the story go by.

use hanse_kernel::Timestamp;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, MutexGuard};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub at: Timestamp,
    pub who: String,
    pub what: String,
}

#[derive(Default)]
struct Pages {
    lines: Vec<Line>,
    names: BTreeMap<String, String>,
}

#[derive(Default)]
pub struct Story(Mutex<Pages>);

impl Story {
    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }

    pub fn tell(&self, at: Timestamp, who: impl Into<String>, what: impl Into<String>) {
        self.pages().lines.push(Line { at, who: who.into(), what: what.into() });
    }

    /// From now on, and in what was told before, the id goes by this name.
    pub fn name(&self, id: &str, name: &str) {
        self.pages().names.insert(id.to_string(), name.to_string());
    }

    pub fn lines(&self) -> Vec<Line> {
        self.pages().lines.clone()
    }

    /// The lines that are about one of `subjects` (all when there are none), at most so many of the last.
    pub fn read(&self, subjects: &[String], most: usize) -> String {
        let pages = self.pages();
        let about = |line: &&Line| {
            subjects.is_empty()
                || line.who == WORLD
                || subjects.iter().any(|s| line.what.contains(s.as_str()) || line.who.contains(s.as_str()))
        };
        let chosen: Vec<&Line> = pages.lines.iter().filter(about).collect();
        let from = chosen.len().saturating_sub(most);
        let mut text = String::new();
        for line in &chosen[from..] {
            let at = line.at.to_string();
            let time = at.split('T').nth(1).unwrap_or(&at).trim_end_matches('Z');
            let _ = writeln!(text, "  {time:<15} {:<13} {}", line.who, pages.named(&line.what));
        }
        text
    }

    /// The same text with names instead of ids.
    pub fn named(&self, text: &str) -> String {
        self.pages().named(text)
    }
}

impl Pages {
    fn named(&self, text: &str) -> String {
        let mut told = text.to_string();
        for (id, name) in &self.names {
            if told.contains(id.as_str()) {
                told = told.replace(id.as_str(), name);
            }
        }
        told
    }
}

/// What happens to whole services is part of every story.
pub const WORLD: &str = "the world";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_story_is_told_by_names_and_only_of_those_it_is_about() {
        let story = Story::default();
        let at: Timestamp = "2026-11-23T08:00:01Z".parse().unwrap();
        story.tell(at, "shopper 1", "checks out cart_a");
        story.tell(at, "shopper 2", "checks out cart_b");
        story.tell(at, WORLD, "order ends");
        story.name("cart_a", "the first cart");
        let told = story.read(&["cart_a".into()], 10);
        assert!(told.contains("checks out the first cart") && told.contains("order ends"), "{told}");
        assert!(!told.contains("shopper 2"), "{told}");
        assert_eq!(story.read(&[], 1).lines().count(), 1, "the last lines are told");
    }
}
