//! Why a page cannot show what was asked for, in sentences, and the way on.

use pagerduty::{NoRead, Scopes, scope};
use pagerduty_connect::{About, Error};

use crate::error::AppError;

/// Something that could not be done, on a page that still stands.
#[derive(Clone, Debug)]
pub(crate) struct Trouble {
    /// A stable word for tests and styles.
    pub code: &'static str,
    pub status: u16,
    pub title: String,
    pub detail: String,
    /// What PagerDuty said, where it is fit to show.
    pub said: Vec<String>,
    pub way_on: WayOn,
}

/// What the reader can do.
#[derive(Clone, Debug)]
pub(crate) enum WayOn {
    /// Agree to these scopes at PagerDuty, beside those granted before.
    Allow(Scopes),
    /// Connect again.
    Connect,
    /// Load the page again, after so many seconds.
    Again(Option<u64>),
    /// Ask for something else.
    Other,
}

impl Trouble {
    /// The connection lacks scopes: because nobody was asked for them, or because PagerDuty left them out.
    pub(crate) fn scopes(missing: &Scopes, about: &About) -> Self {
        let told = |scopes: &[&str]| {
            let words = scopes.iter().map(|it| format!("“{}” ({it})", scope::words(it)));
            words.collect::<Vec<_>>().join(", ")
        };
        let asked = about.asked();
        let (left_out, new): (Vec<&str>, Vec<&str>) = missing.iter().partition(|it| asked.allows(it));
        let left_out = (!left_out.is_empty()).then(|| {
            format!(
                "PagerDuty was asked for {} and left it out without a word: this app's registration lacks it. An \
                 admin ticks it in PagerDuty under Integrations → App Registration → this app → Scoped OAuth.",
                told(&left_out)
            )
        });
        let (code, title, detail) = match (new.is_empty(), left_out) {
            (true, left_out) => (
                "not-configured",
                "This app is not set up for it",
                format!("{} After that, ask again.", left_out.unwrap_or_default()),
            ),
            (false, left_out) => (
                "not-allowed",
                "This needs your permission",
                format!(
                    "It needs {}. This app has not asked you for that yet. PagerDuty shows you the list before you \
                     agree. {}",
                    told(&new),
                    left_out.unwrap_or_default()
                ),
            ),
        };
        Self {
            code,
            status: 403,
            title: title.into(),
            detail,
            said: Vec::new(),
            way_on: WayOn::Allow(missing.clone()),
        }
    }

    /// What was asked for is nothing that can be.
    pub(crate) fn not_sent(why: &NoRead) -> Self {
        Self {
            code: "not-sent",
            status: 400,
            title: "It was not sent".into(),
            detail: format!("{why}."),
            said: Vec::new(),
            way_on: WayOn::Other,
        }
    }

    pub(crate) fn of(error: Error, about: &About) -> Self {
        match error {
            Error::Api(error) => {
                let trouble = Self::of_api(&error, about);
                tracing::warn!(event = "api.trouble", code = trouble.code, cause = error.kind());
                trouble
            }
            error => {
                let way_on = if error.is_reconnect_required() { WayOn::Connect } else { WayOn::Again(None) };
                let problem = AppError::from(error);
                let status = if matches!(way_on, WayOn::Connect) { 401 } else { 503 };
                Self {
                    code: "no-token",
                    status,
                    title: problem.title,
                    detail: problem.detail,
                    said: Vec::new(),
                    way_on,
                }
            }
        }
    }

    fn of_api(error: &pagerduty::Error, about: &About) -> Self {
        use pagerduty::Error as E;
        let (code, status, title, detail, way_on) = match error {
            E::MissingScope { required } if !required.is_empty() => {
                let required = Scopes::parse(required);
                if required.missing_from(&about.granted()).is_empty() {
                    (
                        "token-narrower",
                        403,
                        "The token may do less than was granted",
                        format!("PagerDuty says that it lacks {required}, which you have agreed to. Agree once more."),
                        WayOn::Allow(required),
                    )
                } else {
                    return Self::scopes(&required, about);
                }
            }
            E::MissingScope { .. } => (
                "not-allowed",
                403,
                "A scope is missing",
                "PagerDuty says that this connection lacks a scope for it, but not which.".to_owned(),
                WayOn::Other,
            ),
            E::RateLimited { wait } => {
                let seconds = wait.map(|wait| wait.as_secs().max(1));
                let when = seconds.map_or("a little while".to_owned(), |seconds| format!("{seconds} seconds"));
                (
                    "slow-down",
                    429,
                    "PagerDuty asks to slow down",
                    format!("Too much was asked of it within a minute. Nothing is asked any more for {when}."),
                    WayOn::Again(seconds),
                )
            }
            E::WrongRegion { right } => (
                "wrong-region",
                502,
                "This account lives in the other region",
                format!("Its data is in the service region {}. Connect again, and this app asks there.", right.name()),
                WayOn::Connect,
            ),
            E::Unauthorized => (
                "not-accepted",
                502,
                "PagerDuty does not accept the token",
                "It has just been given. Wait a minute; if it stays so, connect again.".to_owned(),
                WayOn::Again(None),
            ),
            E::BeyondReach { reachable } => (
                "beyond-reach",
                400,
                "PagerDuty lists no further",
                format!("It shows the first {} of a list and no more. Search, or filter, to narrow it.", super::fields::grouped(*reachable)),
                WayOn::Other,
            ),
            e if e.is_plan() => (
                "plan",
                402,
                "Your plan does not include this",
                "PagerDuty answers that the account lacks the ability. Its owner can change the plan.".to_owned(),
                WayOn::Other,
            ),
            e if e.is_permission() => (
                "no-permission",
                403,
                "Your role does not allow this",
                "The scope is there, but PagerDuty says that you yourself may not. An admin of the account can change your role.".to_owned(),
                WayOn::Other,
            ),
            e if e.is_not_found() => (
                "not-there",
                404,
                "There is no such thing",
                "PagerDuty knows nothing by that id. It may have been deleted, or be out of your sight.".to_owned(),
                WayOn::Other,
            ),
            e if e.invalid_input().is_some() => (
                "not-understood",
                400,
                "PagerDuty does not take this",
                "Something in what was asked for is not as it expects.".to_owned(),
                WayOn::Other,
            ),
            E::Address(_) | E::TooMany { .. } => (
                "not-understood",
                400,
                "This cannot be asked for",
                format!("It was not sent to PagerDuty: {error}."),
                WayOn::Other,
            ),
            _ => (
                "no-answer",
                502,
                "PagerDuty does not answer",
                "Its answer did not come, or made no sense. Your connection is kept, and nothing was lost.".to_owned(),
                WayOn::Again(None),
            ),
        };
        let said = match error {
            E::Status { message, details, .. } if status < 500 => {
                let message = Some(message.clone()).filter(|it| it != "no reason given");
                message.into_iter().chain(details.iter().cloned()).collect()
            }
            _ => Vec::new(),
        };
        Self { code, status, title: title.into(), detail, said, way_on }
    }
}
