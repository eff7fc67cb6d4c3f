//! The command line: verbs, their options, and help that teaches.

mod audit_log;
mod backup;
mod erasures;
mod keys;

pub use audit_log::{AcceptLog, AuditLog, AuditLogVerb};
pub use backup::{Backup, Restore};
pub use erasures::Erasures;
pub use keys::{Keys, KeysPlace, KeysVerb};

use clap::{Args, Parser, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;

#[derive(Parser)]
#[command(
    name = "hanse",
    version,
    about = "A shop in one process, or in many.",
    long_about = "Hanse is a commerce platform. `hanse up` runs a whole shop in this process: storefront, API and all \
                  services, with its data in one folder. The other verbs work on such a folder, whether its shop is \
                  running (they reach it through its control socket) or stopped (they open the folder themselves).",
    after_help = "Try it:\n  hanse up                                   a shop with sample goods on http://127.0.0.1:8080\n  \
                  hanse import products.csv                  your own goods, from a Shopify export or the like\n  \
                  hanse audit --rest 2                       does everything agree: stock, money, orders?"
)]
pub struct Cli {
    #[command(subcommand)]
    pub verb: Verb,
}

const UP: &str = "\
The first start makes the folder, a sample shop and the first admin, whose login it prints and keeps in
first-admin.json there. Ctrl-C ends the shop in good order; the next start finds everything as it was.

  hanse up                                     on http://127.0.0.1:8080, data in ./data
  hanse up --data /srv/shop --no-sample        your own shop, empty
  hanse up --listen 127.0.0.1:0 --json         any free port; a program reads which";

const SERVICES: &str = "\
  hanse services                               of the shop in ./data, running or stopped
  hanse services --json | jq '.items[].name'   their names alone
  hanse services --league hanse.toml           of services in processes of their own";

const CONFIG: &str = "\
Of a running shop: what it was started with. Of a stopped one: what its next start would take, from hanse.toml in the
folder (or the file that HANSE_CONFIG names) and from HANSE__… variables.

  hanse config                                 every key, with its value
  hanse config --json | jq .limits             one section, for a program
  HANSE__SHOP__NAME=Kontor hanse config        one key from the environment";

const CREATE: &str = "\
An owner may do everything; a manager runs the whole shop, but neither staff nor operations; support works on customers
and orders, without refunds; catalogue on goods, stock and prices; read_only looks.

  hanse admin create --email ana@example.org                     a password is made up and shown once
  hanse admin create --email ben@example.org --role support
  HANSE_ADMIN_PASSWORD=… hanse admin create --email cy@example.org   a password that no process list shows";

const IMPORT: &str = "\
Importing the same file again changes nothing; changed lines update their products. A product with a mistake is left out
and named by line and column, the others are taken. Exit code 1: the file as a whole could not be used.

  hanse import products.csv --dry-run          what would happen, and every problem
  hanse import products.csv                    a product export of Shopify, as it is
  hanse import list.json --currency SEK        prices are in SEK where the file does not say";

const SERVE: &str = "\
Each service keeps its data in a PostgreSQL database of its own, sends messages through RabbitMQ, and knows the others by
their certificates. `hanse certs`, `hanse keys` and `hanse migrate` prepare that; every process is given the same file.

  hanse serve order payment --config hanse.toml    two services in one process
  hanse serve gateway                              the shop's one origin, in front of all services
  hanse audit --league hanse.toml --rest 5         the other verbs reach such a shop by its file";

const CERTS: &str = "\
The authority is made once and kept; run it again before the certificates end, and running services take the new ones in.
For more than one machine let your own authority issue them: `<service>.hanse` as the DNS name, for both ends of TLS.

  hanse certs --dir certs                      good for 90 days
  hanse certs --dir certs --days 7 --json";

const AUDIT: &str = "\
It checks the numbered invariants of ARCHITECTURE.md, looks twice, and says of each breach which rows it stands in and what to
do. Exit code 1: something is broken; 2: it could not be found out. A running shop also audits itself, every audit.every_minutes,
and tells hanse_audit_breaches at /metrics.

  hanse audit                                  judge what has been at rest for a minute
  hanse audit --rest 2 --json                  nearly everything, for a program
  hanse audit --placed-within 24               only the orders of the last day: quick on a large shop";

const LOG: &str = "\
Every service writes down who changed what, from where, and what it was before; entries are numbered and chained, which
`hanse audit` verifies. An area stands for all its actions.

  hanse audit-log                              the last fifty entries of the whole shop
  hanse audit-log --action order.refunded --from 2026-11-01T00:00:00Z
  hanse audit-log --actor user_… --all --json  everything that somebody did, one entry a line
  hanse audit-log --action login --csv         for a spreadsheet";

