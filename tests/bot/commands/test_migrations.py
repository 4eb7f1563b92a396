"""`/migrate`, `/pause`, `/resume`, `/rollback`."""

import pytest

from bot.commands import parse_commands
from workflows.messages import MigrationRequest


@pytest.mark.parametrize(
    ("line", "request_"),
    [
        ("/migrate react18", MigrationRequest("react18")),
        ("/migrate react18 web/app/", MigrationRequest("react18", "web/app")),
        ("/migrate python-upgrade --to 3.12 --batch", MigrationRequest("python-upgrade", to="3.12", batch=True)),
        (
            "/migrate react18 --only=roots,docs --dry-run",
            MigrationRequest("react18", only=("roots", "docs"), dry_run=True),
        ),
        ("/migrate react18 --stop", MigrationRequest("react18", stop=True)),
        ("/migrate react18 --split owners", MigrationRequest("react18", split="owners")),
    ],
)
def test_migrate_names_a_recipe_and_what_to_do_with_it(line: str, request_: MigrationRequest) -> None:
    (action,) = parse_commands([line])
    assert (action.do, action.permission, action.on) == ("migrate", "write", ("issue", "pull"))
    assert action.migration == request_


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("/migrate", "Name a recipe"),
        ("/migrate react18 a b", "one folder"),
        ("/migrate react18 ../..", "a folder of the repository"),
        ("/migrate react18 --onyl roots", "`--only`"),
        ("/migrate react18 --split files", "`step` or `owners`"),
        ("/pause now", "takes no words"),
        ("/resume now", "takes no words"),
        ("/rollback a b", "one step"),
    ],
)
def test_what_cannot_be_read_is_answered(line: str, answer: str) -> None:
    (action,) = parse_commands([line])
    assert action.do == "reply"
    assert answer in action.lines[0]


@pytest.mark.parametrize(
    ("name", "signal"), [("pause", "pause_migration"), ("resume", "resume_migration"), ("rollback", "rollback")]
)
def test_signals_go_to_the_migrations_of_the_thread(name: str, signal: str) -> None:
    (action,) = parse_commands([f"/{name}"])
    assert (action.do, action.migration_signal, action.target) == ("migration", signal, "")
    assert parse_commands(["/rollback roots"])[0].target == "roots"
