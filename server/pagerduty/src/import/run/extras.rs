//! What comes with a user: ways to be reached, rules, teams. Each is asked for once it is known to be missing; one that
//! is refused holds up no other, and is told.

use futures_util::FutureExt as _;

use super::{Halt, Problem, Run};
use crate::{
    Error,
    import::{
        plan::Planned,
        wanted::{ContactKind, WantedUser},
    },
    users::{ContactMethod, NotificationRule},
};

/// What came of them.
#[derive(Default)]
pub(super) struct Extras {
    pub problems: Vec<Problem>,
    pub notes: Vec<Problem>,
}

impl Run<'_> {
    /// `methods` are those of a user just made, where PagerDuty told them.
    pub(super) async fn extras(
        &self,
        wanted: &WantedUser,
        planned: &Planned,
        id: &str,
        methods: Option<Vec<ContactMethod>>,
    ) -> Result<Extras, Halt> {
        let Extras { mut problems, mut notes } = Extras::default();
        if !(planned.contacts.is_empty() && planned.rules.is_empty()) {
            self.reach(wanted, planned, id, methods, &mut problems).await?;
        }
        for place in &planned.teams {
            if let Some(name) = self.teams.get(&place.id).filter(|name| **name != place.name) {
                notes.push(Problem::renamed(&place.name, name));
            }
            let put = || self.api.add_to_team(&place.id, id, place.role.as_deref()).boxed();
            if let Err(error) = self.ask(put).await? {
                problems.push(Problem::beside(
                    &error,
                    &format!("They were not put on the team “{}”", place.name),
                ));
            }
        }
        Ok(Extras { problems, notes })
    }

    async fn reach(
        &self,
        wanted: &WantedUser,
        planned: &Planned,
        id: &str,
        methods: Option<Vec<ContactMethod>>,
        problems: &mut Vec<Problem>,
    ) -> Result<(), Halt> {
        let is_new = methods.is_some();
        let (mut methods, rules) = match methods {
            Some(methods) => (methods, Vec::new()),
            None => match self.known(id).await? {
                Ok(known) => known,
                Err(error) => {
                    problems.push(Problem::beside(&error, "How they are reached could not be looked at"));
                    return Ok(());
                }
            },
        };
        for contact in &planned.contacts {
            if methods.iter().any(|it| contact.is(it)) {
                continue;
            }
            let new = contact.to_be_made();
            match self.ask(|| self.api.create_contact_method(id, &new).boxed()).await? {
                Ok(method) => methods.push(method),
                // By a try whose answer was lost.
                Err(error) if is_there(&error) => {
                    if let Ok((known, _)) = self.known(id).await? {
                        methods = known;
                    }
                }
                Err(error) => {
                    let what = format!("The {} {} was not added", contact.kind.name(), contact.address);
                    problems.push(Problem::beside(&error, &what));
                }
            }
        }
        for rule in &planned.rules {
            let contact = rule.contact(wanted);
            // Of a user just made PagerDuty may tell ids and kinds alone: the one e-mail address is that to sign in with.
            let first_email = |it: &&ContactMethod| {
                is_new && rule.by == ContactKind::Email && it.kind() == contact.kind.api_name()
            };
            let method =
                methods.iter().find(|it| contact.is(it)).or_else(|| methods.iter().find(first_email));
            let what = || format!("The rule “{} after {} min” was not added", rule.by.name(), rule.delay);
            let Some(method) = method else {
                problems.push(Problem::no_contact(&what()));
                continue;
            };
            let same = |it: &NotificationRule| {
                it.urgency == rule.urgency
                    && it.start_delay_in_minutes == rule.delay
                    && it.contact_method.as_ref().is_some_and(|it| it.id == method.id)
            };
            if rules.iter().any(same) {
                continue;
            }
            let urgency = rule.urgency.name();
            let create = || self.api.create_notification_rule(id, method, urgency, rule.delay).boxed();
            match self.ask(create).await? {
                Ok(_) => {}
                Err(error) if is_there(&error) => {}
                Err(error) => problems.push(Problem::beside(&error, &what())),
            }
        }
        Ok(())
    }

    async fn known(
        &self,
        id: &str,
    ) -> Result<Result<(Vec<ContactMethod>, Vec<NotificationRule>), Error>, Halt> {
        let person = self.ask(|| self.api.person(id, true).boxed()).await?;
        Ok(person.map(|it| (it.contact_methods, it.notification_rules)))
    }
}

/// PagerDuty's word for a contact method or a rule that is there already.
fn is_there(error: &Error) -> bool {
    error.invalid_input().is_some_and(|said| said.iter().any(|it| it.contains("must be unique")))
}
