//! How many connections this process can have: each is a file to the operating system.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Files that the process needs besides: stores, connections to servers, logs.
const BESIDES: u64 = 512;

/// Raises the process's limit of open files as far as it may, and tells for how many of `wanted` connections there is
/// room then.
pub fn room_for(wanted: usize) -> usize {
    let needed = (wanted as u64).saturating_add(BESIDES);
    let allowed = match getrlimit(Resource::RLIMIT_NOFILE) {
        Ok((soft, _)) if soft >= needed => soft,
        Ok((soft, hard)) => {
            let raised = needed.min(hard);
            match setrlimit(Resource::RLIMIT_NOFILE, raised, hard) {
                Ok(()) => raised,
                Err(_) => soft,
            }
        }
        // Unknown: connections that cannot be taken are told one by one.
        Err(_) => return wanted,
    };
    let room = share(allowed, wanted);
    if room < wanted {
        tracing::warn!(
            room,
            wanted,
            "the limit of open files leaves room for fewer connections than overload.connections; raise it (ulimit -n, \
             LimitNOFILE)"
        );
    }
    room
}

/// Half of what little there is, else all but what is needed besides.
fn share(allowed: u64, wanted: usize) -> usize {
    let room = allowed.saturating_sub(BESIDES).max(allowed / 2);
    usize::try_from(room).unwrap_or(usize::MAX).min(wanted)
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn some_files_are_left_for_everything_else() {
        assert_eq!(share(1024, 4096), 512);
        assert_eq!(share(256, 4096), 128);
        assert_eq!(share(1_000_000, 4096), 4096);
    }
}
