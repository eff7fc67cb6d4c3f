//! Whether the time that a login, a forgotten password or a registration takes tells who has an account: known and unknown
//! addresses in turn, many times, and how far their medians are apart beside how far those of one kind are. First as it is
//! answered, on the beat; then the work alone, whose differences a beat would hide until they pass its length.

use crate::client::Client;
use crate::process::Server;
use crate::run::{await_answer, last_words};
use anyhow::{Result, bail, ensure};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const PASSWORD: &str = "a long enough secret";

#[derive(clap::Args, Clone)]
pub struct Options {
    /// The shop's binary
    #[arg(long, default_value = "target/release/hanse")]
    pub hanse: PathBuf,
    /// How often each is asked
    #[arg(long, default_value_t = 300)]
    pub runs: usize,
    /// The processor core that the shop runs on
    #[arg(long, default_value_t = 1)]
    pub server_core: usize,
    /// The processor core that asks
    #[arg(long, default_value_t = 0)]
    pub load_core: usize,
    /// The shop is the tests' build
    #[arg(long)]
    pub debug_build: bool,
}

pub async fn run(options: &Options) -> Result<()> {
    ensure!(options.runs >= 20, "--runs {}: a median of so few says nothing", options.runs);
    let build = if options.debug_build { ", the tests' build: to be compared with nothing" } else { "" };
    println!("medians of {} runs each, in milliseconds{build}", options.runs);
    let mut telling = vec![];
    for (how, config) in [("as it is answered", ""), ("the work alone", "[auth]\nanswer_beat_ms = 0\n")] {
        let folder = tempfile::Builder::new().prefix("hanse-bench-").tempdir()?;
        println!("\n{how:<20} {:>9} {:>9} {:>11} {:>9}", "known", "unknown", "difference", "noise");
        match whole(options, folder.path(), config).await {
            Ok(found) => telling.extend(found.into_iter().map(|name| format!("{name} ({how})"))),
            Err(error) => {
                println!("the shop's last words:\n{}", last_words(&folder.path().join("hanse.log")));
                return Err(error);
            }
        }
    }
    if !telling.is_empty() {
        bail!("the time tells who has an account: {}", telling.join(", "));
    }
    Ok(())
}

struct Question {
    name: &'static str,
    path: &'static str,
    status: u16,
    body: fn(&str) -> Value,
}

const QUESTIONS: [Question; 3] = [
    Question {
        name: "login",
        path: "/api/auth/login",
        status: 401,
        body: |email| json!({"email": email, "password": "not the one that it is"}),
    },
    Question {
        name: "forgotten password",
        path: "/api/auth/password/forgot",
        status: 202,
        body: |email| json!({"email": email}),
    },
    Question {
        name: "registration",
        path: "/api/auth/register",
        status: 201,
        body: |email| json!({"email": email, "password": PASSWORD, "name": "Ana Lund"}),
    },
];

/// The questions whose times tell.
async fn whole(options: &Options, folder: &Path, config: &str) -> Result<Vec<&'static str>> {
    let data = folder.join("data");
    std::fs::create_dir(&data)?;
    std::fs::write(data.join("hanse.toml"), config)?;
    let core = options.server_core.to_string();
    let mut shop = Server::start(&options.hanse, &core, &folder.join("hanse.log"), |address| {
        let data = data.display().to_string();
        ["up", "--data", &data, "--listen", &address.to_string(), "--no-sample"].map(String::from).to_vec()
    })?;
    await_answer(&mut shop, "/readyz").await?;
    let mut client = Client::new(shop.address);
    let mut telling = vec![];
    for question in &QUESTIONS {
        // Each known address is asked for once, so that no count of tries or mails is in the way.
        for n in 0..options.runs * 2 {
            let account = (QUESTIONS[2].body)(&format!("known-{}-{n}@example.org", question.status));
            client.post("/api/auth/register", &account).await?.expect(&[201], "registering")?;
        }
        let (mut known, mut unknown) = (vec![], vec![]);
        for n in 0..options.runs * 2 {
            let mut turns = [(&mut known, "known"), (&mut unknown, "unknown")];
            // What a question leaves to be done in the background meets the next one: each kind follows the other as often as itself.
            if n % 2 == 1 {
                turns.reverse();
            }
            for (times, who) in turns {
                let body = (question.body)(&format!("{who}-{}-{n}@example.org", question.status));
                let began = Instant::now();
                let answer = client.post(question.path, &body).await?;
                times.push(began.elapsed());
                answer.expect(&[question.status], question.name)?;
            }
        }
        // Of one kind, the pairs of even and of odd number differ by nothing but chance.
        let halves = |times: &[Duration]| {
            let half = |odd: usize| {
                let pairs = times.chunks(2).skip(odd).step_by(2);
                median(pairs.flatten().copied().collect())
            };
            (half(0) - half(1)).abs()
        };
        let noise = halves(&known).max(halves(&unknown));
        let (known, unknown) = (median(known), median(unknown));
        let difference = known - unknown;
        println!("{:<20} {known:>9.3} {unknown:>9.3} {difference:>+11.3} {noise:>9.3}", question.name);
        if difference.abs() > (3.0 * noise).max(known * 0.05) {
            telling.push(question.name);
        }
    }
    shop.stop()?;
    Ok(telling)
}

/// In milliseconds.
fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times.get(times.len() / 2).map_or(0.0, |time| time.as_secs_f64() * 1_000.0)
}
