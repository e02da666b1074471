//! What Acme works with, in the US.

use super::furniture::{Furniture, LayerRow, PolicyRow, ScheduleRow, ServiceRow, TeamRow};
use super::incidents::{Row, row};
use crate::account::Status::{Acknowledged, Resolved, Triggered};
use crate::account::Urgency::{High, Low};

pub(super) const ACME: Furniture = Furniture {
    teams: &TEAMS,
    schedules: &SCHEDULES,
    policies: &POLICIES,
    services: &SERVICES,
    incidents: &INCIDENTS,
};

const TEAMS: [TeamRow; 4] = [
    team("PTEAM01", "Platform", Some("Clusters, databases, the network and whatever is under them.")),
    team("PTEAM02", "Checkout", Some("From the cart to the receipt.")),
    team("PTEAM03", "Mobile", None),
    team("PTEAM04", "Data & <i>Insight</i>", Some("Reports. Nobody is on this team yet.")),
];

const SCHEDULES: [ScheduleRow; 4] = [
    ScheduleRow {
        id: "PSCHED1",
        name: "Platform Primary",
        description: "Weeks, handed over on Monday mornings",
        time_zone: "America/Los_Angeles",
        team: "PTEAM01",
        layers: &[layer("Weeks", 7, &["PPRIY03", "PHANA05", "PBETH01"])],
    },
    ScheduleRow {
        id: "PSCHED2",
        name: "Platform Follow the Sun",
        description: "Days in Chicago, nights in Tokyo",
        time_zone: "Etc/UTC",
        team: "PTEAM01",
        layers: &[
            layer("Days", 1, &["PPRIY03", "PBETH01"]),
            LayerRow { name: "Nights", turn_days: 1, users: &["PHANA05"], hours: Some((1, 8)) },
        ],
    },
    ScheduleRow {
        id: "PSCHED3",
        name: "Checkout Primary",
        description: "Alternate weeks",
        time_zone: "America/New_York",
        team: "PTEAM02",
        layers: &[layer("Weeks", 7, &["PTOMA04", "PMARC02"])],
    },
    ScheduleRow {
        id: "PSCHED4",
        name: "Mobile Weekdays",
        description: "Two days each",
        time_zone: "Asia/Tokyo",
        team: "PTEAM03",
        layers: &[layer("Days", 2, &["PHANA05", "PMALL07", "PTOMA04"])],
    },
];

const POLICIES: [PolicyRow; 5] = [
    PolicyRow {
        id: "PESCAL1",
        name: "Platform",
        description: Some("The rota first, then the lead, then everybody"),
        team: Some("PTEAM01"),
        levels: &[(15, &["PSCHED1"]), (20, &["PPRIY03"]), (30, &["PBETH01", "PSCHED2"])],
    },
    PolicyRow {
        id: "PESCAL2",
        name: "Platform – Around the Clock",
        description: None,
        team: Some("PTEAM01"),
        levels: &[(10, &["PSCHED2"]), (15, &["PSCHED1"])],
    },
    PolicyRow {
        id: "PESCAL3",
        name: "Checkout",
        description: Some("Money is involved: five minutes to answer"),
        team: Some("PTEAM02"),
        levels: &[(5, &["PSCHED3"]), (10, &["PMARC02"]), (15, &["PBETH01"])],
    },
    PolicyRow {
        id: "PESCAL4",
        name: "Mobile",
        description: None,
        team: Some("PTEAM03"),
        levels: &[(30, &["PSCHED4"])],
    },
    PolicyRow {
        id: "PESCAL5",
        name: "Default",
        description: Some("For whatever has no better"),
        team: None,
        levels: &[(30, &["PBETH01"])],
    },
];

