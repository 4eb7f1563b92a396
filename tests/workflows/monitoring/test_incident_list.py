"""Which incident an alert belongs to."""

from activities.incidents.types import Alert
from activities.incidents.watching import NamedService
from workflows.monitoring.incident_list import MOST_UNKNOWN, IncidentList

PAY = NamedService("pay", "pay", ("cart",))
CART = NamedService("cart", "cart", ("pay",))
MAIL = NamedService("mail", "mail")
COOLDOWN = 1800.0


def alert(group: str = "g", **more: object) -> Alert:
    return Alert("alertmanager", group, "HighErrors", **more)  # type: ignore[arg-type]


def started() -> IncidentList:
    """With one incident on `pay` since 1000."""
    incidents = IncidentList()
    assert incidents.place(alert(), PAY, 1000.0, COOLDOWN) == ("new", "")
    incidents.started("incident:1", alert(), PAY, 1000.0)
    return incidents


def test_the_same_group_is_the_same_incident() -> None:
    assert started().place(alert(), None, 9_000.0, COOLDOWN) == ("joined", "incident:1")


def test_a_neighbour_joins_within_the_cool_down_and_no_later() -> None:
    incidents = started()
    assert incidents.place(alert("h"), CART, 2000.0, COOLDOWN) == ("joined", "incident:1")
    assert incidents.place(alert("h"), None, 9999.0, COOLDOWN) == ("joined", "incident:1")  # its group is known now
    assert started().place(alert("h"), CART, 1000.0 + COOLDOWN + 1, COOLDOWN) == ("new", "")
    assert started().place(alert("h"), MAIL, 1001.0, COOLDOWN) == ("new", "")


def test_resolved_before_it_fired_starts_nothing() -> None:
    assert IncidentList().place(alert(status="resolved"), PAY, 1000.0, COOLDOWN) == ("ignored", "")
    assert started().place(alert("h", status="resolved"), CART, 1001.0, COOLDOWN) == ("ignored", "")


def test_a_repeated_alert_of_an_ended_incident_starts_nothing() -> None:
    incidents = started()
    assert incidents.ended("incident:1", 2000.0)
    assert not incidents.ended("incident:1", 2001.0)
    late = 2000.0 + 10 * COOLDOWN
    assert incidents.place(alert(starts_at=900.0), None, late, COOLDOWN)[0] == "ignored"
    assert incidents.place(alert(starts_at=2001.0), None, 1001.0, COOLDOWN)[0] == "ignored"
    assert incidents.place(alert(starts_at=late + COOLDOWN), None, late + 2 * COOLDOWN, COOLDOWN)[0] == "new"


def test_what_fires_again_is_another_incident_after_the_cool_down() -> None:
    incidents = started()
    incidents.ended("incident:1", 2000.0)
    soon, later = 1000.0 + COOLDOWN, 1000.0 + COOLDOWN + 1
    assert incidents.place(alert(starts_at=2100.0), PAY, soon, COOLDOWN) == ("ignored", "")
    assert not incidents.begins_again(alert(starts_at=2100.0), soon, COOLDOWN)
    assert incidents.begins_again(alert(starts_at=2100.0), later, COOLDOWN)
    assert not incidents.begins_again(alert(starts_at=1900.0), later, COOLDOWN)
    assert not incidents.begins_again(alert("h"), later, COOLDOWN)
    assert incidents.place(alert(starts_at=2100.0), PAY, later, COOLDOWN) == ("new", "")


def test_a_neighbour_of_an_ended_incident_is_a_new_one() -> None:
    incidents = started()
    incidents.ended("incident:1", 1100.0)
    assert incidents.place(alert("h"), CART, 1200.0, COOLDOWN) == ("new", "")


def test_unknown_services_are_few() -> None:
    incidents = IncidentList()
    for at in range(MOST_UNKNOWN):
        nobody = NamedService(f"nobody-{at}")
        assert incidents.place(alert(f"u{at}"), nobody, 1000.0, COOLDOWN) == ("new", "")
        incidents.started(f"incident:u{at}", alert(f"u{at}"), nobody, 1000.0)
    assert incidents.place(alert("more"), NamedService("nobody"), 1000.0, COOLDOWN) == ("refused", "")
    assert incidents.place(alert("more"), PAY, 1000.0, COOLDOWN) == ("new", "")


def test_what_is_long_over_is_forgotten() -> None:
    incidents = started()
    incidents.tidy(1000.0 + 8 * 24 * 3600)
    assert incidents.known == ()
