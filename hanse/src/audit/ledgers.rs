//! The audit logs (19): every service's chain is verified by itself, page by page, and against what another service was told
//! of it, so that a log that was rewritten as a whole, or lost its end, is found too.

use super::{AuditError, Breach, Found, Reach, Sight};
use hanse_kernel::Ctx;
use hanse_record::verify::BREACH;
use hanse_rpc::Link;
use hanse_rpc::audit::audit_client::AuditClient;
use hanse_rpc::audit::{
    LogAnchorsRequest, LogEnd, LogHashesRequest, LogVerifiedRequest, RememberLogRequest, VerifyLogRequest,
};
use hanse_runtime::sealing::keeper_of;
use std::collections::BTreeMap;
use tonic::{Request, Status};

const VERIFIES: u32 = 19;
/// After so many breaches a log is not looked at any further: it is not what it was.
const ENOUGH: u64 = 100;

/// Verifies the logs of all services that are looked at.
pub async fn verify(sight: &Sight<'_>, reach: Reach, found: &mut Found) -> Result<(), AuditError> {
    for &service in sight.services {
        // Where only some of the services are at work, as in a simulated world, nobody may keep the end of a log.
        if !sight.services.contains(&keeper_of(service)) {
            continue;
        }
        let chain = Chain { sight, service, keeper: keeper_of(service) };
        let before = found.of(VERIFIES);
        let from = match reach {
            Reach::Whole => LogEnd::default(),
            Reach::New => chain.verified().await?,
        };
        let end = chain.walk(from.clone(), found).await?;
        chain.compare(from.seq, &end, found).await?;
        if found.of(VERIFIES) == before && end.seq > 0 {
            chain.remember(end).await?;
        }
    }
    Ok(())
}

struct Chain<'a> {
    sight: &'a Sight<'a>,
    service: &'static str,
    keeper: &'static str,
}

impl Chain<'_> {
    fn client(&self, of: &'static str) -> AuditClient<Link> {
        AuditClient::new(self.sight.network.link(of))
    }

    fn request<M>(&self, message: M) -> Request<M> {
        let ctx = Ctx::background(self.sight.caller, self.sight.effects.ids.uuid());
        hanse_rpc::request(&ctx, &*self.sight.effects.clock, message)
    }

    fn failed(of: &'static str) -> impl Fn(Status) -> AuditError {
        move |status| AuditError::Service { service: of, message: status.message().to_string() }
    }

    /// The last entry that is known to have been in order; the keeper's word, not the service's own.
    async fn verified(&self) -> Result<LogEnd, AuditError> {
        let ask = self.request(LogVerifiedRequest { service: self.service.into() });
        let known = self.client(self.keeper).log_verified(ask).await.map_err(Self::failed(self.keeper))?;
        Ok(known.into_inner().ends.pop().unwrap_or_default())
    }

    async fn remember(&self, end: LogEnd) -> Result<(), AuditError> {
        let ask = self.request(RememberLogRequest { service: self.service.into(), end: Some(end) });
        self.client(self.keeper).remember_log(ask).await.map_err(Self::failed(self.keeper)).map(|_| ())
    }

    /// The chain by itself; returns its end.
    async fn walk(&self, from: LogEnd, found: &mut Found) -> Result<LogEnd, AuditError> {
        let (mut at, began) = (from, found.of(VERIFIES));
        loop {
            let ask = VerifyLogRequest { after: Some(at.clone()), at_rest_since: self.sight.since.micros() };
            let page = self.client(self.service).verify_log(self.request(ask)).await;
            let page = page.map_err(Self::failed(self.service))?.into_inner();
            found.counted_all("log_entry", usize::try_from(page.entries).unwrap_or(0));
            page.breaches.into_iter().for_each(|breach| found.of_service(breach));
            let end = page.end.unwrap_or_default();
            let goes_on = page.more && end.seq > at.seq && found.of(VERIFIES) - began < ENOUGH;
            at = end;
            if !goes_on {
                return Ok(at);
            }
        }
    }

    /// The chain against what its keeper was told of it.
    async fn compare(&self, after: i64, end: &LogEnd, found: &mut Found) -> Result<(), AuditError> {
        let (mut after, began) = (after, found.of(VERIFIES));
        loop {
            let ask = self.request(LogAnchorsRequest { service: self.service.into(), after });
            let told = self.client(self.keeper).log_anchors(ask).await.map_err(Self::failed(self.keeper))?;
            let told = told.into_inner().ends;
            let Some(last) = told.last() else { return Ok(()) };
            after = last.seq;
            let ask = self.request(LogHashesRequest { seqs: told.iter().map(|end| end.seq).collect() });
            let there =
                self.client(self.service).log_hashes(ask).await.map_err(Self::failed(self.service))?;
            let there: BTreeMap<i64, Vec<u8>> =
                there.into_inner().ends.into_iter().map(|end| (end.seq, end.hash)).collect();
            for told in told {
                self.judge(&told, there.get(&told.seq), end, found);
            }
            if found.of(VERIFIES) - began >= ENOUGH {
                return Ok(());
            }
        }
    }

    fn judge(&self, told: &LogEnd, there: Option<&Vec<u8>>, end: &LogEnd, found: &mut Found) {
        let (service, keeper, seq) = (self.service, self.keeper, told.seq);
        let detail = match there {
            Some(hash) if *hash == told.hash => return,
            Some(_) => {
                format!("{service}: entry {seq} is another than {keeper} was told: the log was rewritten")
            }
            None if seq > end.seq => {
                format!(
                    "{service}: the log ends with entry {}, but {keeper} was told of entry {seq}",
                    end.seq
                )
            }
            None => format!("{service}: entry {seq}, of which {keeper} was told, is missing"),
        };
        found.breach(Breach {
            invariant: VERIFIES,
            subject: format!("{service}: anchor {seq}"),
            detail,
            remedy: BREACH.into(),
            rows: vec![
                format!("{service}.record_entry.seq = {seq}"),
                format!("{keeper}.record_anchor.service, seq = {service}, {seq}"),
            ],
        });
    }
}
