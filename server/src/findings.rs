//! What the library finds wrong, with the names of this program's settings.

use pagerduty_connect::Finding;

/// The library knows nothing of settings: it speaks of the client ID, or of the API hosts.
pub(crate) fn with_settings(mut finding: Finding) -> Finding {
    let settings = match (finding.check, finding.code) {
        ("credentials", "wrong-client-id") => "PD_CLIENT_ID",
        ("credentials", "wrong-secret") => "PD_CLIENT_SECRET",
        ("redirect-url", "wrong-redirect") => "PUBLIC_URL",
        ("scopes", "scope-refused" | "unknown-scope") => "PD_SCOPES",
        ("identity-host", "unexpected" | "metadata") => "PD_IDENTITY_URL",
        ("sign-in" | "connection", "wrong-region") => "PD_API_URL and PD_EU_API_URL",
        ("vault", "vault") => "DATABASE_URL and VAULT_KEY_FILE",
        _ => return finding,
    };
    finding.todo = format!("{} See {settings}.", finding.todo);
    finding
}
