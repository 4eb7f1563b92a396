"""Settings of Temporal that are wrong are one sentence, in every command."""

import asyncio
import datetime
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from activities.errors import UserError
from bot.client import connect
from bot.settings.temporal import connection_settings, embedded_variables, names_temporal

PROFILES = """
[profile.default]
address = "a.example:7233"
[profile.nofile]
address = "a.example:7233"
[profile.nofile.tls]
client_cert_path = "/nonexistent/cert.pem"
client_key_path = "/nonexistent/key.pem"
[profile.folder.tls]
server_ca_cert_path = "/tmp"
[profile.half.tls]
client_cert_data = "x"
[profile.nocert.tls]
client_cert_data = "swordfish"
client_key_data = "swordfish"
[profile.noca.tls]
server_ca_cert_data = "swordfish"
[profile.noport]
address = "a.example"
[profile.port]
address = "a.example:x"
[profile.space]
address = "a b:7233"
"""


def _certificate() -> dict[str, str]:
    """A client's certificate and key, as variables."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "client")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return {
        "TEMPORAL_TLS_CLIENT_CERT_DATA": made.public_bytes(pem).decode(),
        "TEMPORAL_TLS_CLIENT_KEY_DATA": private.decode(),
    }


CERTIFICATE = _certificate()
WRONG: tuple[tuple[dict[str, str], str], ...] = (
    ({"TEMPORAL_CONFIG_FILE": "none.toml"}, "none.toml, which cannot be read: No such file"),
    ({"TEMPORAL_CONFIG_FILE": "."}, "cannot be read: Is a directory"),
    ({"TEMPORAL_CONFIG_FILE": "bad.toml"}, "TOML parse error at line 2, column 11"),
    ({"TEMPORAL_CONFIG_FILE": "bytes.toml"}, "invalid utf-8"),
    ({"TEMPORAL_PROFILE": "unknown"}, "Profile 'unknown' not found"),
    ({"TEMPORAL_PROFILE": "nofile"}, "/nonexistent/cert.pem, which cannot be read: No such file"),
    ({"TEMPORAL_PROFILE": "folder"}, "/tmp, which cannot be read: Is a directory"),
    ({"TEMPORAL_PROFILE": "half"}, "no client private key"),
    ({"TEMPORAL_PROFILE": "nocert"}, "client certificate is not a certificate in PEM format"),
    ({"TEMPORAL_PROFILE": "noca"}, "server's authority is not a certificate in PEM format"),
    ({"TEMPORAL_PROFILE": "noport"}, "'a.example' is not host:port"),
    ({"TEMPORAL_PROFILE": "port"}, "'a.example:x' is not host:port"),
    ({"TEMPORAL_PROFILE": "space"}, "'a b:7233' is not host:port"),
    ({"TEMPORAL_ADDRESS": "a.example:70000"}, "is not host:port"),
    ({"TEMPORAL_TLS_CLIENT_CERT_PATH": "/nonexistent"}, "/nonexistent, which cannot be read"),
    ({**CERTIFICATE, "TEMPORAL_TLS_CLIENT_KEY_DATA": "swordfish"}, "client key is not a private key in PEM format"),
)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, str]:
    """An environment whose profiles are in a file of the working directory."""
    (tmp_path / "ok.toml").write_text(PROFILES)
    (tmp_path / "bad.toml").write_text("[profile.default]\napi_key = swordfish\n")
    (tmp_path / "bytes.toml").write_bytes(b"[profile.default]\napi_key = '\xffswordfish'\n")
    monkeypatch.chdir(tmp_path)
    return {"TEMPORAL_CONFIG_FILE": "ok.toml"}


@pytest.mark.parametrize(("variables", "words"), WRONG)
def test_wrong_settings_are_one_sentence(here: Mapping[str, str], variables: dict[str, str], words: str) -> None:
    with pytest.raises(UserError) as error:
        connection_settings({**here, **variables})
    assert words in str(error.value)
    assert "swordfish" not in str(error.value)
    assert "\n" not in str(error.value)


def test_right_settings_and_blank_ones(here: Mapping[str, str]) -> None:
    assert connection_settings(here)["target_host"] == "a.example:7233"
    assert connection_settings({**here, **CERTIFICATE})["tls"]
    assert connection_settings({"TEMPORAL_HOST": "b.example"})["target_host"] == "b.example:7233"
    assert connection_settings({"TEMPORAL_ADDRESS": " ", "TEMPORAL_PROFILE": ""})["target_host"] == "localhost:7233"
    assert not names_temporal({"TEMPORAL_ADDRESS": " ", "TEMPORAL_NAMESPACE": "x"})


def test_embedded_server_needs_no_key_and_no_profile(here: Mapping[str, str]) -> None:
    theirs = {**here, **CERTIFICATE, "TEMPORAL_PROFILE": "nofile", "TEMPORAL_API_KEY": "swordfish", "PATH": "/bin"}
    environ = embedded_variables(theirs, "127.0.0.1:7")
    assert connection_settings(environ) == {"target_host": "127.0.0.1:7", "namespace": "default"}
    assert environ["PATH"] == "/bin"


COMMANDS = (
    ("doctor",),
    ("list",),
    ("wait", "x"),
    ("serve",),
    ("worker",),
    ("up",),
)


async def test_every_command_says_what_is_wrong(here: Mapping[str, str], tmp_path: Path) -> None:
    environ = {**os.environ, **here, "TEMPORAL_PROFILE": "unknown", "AUTOBUILD_DATA": str(tmp_path / "data")}

    async def said(argv: tuple[str, ...]) -> tuple[int, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "bot", *argv, env=environ,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        out, _ = await process.communicate()
        return process.returncode or 0, out.decode()

    for argv, (code, out) in zip(COMMANDS, await asyncio.gather(*map(said, COMMANDS)), strict=True):
        assert "Profile 'unknown' not found. Check TEMPORAL_PROFILE" in out, argv
        assert "Traceback" not in out, argv
        if argv != ("doctor",):
            assert (code, out.count("\n")) == (2, 1), out
        else:
            assert code == 1


async def test_signal_during_the_connecting_is_not_lost() -> None:
    """A signal cancels the command's task, also while that imports what it needs, right before it connects."""

    async def command() -> None:
        task = asyncio.current_task()
        assert task
        task.cancel()
        await connect("127.0.0.1:9", lazy=True)
        await asyncio.sleep(0)

    task = asyncio.ensure_future(command())
    await asyncio.wait({task})
    assert task.cancelled()
