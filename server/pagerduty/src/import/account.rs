//! What an account has of what a file speaks of.

use std::collections::{HashMap, HashSet};

use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _, future::BoxFuture, stream};

use super::wanted::Wanted;
use crate::{
    Error, EscalationPolicy, Scopes, Service, Team,
    api::Api,
    escalation_policies::FindEscalationPolicies,
    licenses::License,
    page::{Listed, MAX_PAGE, Pages, REACHABLE},
    services::FindServices,
    teams::Member,
    users::{FindUsers, Person},
};

/// Calls under way at once.
const AT_ONCE: usize = 4;

/// What is there already.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// By their address, in small letters.
    pub(super) people: HashMap<String, Person>,
    /// By their name, in small letters.
    pub(super) services: HashMap<String, Service>,
    pub(super) teams: Vec<Team>,
    pub(super) policies: Vec<EscalationPolicy>,
    /// What somebody may do in a team: by team and user.
    pub(super) members: HashMap<(String, String), String>,
    pub(super) licenses: Vec<License>,
}

/// What must be looked up for a file.
#[derive(Clone, Debug, Default)]
struct Needs {
    emails: HashSet<String>,
    names: HashSet<String>,
    reach: bool,
    teams: bool,
    /// Teams in which somebody is to have a role.
    roles_in: HashSet<String>,
    policies: bool,
}

impl Needs {
    fn of<'a>(wanted: impl IntoIterator<Item = &'a Wanted>) -> Self {
        let mut needs = Self::default();
        for it in wanted {
            match it {
                Wanted::User(user) => {
                    needs.emails.insert(user.email.to_lowercase());
                    needs.reach |= !(user.contacts.is_empty() && user.rules.is_empty());
                    needs.teams |= !user.teams.is_empty();
                    let roles = user.teams.iter().filter(|it| it.role.is_some());
                    needs.roles_in.extend(roles.map(|it| it.team.to_lowercase()));
                }
                Wanted::Service(service) => {
                    needs.names.insert(service.name.to_lowercase());
                    needs.policies |= service.escalation_policy.is_some() || !service.teams.is_empty();
                }
            }
        }
        needs
    }
}

impl Account {
    /// The scopes without which it cannot be looked up.
    pub fn scopes<'a>(wanted: impl IntoIterator<Item = &'a Wanted>) -> Scopes {
        let needs = Needs::of(wanted);
        let each = [
            ("users.read", !needs.emails.is_empty()),
            ("users:contact_methods.read", needs.reach),
            ("teams.read", needs.teams),
            ("services.read", !needs.names.is_empty()),
            ("escalation_policies.read", needs.policies),
        ];
        let needed: Vec<&str> = each.into_iter().filter(|(_, is)| *is).map(|(scope, _)| scope).collect();
        Scopes::parse(&needed.join(" "))
    }

    /// Looks up what `wanted` speaks of. Lists where that takes fewer calls than asking for each by its name. Licences
    /// are counted where `granted` includes `licenses.read`.
    pub async fn look_up<'a>(
        api: &Api<'_>,
        wanted: impl IntoIterator<Item = &'a Wanted>,
        granted: &Scopes,
    ) -> Result<Self, Error> {
        let needs = Needs::of(wanted);
        let mut account = Self::default();
        if !needs.emails.is_empty() {
            account.people = people(api, &needs).await?;
            if granted.allows("licenses.read") {
                account.licenses = api.licenses().await?;
            }
        }
        if !needs.names.is_empty() {
            account.services = services(api, &needs.names).await?;
        }
        if needs.teams {
            account.teams = api.teams("").all().try_collect().await?;
            let with_roles = account.teams.iter().filter(|team| {
                needs.roles_in.contains(&team.name.to_lowercase())
                    || needs.roles_in.contains(&team.id.to_lowercase())
            });
            for team in with_roles {
                let members: Vec<Member> = api.members(&team.id)?.all().try_collect().await?;
                let named = members.into_iter().map(|it| ((team.id.clone(), it.user.id), it.role));
                account.members.extend(named);
            }
        }
        if needs.policies {
            let all = FindEscalationPolicies::default();
            account.policies = api.escalation_policies(&all).all().try_collect().await?;
        }
        Ok(account)
    }
}

