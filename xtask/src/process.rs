//! Running other programs: shown to the person, checked, and never left behind.

use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The repository's folder.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// A command that runs in the repository's folder.
pub fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}

/// Cargo as the person would call it. What cargo told this very program about its package must not go on: some build
/// scripts look at it, and what was built here and by hand would not be the same.
pub fn cargo() -> Command {
    let mut cargo = command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in std::env::vars_os() {
        let told = name.to_string_lossy();
        if told.starts_with("CARGO_PKG_") || told.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    cargo
}

/// Runs a command to its end with its output shown; an error when it fails.
pub fn run(command: &mut Command) -> Result<()> {
    println!("$ {}", shown(command));
    let status = command.status().with_context(|| format!("cannot start {}", shown(command)))?;
    if !status.success() {
        bail!("failed ({status}): {}", shown(command));
    }
    Ok(())
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// Becomes the given program, so that Ctrl-C and exit codes are its own affair.
pub fn become_program(command: &mut Command) -> Result<()> {
    println!("$ {}", shown(command));
    Err(command.exec()).with_context(|| format!("cannot start {}", shown(command)))
}

/// Where cargo puts what it builds, wherever that was configured.
pub fn target_dir() -> Result<PathBuf> {
    let answer = cargo().args(["metadata", "--no-deps", "--format-version=1"]).output()?;
    if !answer.status.success() {
        bail!("cargo metadata failed: {}", String::from_utf8_lossy(&answer.stderr));
    }
    let metadata: serde_json::Value = serde_json::from_slice(&answer.stdout)?;
    Ok(metadata["target_directory"].as_str().context("cargo metadata names no target directory")?.into())
}

/// The first of these programs that the PATH holds.
pub fn on_path(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let found =
        |name: &&str| std::env::split_paths(&path).map(|dir| dir.join(name)).find(|file| file.is_file());
    names.iter().find_map(found)
}

pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// `$1` is where the output goes, the rest the command line. The pipe on stdin closes when its owner ends in any way.
const GUARDIAN: &str = r#"
log=$1; shift
"$@" >"$log" 2>&1 </dev/null &
child=$!
echo "$child"
cat >/dev/null
kill -TERM "$child" 2>/dev/null
wait "$child"
"#;

/// A server in the background that ends with us, whether we return, panic or are killed.
pub struct Server {
    guardian: Child,
    pid: u32,
    log: PathBuf,
}

impl Server {
    pub fn start(command: &Command, log: &Path) -> Result<Self> {
        println!("$ {} &", shown(command));
        let mut guarded = Command::new("sh");
        guarded
            .args(["-c", GUARDIAN, "guardian"])
            .arg(log)
            .arg(command.get_program())
            .args(command.get_args());
        guarded.envs(command.get_envs().filter_map(|(key, value)| Some((key, value?))));
        guarded.current_dir(command.get_current_dir().unwrap_or(&root()));
        let mut guardian = guarded.stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0).spawn()?;
        let mut line = String::new();
        let output = guardian.stdout.take().context("the guardian has no output")?;
        BufReader::new(output).read_line(&mut line)?;
        let pid = line.trim().parse().context("the guardian named no process")?;
        Ok(Self { guardian, pid, log: log.to_path_buf() })
    }

    /// Waits until `/readyz` answers 200; shows the server's last words when it ends or takes too long.
    pub fn await_ready(&self, port: u16, limit: Duration) -> Result<()> {
        let began = Instant::now();
        while began.elapsed() < limit && self.alive() {
            if status_of(port, "/readyz").is_ok_and(|status| status == 200) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        bail!("the shop was not ready within {} s:\n{}", began.elapsed().as_secs(), self.last_words())
    }

    /// The server's own, below its guardian.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    pub fn last_words(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }

    fn alive(&self) -> bool {
        let mut probe = Command::new("kill");
        probe.args(["-0", &self.pid.to_string()]).stderr(Stdio::null());
        probe.status().is_ok_and(|status| status.success())
    }

    /// Asks the server to end and waits for it; an error when it did not end cleanly.
    pub fn stop(mut self) -> Result<()> {
        drop(self.guardian.stdin.take());
        let status = self.guardian.wait()?;
        if !status.success() {
            bail!("the shop did not end cleanly ({status}):\n{}", self.last_words());
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.guardian.stdin.take());
        // Whoever cares how it ended has called `stop`; here the point is only that nothing stays behind.
        let _ = self.guardian.wait();
    }
}

/// A temporary folder that is gone with us, whether we return, panic or are killed.
pub struct Folder {
    guardian: Child,
    dir: tempfile::TempDir,
}

impl Folder {
    pub fn fresh() -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let mut guardian = Command::new("sh");
        guardian.args(["-c", r#"cat >/dev/null; rm -rf "$1""#, "guardian"]).arg(dir.path());
        // A process group of its own: Ctrl-C in the terminal must reach the guardian only through the pipe.
        let guardian = guardian.stdin(Stdio::piped()).stdout(Stdio::null()).process_group(0).spawn()?;
        Ok(Self { guardian, dir })
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(self.guardian.stdin.take());
        // The folder is deleted by either of the two; an error here leaves nothing that we could still do.
        let _ = self.guardian.wait();
    }
}

fn status_of(port: u16, path: &str) -> Result<u16> {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let head = String::from_utf8_lossy(&answer);
    let status = head.split_ascii_whitespace().nth(1).context("no status line")?;
    Ok(status.parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_server_ends_with_its_owner() -> Result<()> {
        let dir = tempfile::tempdir()?;
        let server = Server::start(&shell("echo up; exec sleep 1000"), &dir.path().join("log"))?;
        let pid = server.pid;
        assert!(server.alive());
        drop(server);
        assert!(!Path::new(&format!("/proc/{pid}")).exists());
        Ok(())
    }

    #[test]
    fn a_folder_is_gone_with_its_owner_however_that_ends() -> Result<()> {
        let mut folder = Folder::fresh()?;
        let path = folder.path().to_path_buf();
        std::fs::write(path.join("secret"), "s")?;
        // As the kernel does when the owner is killed.
        drop(folder.guardian.stdin.take());
        folder.guardian.wait()?;
        assert!(!path.exists());
        drop(folder);
        Ok(())
    }

    #[test]
    fn a_server_that_fails_is_told_with_its_last_words() -> Result<()> {
        let dir = tempfile::tempdir()?;
        let server = Server::start(&shell("echo no disk; exit 3"), &dir.path().join("log"))?;
        let error = server.await_ready(free_port()?, Duration::from_secs(20)).unwrap_err().to_string();
        assert!(error.contains("no disk"), "{error}");
        let error = server.stop().unwrap_err().to_string();
        assert!(error.contains("did not end cleanly"), "{error}");
        Ok(())
    }
}
