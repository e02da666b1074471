//! Values that must never be printed, compared or serialised.
//!
//! Each is a type of its own, so that a refresh token cannot be sent where an
//! access token belongs. None of them implements `Display`, `PartialEq` or
//! `Serialize`; `Debug` shows the name of the type only; the memory is wiped
//! on drop.
//!
//! ```compile_fail
//! let token = pagerduty::AccessToken::new("t");
//! println!("{token}");
//! ```
//! ```compile_fail
//! let token = pagerduty::AccessToken::new("t");
//! let same = token == pagerduty::AccessToken::new("t");
//! ```
//! ```compile_fail
//! let token = pagerduty::RefreshToken::new("t");
//! let json = serde_json::to_string(&token);
//! ```

use std::fmt;

use zeroize::Zeroizing;

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(Zeroizing<String>);

        impl $name {
            /// Wraps a value that is secret from here on.
            pub fn new(value: impl Into<String>) -> Self {
                Self(Zeroizing::new(value.into()))
            }

            /// The bare value, for the one place that sends or seals it.
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

secret! {
    /// What API calls are made with (RFC 6749 §1.4). Opaque: never parsed.
    AccessToken
}
secret! {
    /// What new tokens are fetched with (RFC 6749 §1.5). PagerDuty replaces it at every use.
    RefreshToken
}
secret! {
    /// PagerDuty's signed statement of who signed in, before it has been checked.
    IdToken
}
secret! {
    /// The app's own password at PagerDuty (RFC 6749 §2.3.1).
    ClientSecret
}
secret! {
    /// An integration's key: whoever has it can wake up whoever is on call.
    RoutingKey
}
secret! {
    /// What the browser brings back from PagerDuty; worth a token for 30 seconds (RFC 6749 §1.3.1).
    Code
}
secret! {
    /// The PKCE code verifier (RFC 7636 §4.1). It never leaves the server but for the exchange.
    Verifier
}

impl Verifier {
    /// A fresh verifier: 256 bits from the system's generator, 43 characters.
    pub fn random() -> Self {
        let (_, verifier) = oauth2::PkceCodeChallenge::new_random_sha256();
        Self::new(verifier.into_secret())
    }

    /// The S256 challenge that goes into the authorization request (RFC 7636 §4.2).
    pub(crate) fn challenge(&self) -> oauth2::PkceCodeChallenge {
        let verifier = oauth2::PkceCodeVerifier::new(self.expose().to_owned());
        oauth2::PkceCodeChallenge::from_code_verifier_sha256(&verifier)
    }
}
