//! A disk that is full or read-only: what cannot be kept is refused, what was acknowledged stays, and the shop goes on
//! when there is room again. The disk is a small one in memory, which only root may mount.

use anyhow::{Context, Result, ensure};
use hanse_journeys::{Http, Shop, csv, fill_cart, hanse, import, pay, stock_of, until, variants};
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A disk of its own at a path, until it is dropped.
struct Disk(PathBuf);

impl Disk {
    fn mount(at: &Path, mebibytes: u32) -> Result<Self> {
        let size = format!("size={mebibytes}m");
        run(Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(at))?;
        Ok(Self(at.to_path_buf()))
    }

    fn read_only(&self) -> Result<()> {
        run(Command::new("mount").args(["-o", "remount,ro"]).arg(&self.0))
    }

    fn writable(&self) -> Result<()> {
        run(Command::new("mount").args(["-o", "remount,rw"]).arg(&self.0))
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }

    /// Not a byte more fits.
    fn fill(&self) -> Result<()> {
        let mut ballast = File::options().create(true).append(true).open(self.ballast())?;
        let piece = [7; 4096];
        loop {
            match ballast.write_all(&piece) {
                Ok(()) => {}
                Err(e) if e.kind() == ErrorKind::StorageFull => return Ok(()),
                Err(e) => return Err(e).context("the disk cannot be filled"),
            }
        }
    }

    fn free(&self) -> Result<()> {
        fs::remove_file(self.ballast()).context("the ballast cannot be taken away")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Also while the shop still has files open there.
        let gone = run(Command::new("umount").arg("--lazy").arg(&self.0));
        if let Err(e) = gone {
            eprintln!("{e:#}");
        }
    }
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

fn root() -> Result<bool> {
    Ok(fs::metadata("/proc/self")?.uid() == 0)
}

/// A shop on a small disk; `None` for who may not mount one.
async fn shop_on_a_small_disk() -> Result<Option<(Shop, Disk)>> {
    if !root()? {
        eprintln!("left out: only root may mount a disk");
        return Ok(None);
    }
    let mut disk = None;
    let shop = Shop::open_on(|data| {
        disk = Some(Disk::mount(data, 48)?);
        Ok(())
    })
    .await?;
    Ok(Some((shop, disk.context("no disk")?)))
}

/// New carts until one is refused for want of room; what was acknowledged before that.
async fn carts_until_full(http: &Http) -> Result<Vec<Value>> {
    let mut kept = Vec::new();
    until("the disk to be felt", async || {
        let answer = http.post("/api/store/carts").json(&json!({})).send().await?;
        if answer.status == 201 {
            kept.push(answer.json());
            return Ok(None);
        }
        answer.refused(507, "storage_full").map(Some)
    })
    .await?;
    Ok(kept)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_what_it_cannot_keep_and_loses_nothing() -> Result<()> {
    let Some((mut shop, disk)) = shop_on_a_small_disk().await? else { return Ok(()) };
    let staff = shop.staff().await?;
    let file = csv(&[("rope", "10.00", 50)]);
    import(&shop.http, &staff, "goods.csv", file.as_bytes()).await?;
    let ids = variants(&shop.http, &["rope"]).await?;
    let cart = fill_cart(&shop.http, &[(&ids["rope"], 1)]).await?;
    let before = pay(&shop.http, &cart, "tok_success").await?;
    assert_eq!(before["status"], "confirmed", "{before}");
    let ready = fill_cart(&shop.http, &[(&ids["rope"], 2)]).await?;

    disk.fill()?;
    let kept = carts_until_full(&shop.http).await?;
    let http = &shop.http;
    http.get("/api/store/products/rope").expect(200).await.context("looking needs no room")?;
    for cart in kept.iter().chain([&ready]) {
        let id = cart["id"].as_str().context("no id")?;
        http.get(&format!("/api/store/carts/{id}")).expect(200).await.context("what was said to be kept")?;
    }

    disk.free()?;
    until("the shop to go on by itself", async || {
        let answer = http.post("/api/store/carts").json(&json!({})).send().await?;
        Ok((answer.status == 201).then_some(()))
    })
    .await?;
    let order = pay(http, &ready, "tok_success").await?;
    assert_eq!(order["status"], "confirmed", "{order}");
    assert_eq!(stock_of(http, &staff, "rope").await?.2, 47);
    shop.audit(2).await?;

    shop.stop().await?;
    disk.fill()?;
    let data = shop.data_arg();
    let refused = hanse(&["up", "--no-sample", "--listen", "127.0.0.1:0", "--data", &data]).await?;
    assert!(!refused.status.success() && refused.stderr.contains("full"), "{refused:?}");
    disk.free()?;
    shop.start().await?;
    shop.audit(2).await?;
    shop.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_disk_is_told_and_nothing_is_changed() -> Result<()> {
    let Some((mut shop, disk)) = shop_on_a_small_disk().await? else { return Ok(()) };
    shop.stop().await?;
    let file = tempfile::NamedTempFile::new()?;
    fs::write(file.path(), csv(&[("rope", "10.00", 50)]))?;
    let (goods, data) = (file.path().display().to_string(), shop.data_arg());
    let look = || -> Result<Vec<(std::ffi::OsString, Vec<u8>)>> {
        let entries = fs::read_dir(shop.data())?.collect::<std::io::Result<Vec<_>>>()?;
        let mut files = Vec::new();
        for entry in entries {
            files.push((entry.file_name(), fs::read(entry.path())?));
        }
        files.sort();
        Ok(files)
    };
    let before = look()?;
    disk.read_only()?;
    for verb in [
        &["up", "--no-sample", "--listen", "127.0.0.1:0"][..],
        &["import", &goods],
        &["admin", "create", "--email", "eve@example.org"],
    ] {
        let refused = hanse(&[verb, &["--data", &data]].concat()).await?;
        let kind = refused.stderr.contains("read-only") || refused.stderr.contains("Read-only");
        assert!(!refused.status.success() && kind && refused.stderr.contains(&data), "{verb:?}: {refused:?}");
    }
    assert!(look()? == before, "nothing was changed");
    disk.writable()?;
    shop.start().await?;
    shop.stop().await
}
