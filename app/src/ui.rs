//! The pieces that pages share.

pub mod connect_form;
pub mod fact;
pub mod icon;
pub mod layout;
pub mod loading;
pub mod masthead;
pub mod not_found;
pub mod permissions;
pub mod problem;
pub mod signed_out;
pub mod unavailable;
