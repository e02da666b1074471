//! Fresh tokens: whatever PagerDuty answers, whoever asks, whatever the clock says.

mod answers;
mod breaker;
mod clocks;
mod crowds;
mod grants;
mod lives;
mod lost;
mod margin;
mod replaced;
mod stopping;
