//! How a log stands that may have been restored by itself: in order as a chain, and another than its keeper was told.

use super::Console;
use hanse_kernel::Ctx;
use hanse_record::anchors::Gap;
use hanse_rpc::audit::audit_client::AuditClient;
use hanse_rpc::audit::{LogAnchorsRequest, LogEnd, LogHashesRequest, LogVerifiedRequest, VerifyLogRequest};
use hanse_rpc::{Link, OPERATOR};
use hanse_runtime::sealing::keeper_of;
use std::collections::BTreeMap;
use tonic::{Request, Status};

pub struct Standing {
    /// None: log and keeper agree.
    pub gap: Option<Gap>,
    /// The log's end as it is.
    pub end: LogEnd,
    /// What is wrong with the chain itself, of one page: no restore does that.
    pub faults: Vec<String>,
}

struct Log<'a> {
    console: &'a Console,
    service: &'static str,
    keeper: &'static str,
}

/// Looks at the whole log of a service.
pub async fn standing(console: &Console, service: &'static str) -> Result<Standing, Status> {
    let log = Log { console, service, keeper: keeper_of(service) };
    let (faults, end) = log.walk().await?;
    let mut gap = log.differs().await?;
    let verified = log.verified().await?;
    if verified.seq > 0 && !log.has(&verified).await? {
        let until = gap.as_ref().map_or(verified.seq, |gap| gap.until.max(verified.seq));
        let after = gap.as_ref().map_or(end.seq.min(verified.seq - 1), |gap| gap.after);
        gap = Some(Gap { after, until });
    }
    Ok(Standing { gap, end, faults })
}

impl Log<'_> {
    fn client(&self, of: &'static str) -> AuditClient<Link> {
        AuditClient::new(self.console.network.link(of))
    }

    fn request<M>(&self, message: M) -> Request<M> {
        let ctx = Ctx::background(OPERATOR, self.console.effects.ids.uuid());
        hanse_rpc::request(&ctx, &*self.console.effects.clock, message)
    }

    /// The chain from its first entry, up to the first page with something wrong in it.
    async fn walk(&self) -> Result<(Vec<String>, LogEnd), Status> {
        let mut at = LogEnd::default();
        loop {
            // What waits to be sealed is not asked about.
            let ask = VerifyLogRequest { after: Some(at.clone()), at_rest_since: 0 };
            let page = self.client(self.service).verify_log(self.request(ask)).await?.into_inner();
            let end = page.end.unwrap_or_default();
            let goes_on = page.more && end.seq > at.seq && page.breaches.is_empty();
            at = end;
            if !goes_on {
                return Ok((page.breaches.into_iter().map(|breach| breach.detail).collect(), at));
            }
        }
    }

    /// From the last anchor that agrees before the first one that does not, to the last one that does not.
    async fn differs(&self) -> Result<Option<Gap>, Status> {
        let (mut at, mut agrees, mut gap) = (0, 0, None::<Gap>);
        loop {
            let ask = self.request(LogAnchorsRequest { service: self.service.into(), after: at });
            let told = self.client(self.keeper).log_anchors(ask).await?.into_inner().ends;
            let Some(last) = told.last() else { return Ok(gap) };
            at = last.seq;
            let there = self.hashes(told.iter().map(|end| end.seq).collect()).await?;
            for told in told {
                if there.get(&told.seq) != Some(&told.hash) {
                    let after = gap.as_ref().map_or(agrees, |gap| gap.after);
                    gap = Some(Gap { after, until: told.seq });
                } else if gap.is_none() {
                    agrees = told.seq;
                }
            }
        }
    }

    /// How far it was found to be in order the last time.
    async fn verified(&self) -> Result<LogEnd, Status> {
        let ask = self.request(LogVerifiedRequest { service: self.service.into() });
        let known = self.client(self.keeper).log_verified(ask).await?;
        Ok(known.into_inner().ends.pop().unwrap_or_default())
    }

    async fn has(&self, end: &LogEnd) -> Result<bool, Status> {
        Ok(self.hashes(vec![end.seq]).await?.get(&end.seq) == Some(&end.hash))
    }

    async fn hashes(&self, seqs: Vec<i64>) -> Result<BTreeMap<i64, Vec<u8>>, Status> {
        let ask = self.request(LogHashesRequest { seqs });
        let there = self.client(self.service).log_hashes(ask).await?.into_inner().ends;
        Ok(there.into_iter().map(|end| (end.seq, end.hash)).collect())
    }
}
