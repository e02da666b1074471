//! Who works at Acme.

use super::{Person, Region, Role};

const PLATFORM: &str = "PTEAM01";
const CHECKOUT: &str = "PTEAM02";
const MOBILE: &str = "PTEAM03";
const ALTYAPI: &str = "PTEAME1";
const PAYMENTS: &str = "PTEAME2";

/// A name that is markup, and hostile in each place where text is put: element, attribute, script.
const HOSTILE_NAME: &str = "Robert <b>Mallory</b> <img src=x onerror=alert(1)> \"'`${7*7}";

pub(super) fn seeded() -> Vec<Person> {
    use Region::{Eu, Us};
    use Role::{Admin, LimitedUser, Observer, User};

    let mut people = vec![
        person(Us, "PBETH01", "Bethany Developer", "bethany", Admin)
            .place("America/Los_Angeles", "green")
            .works("Principal Developer", "Wrote the runbook for the runbooks.")
            .on(&[PLATFORM, CHECKOUT]),
        person(Us, "PMARC02", "Marcus Okafor", "marcus", User)
            .place("America/New_York", "purple")
            .works("Engineering Manager", "Checkout, and the pager rota that goes with it.")
            .on(&[CHECKOUT]),
        person(Us, "PPRIY03", "Priya Raman", "priya", User)
            .place("America/Chicago", "teal")
            .works("Site Reliability Lead", "Asks what the graph looked like last week.")
            .on(&[PLATFORM]),
        person(Us, "PTOMA04", "Tomás Herrera", "tomas", LimitedUser)
            .place("America/Mexico_City", "orange")
            .works("Backend Engineer", "On call on alternate Tuesdays.")
            .on(&[CHECKOUT]),
        person(Us, "PHANA05", "Hana Kobayashi", "hana", LimitedUser)
            .place("Asia/Tokyo", "red")
            .works("Mobile Engineer", "Covers the night that is her day.")
            .on(&[MOBILE, PLATFORM]),
        person(Us, "PGRAC06", "Grace Lindqvist", "grace", Observer)
            .place("America/Denver", "blue")
            .works("Support Lead", "Reads incidents, never closes them.")
            .on(&[MOBILE]),
        person(Us, "PMALL07", HOSTILE_NAME, "mallory", LimitedUser)
            .place("America/Lima", "brown")
            .works("<script>alert('title')</script>", "\"><svg onload=alert(2)>")
            .on(&[PLATFORM]),
        person(Us, "PNEMO08", "Sam Blank", "blank", Observer).place("Etc/UTC", "gray"),
        person(Eu, "PELIF11", "Elif Yılmaz", "elif", Admin)
            .place("Europe/Istanbul", "turquoise")
            .works("Head of Infrastructure", "Merhaba.")
            .on(&[ALTYAPI]),
        person(Eu, "PJONA12", "Jonas Weber", "jonas", User)
            .place("Europe/Berlin", "blue")
            .works("Engineering Manager", "Payments, in nineteen currencies.")
            .on(&[PAYMENTS]),
        person(Eu, "PZOFI13", "Zofia Nowak", "zofia", User)
            .place("Europe/Warsaw", "pink")
            .works("Service Owner", "Keeps the service directory honest.")
            .on(&[PAYMENTS, ALTYAPI]),
        person(Eu, "PLUCA14", "Luca Moretti", "luca", LimitedUser)
            .place("Europe/Rome", "green")
            .works("Backend Engineer", "First responder, second breakfast.")
            .on(&[PAYMENTS]),
        person(Eu, "PAOIF15", "Aoife Byrne", "aoife", LimitedUser)
            .place("Europe/Dublin", "orange")
            .works("Database Engineer", "Has restored every backup at least once.")
            .on(&[ALTYAPI]),
        person(Eu, "PINES16", "Inês Carvalho", "ines", Observer)
            .place("Europe/Lisbon", "purple")
            .works("Customer Success", "Translates incidents into apologies.")
            .on(&[PAYMENTS]),
    ];
    for one in &mut people {
        one.has_avatar = one.id != "PNEMO08";
    }
    people
}

pub(super) fn one_of_the_crowd(number: u32) -> Person {
    let mut one = person(
        Region::Us,
        &format!("PC{number:05}"),
        &format!("Person {number:04}"),
        &format!("person-{number:04}"),
        Role::LimitedUser,
    );
    one.has_avatar = true;
    one.on(&[PLATFORM])
}

fn person(region: Region, id: &str, name: &str, mailbox: &str, role: Role) -> Person {
    Person {
        id: id.to_owned(),
        name: name.to_owned(),
        email: format!("{mailbox}@{}.example", region.subdomain()),
        region,
        role,
        time_zone: "Etc/UTC",
        color: "gray",
        job_title: None,
        description: None,
        teams: Vec::new(),
        has_avatar: false,
    }
}

impl Person {
    fn place(mut self, time_zone: &'static str, color: &'static str) -> Self {
        self.time_zone = time_zone;
        self.color = color;
        self
    }

    fn works(mut self, job_title: &'static str, description: &'static str) -> Self {
        self.job_title = Some(job_title);
        self.description = Some(description);
        self
    }

    fn on(mut self, teams: &[&'static str]) -> Self {
        self.teams = teams.to_vec();
        self
    }
}