const RECONCILE: &str = "\
Compares the provider's books with the shop's, finds what services keep for orders that there are not, and with --apply sets
right what can be, by the shop's own ways; who did it is written down. Nothing is changed, and no money moves, without --apply.
Messages that were published since then are published anew, which who has had them does not notice. Run it until nothing differs.
Exit code 1: something differs that was not set right just now; 2: it could not be found out.

  hanse reconcile                              a restored folder: since the moment of its backup
  hanse reconcile --apply --by ana
  hanse reconcile --since 36h --league hanse.toml   services restored to different moments, the earliest 36 hours ago";

const MOVE: &str = "\
The shop has to be stopped, and the league's databases have to be there and new; nothing in the folder is changed. Both sides
are compared, table by table, before it is done. If it is interrupted run it again: it goes on where it was. Do not start the
folder's shop afterwards: the league would not know of what is sold there.

  hanse move --data ./data --league hanse.toml --dry-run   is everything ready? how much is it?
  hanse move --data ./data --league hanse.toml             carries it over; then `hanse serve` opens the league
  hanse audit --league hanse.toml                          does everything agree on the far side?";

#[derive(Subcommand)]
pub enum Verb {
    /// Run the shop: every service in this process, data in one folder.
    #[command(after_help = UP)]
    Up(Up),
    /// List the services, their stores, and the messages they take and send.
    #[command(after_help = SERVICES)]
    Services(Reach),
    /// Show the configuration in force, secrets masked.
    #[command(after_help = CONFIG)]
    Config(ConfigShow),
    /// Manage the people who work for the merchant.
    Admin {
        #[command(subcommand)]
        verb: Admin,
    },
    /// Take over products from a file: Shopify's product CSV, other CSV with clear headers, or a JSON list.
    #[command(after_help = IMPORT)]
    Import(Import),
    /// Look at messages that could not be handled, try them again, or give them up.
    Parked {
        #[command(subcommand)]
        verb: Parked,
    },
    /// Look at the broker's dead letters, send them back, or give them up.
    Dlq {
        #[command(subcommand)]
        verb: Dlq,
    },
    /// Run some of the services, as one process of many.
    #[command(after_help = SERVE)]
    Serve(Serve),
    /// Bring services' databases up to date and make room for their messages, before they start.
    Migrate(Migrate),
    /// Carry a shop from its data folder into the databases of a league.
    #[command(after_help = MOVE)]
    Move(Move),
    /// Make certificates with which services know each other.
    #[command(after_help = CERTS)]
    Certs(Certs),
    /// Make the keys that all services of a shop share, or turn the one that personal data hang on.
    Keys(Keys),
    /// Check on the live shop that stock, money and orders agree; exit code 1 when they do not.
    #[command(after_help = AUDIT)]
    Audit(Audit),
    /// Show who did what: security and staff actions of the whole shop.
    #[command(after_help = LOG)]
    AuditLog(AuditLog),
    /// Write the whole shop as it is at one moment into a new folder, while it goes on.
    #[command(after_help = backup::BACKUP)]
    Backup(Backup),
    /// Make a data folder from a backup.
    #[command(after_help = backup::RESTORE)]
    Restore(Restore),
    /// List who was erased, for a file beside the backups, or erase them once more in a restored shop.
    #[command(after_help = erasures::HELP)]
    Erasures(Erasures),
    /// Bring a restored shop together with its payment provider, and its services with each other.
    #[command(after_help = RECONCILE)]
    Reconcile(Reconcile),
}

/// The configuration of services in processes of their own.
#[derive(Args)]
pub struct LeagueConfig {
    /// The file with `database.url`, `broker.url`, `keys.…` and `rpc.…`.
    #[arg(
        id = "config",
        long = "config",
        value_name = "FILE",
        default_value = "hanse.toml",
        env = "HANSE_CONFIG"
    )]
    pub file: PathBuf,
}

