//! Sessions and cookies.

mod cookies;
mod life;
