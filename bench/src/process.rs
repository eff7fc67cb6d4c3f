//! The servers under load as processes: started on their core, watched through /proc, and ended with the generator.

use anyhow::{Context, Result, bail};
use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::collections::BTreeMap;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Kernel ticks per second in /proc/<pid>/stat: 100 on every Linux that Rust supports.
pub const TICKS_PER_SECOND: f64 = 100.0;

pub fn pin_self(core: usize) {
    let mut cores = CpuSet::new();
    let pinned = cores.set(core).and_then(|()| sched_setaffinity(Pid::from_raw(0), &cores));
    if let Err(error) = pinned {
        eprintln!("the load generator is not pinned to core {core}: {error}");
    }
}

pub struct Server {
    child: Child,
    pub address: SocketAddr,
    cores: String,
}

/// What is loaded: where it listens, and what it costs.
pub trait Watched {
    fn address(&self) -> SocketAddr;
    fn usage(&self) -> Result<Usage>;
    /// Resident memory in MiB.
    fn memory(&self) -> Result<f64>;
}

/// A server's use of the machine so far.
#[derive(Clone, Default)]
pub struct Usage {
    ticks: f64,
    /// Nanoseconds per thread, for spans too short for ticks.
    threads: BTreeMap<u32, u64>,
}

impl Server {
    /// Starts a program on these cores (`1`, or `0,1`); `arguments` says which make it listen at the address.
    pub fn start(
        program: &Path,
        cores: &str,
        log: &Path,
        arguments: impl Fn(SocketAddr) -> Vec<String>,
    ) -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        // Before the program looks how many cores it has, hence no affinity set from outside; and it ends with this
        // process, however that ends.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "TERM", "taskset", "-c", cores]).arg(program).args(arguments(address));
        let output = fs::File::create(log)?;
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let child = command
            .spawn()
            .context("cannot start `setpriv` or `taskset` (Debian: apt-get install util-linux)")?;
        Ok(Self { child, address, cores: cores.into() })
    }

    pub fn cores(&self) -> &str {
        &self.cores
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn ended(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_some())
    }

    /// Ends the server as an operator would and waits for it.
    pub fn stop(mut self) -> Result<()> {
        self.signal(Signal::SIGTERM)?;
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(30) {
            if let Some(status) = self.child.try_wait()? {
                return if status.success() { Ok(()) } else { bail!("the server ended with {status}") };
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        bail!("the server did not end within 30 s")
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        Ok(kill(Pid::from_raw(i32::try_from(self.child.id())?), signal)?)
    }
}

impl Watched for Server {
    fn address(&self) -> SocketAddr {
        self.address
    }

    fn usage(&self) -> Result<Usage> {
        let pid = self.child.id();
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // The name in parentheses may hold spaces; utime and stime are the 14th and 15th field of the whole.
        let (_, rest) = stat.rsplit_once(')').context("/proc/<pid>/stat has another form")?;
        let ticks =
            rest.split_whitespace().skip(11).take(2).map(|field| field.parse::<f64>().unwrap_or(0.0)).sum();
        let mut threads = BTreeMap::new();
        for task in fs::read_dir(format!("/proc/{pid}/task"))? {
            let task = task?;
            // A thread may end between the listing and the reading.
            let Ok(text) = fs::read_to_string(task.path().join("schedstat")) else { continue };
            let nanoseconds = text.split_whitespace().next().and_then(|field| field.parse().ok());
            if let (Some(id), Some(used)) =
                (task.file_name().to_str().and_then(|id| id.parse().ok()), nanoseconds)
            {
                threads.insert(id, used);
            }
        }
        Ok(Usage { ticks, threads })
    }

    fn memory(&self) -> Result<f64> {
        resident(self.child.id())
    }
}

/// Resident memory of a process in MiB.
pub fn resident(pid: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kibibytes: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kibibytes / 1024.0)
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already ended and waited for when it was stopped in order; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Usage {
    /// Of a whole tree of processes, whose short spans nobody asks for.
    pub fn of_ticks(ticks: f64) -> Self {
        Self { ticks, threads: BTreeMap::new() }
    }

    /// Processor seconds between two looks.
    pub fn seconds_since(&self, before: &Self) -> f64 {
        let ticks = (self.ticks - before.ticks) / TICKS_PER_SECOND;
        if self.threads.is_empty() {
            return ticks;
        }
        let used = |(id, now): (&u32, &u64)| now.saturating_sub(before.threads.get(id).copied().unwrap_or(0));
        let nanoseconds: u64 = self.threads.iter().map(used).sum();
        // Ticks count threads that have ended since, but are coarse: for a short span the finer count is the better.
        if ticks > 1.0 { ticks } else { nanoseconds as f64 / 1e9 }
    }
}