#[derive(Args)]
pub struct Serve {
    /// auth, user, product, inventory, pricing, cart, order, payment, notification, analytics, gateway; or all.
    #[arg(required = true, value_name = "SERVICE")]
    pub services: Vec<String>,
    #[command(flatten)]
    pub config: LeagueConfig,
    /// Print one JSON object with the addresses instead of a text for people.
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct Migrate {
    /// Of these services only [default: all].
    #[arg(value_name = "SERVICE")]
    pub services: Vec<String>,
    #[command(flatten)]
    pub config: LeagueConfig,
}

#[derive(Args)]
pub struct Move {
    /// The folder with the shop's data.
    #[arg(long, value_name = "DIR", default_value = "./data", env = "HANSE_DATA")]
    pub data: PathBuf,
    /// The configuration of the league that it goes to.
    #[arg(long, value_name = "FILE", env = "HANSE_LEAGUE")]
    pub league: PathBuf,
    /// Read and check everything on both sides, change nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Answer in JSON, for programs: a line for each step, the last one the report.
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct Reconcile {
    /// How far to look back: to the earliest moment that anything was restored to, as 90m, 36h or 7d, or a time such as
    /// 2026-03-01T08:00:00Z [default: the moment of the backup that the data folder was restored from].
    #[arg(long, value_name = "WHEN")]
    pub since: Option<String>,
    /// Set right what differs; without it nothing is changed.
    #[arg(long)]
    pub apply: bool,
    /// Orders, stock and payments that have been at rest for so long are compared with each other.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub rest: u64,
    #[command(flatten)]
    pub by: By,
    #[command(flatten)]
    pub reach: Reach,
}

#[derive(Args)]
pub struct Certs {
    /// Where they are kept: an authority, and a folder for each service.
    #[arg(long, value_name = "DIR", default_value = "certs")]
    pub dir: PathBuf,
    /// How long they are good for.
    #[arg(long, value_name = "N", default_value_t = 90)]
    pub days: u32,
    /// Answer in JSON, for programs.
    #[arg(long)]
    pub json: bool,
}

/// Which shop.
#[derive(Args, Clone)]
pub struct Reach {
    /// The folder with the shop's data.
    #[arg(long, value_name = "DIR", default_value = "./data", env = "HANSE_DATA")]
    pub data: PathBuf,
    /// The configuration of a shop whose services are processes of their own, instead of a folder.
    #[arg(long, value_name = "FILE", env = "HANSE_LEAGUE")]
    pub league: Option<PathBuf>,
    /// Answer in JSON, for programs.
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct Up {
    /// The folder with the shop's data; made if it is not there.
    #[arg(long, value_name = "DIR", default_value = "./data", env = "HANSE_DATA")]
    pub data: PathBuf,
    /// Where to listen [default: 127.0.0.1:8080].
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// Start with an empty catalogue instead of the sample shop.
    #[arg(long)]
    pub no_sample: bool,
    /// Allow plain HTTP on an address that others can reach. Passwords and sessions then travel unprotected: only for a
    /// network you trust, or behind a proxy that speaks HTTPS.
    #[arg(long)]
    pub insecure_http: bool,
    /// Print one JSON object with the addresses instead of a text for people.
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct ConfigShow {
    #[command(flatten)]
    pub reach: Reach,
}

#[derive(Subcommand)]
pub enum Admin {
    /// Make a login for somebody who works for the merchant.
    #[command(after_help = CREATE)]
    Create(AdminCreate),
}

#[derive(Args)]
pub struct AdminCreate {
    /// What they log in with; nobody else may have it yet.
    #[arg(long, value_name = "E")]
    pub email: String,
    /// At least 10 characters. Left out, one is generated and printed once.
    #[arg(long, value_name = "P", env = "HANSE_ADMIN_PASSWORD", hide_env_values = true)]
    pub password: Option<String>,
    /// owner, manager, support, catalogue or read_only.
    #[arg(long, default_value = "owner")]
    pub role: String,
    #[command(flatten)]
    pub reach: Reach,
}

#[derive(Args)]
pub struct Import {
    /// The merchant's file.
    #[arg(required_unless_present = "sample")]
    pub file: Option<PathBuf>,
    /// The sample goods instead of a file.
    #[arg(long, conflicts_with = "file")]
    pub sample: bool,
    /// Read and judge everything, change nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// The currency of the file's prices, where the file does not tell [default: the channel's].
    #[arg(long, value_name = "EUR")]
    pub currency: Option<String>,
    /// What the file is: auto, shopify_csv, csv or json.
    #[arg(long, default_value = "auto")]
    pub format: String,
    #[command(flatten)]
    pub reach: Reach,
}

#[derive(Args)]
pub struct Audit {
    /// Judge only what has been at rest for so long: what is still moving is not wrong yet.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub rest: u64,
    /// Only orders that were placed within so many hours [default: all].
    #[arg(long, value_name = "HOURS", value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub placed_within: Option<u64>,
    /// Verify the audit logs from their first entry [default: from the last that was verified].
    #[arg(long)]
    pub full: bool,
    /// Give up after so many seconds, with exit code 2.
    #[arg(long, value_name = "SECONDS", default_value_t = 3600, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub within: u64,
    #[command(flatten)]
    pub reach: Reach,
}

/// Some of the messages that wait.
#[derive(Args, Clone, Default)]
pub struct Those {
    /// Only what this service takes.
    #[arg(long, value_name = "NAME")]
    pub service: Option<String>,
    /// Only what this consumer takes; `hanse services` lists them.
    #[arg(long, value_name = "NAME")]
    pub consumer: Option<String>,
    /// Only messages of this type.
    #[arg(long = "type", value_name = "TYPE")]
    pub kind: Option<String>,
}

/// What is to be tried again, and how.
#[derive(Args, Clone)]
pub struct Again {
    /// As `ls` tells them.
    #[arg(required_unless_present = "all")]
    pub ids: Vec<uuid::Uuid>,
    /// Everything that waits.
    #[arg(long, conflicts_with = "ids")]
    pub all: bool,
    #[command(flatten)]
    pub those: Those,
    /// At most so many a second [default: as fast as it goes].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub rate: Option<u32>,
    /// Only tell what would be tried.
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub by: By,
}

/// Who does it, for `history`.
#[derive(Args, Clone)]
pub struct By {
    /// Your name [default: the one you are logged in with].
    #[arg(long, value_name = "NAME", env = "HANSE_OPERATOR")]
    pub by: Option<String>,
}

#[derive(Subcommand)]
#[command(
    after_help = "A message whose handler fails waits in the store of the service that takes it and is tried again by \
                  itself, at growing intervals for some hours. Then, or when trying again cannot help, it waits for you.\n\n  \
                  hanse parked ls --service payment\n  \
                  hanse parked redrive --all --consumer order.payment_answer --rate 20\n  \
                  hanse parked history                         who redrove and gave up what, for a year"
)]
pub enum Parked {
    /// List what is parked, the oldest first.
    Ls {
        #[command(flatten)]
        those: Those,
        #[command(flatten)]
        reach: Reach,
    },
    /// Show one message whole, with the reason why it is parked.
    Show {
        /// As `ls` tells it.
        id: uuid::Uuid,
        #[command(flatten)]
        reach: Reach,
    },
    /// Try messages again now, under their own ids: nothing happens twice.
    Redrive {
        #[command(flatten)]
        again: Again,
        #[command(flatten)]
        reach: Reach,
    },
    /// Give a message up: it is never handled. What depends on it stays undone, so look at it first.
    Discard {
        /// As `ls` tells it.
        id: uuid::Uuid,
        /// Why, for `history`.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        by: By,
        #[command(flatten)]
        reach: Reach,
    },
    /// List what was redriven and given up, by whom and when, the newest first.
    History {
        #[command(flatten)]
        reach: Reach,
    },
}

#[derive(Subcommand)]
#[command(
    after_help = "A message ends here when the process that takes it died of it 20 times, or when it is no message at all. \
                  (One that a handler refuses is parked instead: see `hanse parked`.) Mend the cause, then send it back.\n\n  \
                  hanse dlq ls --league hanse.toml\n  \
                  hanse dlq redrive --all --consumer payment.capture --rate 5 --dry-run --league hanse.toml\n  \
                  hanse dlq discard 0190… --reason 'put there by hand' --league hanse.toml"
)]
pub enum Dlq {
    /// List the dead letters, those that died first before the others.
    Ls {
        #[command(flatten)]
        those: Those,
        #[command(flatten)]
        reach: Reach,
    },
    /// Show one whole, with the reason why it is dead.
    Show {
        /// As `ls` tells it.
        id: uuid::Uuid,
        #[command(flatten)]
        reach: Reach,
    },
    /// Send letters back into the queues in which they died, under their own ids: nothing happens twice.
    Redrive {
        #[command(flatten)]
        again: Again,
        #[command(flatten)]
        reach: Reach,
    },
    /// Give letters up. What depends on a message stays undone, so look at it first.
    Discard {
        /// As `ls` tells them.
        #[arg(required = true)]
        ids: Vec<uuid::Uuid>,
        /// Why, for `history`.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        by: By,
        #[command(flatten)]
        reach: Reach,
    },
    /// List what was sent back and given up, by whom and when, the newest first.
    History {
        #[command(flatten)]
        reach: Reach,
    },
}
