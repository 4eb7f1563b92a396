"""Secrets in files of any kind: what is found, what blocks, and that no value is ever told.

No secret stands in this file: all are made up when the tests run.
"""

import random
import string
from dataclasses import replace
from pathlib import Path

import pytest

from activities.languages.secret_kinds import KINDS, allowed_by_comment, is_in_use, may_have_secrets
from activities.model import ToolReport
from activities.tooling import REPOSITORY, Project
from activities.tools import registry
from tests.activities.tools.python.conftest import Make

KINGFISHER = registry()["kingfisher"]
RANDOM = random.Random(7)


def text(length: int, alphabet: str = string.ascii_letters + string.digits) -> str:
    return "".join(RANDOM.choice(alphabet) for _ in range(length))


DIGITS = string.digits
UPPER = string.ascii_uppercase + "234567"
GITHUB = f"ghp_{text(36)}"
KEY = f"-----BEGIN RSA PRIVATE KEY-----\n{text(64)}\n{text(64)}\n{text(64)}\n-----END RSA PRIVATE KEY-----\n"
SECRETS = {
    "app/settings.py": f'ID = "AKIA{text(16, UPPER)}"\n',
    "app/session.py": f'ID = "ASIA{text(16, UPPER)}"\n',
    "user.toml": f'token = "ghu_{text(36)}"\n',
    "deploy.go": f'\nvar token = "{GITHUB}"\n',
    "src/a.ts": f"const a = 'github_pat_{text(22)}_{text(59)}';\n",
    "lib/notify.rb": f'S = "xoxb-{text(12, DIGITS)}-{text(13, DIGITS)}-{text(24)}"\n',
    "hook.sh": f"curl https://hooks.slack.com/services/T{text(10, UPPER)}/B{text(10, UPPER)}/{text(24)}\n",
    "pay.php": f'$k = "sk_live_{text(24)}";\n',
    ".npmrc": f"//registry.example.org/:_authToken=npm_{text(36)}\n",
    "release.cfg": f"password = pypi-AgEIcHlwaS5vcmc{text(120)}\n",
    "ci.yml": f"token: glpat-{text(20)}\n",
    "id_rsa": KEY,
    "utf16.ini": "utf-16",
}
NONE = {
    "config.py": 'PASSWORD = "hunter2horse"\nAPI_KEY = "' + text(40) + '"\n',
    "package-lock.json": f'{{"integrity": "sha512-{text(86)}=="}}\n',
    "words.md": "ghp_"
    + "x" * 36
    + "\nAKIAIOSFODNN7EXAMPLE\nsk_live_EXAMPLE"
    + text(17)
    + "\nghp_abcdefghij"
    + text(26)
    + "\n",
    "slack.js": "https://hooks.slack.com/services/T00000000/B00000000/" + "X" * 24 + "\n",
    "pub.pem": f"-----BEGIN PUBLIC KEY-----\n{text(64)}\n-----END PUBLIC KEY-----\n",
    "npm.sh": "echo $npm_config_registry $npm_lifecycle_event\n",
}


def brief(report: ToolReport) -> list[tuple[str, int, str, str, str]]:
    assert report.completed, report.problem
    return sorted((one.path, one.line, one.rule, one.severity, one.confidence) for one in report.findings)


async def test_a_secret_of_a_known_kind_blocks_in_any_file_and_its_value_is_not_told(bench: Make) -> None:
    made = bench({**SECRETS, **NONE})
    (made.project.root / "utf16.ini").write_bytes(f"t={GITHUB}\n".encode("utf-16"))
    report = await KINGFISHER.run(made)
    kinds = {
        "app/settings.py": (1, "AWS access key ID"),
        "app/session.py": (1, "AWS access key ID"),
        "user.toml": (1, "GitHub App token"),
        "deploy.go": (2, "GitHub personal access token"),
        "src/a.ts": (1, "GitHub personal access token"),
        "lib/notify.rb": (1, "Slack bot token"),
        "hook.sh": (1, "Slack webhook"),
        "pay.php": (1, "Stripe key"),
        ".npmrc": (1, "npm token"),
        "release.cfg": (1, "PyPI token"),
        "ci.yml": (1, "GitLab personal access token"),
        "id_rsa": (1, "private key"),
        "utf16.ini": (1, "GitHub personal access token"),
    }
    assert brief(report) == sorted((path, *kind, "error", "high") for path, kind in kinds.items())
    said = repr(report) + "".join(path.read_text("utf-8", "replace") for path in made.out.iterdir())
    for secret in (GITHUB, GITHUB[:12], KEY.splitlines()[1]):
        assert secret not in said