async fn people(api: &Api<'_>, needs: &Needs) -> Result<HashMap<String, Person>, Error> {
    let list = api.people(&FindUsers::default(), needs.reach).counted();
    let found = match listed(&list, needs.emails.len()).await? {
        Some(all) => all,
        None => {
            let each: Vec<BoxFuture<'_, _>> =
                needs.emails.iter().map(|email| one_person(api, email, needs.reach).boxed()).collect();
            stream::iter(each)
                .buffer_unordered(AT_ONCE)
                .try_filter_map(|it| std::future::ready(Ok(it)))
                .try_collect()
                .await?
        }
    };
    Ok(found.into_iter().map(|it| (it.user.email.to_lowercase(), it)).collect())
}

/// The user with exactly this address.
pub(super) async fn one_person(api: &Api<'_>, email: &str, reach: bool) -> Result<Option<Person>, Error> {
    let find = FindUsers { query: Some(email.to_owned()), ..FindUsers::default() };
    let found = api.people(&find, reach).all().try_filter(|it| {
        let is =
            it.user.email.eq_ignore_ascii_case(email) || it.user.email.to_lowercase() == email.to_lowercase();
        std::future::ready(is)
    });
    std::pin::pin!(found).try_next().await
}

async fn services(api: &Api<'_>, names: &HashSet<String>) -> Result<HashMap<String, Service>, Error> {
    let list = api.services(&FindServices::default()).counted();
    let found = match listed(&list, names.len()).await? {
        Some(all) => all,
        None => {
            let each: Vec<BoxFuture<'_, _>> =
                names.iter().map(|name| one_service(api, name).boxed()).collect();
            stream::iter(each)
                .buffer_unordered(AT_ONCE)
                .try_filter_map(|it| std::future::ready(Ok(it)))
                .try_collect()
                .await?
        }
    };
    Ok(found.into_iter().map(|it| (it.name.to_lowercase(), it)).collect())
}

/// The service of exactly this name, in capital or small letters.
pub(super) async fn one_service(api: &Api<'_>, name: &str) -> Result<Option<Service>, Error> {
    let find = FindServices { query: Some(name.to_owned()), ..FindServices::default() };
    let found = api
        .services(&find)
        .all()
        .try_filter(|it| std::future::ready(it.name.to_lowercase() == name.to_lowercase()));
    std::pin::pin!(found).try_next().await
}

/// Everything in a list; none where asking for each of `each` takes fewer calls, or the list is longer than PagerDuty
/// shows.
async fn listed<T: Listed + Send + Clone>(list: &Pages<'_, T>, each: usize) -> Result<Option<Vec<T>>, Error> {
    let first = list.page(0).await?;
    if !first.more {
        return Ok(Some(first.items));
    }
    let total = first.total.unwrap_or(u64::MAX);
    if total > REACHABLE || total.div_ceil(MAX_PAGE) > u64::try_from(each).unwrap_or(u64::MAX) {
        return Ok(None);
    }
    let mut all = first.items;
    let after = u64::try_from(all.len()).unwrap_or(u64::MAX);
    let offsets = (after..total).step_by(usize::try_from(MAX_PAGE).unwrap_or(1));
    let pages: Vec<BoxFuture<'_, _>> = offsets.map(|offset| list.page(offset).boxed()).collect();
    let pages = stream::iter(pages).buffered(AT_ONCE);
    let rest: Vec<_> = pages.try_collect().await?;
    all.extend(rest.into_iter().flat_map(|page| page.items));
    Ok(Some(all))
}
