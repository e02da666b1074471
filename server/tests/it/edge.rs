//! What every answer carries, and what no request can talk the program into.

mod avatars;
mod caching;
mod headers;
mod hosts;
mod logs;
mod names;
mod policy;
mod private;
mod redirects;
