"""What an install step may know of this machine: its package registries, and nothing else."""

from pathlib import Path

from bot.settings.registries import install_settings


def test_what_must_not_get_in() -> None:
    secrets = {
        "AUTOBUILD_PRIVATE_KEY": "x", "AUTOBUILD_WEBHOOK_SECRET": "x", "TEMPORAL_API_KEY": "x", "SENTRY_DSN": "x",
        "AWS_SECRET_ACCESS_KEY": "x", "HOME": "/home/octocat", "PATH": "/bin", "UV_CACHE_DIR": "/cache", "SSH_AUTH_SOCK": "/s",
    }  # fmt: skip
    kept, files = install_settings(secrets)
    assert not kept.keys() & secrets.keys()
    assert not [path for path in files if path in map(Path, secrets.values())]


def test_how_the_machine_reaches_its_registries(tmp_path: Path) -> None:
    own = tmp_path / "own.pem"
    own.touch()
    told = {"PIP_INDEX_URL": "https://example.com/simple", "HTTPS_PROXY": "http://proxy:1", "SSL_CERT_FILE": str(own)}
    kept, files = install_settings(told)
    assert told.items() <= kept.items()
    assert own in files


def test_certificates_that_somebody_chose_win_over_the_machines(tmp_path: Path) -> None:
    own = tmp_path / "own.pem"
    own.touch()
    kept, _ = install_settings({"REQUESTS_CA_BUNDLE": str(own), "UV_SYSTEM_CERTS": "false"})
    assert (kept["REQUESTS_CA_BUNDLE"], kept["UV_SYSTEM_CERTS"]) == (str(own), "false")
