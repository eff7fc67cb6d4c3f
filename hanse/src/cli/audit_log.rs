//! `hanse audit-log`: its options.

use super::{By, Reach};
use clap::{Args, Subcommand};

const ACCEPT: &str = "\
For a database that was restored or moved by itself: its log then ends before, or goes on otherwise than, the service that keeps its ends was
told, and `hanse audit` tells a breach (19) from then on. What is accepted, by whom and why, stands in that other service's log as
`audit_log.accepted`; later changes are found as before. A log that is broken in itself is refused: no restore does that.
Exit code 1: there is nothing to accept, or it is refused.

  hanse audit-log accept --service inventory --reason 'restored from the dump of Monday after the disk failed' --league hanse.toml";

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct AuditLog {
    #[command(subcommand)]
    pub verb: Option<AuditLogVerb>,
    /// Only what this service has written down.
    #[arg(long, value_name = "NAME")]
    pub service: Option<String>,
    /// An action, `order.refunded`, or all of an area, `order`.
    #[arg(long, value_name = "ACTION")]
    pub action: Option<String>,
    /// Only what this person did: `user_…`.
    #[arg(long, value_name = "ID")]
    pub actor: Option<String>,
    /// Only what was done to this.
    #[arg(long, value_name = "ID")]
    pub subject: Option<String>,
    /// Only what one request did: its X-Correlation-Id.
    #[arg(long, value_name = "ID")]
    pub correlation: Option<String>,
    /// From this time on, such as 2026-11-23T08:00:00Z.
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// Before this time.
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// So many entries, the newest.
    #[arg(long, value_name = "NUMBER", default_value_t = 50, conflicts_with = "all")]
    pub limit: usize,
    /// All of them, page by page.
    #[arg(long)]
    pub all: bool,
    /// Comma-separated values, safe to open in a spreadsheet.
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
    #[command(flatten)]
    pub reach: Reach,
}

#[derive(Subcommand)]
pub enum AuditLogVerb {
    /// Say why a service's log is another than was told of it, after which it is believed as it stands.
    #[command(after_help = ACCEPT)]
    Accept(AcceptLog),
}

#[derive(Args)]
pub struct AcceptLog {
    /// Whose log it is.
    #[arg(long, value_name = "NAME")]
    pub service: String,
    /// Why, for whoever reads the log later: 3 to 500 characters.
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    #[command(flatten)]
    pub by: By,
    #[command(flatten)]
    pub reach: Reach,
}
