//! Errors in words for people: what happened, why, and what to do now. The cause is in the log.

use http::StatusCode;

use crate::{Error, Reason, link::LinkRefused};

/// Finished sentences, for a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    /// What happened, in a few words.
    pub title: &'static str,
    /// Why, in a sentence or two.
    pub detail: &'static str,
    /// What the reader can do next.
    pub next: &'static str,
}

impl Error {
    /// For the person behind the browser.
    pub fn words(&self) -> Words {
        let (title, detail, next) = match self {
            Self::Malformed(_) => (
                "There is nothing to finish here",
                "The address lacks something that PagerDuty's answer always has, or has something twice. That is so after \
                 a reload, too, or when an address was typed. Nothing was stored.",
                "Start again from this app.",
            ),
            Self::StateMismatch => (
                "This sign-in was not started here",
                "The answer belongs to a sign-in of another browser, or to none that this app knows. To protect you \
                 from being signed in as somebody else, it was refused.",
                "Start the sign-in in this browser.",
            ),
            Self::OtherUser => (
                "This was begun by somebody else",
                "Another user of this app pressed Connect in this browser, or you have signed in as somebody else since. \
                 So that nobody's account ends up with the wrong person, it was refused, and nothing was stored.",
                "Press Connect again, as the one you are now.",
            ),
            Self::Link(LinkRefused::Unknown) => (
                "This link leads nowhere",
                "It was altered on its way, or it is older than a day. Nothing was changed.",
                "Go back to the application that sent you here, and press Connect there.",
            ),
            Self::Link(LinkRefused::Expired) => (
                "This link is too old",
                "It works for five minutes, so that nobody else can use it later. Nothing was changed.",
                "Go back to the application that sent you here, and press Connect there again.",
            ),
            Self::Link(LinkRefused::Used) => (
                "This link was used before",
                "It works once. If that was not you, tell whoever runs the application that sent you here.",
                "Go back to that application, and press Connect there again.",
            ),
            Self::Returned { why, .. } => return why.words(),
            Self::Expired => (
                "This sign-in took too long",
                "It was started more than ten minutes ago. To be safe, it no longer counts.",
                "Start again; it takes a few seconds.",
            ),
            Self::AlreadyUsed => (
                "This answer was used before",
                "PagerDuty's answer works once. Reloading the page or going back brings up the same one again.",
                "Start again to connect.",
            ),
            Self::WrongIssuer => (
                "This answer does not come from PagerDuty",
                "It names another sender. It was refused, and nothing was stored.",
                "Start again from this app. If it happens twice, tell whoever runs it.",
            ),
            Self::Denied { .. } => (
                "You did not give consent",
                "PagerDuty told us that you pressed Cancel, and shared nothing about you.",
                "If that was a mistake, connect again and agree.",
            ),
            Self::NotInstalled { .. } => (
                "An admin must install this app first",
                "You are signed in at PagerDuty, but your account has not taken this app in. Nothing was stored.",
                "An admin of your PagerDuty account can install it, at app.pagerduty.com/oauth_apps/ followed by the \
                 app’s ID. Whoever runs this app knows that ID. Then connect again.",
            ),
            Self::Refused { error, .. } if error == "invalid_scope" => (
                "PagerDuty refused a permission",
                "This app asks for a permission that it is not set up for, so that PagerDuty ended the sign-in. Nothing \
                 was stored.",
                "An admin can tick it in PagerDuty: Integrations → App Registration → this app → Scoped OAuth. Or \
                 whoever runs this app no longer asks for it.",
            ),
            Self::Refused { .. } => (
                "PagerDuty did not allow this",
                "PagerDuty ended the sign-in with an error of its own.",
                "Try again. If it stays so, an admin can check this app under App Registration in PagerDuty.",
            ),
            Self::CodeRefused => (
                "PagerDuty did not take the code",
                "The code your browser brought lives for 30 seconds and works once. This one came too late, or was \
                 used already.",
                "Try again.",
            ),
            Self::Misconfigured => (
                "This app is not set up right",
                "PagerDuty does not accept this app's client ID and secret. It is nothing you did.",
                "Whoever runs this app must compare its client ID and secret with its registration in PagerDuty.",
            ),
            Self::WrongRegion { .. } => (
                "This app asks in the wrong region",
                "Your account lives in one of PagerDuty’s service regions, and this app is set up to look for it in the \
                 other. It is nothing you did, and nothing was stored.",
                "Whoever runs this app must check the API hosts of the two regions: they may have changed places.",
            ),
            Self::MissingScopes { .. } => (
                "A permission is missing",
                "PagerDuty left out, without a word, permissions that this app is not set up for. Without them it \
                 cannot even greet you, so nothing was stored.",
                "An admin can tick what is missing in PagerDuty: Integrations → App Registration → this app → Scoped \
                 OAuth. Then connect again.",
            ),
            Self::NoPermission => (
                "PagerDuty does not let you use this",
                "You are signed in at PagerDuty, but your role there may not use its API, or the account has ended.",
                "Ask an admin of your PagerDuty account, or connect as somebody else.",
            ),
            Self::PagerDuty(_) => (
                "PagerDuty does not answer",
                "The sign-in got as far as PagerDuty, but its answer did not come or made no sense. Nothing was stored.",
                "Try again in a moment. status.pagerduty.com tells whether it is in trouble.",
            ),
            Self::IdToken(_) => (
                "PagerDuty's statement did not pass",
                "PagerDuty signs a statement of who signed in. This one did not pass our checks, so nothing was stored.",
                "Try again. If it happens twice, tell whoever runs this app.",
            ),
            Self::NotConnected => (
                "You are not connected",
                "This page is about your own connection, and this browser has none.",
                "Connect to PagerDuty, and you can come right back.",
            ),
            Self::NeedsReconnect(reason) => {
                let (title, detail) = reason.words(false);
                (title, detail, "Connect again; it takes a few seconds.")
            }
            Self::Later { .. } | Self::Api(_) => (
                "PagerDuty does not answer",
                "It was asked, but its answer did not come or made no sense. Your connection is kept, and nothing was lost.",
                "Try again in a minute. status.pagerduty.com tells whether it is in trouble.",
            ),
            Self::Tampered => (
                "Your connection must be made again",
                "What this app had stored about it cannot be read: it was altered. It was not used, and nobody else's \
                 connection is affected.",
                "Connect again. If it happens twice, tell whoever runs this app.",
            ),
            Self::EmptyFilter => (
                "Nobody was disconnected",
                "It was not said whose connections are to go, and all of them would have been meant.",
                "Say whose, and try again.",
            ),
            Self::Unfinished { .. } => (
                "Some connections are still there",
                "Not all could be ended: this app's own storage does not answer, or it is about to stop. Those that \
                 are gone stay gone.",
                "Try again in a moment: it goes on with the rest.",
            ),
            Self::Stopped => (
                "This app cannot do that right now",
                "It is about to stop, or something in it did not come to an end. It is nothing you did, and nothing was \
                 lost.",
                "Try again in a moment.",
            ),
            Self::Vault => (
                "This app cannot do that right now",
                "Its own storage does not answer. It is nothing you did, and nothing was lost.",
                "Try again in a moment.",
            ),
        };
        Words { title, detail, next }
    }

