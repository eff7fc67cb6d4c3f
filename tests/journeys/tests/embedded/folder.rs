//! Data folders and ports that cannot be had: a clear message, exit code not 0, nothing changed.

use anyhow::Result;
use hanse_journeys::{Shop, hanse};
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_in_use_or_of_a_newer_version_is_left_alone() -> Result<()> {
    let mut shop = Shop::open().await?;
    let data = shop.data_arg();
    let second = hanse(&["up", "--no-sample", "--listen", "127.0.0.1:0", "--data", &data]).await?;
    assert!(!second.status.success() && second.stderr.contains("in use"), "{second:?}");
    assert_eq!(shop.probes.get("/readyz").send().await?.status, 200, "the first shop goes on");
    shop.stop().await?;

    let version = shop.data().join("version");
    let before = fs::read(&version)?;
    fs::write(&version, b"999\n")?;
    for verb in ["up", "audit"] {
        let newer = hanse(&[verb, "--data", &data]).await?;
        assert!(!newer.status.success() && newer.stderr.contains("newer"), "{verb}: {newer:?}");
    }
    assert_eq!(fs::read(&version)?, b"999\n");
    fs::write(&version, before)?;
    shop.start().await?;
    shop.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_and_an_open_address_are_refused() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("shop").display().to_string();
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let address = taken.local_addr()?.to_string();
    let refused = hanse(&["up", "--no-sample", "--listen", &address, "--data", &data]).await?;
    assert!(!refused.status.success() && refused.stderr.contains(&address), "{refused:?}");
    assert!(refused.stderr.contains("--listen"), "it says what to do: {refused:?}");
    let open = hanse(&["up", "--no-sample", "--listen", "0.0.0.0:0", "--data", &data]).await?;
    assert!(!open.status.success() && open.stderr.contains("insecure"), "{open:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_cannot_be_written_is_told() -> Result<()> {
    let root = tempfile::tempdir()?;
    // A file where the folder should be cannot be written by anybody, not even by root, whom permissions do not stop.
    let file = root.path().join("file");
    fs::write(&file, b"mine")?;
    let below = file.join("shop").display().to_string();
    let refused = hanse(&["up", "--no-sample", "--listen", "127.0.0.1:0", "--data", &below]).await?;
    assert!(!refused.status.success() && refused.stderr.contains(&below), "{refused:?}");
    assert_eq!(fs::read(&file)?, b"mine");
    if fs::metadata("/proc/self")?.uid() == 0 {
        return Ok(());
    }
    let locked = root.path().join("locked");
    fs::create_dir(&locked)?;
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o500))?;
    let inside = locked.join("shop").display().to_string();
    let refused = hanse(&["up", "--no-sample", "--listen", "127.0.0.1:0", "--data", &inside]).await?;
    assert!(!refused.status.success() && refused.stderr.contains(&inside), "{refused:?}");
    Ok(())
}
