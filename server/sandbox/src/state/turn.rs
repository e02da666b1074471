//! One at a time, for writes that lock their account.

use std::sync::Arc;

use super::World;
use crate::seed::Region;

/// The right to make a user in an account. It ends when it is dropped: with the answer, or when nobody waits for that.
pub(crate) struct Turn {
    world: Arc<World>,
    account: Region,
}

impl Turn {
    /// `None` while somebody else has it.
    pub(crate) fn take(world: &Arc<World>, account: Region) -> Option<Self> {
        let free = world.turns().insert(account);
        free.then(|| Self { world: Arc::clone(world), account })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.world.turns().remove(&self.account);
    }
}
