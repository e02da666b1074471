//! Every behaviour a test may want to change, and every one PagerDuty's documents leave open.

mod choices;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use choices::{
    AppKind, Installed, IssOnCallback, Issuer, LimitOver100, MissingPkce, MixedScopes, OmittedScope,
    RedirectMatching, RevokeReach, Rotation, StateOnCallback, Subject, Tamper, UnauthorizedBody,
};

/// The sandbox's switches. The README has a table that says what each does and which of them stand on behaviour
/// PagerDuty has not documented.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Switches {
    // The registered app.
    pub app_kind: AppKind,
    pub configured_scopes: Vec<String>,
    pub redirect_matching: RedirectMatching,
    pub installed: Installed,

    // Authorization.
    pub issuer: Issuer,
    pub missing_pkce: MissingPkce,
    pub omitted_scope: OmittedScope,
    pub mixed_scopes: MixedScopes,
    pub consent_as: Option<String>,
    pub remember_consent: bool,

    // The callback.
    pub iss_on_callback: IssOnCallback,
    pub state_on_callback: StateOnCallback,
    pub extra_callback_params: Vec<(String, String)>,
    pub iss_on_denial: bool,
    pub state_on_denial: bool,

    // The token endpoint.
    pub lenient_bodies: bool,
    pub basic_auth: bool,
    pub code_replay_revokes: bool,
    pub failed_exchange_burns_code: bool,
    pub rotation: Rotation,
    pub refresh_kills_access_token: bool,
    pub refresh_narrows_scope: bool,
    pub id_token_on_refresh: bool,
    pub granted_scope: Option<String>,
    pub client_info: Option<String>,
    pub extra_token_fields: BTreeMap<String, Value>,
    pub omit_token_fields: Vec<String>,
    pub eu_token_prefix: String,

    // Lifetimes, in seconds. `None` takes what PagerDuty documents for the kind of app.
    pub code_seconds: u64,
    pub access_token_seconds: Option<u64>,
    pub refresh_token_seconds: Option<u64>,
    pub refresh_window_seconds: Option<u64>,
    pub id_token_seconds: u64,

    // The id_token and its keys.
    pub id_token: Tamper,
    pub echo_nonce: bool,
    pub subject: Subject,
    pub eu_region_claim: String,
    pub keep_old_keys: bool,

    // Revocation.
    pub revoke_needs_secret: bool,
    pub revoke_reach: RevokeReach,

    // The REST API.
    pub users_me_needs_scope: bool,
    pub require_accept: bool,
    pub unauthorized_body: UnauthorizedBody,
    pub wrong_region_routed: bool,
    pub abilities: Vec<String>,
    pub free_licenses: u32,
    pub limit_over_100: LimitOver100,
    pub rate_limit: u32,
    pub rate_window_seconds: u64,
    pub bare_429: bool,
    pub latency_ms: u64,
    pub parallel_user_writes: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            app_kind: AppKind::Scoped,
            configured_scopes: DEFAULT_SCOPES.iter().map(|scope| (*scope).to_owned()).collect(),
            redirect_matching: RedirectMatching::Exact,
            installed: Installed::Yes,
            issuer: Issuer::Own,
            missing_pkce: MissingPkce::InvalidRequest,
            omitted_scope: OmittedScope::AllConfigured,
            mixed_scopes: MixedScopes::Intersection,
            consent_as: None,
            remember_consent: false,
            iss_on_callback: IssOnCallback::Normal,
            state_on_callback: StateOnCallback::Normal,
            extra_callback_params: Vec::new(),
            iss_on_denial: false,
            state_on_denial: true,
            lenient_bodies: false,
            basic_auth: false,
            code_replay_revokes: false,
            failed_exchange_burns_code: true,
            rotation: Rotation::Strict,
            refresh_kills_access_token: false,
            refresh_narrows_scope: false,
            id_token_on_refresh: false,
            granted_scope: None,
            client_info: Some("prefix_legacy_app".to_owned()),
            extra_token_fields: BTreeMap::new(),
            omit_token_fields: Vec::new(),
            eu_token_prefix: "pdeu".to_owned(),
            code_seconds: 30,
            access_token_seconds: None,
            refresh_token_seconds: None,
            refresh_window_seconds: None,
            id_token_seconds: 3600,
            id_token: Tamper::None,
            echo_nonce: true,
            subject: Subject::UserId,
            eu_region_claim: "Europe".to_owned(),
            keep_old_keys: true,
            revoke_needs_secret: true,
            revoke_reach: RevokeReach::RefreshReachesFamily,
            users_me_needs_scope: true,
            require_accept: false,
            unauthorized_body: UnauthorizedBody::Json,
            wrong_region_routed: false,
            abilities: ABILITIES.iter().map(|ability| (*ability).to_owned()).collect(),
            free_licenses: 100,
            limit_over_100: LimitOver100::Clamp,
            rate_limit: 960,
            rate_window_seconds: 60,
            bare_429: false,
            latency_ms: 0,
            parallel_user_writes: true,
        }
    }
}

impl Switches {
    /// The scopes the app has, by its kind: a Classic app has exactly `read` and `write`.
    pub(crate) fn app_scopes(&self) -> Vec<String> {
        match self.app_kind {
            AppKind::Scoped => self.configured_scopes.clone(),
            AppKind::Classic => vec!["read".to_owned(), "write".to_owned()],
        }
    }

    pub(crate) fn access_seconds(&self) -> u64 {
        self.access_token_seconds.unwrap_or(match self.app_kind {
            AppKind::Scoped => DAY,
            AppKind::Classic => 30 * DAY,
        })
    }

    pub(crate) fn refresh_seconds(&self) -> u64 {
        self.refresh_token_seconds.unwrap_or(match self.app_kind {
            AppKind::Scoped => 30 * DAY,
            AppKind::Classic => 210 * DAY,
        })
    }

    pub(crate) fn window_seconds(&self) -> u64 {
        self.refresh_window_seconds.unwrap_or(match self.app_kind {
            AppKind::Scoped => 365 * DAY,
            AppKind::Classic => 3 * 365 * DAY,
        })
    }
}

/// Seconds in a day.
const DAY: u64 = 86_400;

const ABILITIES: [&str; 8] = [
    "event_rules",
    "preview_intelligent_alert_grouping",
    "read_only_users",
    "service_support_hours",
    "sso",
    "team_responders",
    "teams",
    "urgencies",
];

const DEFAULT_SCOPES: [&str; 24] = [
    "abilities.read",
    "change_events.read",
    "escalation_policies.read",
    "escalation_policies.write",
    "incidents.read",
    "incidents.write",
    "licenses.read",
    "oncalls.read",
    "priorities.read",
    "schedules.read",
    "schedules.write",
    "services.read",
    "services.write",
    "subscribers.read",
    "tags.read",
    "tags.write",
    "teams.read",
    "teams.write",
    "users.read",
    "users.write",
    "users:contact_methods.read",
    "users:contact_methods.write",
    "users:sessions.read",
    "vendors.read",
];
