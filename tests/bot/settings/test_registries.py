"""What an install step may know of this machine: its package registries, and nothing else."""

import subprocess
from pathlib import Path

from activities.languages.python.install import UV
from bot.settings.registries import install_settings


def test_secrets_are_not_passed() -> None:
    secrets = {
        "AUTOBUILD_PRIVATE_KEY": "x", "AUTOBUILD_WEBHOOK_SECRET": "x", "TEMPORAL_API_KEY": "x", "SENTRY_DSN": "x",
        "AWS_SECRET_ACCESS_KEY": "x", "HOME": "/home/octocat", "PATH": "/bin", "UV_CACHE_DIR": "/cache", "SSH_AUTH_SOCK": "/s",
    }  # fmt: skip
    passed, files = install_settings(secrets)
    assert not passed.keys() & secrets.keys()
    assert not [path for path in files if path in map(Path, secrets.values())]


def test_how_the_worker_was_started_is_not_passed(tmp_path: Path) -> None:
    """`uv run --env-file` has the App's key in that file; npx says where the worker's own project is."""
    (tmp_path / "secrets.env").write_text("AUTOBUILD_PRIVATE_KEY=x")
    started = {
        "UV_ENV_FILE": str(tmp_path / "secrets.env"), "UV_PROJECT": str(tmp_path), "UV_WORKING_DIRECTORY": str(tmp_path),
        "npm_config_local_prefix": str(tmp_path), "npm_config_cache": str(tmp_path), "NPM_CONFIG_PREFIX": "/",
        "UV_PUBLISH_TOKEN": "x", "UV_CREDENTIALS_DIR": str(tmp_path),
    }  # fmt: skip
    passed, files = install_settings(started)
    assert not passed.keys() & started.keys()
    assert not [path for path in files if path == Path("/") or path.is_relative_to(tmp_path)]


def test_registry_settings_are_passed_with_their_files(tmp_path: Path) -> None:
    own = tmp_path / "own.pem"
    own.touch()
    given = {"PIP_INDEX_URL": "https://example.com/simple", "HTTPS_PROXY": "http://proxy:1", "SSL_CERT_FILE": str(own)}
    passed, files = install_settings(given)
    assert given.items() <= passed.items()
    assert own in files


def test_chosen_certificates_win_over_the_systems(tmp_path: Path) -> None:
    own = tmp_path / "own.pem"
    own.touch()
    passed, _ = install_settings({"REQUESTS_CA_BUNDLE": str(own), "UV_SYSTEM_CERTS": "false"})
    assert (passed["REQUESTS_CA_BUNDLE"], passed["UV_SYSTEM_CERTS"]) == (str(own), "false")


def test_system_certificates_are_trusted() -> None:
    passed, files = install_settings({})
    assert passed["UV_SYSTEM_CERTS"] == "true"
    assert Path(passed["REQUESTS_CA_BUNDLE"]) in files


def test_ssl_cert_file_is_trusted_by_every_installer(tmp_path: Path) -> None:
    own = tmp_path / "own.pem"
    own.touch()
    passed, files = install_settings({"SSL_CERT_FILE": str(own)})
    assert (passed["SSL_CERT_FILE"], passed["REQUESTS_CA_BUNDLE"], passed["UV_SYSTEM_CERTS"]) == (
        str(own),
        str(own),
        "true",
    )
    assert own in files


def test_installed_uv_reads_the_variable() -> None:
    """Its name changed once: `--native-tls` and UV_NATIVE_TLS became `--system-certs` and UV_SYSTEM_CERTS."""
    shown = subprocess.run([UV, "pip", "install", "--help"], capture_output=True, text=True, check=True).stdout
    assert "UV_SYSTEM_CERTS" in shown
    assert "export UV_SYSTEM_CERTS ?= true" in (Path(__file__).parents[3] / "Makefile").read_text("utf-8")
