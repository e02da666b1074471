//! What is said of what was just done, or could not be: told in the address, so that it is the same with and without
//! JavaScript.

use leptos::prelude::*;
use pagerduty::import::{Kind, export};

use super::{address, things};
use crate::{
    boards::parts,
    ssr::{
        asker::Asker,
        fields::{Fields, counted},
        trouble::Trouble,
    },
    ui::icon::Icon,
};

/// A finished sentence, and the import it speaks of.
pub(super) struct Note {
    code: String,
    went_well: bool,
    pub sentence: String,
    way: Option<String>,
}

impl Note {
    pub(super) fn view(self) -> AnyView {
        let Self { code, went_well, sentence, way } = self;
        let Some(way) = way else { return parts::note(&code, went_well, sentence) };
        view! {
            <p class="said" data-note=code>
                <Icon name="#broken" />
                <span>{sentence} " " <a href=way>"Go to the one under way"</a></span>
            </p>
        }
        .into_any()
    }
}

pub(super) fn of(fields: &Fields) -> Option<Note> {
    let code = fields.get("note")?;
    let rows = fields.get("rows").and_then(|rows| rows.parse().ok()).unwrap_or_default();
    let sentence = match code {
        "left-out" => format!("{} left out.", counted(rows, "row was", "rows were")),
        "taken-in" => format!("{} taken in again.", counted(rows, "row was", "rows were")),
        other => words(other)?.to_owned(),
    };
    let way = fields.get("other").filter(|id| code == "busy" && is_name(id)).map(address);
    let went_well = matches!(code, "left-out" | "taken-in" | "discarded");
    Some(Note { code: code.to_owned(), went_well, sentence, way })
}

fn words(code: &str) -> Option<&'static str> {
    Some(match code {
        "no-file" => "No file was chosen. Choose a CSV file, then press the button beside it.",
        "no-kind" => "It was not said what the file holds. Use one of the two forms here.",
        "too-large" => {
            "The file is larger than 5 MiB, so nothing of it was used. Split it, and load the parts one after the other."
        }
        "broken" => "The file did not arrive whole, so nothing of it was used. Load it again.",
        "slow" => "The file took longer than a minute to arrive, so nothing of it was used. Load it again.",
        "too-many" => {
            "You have 100 imports that are not over. Apply some of them, or discard them; then try again."
        }
        "busy" => {
            "Another import of yours is under way, and one runs at a time. Apply this one when that one is over."
        }
        "too-late" => {
            "That was too late: it is at something else by now. What you see here is how it stands."
        }
        "still-ending" => "Its last rows are still coming to something. Try again in a few seconds.",
        "nothing" => "There is no row to do that with.",
        "none-chosen" => "No row was chosen. Tick the ones you mean, then press the button.",
        "none-changed" => "Nothing changed: these rows were so already, or the plan is applied by now.",
        "discarded" => "The plan was discarded. Nothing was sent to PagerDuty.",
        "export-failed" => "PagerDuty did not give what it has, so there is no file. Try again in a minute.",
        _ => return None,
    })
}

/// An export needs scopes that are missing: the way to them.
pub(super) fn hindrance(asker: &Asker, fields: &Fields) -> Option<AnyView> {
    let kind =
        fields.get("kind").and_then(Kind::named).filter(|_| fields.get("note") == Some("export-scopes"))?;
    let missing = export::scopes(kind).missing_from(&asker.about().granted());
    if missing.is_empty() {
        return Some(parts::note("export-ready", true, format!("You may export {} now.", things_of(kind))));
    }
    // Back to the list, where the link works then.
    Some(parts::hindrance(Trouble::scopes(&missing, asker.about()), &fields.address(super::PATH)))
}

fn things_of(kind: Kind) -> String {
    things(kind, 2).trim_start_matches("2 ").to_owned()
}

/// Names of imports are letters, digits, `-` and `_`.
fn is_name(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}
