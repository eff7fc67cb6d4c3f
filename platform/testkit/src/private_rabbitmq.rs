//! A RabbitMQ broker of one's own for tests: a node with its own folder, cookie, port and name service, gone with the
//! process that started it. It can be killed and started again with what it had on disk. Standard library only, so that
//! the build tool includes this very file.

// The build tool and the tests run in the real world: there is no simulated one below them.
#![allow(clippy::disallowed_methods)]

use crate::private_folder::{free_port, fresh_folder, other, random_hex};
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// `$1` is the folder, `$2` the server's program, `$3` that of the Erlang name service. It does what it is told on its
/// stdin and answers each order with a line; when the other end is gone, however that came, it takes all of it down. The
/// server runs in a session of its own, because the program is a script whose children are the server.
const GUARDIAN: &str = r#"
dir=$1; server=$2; names=$3
"$names" -address 127.0.0.1 >/dev/null 2>&1 </dev/null &
names=$!
node=
start() { setsid "$server" >>"$dir/log" 2>&1 </dev/null & node=$!; }
close() { [ -z "$node" ] || { kill -TERM "-$node" 2>/dev/null; wait "$node" 2>/dev/null; }; end; }
end() { [ -z "$node" ] || { kill -KILL "-$node" 2>/dev/null; wait "$node" 2>/dev/null; node=; }; }
while read -r order; do
  case $order in
    start) start ;;
    stop) close ;;
    kill) end ;;
  esac
  echo done
done
end
kill -KILL "$names" 2>/dev/null
wait "$names" 2>/dev/null
rm -rf "$dir"
"#;

/// The node is slow to start where other work is done as well.
const START_LIMIT: Duration = Duration::from_secs(120);

/// A running broker; dropping it stops the broker and deletes its data.
pub struct PrivateRabbitMq {
    guardian: Child,
    answers: BufReader<ChildStdout>,
    dir: PathBuf,
    url: String,
    port: u16,
}

impl PrivateRabbitMq {
    /// Of the guardian, which everything that the server runs in descends from.
    pub fn pid(&self) -> u32 {
        self.guardian.id()
    }

    /// `amqp://hanse:<password>@127.0.0.1:<port>/%2f`, or `amqps://…`.
    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Ends it as a power cut would; what it had confirmed is on its disk.
    pub fn kill(&mut self) -> io::Result<()> {
        self.order("kill")
    }

    /// Ends it as an operator would.
    pub fn stop(&mut self) -> io::Result<()> {
        self.order("stop")
    }

    /// Starts it again after one of the two, on the same port.
    pub fn start_again(&mut self) -> io::Result<()> {
        self.order("start")?;
        self.await_ready()
    }

    fn order(&mut self, order: &str) -> io::Result<()> {
        let to = self.guardian.stdin.as_mut().ok_or_else(|| other("the guardian is gone"))?;
        writeln!(to, "{order}")?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        if answer.trim() == "done" { Ok(()) } else { Err(other("the guardian does not answer")) }
    }