    /// What to answer a browser with.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Returned { why, .. } => why.status(),
            Self::Link(LinkRefused::Unknown) => StatusCode::NOT_FOUND,
            Self::Link(_) => StatusCode::GONE,
            Self::Malformed(_)
            | Self::StateMismatch
            | Self::OtherUser
            | Self::Expired
            | Self::AlreadyUsed
            | Self::WrongIssuer
            | Self::CodeRefused
            | Self::EmptyFilter => StatusCode::BAD_REQUEST,
            Self::Denied { .. }
            | Self::Refused { .. }
            | Self::NotInstalled { .. }
            | Self::MissingScopes { .. }
            | Self::NoPermission => StatusCode::FORBIDDEN,
            Self::NotConnected | Self::NeedsReconnect(_) => StatusCode::UNAUTHORIZED,
            Self::Tampered => StatusCode::CONFLICT,
            Self::Api(_)
            | Self::WrongRegion { .. }
            | Self::Misconfigured
            | Self::PagerDuty(_)
            | Self::IdToken(_) => StatusCode::BAD_GATEWAY,
            Self::Later { .. } | Self::Unfinished { .. } | Self::Vault | Self::Stopped => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }
}

impl Reason {
    /// Why a connection is over: title and detail. Some of the token's life may be left.
    pub fn words(self, left: bool) -> (&'static str, &'static str) {
        match (self, left) {
            (Self::Revoked, _) => (
                "Your connection was ended at PagerDuty",
                "You or an admin withdrew this app's access there, so it can no longer act for you. \
                 Connect again if that was not meant.",
            ),
            (Self::ReplyLost, true) => (
                "Connect again soon",
                "PagerDuty replaced your tokens, but its answer never arrived. The old access token works on \
                 until it ends; after that, only connecting again helps.",
            ),
            (Self::ReplyLost, false) => (
                "Your connection must be made again",
                "PagerDuty replaced your tokens, but its answer never arrived, and the old access token has ended.",
            ),
            (Self::Idle, _) => (
                "Your connection was not used for too long",
                "PagerDuty's refresh tokens end when nobody uses them for 30 days. Nothing else is wrong.",
            ),
            (Self::WindowOver, _) => (
                "PagerDuty asks for your consent again",
                "A connection can be renewed for a year; then PagerDuty wants to hear from you. Nothing else is wrong.",
            ),
            (Self::NoRefreshToken, true) => (
                "Connect again soon",
                "PagerDuty gave this app no refresh token, so it cannot fetch another access token when this one ends.",
            ),
            (Self::NoRefreshToken, false) => (
                "Your access token has ended",
                "PagerDuty gave this app no refresh token, so it cannot fetch another.",
            ),
        }
    }
}
