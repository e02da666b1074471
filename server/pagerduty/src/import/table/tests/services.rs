use super::*;
use crate::import::wanted::Timeout;

fn read(column: &str, value: &str) -> Result<WantedService, String> {
    let table = services(&format!("name,{column}\n{}", csv::line(["Checkout", value])));
    match table.rows.into_iter().next().unwrap().wanted {
        Ok(Wanted::Service(service)) => Ok(service),
        Ok(other) => panic!("{other:?}"),
        Err(mistakes) => {
            assert_finished(&mistakes);
            assert_eq!(mistakes[0].column.as_deref(), Some(column));
            Err(mistakes.into_iter().map(|it| it.said).collect())
        }
    }
}

#[test]
fn a_service_needs_a_name_alone() {
    let table = services("Service Name,Policy\nCheckout,\n,On call\n");
    assert_eq!(
        service(&table.rows[0]),
        &WantedService { name: "Checkout".to_owned(), ..WantedService::default() }
    );
    assert!(table.rows[1].wanted.as_ref().unwrap_err()[0].said.contains("empty"));
    assert_eq!(read("escalation_policy", "On call").unwrap().escalation_policy.as_deref(), Some("On call"));
}

#[test]
fn a_timeout_has_a_unit_or_is_in_seconds() {
    for (written, expected) in [
        ("14400", Timeout::Seconds(14400)),
        ("90s", Timeout::Seconds(90)),
        ("30 m", Timeout::Seconds(1800)),
        ("4H", Timeout::Seconds(14400)),
        ("30d", Timeout::Seconds(2_592_000)),
        ("0", Timeout::Never),
        ("0h", Timeout::Never),
        ("Never", Timeout::Never),
    ] {
        assert_eq!(
            read("auto_resolve_timeout", written).unwrap().auto_resolve_timeout,
            Some(expected),
            "{written}"
        );
        let service = read("acknowledgement_timeout", written).unwrap();
        assert_eq!(service.acknowledgement_timeout, Some(expected), "{written}");
    }
    for bad in [
        "31d",
        "2592001",
        "soon",
        "4 weeks",
        "-1",
        "1.5h",
        "h",
        "99999999999999999999d",
        "18446744073709551615d",
    ] {
        assert!(read("auto_resolve_timeout", bad).unwrap_err().contains("up to 30 days"), "{bad}");
    }
}

#[test]
fn alert_creation_and_urgency_are_said_in_words_or_as_the_api_does() {
    for (written, expected) in [
        ("create_incidents", "create_incidents"),
        ("Incidents", "create_incidents"),
        ("create_alerts_and_incidents", "create_alerts_and_incidents"),
        ("Alerts and incidents", "create_alerts_and_incidents"),
    ] {
        assert_eq!(read("alert_creation", written).unwrap().alert_creation.as_deref(), Some(expected));
    }
    assert!(read("alert_creation", "alerts").unwrap_err().contains("neither"));
    for (written, expected) in [
        ("HIGH", "high"),
        ("low", "low"),
        ("dynamic", "severity_based"),
        ("Severity-based", "severity_based"),
    ] {
        assert_eq!(read("urgency", written).unwrap().urgency.as_deref(), Some(expected));
    }
    assert!(read("urgency", "medium").unwrap_err().contains("none of"));
}

#[test]
fn teams_of_a_service_are_names_alone() {
    assert_eq!(read("teams", "A; B:manager\n\"C;D\"").unwrap().teams, ["A", "B:manager", "C;D"]);
    assert!(read("teams", "A;a").unwrap_err().contains("twice"));
    assert!(read("teams", "\"A\":manager").unwrap_err().contains("“:manager”"));
}

#[test]
fn a_service_has_a_longer_name_than_a_person() {
    let name = |length: usize| services(&format!("name\n{}\n", "x".repeat(length))).rows[0].wanted.clone();
    assert!(name(255).is_ok());
    assert!(name(256).unwrap_err()[0].said.contains("up to 255"));
}
