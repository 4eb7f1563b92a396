"""Which targets and addresses an allow-list lets through, and what an operator cannot write by mistake."""

import ipaddress

import psutil
import pytest

from activities.egress.addresses import is_internal, is_own
from activities.egress.allow_list import EgressAllowList, EgressTarget, read_authority
from tests.activities.egress.conftest import words

LIST = EgressAllowList.of(
    *("registry.example:443", "example.com", "*.example.net", "*.deep.example.org:8443", "localhost:4873"),
    *("127.0.0.1:3141", "[::1]:3141", "10.1.2.3", "10.7.0.0/16", "203.0.113.9"),
)


@pytest.mark.parametrize(
    "text",
    words("""
    registry.example:443 example.com:443 example.com:80 a.example.net:443 a.b.example.net:80
    x.deep.example.org:8443 localhost:4873 localhost.:4873 LOCALHOST:4873 127.0.0.1:3141 [::1]:3141
    [0:0::1]:3141 10.1.2.3:443 10.7.200.1:80 203.0.113.9:443 Registry.Example.:443
    """),
)
def test_named_targets_are_allowed(text: str) -> None:
    assert LIST.names(target(text))


@pytest.mark.parametrize(
    "text",
    words("""
    registry.example:80 registry.example:444 example.com:22 www.example.com:443 example.net:443 evilexample.net:443
    x.deep.example.org:443 localhost:4874 localhost:80 127.0.0.1:3142 127.0.0.1:80 127.0.0.2:3141
    [::1]:80 [::ffff:127.0.0.1]:3141 10.1.2.3:22 10.1.2.4:443 10.8.0.1:443 169.254.169.254:80
    registry.example.evil.example:443 203.0.113.81:443 [::ffff:10.1.2.3]:443
    """),
)
def test_all_others_are_refused(text: str) -> None:
    assert not LIST.names(target(text))


@pytest.mark.parametrize(
    "text",
    [
        *words("""
    127.1 0x7f000001 0x7f.0.0.1 2130706433 0177.0.0.1 127.0.0.1. 1.2.3 a.0x1 127.0.0.01 . a..b
    -a.example a/b user@registry.example registry.example:0 registry.example:65536 registry.example: registry.example:443:443 [::1 ::1] [::1]x
    [fe80::1%eth0]:80 * *. registry.example:+443 [127.0.0.1]:x
    """),
        "",
        "a b",
        "a\tb",
        "\uff52egistry.example",
        "registry.example\r\n",
        "x" * 300,
        "registry.example:\u0663",
    ],
)
def test_odd_spellings_name_nothing(text: str) -> None:
    with pytest.raises(ValueError, match=r"^must "):
        read_authority(text)


@pytest.mark.parametrize(
    "text",
    words("""
    0.0.0.0/0 ::/0 127.0.0.0/8 169.254.0.0/16 128.0.0.0/1 localhost 127.0.0.1 ::1 10.1.2.3/8
    *.127.0.0.1 http://registry.example * a,b
    """),
)
def test_an_entry_that_opens_too_much_or_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^must "):
        EgressAllowList.of(text)


@pytest.mark.parametrize(
    "text",
    words("""
    127.0.0.1 127.9.9.9 0.0.0.0 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 100.64.0.1
    100.100.100.200 169.254.169.254 169.254.170.2 192.0.0.192 168.63.129.16 224.0.0.1 240.0.0.1
    255.255.255.255 198.18.0.1 :: ::1 fe80::1 fc00::1 fd00:ec2::254 fec0::1 ff02::1 ::ffff:127.0.0.1
    ::ffff:8.8.8.8 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 2002:7f00:1::
    2002:a00:1:: 2002:a9fe:a9fe::1 2001::1 fe80::1%lo
    """),
)
def test_addresses_that_lead_inside(text: str) -> None:
    assert is_internal(ipaddress.ip_address(text))
    assert not EgressAllowList().admits(ipaddress.ip_address(text), 443)


@pytest.mark.parametrize(
    "text",
    ["203.0.113.9", "192.0.2.1", "198.51.100.7", "151.101.0.223", "172.32.0.1", "100.128.0.1", "2a04:4e42::223",
     "64:ff9b::9765:df", "2002:9765:df::"],
)  # fmt: skip
def test_registries_addresses_do_not(text: str) -> None:
    assert not is_internal(ipaddress.ip_address(text))


def test_an_allowed_name_may_lead_to_a_private_address_only_where_that_is_named() -> None:
    for text, port, admitted in (
        ("10.1.2.3", 8443, True), ("10.7.3.4", 443, True), ("10.1.2.4", 443, False), ("127.0.0.1", 3141, True),
        ("127.0.0.1", 4873, True), ("::1", 4873, True), ("127.0.0.1", 7233, False), ("169.254.169.254", 80, False),
    ):  # fmt: skip
        assert LIST.admits(ipaddress.ip_address(text), port) is admitted, text


def test_addresses_of_this_hosts_interfaces_lead_inside() -> None:
    texts = [one.address.partition("%")[0] for found in psutil.net_if_addrs().values() for one in found]
    own = [ipaddress.ip_address(text) for text in texts if "." in text or (":" in text and len(text) != 17)]
    assert own
    assert [address for address in own if EgressAllowList().admits(address, 443)] == []
    assert [address for address in own if not is_own(address)] == []


def test_another_list_keeps_the_decision_about_private_addresses() -> None:
    other = LIST.only("model.example:443")
    assert other.names(target("model.example:443"))
    assert not other.names(target("registry.example:443"))
    assert not other.names(target("10.1.2.3:443"))
    assert other.admits(ipaddress.ip_address("10.1.2.3"), 443)


def target(text: str) -> EgressTarget:
    host, port = read_authority(text)
    assert port
    return EgressTarget(host, port)
