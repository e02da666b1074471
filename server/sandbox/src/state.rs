//! All that a running sandbox knows, in memory.

mod ledger;
mod turn;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::account::Account;
use crate::api::Rates;
use crate::clock::Clock;
use crate::events::Pager;
use crate::faults::Fault;
use crate::oauth::{KeyRing, SigningKey};
use crate::options::{Options, Size};
use crate::random;
use crate::recorder::Recorder;
use crate::seed::{Company, Person, Region};
use crate::switches::{Issuer, Switches};

pub(crate) use ledger::{Code, Consent, Ledger, Pending, Refused};
pub use ledger::{TokenKind, TokenStatus};
pub(crate) use turn::Turn;

/// The addresses a sandbox got when it started, without a slash at the end.
pub(crate) struct Addresses {
    pub(crate) main: String,
    pub(crate) eu: String,
}

pub(crate) struct World {
    pub(crate) addresses: Addresses,
    pub(crate) app_name: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) routing_key: String,
    pub(crate) company: Company,
    pub(crate) clock: Clock,
    size: Size,
    us: Mutex<Account>,
    eu: Mutex<Account>,
    redirect_urls: Mutex<Vec<String>>,
    switches: Mutex<Arc<Switches>>,
    ledger: Mutex<Ledger>,
    recorder: Mutex<Recorder>,
    pager: Mutex<Pager>,
    faults: Mutex<Vec<Fault>>,
    rates: Mutex<Rates>,
    turns: Mutex<HashSet<Region>>,
    keys: Mutex<KeyRing>,
    remembered: Mutex<HashMap<String, String>>,
}

/// One listener's view: the world, and the region whose API it serves.
#[derive(Clone)]
pub(crate) struct Here {
    pub(crate) world: Arc<World>,
    pub(crate) region: Region,
}

impl World {
    pub(crate) fn new(options: Options, addresses: Addresses, key: SigningKey) -> Self {
        let clock = Clock::default();
        let company = Company::new(options.crowd);
        let account = |region| Mutex::new(Account::new(region, &company, options.size, clock.now()));
        Self {
            us: account(Region::Us),
            eu: account(Region::Eu),
            size: options.size,
            addresses,
            app_name: options.app_name,
            client_id: options.client_id.unwrap_or_else(random::uuid),
            client_secret: options.client_secret.unwrap_or_else(random::opaque),
            routing_key: options.routing_key,
            company,
            clock,
            redirect_urls: Mutex::new(options.redirect_urls),
            switches: Mutex::default(),
            ledger: Mutex::default(),
            recorder: Mutex::default(),
            pager: Mutex::default(),
            faults: Mutex::default(),
            rates: Mutex::default(),
            turns: Mutex::default(),
            keys: Mutex::new(KeyRing::new(key)),
            remembered: Mutex::default(),
        }
    }

    /// Back to how it started, with the same credentials, redirect URLs and keys.
    pub(crate) fn reset(&self) {
        self.clock.set_offset_seconds(0);
        *lock(&self.switches) = Arc::default();
        *lock(&self.ledger) = Ledger::default();
        lock(&self.recorder).clear();
        *lock(&self.pager) = Pager::default();
        lock(&self.faults).clear();
        *lock(&self.rates) = Rates::default();
        lock(&self.remembered).clear();
        for (region, account) in [(Region::Us, &self.us), (Region::Eu, &self.eu)] {
            *lock(account) = Account::new(region, &self.company, self.size, self.clock.now());
        }
    }

    pub(crate) fn issuer(&self) -> String {
        let host = match self.switches().issuer {
            Issuer::Own => self.addresses.main.as_str(),
            Issuer::App => "https://app.pagerduty.com",
            Issuer::Identity => "https://identity.pagerduty.com",
        };
        format!("{host}/global/oauth/anonymous")
    }

    pub(crate) fn api_url(&self, region: Region) -> &str {
        match region {
            Region::Us => &self.addresses.main,
            Region::Eu => &self.addresses.eu,
        }
    }

    pub(crate) fn account(&self, region: Region) -> MutexGuard<'_, Account> {
        match region {
            Region::Us => lock(&self.us),
            Region::Eu => lock(&self.eu),
        }
    }

    /// One of those who can sign in, with the name, address and role they have now; `None` once they were deleted.
    pub(crate) fn person(&self, id: &str) -> Option<Person> {
        let person = self.company.by_id(id)?;
        let account = self.account(person.region);
        let user = account.users.get(id)?;
        let (name, email) = (user.name.clone(), user.email.clone());
        Some(Person { name, email, role: user.role, ..person.clone() })
    }

    /// The people worth showing, but for those who were deleted.
    pub(crate) fn shown(&self) -> Vec<Person> {
        self.company.shown().filter_map(|person| self.person(&person.id)).collect()
    }

    /// Finds a person as a login form does: spaces and case do not matter.
    pub(crate) fn by_email(&self, email: &str) -> Option<Person> {
        let find = |region| {
            let id = self.account(region).users.named(email.trim())?.id.clone();
            self.person(&id)
        };
        [Region::Us, Region::Eu].into_iter().find_map(find)
    }

    /// Ends whatever somebody who was deleted signed in to or agreed to.
    pub(crate) fn forget(&self, person: &str) {
        self.ledger().forget(person);
        self.remembered().retain(|_, remembered| remembered != person);
    }

    /// False when nobody has that e-mail.
    pub(crate) fn revoke_all_of(&self, email: &str) -> bool {
        let Some(person) = self.by_email(email) else { return false };
        self.ledger().revoke_all_of(&person.id);
        true
    }

    pub(crate) fn token_statuses(&self) -> Vec<TokenStatus> {
        let email = |id: &str| self.company.by_id(id).map(|person| person.email.clone());
        self.ledger()
            .tokens()
            .map(|token| token.status(token.consent.person.as_deref().and_then(email)))
            .collect()
    }

    /// A snapshot: a change made meanwhile does not split one request in two.
    pub(crate) fn switches(&self) -> Arc<Switches> {
        Arc::clone(&lock(&self.switches))
    }

    pub(crate) fn change_switches(&self, change: impl FnOnce(&mut Switches)) {
        change(Arc::make_mut(&mut lock(&self.switches)));
    }

    pub(crate) fn redirect_urls(&self) -> MutexGuard<'_, Vec<String>> {
        lock(&self.redirect_urls)
    }

    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        lock(&self.ledger)
    }

    pub(crate) fn recorder(&self) -> MutexGuard<'_, Recorder> {
        lock(&self.recorder)
    }

    pub(crate) fn pager(&self) -> MutexGuard<'_, Pager> {
        lock(&self.pager)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Vec<Fault>> {
        lock(&self.faults)
    }

    pub(crate) fn rates(&self) -> MutexGuard<'_, Rates> {
        lock(&self.rates)
    }

    /// The accounts in which somebody is making a user while only one may; see [`Turn`].
    fn turns(&self) -> MutexGuard<'_, HashSet<Region>> {
        lock(&self.turns)
    }

    pub(crate) fn keys(&self) -> MutexGuard<'_, KeyRing> {
        lock(&self.keys)
    }

    /// Browsers (by cookie) whose person consented while `remember_consent` was on.
    pub(crate) fn remembered(&self) -> MutexGuard<'_, HashMap<String, String>> {
        lock(&self.remembered)
    }
}

/// No invariant spans a panic here, so a poisoned lock is still good.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