    /// It greets only when it serves: the port alone is open before.
    fn await_ready(&mut self) -> io::Result<()> {
        let began = Instant::now();
        while began.elapsed() < START_LIMIT {
            if greets(self.port) {
                return Ok(());
            }
            if self.guardian.try_wait()?.is_some() {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let log = fs::read_to_string(self.dir.join("log")).unwrap_or_default();
        let last: Vec<&str> = log.lines().rev().take(15).collect();
        let last = last.into_iter().rev().collect::<Vec<_>>().join(" | ");
        Err(other(&format!("RabbitMQ did not start: {last}")))
    }
}

impl Drop for PrivateRabbitMq {
    fn drop(&mut self) {
        drop(self.guardian.stdin.take());
        // The guardian ends by itself once its pipe is closed; an error here leaves nothing that we could still do.
        let _ = self.guardian.wait();
    }
}

/// The programs of the broker and of the Erlang name service.
pub fn binaries() -> Option<(PathBuf, PathBuf)> {
    let first = |files: &[&str]| files.iter().map(PathBuf::from).find(|file| file.is_file());
    // Not the wrapper in /usr/sbin, which changes to an account of its own.
    let server = first(&["/usr/lib/rabbitmq/bin/rabbitmq-server", "/opt/rabbitmq/sbin/rabbitmq-server"])?;
    let names = first(&["/usr/bin/epmd", "/usr/lib/erlang/bin/epmd", "/usr/local/bin/epmd"])?;
    Some((server, names))
}

pub fn start() -> io::Result<PrivateRabbitMq> {
    start_with(None)
}

/// One that is reached over TLS (`amqps://`), with this certificate and its key in PEM; in the clear as well.
pub fn start_secured(certificate: &str, key: &str) -> io::Result<PrivateRabbitMq> {
    start_with(Some((certificate, key)))
}

fn start_with(secured: Option<(&str, &str)>) -> io::Result<PrivateRabbitMq> {
    let programs = binaries().ok_or_else(|| {
        other("no RabbitMQ found in /usr/lib/rabbitmq (Debian: apt-get install rabbitmq-server)")
    })?;
    let mut last = other("not tried");
    // A port that was free may be taken by the time the node wants it.
    for _ in 0..3 {
        match start_once(&programs, secured) {
            Ok(broker) => return Ok(broker),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn start_once(
    (server, names): &(PathBuf, PathBuf),
    secured: Option<(&str, &str)>,
) -> io::Result<PrivateRabbitMq> {
    let dir = fresh_folder("hanse-mq")?;
    let (port, name_port, nodes_port) = (free_port()?, free_port()?, free_port()?);
    let password = random_hex()?;
    configure(&dir, port, &password)?;
    let secured_port = match secured {
        Some((certificate, key)) => Some(secure(&dir, certificate, key)?),
        None => None,
    };
    let mut guardian = Command::new("sh");
    guardian.args(["-c", GUARDIAN, "guardian"]).arg(&dir).arg(server).arg(names);
    let here = |part: &str| dir.join(part);
    guardian
        .env("HOME", &dir)
        .env("ERL_EPMD_PORT", name_port.to_string())
        .env("RABBITMQ_NODENAME", format!("hanse{port}@localhost"))
        .env("RABBITMQ_DIST_PORT", nodes_port.to_string())
        .env("RABBITMQ_MNESIA_BASE", here("data"))
        .env("RABBITMQ_LOG_BASE", here("logs"))
        .env("RABBITMQ_LOGS", "-")
        .env("RABBITMQ_CONFIG_FILE", here("rabbitmq.conf"))
        .env("RABBITMQ_ENABLED_PLUGINS_FILE", here("plugins"))
        .env("RABBITMQ_PID_FILE", here("pid"))
        // Two schedulers: a node for tests shares the machine with what it is there for.
        .env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none");
    let mut guardian = guardian
        .current_dir(&dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        // Ctrl-C in the terminal must reach the guardian only through the pipe.
        .process_group(0)
        .spawn()?;
    let answers = guardian.stdout.take().ok_or_else(|| other("the guardian has no output"))?;
    let (scheme, served) = secured_port.map_or(("amqp", port), |port| ("amqps", port));
    let url = format!("{scheme}://hanse:{password}@127.0.0.1:{served}/%2f");
    let mut broker = PrivateRabbitMq { guardian, answers: BufReader::new(answers), dir, url, port };
    broker.start_again()?;
    Ok(broker)
}

fn configure(dir: &Path, port: u16, password: &str) -> io::Result<()> {
    let settings = format!(
        "listeners.tcp.1 = 127.0.0.1:{port}\ndefault_user = hanse\ndefault_pass = {password}\n\
         default_permissions.configure = .*\ndefault_permissions.read = .*\ndefault_permissions.write = .*\n\
         disk_free_limit.absolute = 50MB\nlog.console = true\nlog.console.level = warning\nlog.file = false\n"
    );
    fs::write(dir.join("rabbitmq.conf"), settings)?;
    fs::write(dir.join("plugins"), "[].\n")
}

/// The port on which it also listens over TLS.
fn secure(dir: &Path, certificate: &str, key: &str) -> io::Result<u16> {
    let (port, conf) = (free_port()?, dir.join("rabbitmq.conf"));
    let [certificate_file, key_file] = ["cert.pem", "key.pem"].map(|name| dir.join(name));
    fs::write(&certificate_file, certificate)?;
    fs::write(&key_file, key)?;
    let settings = format!(
        "{}listeners.ssl.1 = 127.0.0.1:{port}\nssl_options.certfile = {}\nssl_options.keyfile = {}\n\
         ssl_options.verify = verify_none\nssl_options.fail_if_no_peer_cert = false\n",
        fs::read_to_string(&conf)?,
        certificate_file.display(),
        key_file.display()
    );
    fs::write(conf, settings)?;
    Ok(port)
}

/// A peer that speaks an unknown version is told which one is spoken here.
fn greets(port: u16) -> bool {
    use std::io::Read;
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], port));
    let limit = Duration::from_secs(2);
    let Ok(mut stream) = std::net::TcpStream::connect_timeout(&address, limit) else { return false };
    let mut answer = [0; 4];
    stream.set_read_timeout(Some(limit)).is_ok()
        && stream.write_all(b"AMQP\x00\x00\x00\x00").is_ok()
        && stream.read_exact(&mut answer).is_ok()
        && &answer == b"AMQP"
}
