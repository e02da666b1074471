//! What Acme works with, in Europe.

use super::furniture::{Furniture, LayerRow, PolicyRow, ScheduleRow, ServiceRow, TeamRow};
use super::incidents::{Row, row};
use crate::account::Status::{Acknowledged, Resolved, Triggered};
use crate::account::Urgency::{High, Low};

pub(super) const ACME_EU: Furniture = Furniture {
    teams: &TEAMS,
    schedules: &SCHEDULES,
    policies: &POLICIES,
    services: &SERVICES,
    incidents: &INCIDENTS,
};

const TEAMS: [TeamRow; 2] = [
    TeamRow { id: "PTEAME1", name: "Altyapı", description: Some("Veri merkezi ve bulut") },
    TeamRow { id: "PTEAME2", name: "Payments Europe", description: None },
];

const SCHEDULES: [ScheduleRow; 2] = [
    ScheduleRow {
        id: "PSCHDE1",
        name: "Altyapı nöbeti",
        description: "Haftalık",
        time_zone: "Europe/Istanbul",
        team: "PTEAME1",
        layers: &[LayerRow {
            name: "Haftalar",
            turn_days: 7,
            users: &["PAOIF15", "PELIF11", "PZOFI13"],
            hours: None,
        }],
    },
    ScheduleRow {
        id: "PSCHDE2",
        name: "Payments Europe Primary",
        description: "Weeks, with nights apart",
        time_zone: "Europe/Berlin",
        team: "PTEAME2",
        layers: &[
            LayerRow { name: "Weeks", turn_days: 7, users: &["PLUCA14", "PJONA12"], hours: None },
            LayerRow { name: "Nights", turn_days: 7, users: &["PZOFI13"], hours: Some((21, 8)) },
        ],
    },
];

const POLICIES: [PolicyRow; 2] = [
    PolicyRow {
        id: "PESCLE1",
        name: "Altyapı",
        description: None,
        team: Some("PTEAME1"),
        levels: &[(15, &["PSCHDE1"]), (30, &["PELIF11"])],
    },
    PolicyRow {
        id: "PESCLE2",
        name: "Payments Europe",
        description: Some("SEPA waits for nobody"),
        team: Some("PTEAME2"),
        levels: &[(5, &["PSCHDE2"]), (15, &["PJONA12"])],
    },
];

const SERVICES: [ServiceRow; 6] = [
    service("PSERVE1", "SEPA Gateway", "PESCLE2", "PTEAME2"),
    service("PSERVE2", "Zahlungsabgleich", "PESCLE2", "PTEAME2"),
    service("PSERVE3", "Kart Saklama", "PESCLE1", "PTEAME1"),
    service("PSERVE4", "Kubernetes eu-central-1", "PESCLE1", "PTEAME1"),
    service("PSERVE5", "PostgreSQL – Ledger", "PESCLE1", "PTEAME1"),
    service("PSERVE6", "Müşteri Portalı", "PESCLE1", "PTEAME1"),
];

const INCIDENTS: [Row; 8] = [
    row("PSERVE1", High, Resolved, 20_500, "SEPA Gateway: no answer from clearing for 4 minutes")
        .priority("P1"),
    row("PSERVE5", High, Resolved, 9_800, "Ledger replica is 40 s behind"),
    row("PSERVE4", Low, Resolved, 5_200, "Cluster autoscaler at its limit"),
    row("PSERVE6", Low, Resolved, 2_600, "Portal yavaş: p95 900 ms"),
    row("PSERVE2", Low, Triggered, 700, "Abgleich: 312 Buchungen ohne Gegenstück"),
    row("PSERVE3", High, Acknowledged, 95, "Kart saklama: HSM bağlantısı bir kez koptu"),
    row("PSERVE5", High, Acknowledged, 40, "Ledger: checkpoints too frequent"),
    row("PSERVE1", High, Triggered, 8, "SEPA Gateway: queue of outgoing payments grows").priority("P1"),
];

const fn service(
    id: &'static str,
    name: &'static str,
    policy: &'static str,
    team: &'static str,
) -> ServiceRow {
    ServiceRow { id, name, description: None, policy, team: Some(team), set_status: None }
}
