//! How somebody is to be reached, compared with how they are.

use crate::{
    import::wanted::{ContactKind, WantedContact, WantedRule, WantedUser},
    users::{ContactMethod, Person},
};

impl WantedContact {
    pub(in crate::import) fn is(&self, method: &ContactMethod) -> bool {
        self.kind.api_name() == method.kind()
            && self.address.eq_ignore_ascii_case(&method.address)
            // PagerDuty takes a number without a country for one of the United States.
            && (self.kind == ContactKind::Email || self.country_code == method.country_code.or(Some(1)))
    }
}

impl WantedRule {
    /// The contact it speaks of: the first of its kind, or the address to sign in with.
    pub(in crate::import) fn contact(&self, wanted: &WantedUser) -> WantedContact {
        let sign_in =
            WantedContact { kind: ContactKind::Email, address: wanted.email.clone(), country_code: None };
        let of_kind = wanted.contacts.iter().find(|it| it.kind == self.by && self.by != ContactKind::Email);
        of_kind.cloned().unwrap_or(sign_in)
    }

    pub(super) fn is_there(&self, person: &Person, wanted: &WantedUser) -> bool {
        let contact = self.contact(wanted);
        let Some(method) = person.contact_methods.iter().find(|it| contact.is(it)) else { return false };
        person.notification_rules.iter().any(|rule| {
            rule.urgency == self.urgency
                && rule.start_delay_in_minutes == self.delay
                && rule.contact_method.as_ref().is_some_and(|it| it.id == method.id)
        })
    }
}
