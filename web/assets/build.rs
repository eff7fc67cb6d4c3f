//! Puts the built storefront where the crate embeds it: `web/storefront/dist` if it is there, else a page that says how
//! to build it. Never runs npm.

use std::path::Path;
use std::{env, fs, io};

const PLACEHOLDER: &str = r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Hanse</title><!--hanse:head--></head>
<body><div id="app"><main id="main"><!--hanse:shell-->
<p>This binary was built without the storefront. Build it with <code>cargo xtask web</code> (needs Node), then build again.
The API is here: <a href="/api/reference">/api/reference</a>.</p></main></div><!--hanse:state--></body></html>
"#;

fn main() -> io::Result<()> {
    let dist = Path::new("../storefront/dist");
    let out = env::var_os("OUT_DIR")
        .map(|dir| Path::new(&dir).join("storefront"))
        .ok_or(io::ErrorKind::NotFound)?;
    println!("cargo:rerun-if-changed=../storefront/dist");
    if out.exists() {
        fs::remove_dir_all(&out)?;
    }
    if dist.join("index.html").exists() {
        copy(dist, &out)
    } else {
        fs::create_dir_all(&out)?;
        fs::write(out.join("index.html"), PLACEHOLDER)
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
