//! How much, how slow and how odd a request may be.

mod fuzz;
mod sizes;
mod slow;
mod smuggling;
