//! A PostgreSQL server of one's own for tests: a fresh cluster in a temporary folder on a free loopback port, gone with
//! the process that started it. It can be killed and started again with what it had on disk. Standard library only, so
//! that the build tool includes this very file.
//!
//! A guardian shell owns the server and waits on a pipe whose other end this process holds. However the process ends
//! (return, panic, Ctrl-C, SIGKILL), the kernel closes the pipe, and the guardian stops the server and removes the folder.

// The build tool and the tests run in the real world: there is no simulated one below them.
#![allow(clippy::disallowed_methods)]
// Faults and certificates are for some tests; the build tool and others only start a server.
#![allow(dead_code)]

use crate::private_folder::{free_port, fresh_folder, other, random_hex};
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// `$1` is the folder, the rest the server's command line. Each order is answered by a line. An immediate shutdown is what
/// a crash is: nothing is written any more, and the next start recovers.
const GUARDIAN: &str = r#"
dir=$1; shift
server=
start() { rm -f "$dir/data/postmaster.pid"; "$@" >"$dir/log" 2>&1 </dev/null & server=$!; }
crash() { [ -z "$server" ] || { kill -QUIT "$server" 2>/dev/null; wait "$server" 2>/dev/null; server=; }; }
start "$@"
while read -r order; do
  case $order in
    kill) crash ;;
    start) start "$@" ;;
  esac
  echo done
done
crash
rm -rf "$dir"
"#;

const START_LIMIT: Duration = Duration::from_secs(60);

/// A running server; dropping it stops the server and deletes its data.
pub struct PrivatePostgres {
    guardian: Child,
    answers: Option<BufReader<ChildStdout>>,
    dir: PathBuf,
    url: String,
}

impl PrivatePostgres {
    /// Of the guardian, which everything that the server runs in descends from.
    #[allow(dead_code, reason = "only who measures asks")]
    pub fn pid(&self) -> u32 {
        self.guardian.id()
    }

    /// `postgres://postgres:<password>@127.0.0.1:<port>/postgres`, the superuser of the cluster.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Ends it as a crash would; what it had committed is there after [`PrivatePostgres::start_again`].
    pub fn kill(&mut self) -> io::Result<()> {
        self.order("kill")
    }

    /// On the same port, with what it had committed.
    pub fn start_again(&mut self) -> io::Result<()> {
        self.order("start")?;
        await_ready(self)
    }

    fn order(&mut self, order: &str) -> io::Result<()> {
        let (Some(orders), Some(answers)) = (&mut self.guardian.stdin, &mut self.answers) else {
            return Err(other("the guardian has no pipes"));
        };
        writeln!(orders, "{order}")?;
        let mut answer = String::new();
        answers.read_line(&mut answer)?;
        if answer.trim() == "done" { Ok(()) } else { Err(other("the guardian of the server is gone")) }
    }
}

impl Drop for PrivatePostgres {
    fn drop(&mut self) {
        drop(self.guardian.stdin.take());
        // The guardian ends by itself once its pipe is closed; an error here leaves nothing that we could still do.
        let _ = self.guardian.wait();
    }
}

/// Starts a server. A port taken by somebody else between choosing and binding it is tried anew.
pub fn start() -> io::Result<PrivatePostgres> {
    start_with(None)
}

/// One that speaks TLS to those who ask for it, with this certificate and its key in PEM.
pub fn start_secured(certificate: &str, key: &str) -> io::Result<PrivatePostgres> {
    start_with(Some((certificate, key)))
}

fn start_with(secured: Option<(&str, &str)>) -> io::Result<PrivatePostgres> {
    let bin = binaries().ok_or_else(|| {
        other("no PostgreSQL server found: neither `initdb` on the PATH nor in /usr/lib/postgresql/*/bin (Debian: apt-get install postgresql)")
    })?;
    let mut last = other("not tried");
    for _ in 0..3 {
        match start_once(&bin, secured) {
            Ok(server) => return Ok(server),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// The folder of `initdb` and `postgres`: the newest version installed by the distribution, or what the PATH holds.
pub fn binaries() -> Option<PathBuf> {
    let packaged = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = packaged
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, bin)| bin.join("initdb").is_file())
        .collect();
    versions.sort();
    versions.pop().map(|(_, bin)| bin).or_else(|| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path)
            .find(|dir| dir.join("initdb").is_file() && dir.join("postgres").is_file())
    })
}

fn start_once(bin: &Path, secured: Option<(&str, &str)>) -> io::Result<PrivatePostgres> {
    let dir = fresh_folder("hanse-pg")?;
    let made = server_account(&dir).and_then(|owner| {
        let password = initialise(bin, &dir, owner)?;
        let secured = secured.map(|(certificate, key)| secure(&dir, owner, certificate, key)).transpose()?;
        launch(bin, &dir, owner, &password, &secured.unwrap_or_default())
    });
    if made.is_err() {
        let _ = fs::remove_dir_all(&dir);
    }
    made
}