async def test_what_is_in_no_use_or_allowed_only_informs(bench: Make) -> None:
    line = f'TOKEN = "{GITHUB}"'
    places = {
        "tests/test_a.py": line, "docs/usage.md": line, "a.py": f"{line}  # pragma: allowlist secret\n",
        "b.js": f"{line} // gitleaks:allow\n", "c.py": line, "d.py": f"\n{line}\n", "vendored/e.py": line,
        "web/firebase.js": f"const key = 'AIza{text(35)}'",
    }  # fmt: skip
    own = {
        ".secrets.baseline": '{"results": {"c.py": [{"line_number": 1}, 3], "x": 1}}',
        ".gitleaksignore": "# x\nd.py:github-pat:2\n",
        ".gitleaks.toml": "[allowlist]\npaths = ['''^vendored/''']\n",
        # What other scanners and git leave out is looked at all the same.
        ".gitignore": "*\n", ".ignore": "*\n", "kingfisher.yaml": "rules: {enabled: []}\n", ".kingfisherignore": "*\n",
    }  # fmt: skip
    report = await KINGFISHER.run(bench({**places, **own}))
    severities = {path: severity for path, _, _, severity, _ in brief(report)}
    expected = dict.fromkeys(("tests/test_a.py", "docs/usage.md", "web/firebase.js"), "warning")
    assert severities == expected | dict.fromkeys(("a.py", "b.js", "c.py", "d.py", "vendored/e.py"), "notice")
    assert not any(one.confidence for one in report.findings)


async def test_hostile_files_neither_stop_the_scanner_nor_lead_it_out_of_the_tree(bench: Make, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "key").write_text(KEY)
    made = bench({"many.pem": "-----BEGIN RSA PRIVATE KEY-----\n" * 10_000, "bad\udcff.py": GITHUB, "x\ny.py": GITHUB})
    root = made.project.root
    (root / "link").symlink_to(tmp_path / "outside" / "key")
    (root / "folder").symlink_to(tmp_path / "outside")
    (root / "large.js").write_text("a" * 3_000_000 + GITHUB)
    (root / "binary").write_bytes(b"\0\1\2" * 9 + GITHUB.encode())
    report = await KINGFISHER.run(made)
    assert {path for path, *_ in brief(report)} == {"many.pem", "bad�.py", "x\ny.py"}
    (root / "link").unlink()
    broken = replace(made, out=made.out)
    (made.out / "kingfisher.json").write_text("[]")
    with pytest.raises(Exception, match="no list of findings"):
        list(KINGFISHER.findings(broken))


@pytest.mark.parametrize("name", SECRETS)
def test_the_look_beforehand_misses_no_kind(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(SECRETS[name].encode() if name != "utf16.ini" else GITHUB.encode("utf-16"))
    assert may_have_secrets(Project(".", tmp_path, REPOSITORY))


def test_most_files_start_no_scanner(tmp_path: Path) -> None:
    for name, written in {key: NONE[key] for key in ("config.py", "package-lock.json", "pub.pem", "npm.sh")}.items():
        (tmp_path / name).write_text(written)
    project = Project(".", tmp_path, REPOSITORY)
    assert not KINGFISHER.has_work(project, "security")
    asking = Project(".", tmp_path / "asking", REPOSITORY)
    asking.root.mkdir()
    (asking.root / "Makefile").write_text("lint:\n\tkingfisher scan .\n")
    assert KINGFISHER.asked_for(asking, "security") == "kingfisher in Makefile"
    assert KINGFISHER.has_work(asking, "security")
    assert len({(kind.rule, kind.marker) for kind in KINDS}) == len(KINDS)


@pytest.mark.parametrize(
    "path", ["tests/a.py", "a/__tests__/b.js", "x_test.go", "a.spec.ts", ".env.example", "docs/a.rst", "README.md",
             "examples/a", "certs/localhost.key", "src/test/java/A.java", "fixtures/x.pem", "conf.yml.template"],
)  # fmt: skip
def test_paths_of_what_is_not_in_use(path: str) -> None:
    assert not is_in_use(path)


@pytest.mark.parametrize(
    "path", ["a.py", ".env", "src/contest.py", "latest/a.js", "deploy/prod.key", "id_rsa", "doctor.py"]
)
def test_paths_of_what_is_in_use(path: str) -> None:
    assert is_in_use(path)


def test_comments_that_allow() -> None:
    lines = ["# pragma: allowlist nextline secret", "x", "y # gitleaks:allow", "z # noqa"]
    assert [allowed_by_comment(lines, n) for n in range(6)] == [False, False, True, True, False, False]
