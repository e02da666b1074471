//! PagerDuty in trouble, and people who change their mind.

mod answers;
mod limits;
mod people;
