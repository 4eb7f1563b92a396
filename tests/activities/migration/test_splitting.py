"""Who owns a path, as GitHub reads CODEOWNERS."""

import pytest

from activities.migration_engine.splitting import owner_rules, owners_of

TEXT = """
# comment
*       @octocat   # everything else
*.js    @example/js
/docs/  @example/docs
apps/*  @example/apps
/build/logs/ @example/logs
/apps/github
!ignored @example/never
"""


@pytest.mark.parametrize(
    ("path", "owners"),
    [
        ("README.md", ("@octocat",)),
        ("a/b.js", ("@example/js",)),
        ("docs/a/b.md", ("@example/docs",)),
        ("x/docs/a.md", ("@octocat",)),
        ("apps/a.md", ("@example/apps",)),
        ("apps/a/b.md", ("@octocat",)),
        ("build/logs/x.js", ("@example/logs",)),
        ("apps/github/a.md", ()),
        ("ignored", ("@octocat",)),
    ],
)
def test_the_last_line_that_covers_a_path_decides(path: str, owners: tuple[str, ...]) -> None:
    assert owners_of(path, owner_rules(TEXT)) == owners
