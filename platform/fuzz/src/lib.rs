//! Hunts for inputs that break a promise: changes good ones at random, keeps those of which something new came, and makes
//! what it finds as short as it can. Needs no other compiler and no runtime; what it knows of the code under it is what the
//! check tells of each input.
//!
//! A hunt is a test, in a module named `fuzz`. It goes so many rounds, always the same ones; `cargo xtask fuzz` lets it go
//! on for as long as one likes, by other dice each time. What was found once is a file in the crate's `fuzz/<name>/`, and is
//! tried first from then on.

// Tests run in the real world: with its clock, its environment and its files.
#![allow(clippy::disallowed_methods)]

mod dice;
mod shapes;
mod shorten;

pub use dice::Dice;

use sha2::{Digest, Sha256};
use std::any::Any;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// For so long, instead of for so many rounds.
pub const SECONDS: &str = "HANSE_FUZZ_SECONDS";
/// Which dice are cast then.
pub const SEED: &str = "HANSE_FUZZ_SEED";

/// No input that fits may take longer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Inputs that are kept to go on from.
const MOST_KEPT: usize = 2_000;

/// What came of an input: any number that differs where something else happened. Or the promise that it broke.
pub type Came = Result<u64, String>;

/// A number for [`Came`] of something that can be shown.
pub fn came(of: impl std::fmt::Debug) -> Came {
    let digest = Sha256::digest(format!("{of:?}"));
    Ok(digest.iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte)))
}

/// An input that breaks a promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub input: Vec<u8>,
    pub why: String,
}

#[derive(Clone)]
pub struct Hunt {
    name: &'static str,
    /// Where findings are kept.
    kept: PathBuf,
    seeds: Vec<Vec<u8>>,
    words: Vec<Vec<u8>>,
    longest: usize,
    rounds: u64,
}

/// How far a hunt goes.
#[derive(Clone, Copy)]
enum End {
    Rounds(u64),
    Time(Duration),
}

impl Hunt {
    /// `home` is the crate's folder: `env!("CARGO_MANIFEST_DIR")`.
    pub fn new(name: &'static str, home: &str) -> Self {
        let kept = PathBuf::from(home).join("fuzz").join(name);
        Self { name, kept, seeds: vec![], words: vec![], longest: 8 * 1024, rounds: 2_000 }
    }

    /// Inputs to begin with: good ones, and such as have been trouble elsewhere.
    #[must_use]
    pub fn seeds<T: AsRef<[u8]>>(mut self, seeds: impl IntoIterator<Item = T>) -> Self {
        self.seeds.extend(seeds.into_iter().map(|seed| seed.as_ref().to_vec()));
        self
    }

    /// What means something in these inputs.
    #[must_use]
    pub fn words<T: AsRef<[u8]>>(mut self, words: impl IntoIterator<Item = T>) -> Self {
        self.words.extend(words.into_iter().map(|word| word.as_ref().to_vec()));
        self
    }

    /// Bytes of the longest input, 8 KiB unless told.
    #[must_use]
    pub fn longest(self, longest: usize) -> Self {
        Self { longest, ..self }
    }

    /// Rounds of a short run, 2000 unless told: less where one of them is dear.
    #[must_use]
    pub fn rounds(self, rounds: u64) -> Self {
        Self { rounds, ..self }
    }

    /// Nothing may be found.
    ///
    /// # Panics
    /// When something is; it is kept as a file then, and told.
    pub fn expect_nothing(&self, check: impl Fn(&[u8]) -> Came) {
        for (file, input) in self.found_before() {
            if let Err(why) = tried(&check, &input) {
                panic!(
                    "{}: what {} holds breaks a promise: {why}\n{}",
                    self.name,
                    file.display(),
                    shown(&input)
                );
            }
        }
        let (end, seed) = self.asked_for();
        if let Some(finding) = self.go(end, seed, &check) {
            let file = self.keep(&finding.input);
            panic!(
                "{}: an input breaks a promise: {}\n{}\nit is kept in {file}; the dice were {SEED}={seed}",
                self.name,
                finding.why,
                shown(&finding.input)
            );
        }
    }

    /// A defect that was planted has to be found within a short run, whatever the environment says.
    ///
    /// # Panics
    /// When it is not.
    pub fn expect_a_finding(&self, planted: impl Fn(&[u8]) -> Came) -> Finding {
        let found = self.go(End::Rounds(self.rounds), self.usual_seed(), &planted);
        found.unwrap_or_else(|| panic!("{}: the planted defect was not found", self.name))
    }

    fn usual_seed(&self) -> u64 {
        self.name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
    }

    fn asked_for(&self) -> (End, u64) {
        let number = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
        match number(SECONDS) {
            None => (End::Rounds(self.rounds), number(SEED).unwrap_or(self.usual_seed())),
            Some(seconds) => {
                let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
                let any = now.map_or(0, |now| u64::try_from(now.as_nanos()).unwrap_or(u64::MAX));
                (End::Time(Duration::from_secs(seconds)), number(SEED).unwrap_or(any))
            }
        }
    }

