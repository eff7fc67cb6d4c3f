//! `cargo xtask fuzz`: the hunts that are part of the tests, for as long as one likes and by other dice.

use crate::process;
use crate::test;
use anyhow::{Result, bail};

const SECONDS: &str = "HANSE_FUZZ_SECONDS";
/// The test runner ends what takes longer.
const LONGEST: u64 = 800;
/// What there is to hunt in, and the crate that it is part of.
const TARGETS: [(&str, &str); 7] = [
    ("jwt", "hanse-http"),
    ("cookie", "hanse-gateway"),
    ("import", "hanse-product"),
    ("image", "hanse-product"),
    ("search", "hanse-product"),
    ("envelope", "hanse-testkit"),
    ("webhook", "hanse-payment"),
];

pub fn run(target: Option<&str>, seconds: u64) -> Result<()> {
    let names = TARGETS.map(|(name, _)| name).join(", ");
    if let Some(target) = target
        && !TARGETS.iter().any(|(name, _)| *name == target)
    {
        bail!("there is no target {target}; there are {names}");
    }
    if !(1..=LONGEST).contains(&seconds) {
        bail!("--seconds must be between 1 and {LONGEST}; run it again for more");
    }
    test::build_tests()?;
    for (name, package) in TARGETS.iter().filter(|(name, _)| target.is_none_or(|target| target == *name)) {
        println!("\n== {name}, for {seconds} s");
        let mut hunt = process::cargo();
        if process::on_path(&["cargo-nextest"]).is_some() {
            // Chosen from the whole workspace: asked for alone, a package would be built again with fewer features.
            hunt.args([
                "nextest",
                "run",
                "--workspace",
                "--no-capture",
                "--status-level=none",
                "--filterset",
            ]);
            hunt.arg(format!("package({package}) & test(/fuzz::{name}_/)"));
        } else {
            hunt.args(["test", "--lib", "--tests", "--package", package, "--", "--nocapture"]);
            hunt.arg(format!("fuzz::{name}_"));
        }
        process::run(hunt.env(SECONDS, seconds.to_string()))?;
    }
    Ok(())
}
