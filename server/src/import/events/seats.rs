//! How many listen at once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// A browser's tabs that listen at once. Each of them is a connection.
const MOST_SEATS: usize = 4;

/// How many streams each session listens to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seats(Arc<Mutex<HashMap<[u8; 32], usize>>>);

/// A place among them, given back when the stream ends, however it does.
pub(super) struct Seat {
    seats: Seats,
    session: [u8; 32],
}

impl Seats {
    /// None when there is none left.
    pub(super) fn take(&self, session: [u8; 32]) -> Option<Seat> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(session).or_default();
        if *count >= MOST_SEATS {
            return None;
        }
        *count += 1;
        Some(Seat { seats: self.clone(), session })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.session) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.session);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_has_four_seats_and_gets_back_what_it_leaves() {
        let seats = Seats::default();
        let mut taken: Vec<_> = (0..MOST_SEATS).filter_map(|_| seats.take([1; 32])).collect();
        assert_eq!(taken.len(), MOST_SEATS);
        assert!(seats.take([1; 32]).is_none());
        assert!(seats.take([2; 32]).is_some());
        taken.pop();
        assert!(seats.take([1; 32]).is_some());
        drop(taken);
        assert!(seats.0.lock().unwrap().is_empty());
    }
}
