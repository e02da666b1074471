//! Sessions and cookies.

mod cookies;
mod ended;
mod life;
mod processes;
mod races;
mod seats;
