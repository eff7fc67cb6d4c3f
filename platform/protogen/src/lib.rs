//! Turns a contract's `proto/` into Rust at build time, with protox, so that no `protoc` needs installing.

/// Compiles the named files below `proto/`; called from a contract's build script.
///
/// # Panics
/// When a file does not compile: the build stops with the compiler's message.
pub fn compile(files: &[&str]) {
    for file in files {
        println!("cargo:rerun-if-changed=proto/{file}");
    }
    let descriptors = protox::compile(files, ["proto"]).unwrap_or_else(|e| panic!("{e:?}"));
    tonic_prost_build::configure()
        .build_transport(false)
        .compile_fds(descriptors)
        .unwrap_or_else(|e| panic!("{e}"));
}
