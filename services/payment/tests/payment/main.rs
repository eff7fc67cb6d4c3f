//! Payment as its neighbours see it: messages in, messages out, on both engines.

mod accidents;
mod commands;
mod edge;
mod rules;
mod shop;
mod tokens;
