//! Loading users and services from CSV.
//!
//! Bytes → [`table`] (what stands in the file, and what is wrong with it, by line and column) → [`account`] (what
//! PagerDuty has already) → [`plan`] (what each row comes to, before anything is written) → [`run`] (one row at a time,
//! so that whoever keeps the journal knows at every moment how far it is). [`csv`] writes the same format.

pub mod account;
pub mod csv;
pub mod export;
pub mod plan;
pub mod run;
pub mod table;
pub mod wanted;

mod shown;
mod undo;

pub use account::Account;
pub use plan::{Action, Planned};
pub use run::{Halt, Outcome};
pub use shown::{Change, Shown};
pub use table::{Mistake, Record, Table, Unreadable};
pub use wanted::{Kind, Wanted, WantedService, WantedUser};
