//! A Redis server of one's own for tests: in a temporary folder on a free loopback port, with a password, kept as a store
//! must be kept (nothing evicted, every write on the disk before it is answered), gone with the process that started it.
//! Standard library only, so that the build tool includes this very file.
//!
//! A guardian shell owns the server and listens on a pipe whose other end this process holds. However the process ends
//! (return, panic, Ctrl-C, SIGKILL), the kernel closes the pipe, and the guardian stops the server and removes the folder.

// The build tool and the tests run in the real world: there is no simulated one below them.
#![allow(clippy::disallowed_methods)]
// Faults are for tests; the build tool only starts a server.
#![allow(dead_code)]

use crate::private_folder::{free_port, fresh_folder, other, random_hex};
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// `$1` is the folder, the rest the server's command line. Each order is answered by a line. The last kill is a hard one:
/// nobody wants the data back.
const GUARDIAN: &str = r#"
dir=$1; shift
start() { "$@" >>"$dir/log" 2>&1 </dev/null & server=$!; }
start "$@"
while read -r order; do
  case $order in
    kill) kill -KILL "$server" 2>/dev/null; wait "$server" 2>/dev/null ;;
    start) start "$@" ;;
    freeze) kill -STOP "$server" ;;
    thaw) kill -CONT "$server" ;;
  esac
  echo done
done
kill -KILL "$server" 2>/dev/null
wait "$server" 2>/dev/null
rm -rf "$dir"
"#;

const START_LIMIT: Duration = Duration::from_secs(60);

/// A running server; dropping it stops the server and deletes its data.
pub struct PrivateRedis {
    guardian: Child,
    answers: Option<BufReader<ChildStdout>>,
    dir: PathBuf,
    port: u16,
    password: String,
}

impl PrivateRedis {
    /// Of the guardian, which everything that the server runs in descends from.
    pub fn pid(&self) -> u32 {
        self.guardian.id()
    }

    /// `redis://:<password>@127.0.0.1:<port>`
    pub fn url(&self) -> String {
        format!("redis://:{}@127.0.0.1:{}", self.password, self.port)
    }

    /// Where its files are.
    pub fn folder(&self) -> &Path {
        &self.dir
    }

    /// Kills it as a crash would; what it had written to its log of writes is kept for [`PrivateRedis::restart`].
    pub fn kill(&mut self) -> io::Result<()> {
        self.order("kill")
    }

    /// On the same port, with what it had kept.
    pub fn restart(&mut self) -> io::Result<()> {
        self.order("start")?;
        self.await_ready()
    }

    /// It goes on accepting connections (the kernel does), and answers nothing.
    pub fn freeze(&mut self) -> io::Result<()> {
        self.order("freeze")
    }

    pub fn thaw(&mut self) -> io::Result<()> {
        self.order("thaw")
    }

    /// Says something to it that is answered with OK, such as `CONFIG SET …`.
    pub fn say(&self, command: &str) -> io::Result<()> {
        let answer = said(self.port, &self.password, command)?;
        if answer.starts_with("+OK\r\n+OK") {
            Ok(())
        } else {
            Err(other(&format!("Redis answered {answer}")))
        }
    }

    fn order(&mut self, order: &str) -> io::Result<()> {
        let (Some(orders), Some(answers)) = (&mut self.guardian.stdin, &mut self.answers) else {
            return Err(other("the guardian has no pipes"));
        };
        writeln!(orders, "{order}")?;
        let mut answer = String::new();
        answers.read_line(&mut answer)?;
        if answer.trim() == "done" { Ok(()) } else { Err(other("the guardian of the Redis server is gone")) }
    }

    /// Ready when it answers to its own password: no other server can be mistaken for it.
    fn await_ready(&mut self) -> io::Result<()> {
        let began = Instant::now();
        while !answers_to(self.port, &self.password) {
            let log = fs::read_to_string(self.dir.join("log")).unwrap_or_default();
            let gave_up = log.lines().next_back().is_some_and(|line| line.contains("Failed listening"));
            if gave_up || began.elapsed() > START_LIMIT || self.guardian.try_wait()?.is_some() {
                let last: Vec<&str> = log.lines().rev().take(10).collect();
                let last: Vec<&str> = last.into_iter().rev().collect();
                return Err(other(&format!("Redis did not start: {}", last.join(" | "))));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

impl Drop for PrivateRedis {
    fn drop(&mut self) {
        drop(self.guardian.stdin.take());
        // The guardian ends by itself once its pipe is closed; an error here leaves nothing that we could still do.
        let _ = self.guardian.wait();
    }
}

/// The server's program. Redis is one program with several names, of which Debian's `redis-tools` has one; it is the
/// server where it is called so.
pub fn binary() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let named = |name: &str| folders.iter().map(|dir| dir.join(name)).find(|file| file.is_file());
    named("redis-server").or_else(|| named("redis-check-rdb"))
}

/// Starts a server. A port taken by somebody else between choosing and binding it is tried anew.
pub fn start() -> io::Result<PrivateRedis> {
    start_with(&[])
}

/// As [`start`], with lines of configuration that come after ours.
pub fn start_with(lines: &[&str]) -> io::Result<PrivateRedis> {
    let binary = binary()
        .ok_or_else(|| other("no `redis-server` on the PATH (Debian: apt-get install redis-tools)"))?;
    let mut last = other("not tried");
    for _ in 0..3 {
        match start_once(&binary, lines) {
            Ok(server) => return Ok(server),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn start_once(binary: &Path, lines: &[&str]) -> io::Result<PrivateRedis> {
    let dir = fresh_folder("hanse-redis")?;
    let made = launch(binary, &dir, lines);
    if made.is_err() {
        let _ = fs::remove_dir_all(&dir);
    }
    made
}

fn launch(binary: &Path, dir: &Path, lines: &[&str]) -> io::Result<PrivateRedis> {
    let port = free_port()?;
    let password = random_hex()?;
    let mut config = format!(
        "port {port}\nbind 127.0.0.1\nrequirepass {password}\ndir {}\ndaemonize no\nsave \"\"\n\
         appendonly yes\nappendfsync always\nmaxmemory-policy noeviction\n",
        dir.display()
    );
    for line in lines {
        config.push_str(line);
        config.push('\n');
    }
    // In a file: a command line can be read by everybody on the machine.
    let file = dir.join("redis.conf");
    fs::write(&file, config)?;
    let server = dir.join("redis-server");
    std::os::unix::fs::symlink(binary, &server)?;
    let mut guardian = Command::new("sh");
    guardian.args(["-c", GUARDIAN, "guardian"]).arg(dir).arg(&server).arg(&file);
    // A process group of its own: Ctrl-C in the terminal must reach the guardian only through the pipe.
    let mut guardian = guardian
        .current_dir(dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()?;
    let answers = guardian.stdout.take().map(BufReader::new);
    let mut server = PrivateRedis { guardian, answers, dir: dir.to_path_buf(), port, password };
    server.await_ready()?;
    Ok(server)
}

fn said(port: u16, password: &str, command: &str) -> io::Result<String> {
    let mut server = TcpStream::connect(("127.0.0.1", port))?;
    server.set_read_timeout(Some(Duration::from_secs(1)))?;
    write!(server, "AUTH {password}\r\n{command}\r\nQUIT\r\n")?;
    let mut answer = String::new();
    server.read_to_string(&mut answer)?;
    Ok(answer)
}

fn answers_to(port: u16, password: &str) -> bool {
    // Not listening yet, or still reading its log: asked again.
    said(port, password, "PING").is_ok_and(|answer| answer.starts_with("+OK\r\n+PONG"))
}
