//! PagerDuty in trouble, databases in trouble, and people who change their mind.

mod answers;
mod disk;
mod file;
mod limits;
mod people;
mod postgres;
mod process;
mod revoking;