    fn go(&self, end: End, seed: u64, check: &impl Fn(&[u8]) -> Came) -> Option<Finding> {
        let mut dice = Dice::new(seed);
        let (mut all, mut seen) = (vec![], BTreeSet::new());
        let found = |input: Vec<u8>, why: String| {
            let (input, why) = shorten::shorten(input, why, &|input| tried(check, input));
            Some(Finding { input, why })
        };
        for input in &self.seeds {
            match tried(check, input) {
                Ok(came) => {
                    seen.insert(came);
                    all.push(input.clone());
                }
                Err(why) => return found(input.clone(), why),
            }
        }
        let (began, mut round) = (Instant::now(), 0);
        loop {
            let over = match end {
                End::Rounds(rounds) => round >= rounds,
                End::Time(time) => began.elapsed() >= time,
            };
            if over {
                if matches!(end, End::Time(_)) {
                    println!("{}: {round} inputs, {} kinds of outcome, seed {seed}", self.name, seen.len());
                }
                return None;
            }
            round += 1;
            let input = shapes::changed(&all, &self.words, self.longest, &mut dice);
            match tried(check, &input) {
                // Something that has not happened yet: it is worth going on from.
                Ok(came) if seen.insert(came) && all.len() < MOST_KEPT => all.push(input),
                Ok(_) => {}
                Err(why) => return found(input, why),
            }
        }
    }

    fn found_before(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let Ok(folder) = std::fs::read_dir(&self.kept) else { return vec![] };
        let mut files: Vec<PathBuf> = folder.filter_map(|entry| Some(entry.ok()?.path())).collect();
        files.sort();
        files.into_iter().filter_map(|file| Some((file.clone(), std::fs::read(file).ok()?))).collect()
    }

    fn keep(&self, input: &[u8]) -> String {
        let name: String = Sha256::digest(input).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let file = self.kept.join(name);
        match std::fs::create_dir_all(&self.kept).and_then(|()| std::fs::write(&file, input)) {
            Ok(()) => file.display().to_string(),
            Err(error) => format!("nothing ({}: {error})", file.display()),
        }
    }
}

/// A panic breaks a promise, and so does taking for ever.
fn tried(check: &impl Fn(&[u8]) -> Came, input: &[u8]) -> Came {
    let began = Instant::now();
    let came = catch_unwind(AssertUnwindSafe(|| check(input)));
    let came = came.unwrap_or_else(|panic| Err(format!("it panics: {}", said(panic.as_ref()))));
    let took = began.elapsed();
    if took > PATIENCE { Err(format!("it takes {took:?}")) } else { came }
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}

fn shown(input: &[u8]) -> String {
    format!(
        "{} bytes: {}",
        input.len(),
        input.iter().take(600).flat_map(|byte| byte.escape_ascii()).map(char::from).collect::<String>()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hunt(folder: &tempfile::TempDir) -> Hunt {
        let home = folder.path().display().to_string();
        Hunt::new("gate", &home)
            .seeds(["open=no;code=1", "open=no;code=7"])
            .words(["sesame", "open"])
            .rounds(300_000)
    }

    const PASS: &str = "sesame=9";

    /// Opens to the whole pass, and shows how much of it was right.
    fn gate(input: &[u8]) -> Came {
        let text = String::from_utf8_lossy(input);
        let right = (0..=PASS.len()).rev().find(|n| text.contains(&PASS[..*n])).unwrap_or(0);
        if right == PASS.len() { Err("the gate opens".into()) } else { came(right) }
    }

    #[test]
    fn what_lies_deep_is_found_step_by_step_made_short_and_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let finding = hunt(&folder).expect_a_finding(gate);
        assert_eq!(finding, Finding { input: PASS.into(), why: "the gate opens".into() });
        let told = catch_unwind(|| hunt(&folder).expect_nothing(gate)).expect_err("it is found");
        assert!(said(told.as_ref()).contains("the gate opens"));
        let kept: Vec<_> = hunt(&folder).found_before();
        assert_eq!(kept.iter().map(|(_, input)| input.as_slice()).collect::<Vec<_>>(), [PASS.as_bytes()]);
        // From then on it is tried first.
        let told = catch_unwind(|| hunt(&folder).seeds(["x"]).rounds(0).expect_nothing(gate))
            .expect_err("it is tried");
        assert!(said(told.as_ref()).contains("holds breaks a promise"), "{}", said(told.as_ref()));
    }

    #[test]
    fn a_panic_is_a_finding_and_nothing_is_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let finding = hunt(&folder).expect_a_finding(|input| {
            assert!(!input.contains(&0), "a zero");
            came(input.len())
        });
        assert_eq!((finding.input, finding.why), (vec![0], "it panics: a zero".into()));
        hunt(&folder).rounds(500).expect_nothing(|input| came(input.len()));
        assert_eq!(hunt(&folder).found_before(), []);
    }

    #[test]
    fn the_same_dice_find_the_same() {
        let folder = tempfile::tempdir().expect("a folder");
        let rounds = |seed| {
            let all = std::cell::RefCell::new(vec![]);
            let nothing = hunt(&folder).go(End::Rounds(200), seed, &|input: &[u8]| {
                all.borrow_mut().push(input.to_vec());
                came(input)
            });
            assert_eq!(nothing, None);
            all.into_inner()
        };
        assert_eq!(rounds(1), rounds(1));
        assert_ne!(rounds(1), rounds(2));
    }
}