/// The server refuses to run as root; root hands it to the account that the distribution made for it.
fn server_account(own_folder: &Path) -> io::Result<Option<u32>> {
    if fs::metadata(own_folder)?.uid() != 0 {
        return Ok(None);
    }
    let answer = Command::new("id").args(["-u", "postgres"]).output()?;
    let uid = String::from_utf8_lossy(&answer.stdout).trim().parse();
    uid.map(Some)
        .map_err(|_| other("running as root, and there is no account `postgres` to run the server as"))
}

fn initialise(bin: &Path, dir: &Path, owner: Option<u32>) -> io::Result<String> {
    let password = random_hex()?;
    let password_file = dir.join("password");
    fs::write(&password_file, &password)?;
    if let Some(uid) = owner {
        std::os::unix::fs::chown(&password_file, Some(uid), None)?;
        std::os::unix::fs::chown(dir, Some(uid), None)?;
    }
    let mut initdb = as_account(owner, &bin.join("initdb"));
    initdb.args([
        "--username=postgres",
        "--auth=password",
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
        "--no-instructions",
    ]);
    initdb.arg("--pwfile").arg(&password_file).arg("--pgdata").arg(dir.join("data"));
    let answer = initdb.current_dir(dir).stdin(Stdio::null()).output()?;
    fs::remove_file(&password_file)?;
    if answer.status.success() {
        Ok(password)
    } else {
        Err(other(&format!("initdb failed: {}", String::from_utf8_lossy(&answer.stderr))))
    }
}

/// The settings for TLS; the key is the server's alone, else it refuses to start.
fn secure(dir: &Path, owner: Option<u32>, certificate: &str, key: &str) -> io::Result<Vec<String>> {
    let mut settings = vec!["ssl=on".to_string()];
    for (setting, name, text) in
        [("ssl_cert_file", "cert.pem", certificate), ("ssl_key_file", "key.pem", key)]
    {
        let file = dir.join(name);
        fs::write(&file, text)?;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600))?;
        std::os::unix::fs::chown(&file, owner, None)?;
        settings.push(format!("{setting}={}", file.display()));
    }
    Ok(settings)
}

fn launch(
    bin: &Path,
    dir: &Path,
    owner: Option<u32>,
    password: &str,
    more: &[String],
) -> io::Result<PrivatePostgres> {
    let port = free_port()?;
    let mut guardian = as_account(owner, Path::new("sh"));
    guardian
        .args(["-c", GUARDIAN, "guardian"])
        .arg(dir)
        .arg(bin.join("postgres"))
        .arg("-D")
        .arg(dir.join("data"));
    let sockets = format!("unix_socket_directories={}", dir.display());
    // No fsync: a test cluster never outlives its process, and one per commit would be most of the run. Which commits
    // would wait for it is left as it is, because that is tested.
    for setting in [
        &format!("port={port}"),
        &sockets,
        "listen_addresses=127.0.0.1",
        "max_connections=400",
        "shared_buffers=64MB",
        "fsync=off",
        "full_page_writes=off",
        "timezone=UTC",
    ] {
        guardian.args(["-c", setting]);
    }
    for setting in more {
        guardian.args(["-c", setting]);
    }
    // A process group of its own: Ctrl-C in the terminal must reach the guardian only through the pipe.
    let mut guardian = guardian
        .current_dir(dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()?;
    let url = format!("postgres://postgres:{password}@127.0.0.1:{port}/postgres");
    let answers = guardian.stdout.take().map(BufReader::new);
    let mut server = PrivatePostgres { guardian, answers, dir: dir.to_path_buf(), url };
    await_ready(&mut server)?;
    Ok(server)
}

/// The postmaster writes "ready" into the eighth line of its own pid file: no other server can be mistaken for it.
fn await_ready(server: &mut PrivatePostgres) -> io::Result<()> {
    let dir = server.dir.clone();
    let pid_file = dir.join("data/postmaster.pid");
    let began = Instant::now();
    loop {
        let state = fs::read_to_string(&pid_file).unwrap_or_default();
        if state.lines().nth(7).is_some_and(|state| state.trim() == "ready") {
            return Ok(());
        }
        // FATAL before anybody could connect: the server has given up, for example because its port was taken. Those who
        // come too early are told that "the database system is starting up", which is FATAL for them alone.
        let fatal = |line: &str| line.contains("FATAL") && !line.contains("the database system is");
        let gave_up = fs::read_to_string(dir.join("log")).is_ok_and(|log| log.lines().any(fatal));
        if gave_up || began.elapsed() > START_LIMIT || server.guardian.try_wait()?.is_some() {
            return Err(failed_to_start(&dir));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn failed_to_start(dir: &Path) -> io::Error {
    let log = fs::read_to_string(dir.join("log")).unwrap_or_default();
    let last: Vec<&str> = log.lines().rev().take(10).collect();
    other(&format!("PostgreSQL did not start: {}", last.into_iter().rev().collect::<Vec<_>>().join(" | ")))
}

fn as_account(owner: Option<u32>, program: &Path) -> Command {
    match owner {
        None => Command::new(program),
        Some(_) => {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        }
    }
}
