//! How much processor every tree of processes has used, by /proc: a service's process, a database with its backends, a
//! broker with its scripts. What a process that has ended used counts with whoever waited for it.

use crate::process::TICKS_PER_SECOND;
use anyhow::Result;
use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;
use std::collections::BTreeMap;
use std::fs;

/// A tree by its name and the process that it begins with.
#[derive(Clone, serde::Deserialize)]
pub struct Root {
    pub name: String,
    pub pid: u32,
}

/// The time of every tree so far, in ticks.
#[derive(Clone, Default)]
pub struct Census(BTreeMap<String, f64>);

#[derive(Debug, PartialEq)]
struct Line {
    parent: u32,
    /// Of the process and of those of its children that have ended.
    ticks: f64,
}

/// A line of /proc/<pid>/stat. The name in parentheses may hold anything; the 4th field of the whole is the parent, the
/// 14th to 17th are the times.
fn read(stat: &str) -> Option<Line> {
    let (_, rest) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let ticks = fields.get(11..15)?.iter().map(|field| field.parse::<f64>().ok()).sum::<Option<f64>>()?;
    Some(Line { parent: fields.get(1)?.parse().ok()?, ticks })
}

fn everybody() -> Result<BTreeMap<u32, Line>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse().ok()) else { continue };
        // A process may end between the listing and the reading.
        let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { continue };
        found.extend(read(&stat).map(|line| (pid, line)));
    }
    Ok(found)
}

/// Every process with the name of the tree that it belongs to.
fn members<'a>(roots: &'a [Root], all: &BTreeMap<u32, Line>) -> BTreeMap<u32, &'a str> {
    let begins: BTreeMap<u32, &str> = roots.iter().map(|root| (root.pid, root.name.as_str())).collect();
    let belongs = |pid: u32| {
        let mut at = pid;
        loop {
            if let Some(name) = begins.get(&at) {
                return Some(*name);
            }
            // The first process of all is nobody's child.
            at = all.get(&at)?.parent;
        }
    };
    all.keys().filter_map(|pid| Some((*pid, belongs(*pid)?))).collect()
}

impl Census {
    pub fn take(roots: &[Root]) -> Result<Self> {
        let all = everybody()?;
        let mut used = BTreeMap::new();
        for (pid, name) in members(roots, &all) {
            *used.entry(name.to_string()).or_default() += all.get(&pid).map_or(0.0, |line| line.ticks);
        }
        Ok(Self(used))
    }

    pub fn ticks(&self) -> f64 {
        self.0.values().sum()
    }

    /// Processor seconds of every tree between two looks.
    pub fn seconds_since(&self, before: &Self) -> BTreeMap<String, f64> {
        let earlier = |name: &String| before.0.get(name).copied().unwrap_or(0.0);
        self.0.iter().map(|(name, now)| (name.clone(), (now - earlier(name)) / TICKS_PER_SECOND)).collect()
    }
}

/// Lets every thread of the trees run on these cores only; what they start from now on runs there too.
pub fn pin(roots: &[Root], cores: &[usize]) -> Result<()> {
    let mut set = CpuSet::new();
    for core in cores {
        set.set(*core)?;
    }
    for pid in members(roots, &everybody()?).into_keys() {
        let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else { continue };
        for thread in threads.flatten() {
            let id = thread.file_name().to_str().and_then(|id| id.parse().ok());
            // One that has ended meanwhile needs no core.
            let _ = id.map(|id| sched_setaffinity(Pid::from_raw(id), &set));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str = "77 (a (b) c) S 12 77 77 0 -1 4194560 100 0 0 0 30 12 5 3 20 0 4 0 1 2 3";

    #[test]
    fn a_line_is_read_whatever_the_name_holds() {
        assert_eq!(read(STAT), Some(Line { parent: 12, ticks: 50.0 }));
        assert_eq!(read("77 (cut) S 12 77"), None);
        assert_eq!(read(&STAT.replace(" 30 12 ", " x 12 ")), None);
    }

    #[test]
    fn whoever_descends_from_a_root_belongs_to_it() {
        let line = |parent| Line { parent, ticks: 1.0 };
        let all = [(1, line(0)), (10, line(1)), (11, line(10)), (12, line(11)), (20, line(1))];
        let roots = [Root { name: "postgres".into(), pid: 10 }];
        let found = members(&roots, &all.into_iter().collect());
        assert_eq!(found.into_keys().collect::<Vec<_>>(), [10, 11, 12]);
    }

    #[test]
    fn work_of_this_process_is_counted_and_that_of_its_ended_children_too() -> Result<()> {
        let roots = [Root { name: "us".into(), pid: std::process::id() }];
        let before = Census::take(&roots)?;
        let spin = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done";
        assert!(std::process::Command::new("sh").args(["-c", spin]).status()?.success());
        assert!(Census::take(&roots)?.seconds_since(&before)["us"] > 0.0);
        Ok(())
    }
}
