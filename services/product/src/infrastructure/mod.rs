//! How the catalogue's ports are served: stores, messages, files.

pub mod import_file;
