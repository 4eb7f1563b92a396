"""Where Temporal is, from the environment and Temporal's own TOML file; what is wrong with them is one sentence."""

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from temporalio.envconfig import ClientConfig, ClientConnectConfig
from temporalio.service import TLSConfig

from activities.errors import UserError

_NAMING = ("TEMPORAL_ADDRESS", "TEMPORAL_HOST", "TEMPORAL_PROFILE", "TEMPORAL_CONFIG_FILE")
_CHECK = "Check TEMPORAL_PROFILE and TEMPORAL_CONFIG_FILE."
_CHECK_TLS = "Check TEMPORAL_TLS_… and the profile."


def names_temporal(environ: Mapping[str, str]) -> bool:
    """Whether the environment says which Temporal is used."""
    return any(environ.get(name, "").strip() for name in _NAMING)


def embedded_variables(environ: Mapping[str, str], address: str) -> dict[str, str]:
    """The environment of a process that uses the embedded server. Nothing that is meant for another one is left: a
    key or a profile would turn TLS on."""
    others = {name: value for name, value in environ.items() if not name.startswith("TEMPORAL_")}
    return {**others, "TEMPORAL_ADDRESS": address, "TEMPORAL_NAMESPACE": "default", "TEMPORAL_CONFIG_FILE": os.devnull}


def connection_settings(environ: Mapping[str, str], address: str = "") -> ClientConnectConfig:
    """Where and how Temporal is connected to, with `target_host` always set; `address` is a server without a profile.

    Raises UserError, without a value of the file, where a client could not be made of it.
    """
    variables = {name: value for name, value in environ.items() if not name.startswith("TEMPORAL_") or value.strip()}
    if host := variables.get("TEMPORAL_HOST"):
        variables.setdefault("TEMPORAL_ADDRESS", host if ":" in host else f"{host}:7233")
    try:
        if (file := variables.get("TEMPORAL_CONFIG_FILE")) and not address:
            with open(file, "rb"):  # the library takes a missing file for an empty one
                pass
        config = ClientConfig.load_client_connect_config(override_env_vars=variables, disable_file=bool(address))
    except OSError as error:
        message = f"Temporal's settings name {error.filename}, which cannot be read: {error.strerror}. "
        raise UserError(message + "Check TEMPORAL_CONFIG_FILE, TEMPORAL_TLS_… and the profile.") from None
    except (RuntimeError, ValueError, TypeError) as error:
        # What follows the first line shows the file's text, which may be a key.
        raise UserError(f"Temporal's settings are invalid: {str(error).splitlines()[0]}. {_CHECK}") from None
    if address:
        config["target_host"] = address
    config.setdefault("target_host", "localhost:7233")
    _require_address(config["target_host"])
    if isinstance(tls := config.get("tls"), TLSConfig):
        _require_certificates(tls)
    return config


def _require_address(where: str) -> None:
    try:
        url = urlsplit(where if "://" in where else f"http://{where}")
        whole = bool(url.hostname and url.port) and where.isascii() and where.isprintable() and " " not in where
    except ValueError:
        whole = False
    if not whole:
        raise UserError(f"Temporal's address {where!r} is not host:port. Check TEMPORAL_ADDRESS and the profile.")


def _require_certificates(tls: TLSConfig) -> None:
    """As the client reads them, which says so only when it connects."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from cryptography.x509 import load_pem_x509_certificates

    if bool(tls.client_cert) != bool(tls.client_private_key):
        lacking = "private key" if tls.client_cert else "certificate"
        raise UserError(f"Temporal's TLS settings have no client {lacking}. {_CHECK_TLS}")
    for name, pem in (("server's authority", tls.server_root_ca_cert), ("client certificate", tls.client_cert)):
        try:
            if pem:
                load_pem_x509_certificates(pem)
        except ValueError:
            raise UserError(f"Temporal's {name} is not a certificate in PEM format. {_CHECK_TLS}") from None
    try:
        if tls.client_private_key:
            load_pem_private_key(tls.client_private_key, None)
    except (ValueError, TypeError):
        raise UserError(f"Temporal's client key is not a private key in PEM format. {_CHECK_TLS}") from None
