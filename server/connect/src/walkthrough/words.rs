//! What each parameter does, in a line.

pub(super) fn meaning(name: &str) -> &'static str {
    match name {
        "response_type" => "“code”: send back a code for the server, never a token for the browser.",
        "client_id" => "The app's public name, from its registration in PagerDuty.",
        "redirect_uri" => "Where to come back to. PagerDuty accepts only addresses that were registered.",
        "scope" => "What the app may do. PagerDuty drops, in silence, what the app is not set up for.",
        "state" => {
            "Random, once only, and tied to this browser by a cookie: nobody can slip you their callback."
        }
        "nonce" => "Random; where PagerDuty repeats it in the signed ID token, it must be this one.",
        "code_challenge" => "SHA-256 of a secret that stays on the server (PKCE): a stolen code is useless.",
        "code_challenge_method" => "“S256”: the challenge is a hash, not the secret itself.",
        "iss" => "Who is answering. Compared letter by letter, so another server cannot pose as PagerDuty.",
        "code" => "Worth tokens for 30 seconds, once, together with the two secrets of the next step.",
        "grant_type" => "What is being exchanged for tokens: here, an authorization code.",
        "code_verifier" => "The secret behind the challenge: it proves that the same server asked.",
        "client_secret" => "The app's password. In the body, because addresses end up in logs.",
        "access_token" => "Opens the API. Sealed in this server's database; your browser never gets it.",
        "refresh_token" => "Buys the next access token. PagerDuty replaces it each time it is used.",
        "token_type" => "How to use it: whoever bears the token may call.",
        "expires_in" => "Seconds the access token lives: 86400 is a day.",
        "id_token" => "PagerDuty's signed statement of who signed in.",
        "user_id" => "You, for good: e-mail addresses can change hands, ids do not.",
        "account_id" => "Your company's account. Together with the user id it is what you are known by here.",
        "subdomain" => "The account's address at PagerDuty.",
        "aud" => "Which API host serves your account: the United States or Europe.",
        "Accept" => "Asks for version 2 of the API.",
        "Authorization" => "Carries the access token (RFC 6750).",
        "user.id" => "Must be the user the ID token named; it was compared.",
        "user.name" => "What this app greets you with.",
        "user.role" => "What PagerDuty lets you do; a scope never adds to it.",
        _ => "",
    }
}
