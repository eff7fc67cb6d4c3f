//! Turns a contract's `proto/` into Rust at build time, with protox, so that no `protoc` needs installing.

use prost::Message;

/// Compiles the named files below `proto/`; called from a contract's build script. The descriptors of what was compiled
/// are left beside the code as `descriptors.bin`: `tonic::include_file_descriptor_set!("descriptors")` has them.
///
/// # Panics
/// When a file does not compile: the build stops with the compiler's message.
pub fn compile(files: &[&str]) {
    for file in files {
        println!("cargo:rerun-if-changed=proto/{file}");
    }
    let descriptors = protox::compile(files, ["proto"]).unwrap_or_else(|e| panic!("{e:?}"));
    let out =
        std::env::var_os("OUT_DIR").unwrap_or_else(|| panic!("cargo tells build scripts where to write"));
    std::fs::write(std::path::Path::new(&out).join("descriptors.bin"), descriptors.encode_to_vec())
        .unwrap_or_else(|e| panic!("{e}"));
    tonic_prost_build::configure()
        .build_transport(false)
        .compile_fds(descriptors)
        .unwrap_or_else(|e| panic!("{e}"));
}