const SERVICES: [ServiceRow; 16] = [
    service("PSERV01", "Payments API", "PESCAL3", "PTEAM02", "Takes money"),
    service("PSERV02", "Checkout Web", "PESCAL3", "PTEAM02", "The last page before the money"),
    service("PSERV03", "Cart", "PESCAL3", "PTEAM02", "Remembers what was wanted"),
    service("PSERV04", "Fraud Scoring", "PESCAL3", "PTEAM02", "Says no"),
    service("PSERV05", "Edge Proxy", "PESCAL2", "PTEAM01", "Everything comes through here"),
    service("PSERV06", "Kubernetes us-east-1", "PESCAL1", "PTEAM01", "Where it all runs"),
    service("PSERV07", "PostgreSQL – Orders", "PESCAL2", "PTEAM01", "One primary, two replicas"),
    service("PSERV08", "Message Queue", "PESCAL1", "PTEAM01", "Seven brokers"),
    service("PSERV09", "Identity", "PESCAL2", "PTEAM01", "Sign-in and sessions"),
    service("PSERV10", "Object Storage", "PESCAL1", "PTEAM01", "Pictures and receipts"),
    service("PSERV11", "iOS Gateway", "PESCAL4", "PTEAM03", "What the app talks to"),
    service("PSERV12", "Android Push", "PESCAL4", "PTEAM03", "Notifications"),
    ServiceRow {
        id: "PSERV13",
        name: "Data Warehouse",
        description: Some("Loads at night"),
        policy: "PESCAL5",
        team: Some("PTEAM04"),
        set_status: Some("maintenance"),
    },
    ServiceRow {
        id: "PSERV14",
        name: "Legacy Reports",
        description: None,
        policy: "PESCAL5",
        team: None,
        set_status: Some("disabled"),
    },
    service("PSERV15", "Search", "PESCAL2", "PTEAM01", "Finds the red one in size nine"),
    // A name that is markup, a formula, and more than one line.
    ServiceRow {
        id: "PSERV16",
        name: "=HYPERLINK(\"http://evil.example\") </script><script>alert(`service`)</script>\r\nSet-Cookie: a=b \u{202e}cod",
        description: Some("<img src=x onerror=alert('description')>"),
        policy: "PESCAL5",
        team: None,
        set_status: None,
    },
];

const INCIDENTS: [Row; 26] = [
    row("PSERV01", High, Resolved, 38_000, "Card payments declined above normal: 4.1 %").priority("P1"),
    row("PSERV06", High, Resolved, 33_500, "Node pool general-b: 6 nodes NotReady"),
    row("PSERV12", Low, Resolved, 30_210, "Push certificate expires in 14 days"),
    row("PSERV07", High, Resolved, 27_900, "Replication lag on orders-replica-2 over 90 s").priority("P2"),
    row("PSERV15", Low, Resolved, 25_400, "Index build slower than last week"),
    row("PSERV05", High, Resolved, 21_660, "5xx from edge-fra over 2 % for 5 minutes").priority("P1"),
    row("PSERV03", High, Resolved, 18_020, "Cart p99 latency above 1,200 ms"),
    row("PSERV08", High, Resolved, 15_300, "Consumer group receipts is 200,000 messages behind"),
    row("PSERV10", Low, Resolved, 12_960, "Bucket receipts-archive at 80 % of its quota"),
    row("PSERV09", High, Resolved, 10_440, "Sign-in success rate below 97 %").priority("P2"),
    row("PSERV02", High, Resolved, 8_650, "Synthetic check: checkout did not finish in Dublin"),
    row("PSERV11", Low, Resolved, 6_120, "Crash-free sessions down to 99.1 %"),
    row("PSERV06", High, Resolved, 4_380, "etcd: leader changed three times in ten minutes"),
    row("PSERV07", Low, Resolved, 2_940, "Vacuum of order_lines is behind"),
    row("PSERV04", High, Resolved, 1_710, "Scoring timeouts: falling back to rules").priority("P3"),
    row("PSERV13", Low, Triggered, 1_380, "Nightly load finished 3 hours late"),
    row("PSERV08", Low, Acknowledged, 900, "Broker mq-4: disk 85 % full"),
    row("PSERV12", Low, Triggered, 610, "Push delivery slower than 30 s for 1 % of devices"),
    row("PSERV09", High, Acknowledged, 190, "Session store: memory above 90 % on two of three")
        .priority("P3"),
    row("PSERV15", Low, Acknowledged, 145, "Search returns nothing for “été” – accents are lost"),
    row("PSERV07", High, Acknowledged, 62, "Disk of orders-primary will be full in 5 hours").priority("P2"),
    row("PSERV16", Low, Triggered, 47, "</title><script>alert('incident')</script>\r\nX-Injected: 1 {{7*7}}"),
    row("PSERV02", High, Acknowledged, 31, "Checkout conversion 30 % below the same hour last week")
        .priority("P1"),
    row("PSERV05", High, Triggered, 12, "TLS handshakes failing on edge-iad: 9 %").priority("P1"),
    row("PSERV01", High, Triggered, 6, "Payments API: p99 latency above 2 s").priority("P1"),
    row("PSERV06", High, Triggered, 2, "Pods of payments-api restarting: OOMKilled"),
];

const fn team(id: &'static str, name: &'static str, description: Option<&'static str>) -> TeamRow {
    TeamRow { id, name, description }
}

const fn layer(name: &'static str, turn_days: i64, users: &'static [&'static str]) -> LayerRow {
    LayerRow { name, turn_days, users, hours: None }
}

const fn service(
    id: &'static str,
    name: &'static str,
    policy: &'static str,
    team: &'static str,
    description: &'static str,
) -> ServiceRow {
    ServiceRow { id, name, description: Some(description), policy, team: Some(team), set_status: None }
}
