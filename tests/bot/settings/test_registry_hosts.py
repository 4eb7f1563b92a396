"""Which hosts the configuration of pip, uv and npm names: by variables, by files, and by default."""

from pathlib import Path

import pytest

from bot.settings import Settings
from bot.settings.registries import egress_proxy
from bot.settings.registry_hosts import NODE_DEFAULTS, PYTHON_DEFAULTS, registry_hosts
from bot.settings.setting_fields import egress_entries


def hosts(tmp_path: Path, variables: dict[str, str], **files: str) -> set[str]:
    """Without the default ones; `{}` in a variable is the folder of the files."""
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    environ = {name: value.replace("{}", str(tmp_path)) for name, value in variables.items()}
    return set(registry_hosts(environ)) - {*PYTHON_DEFAULTS, *NODE_DEFAULTS}


@pytest.mark.parametrize(
    ("variables", "found"),
    [
        ({"PIP_INDEX_URL": "https://user:token@pip.example/simple"}, {"pip.example:443"}),
        ({"PIP_EXTRA_INDEX_URL": "http://a.example/x https://b.example:8443/x"}, {"a.example:80", "b.example:8443"}),
        ({"PIP_FIND_LINKS": "/srv/wheels https://c.example/wheels"}, {"c.example:443"}),
        ({"UV_INDEX": "one=https://d.example/x two=https://e.example/x"}, {"d.example:443", "e.example:443"}),
        ({"UV_DEFAULT_INDEX": "own=http://127.0.0.1:3141/root/pypi"}, {"127.0.0.1:3141"}),
        ({"UV_INDEX_URL": "http://[::1]:3141/"}, {"[::1]:3141"}),
        ({"UV_EXTRA_INDEX_URL": "https://F.Example/x", "UV_FIND_LINKS": "https://g.example/"}, {"f.example:443", "g.example:443"}),
        ({"npm_config_registry": "http://localhost:4873/"}, {"localhost:4873"}),
        ({"NPM_CONFIG_@corp:registry": "https://h.example/npm/"}, {"h.example:443"}),
        ({"PIP_TRUSTED_HOST": "i.example", "UV_PUBLISH_URL": "https://j.example/", "HTTPS_PROXY": "http://k.example"}, set()),
        ({"PIP_INDEX_URL": "https://[broken", "UV_INDEX": "ftp://x.example", "npm_config_registry": "https://1.2.3:99999/"}, set()),
    ],
)  # fmt: skip
def test_variables_name_registries(tmp_path: Path, variables: dict[str, str], found: set[str]) -> None:
    assert hosts(tmp_path, variables) == found


def test_files_name_registries(tmp_path: Path) -> None:
    variables = {
        "PIP_CONFIG_FILE": "{}/pip", "UV_CONFIG_FILE": "{}/uv", "NPM_CONFIG_USERCONFIG": "{}/npm",
        "npm_config_globalconfig": "{}/missing", "CORP": "https://n3.example",
    }  # fmt: skip
    pip = "[global]\nindex_url = https://p1.example/simple\n[install]\nextra-index-url =\n  https://p2.example/\n  https://p3.example/\n"
    uv = (
        'extra-index-url = ["https://u1.example/"]\n[pip]\nfind-links = ["https://u2.example/"]\n'
        '[[index]]\nurl = "https://u3.example/"\n[[index]]\nurl = "https://u4.example/"\ndefault = true\n'
    )
    npm = "registry=https://n1.example/\n@corp:registry = https://n2.example/npm\n@x:registry=${CORP}/\n//n9.example/:_authToken=x\n"
    found = hosts(tmp_path, variables, pip=pip, uv=uv, npm=npm)
    assert found == {f"{one}.example:443" for one in ("p1", "p2", "p3", "u1", "u2", "u3", "u4", "n1", "n2", "n3")}


@pytest.mark.parametrize("text", ["[[[", "= = =", "\x00\xff", "index = 5\npip = 3\n", "[global]\nindex-url"])
def test_broken_files_name_nothing(tmp_path: Path, text: str) -> None:
    variables = {"PIP_CONFIG_FILE": "{}/x", "UV_CONFIG_FILE": "{}/x", "NPM_CONFIG_USERCONFIG": "{}/x"}
    assert hosts(tmp_path, variables, x=text) == set()


def test_default_registries_count_until_another_replaces_them() -> None:
    assert set(registry_hosts({})) >= {*PYTHON_DEFAULTS, *NODE_DEFAULTS}
    assert set(registry_hosts({"UV_INDEX": "https://more.example"})) >= set(PYTHON_DEFAULTS)
    assert set(registry_hosts({"npm_config_@corp:registry": "https://more.example"})) >= set(NODE_DEFAULTS)
    assert not set(registry_hosts({"UV_DEFAULT_INDEX": "https://own.example"})) & set(PYTHON_DEFAULTS)
    assert not set(registry_hosts({"NPM_CONFIG_REGISTRY": "https://own.example"})) & set(NODE_DEFAULTS)


def test_the_deployment_adds_hosts() -> None:
    environ = {
        "AUTOBUILD_EGRESS_ALLOW": "github.com, *.corp.example:8443, 10.1.0.0/16",
        "https_proxy": "http://proxy:1",
    }
    allowed = Settings.load(environ, needs=()).egress_allow
    assert allowed == ("github.com", "*.corp.example:8443", "10.1.0.0/16")
    proxy = egress_proxy(environ, allowed)
    assert len(proxy.allowed.entries) >= 3
    assert proxy.worker_proxies.https == "http://proxy:1"


@pytest.mark.parametrize("text", ["https://github.com", "10.1.2.3/8", "github.com, 0.0.0.0/0", "localhost", "*"])
def test_mistakes_in_the_setting_are_named(text: str) -> None:
    with pytest.raises(ValueError, match=r"^must "):
        egress_entries(text)
