"""The set-up pages in a real browser, whose policies are its own."""

from pathlib import Path

import pytest

from simulator.github.server import SimulatedGitHub
from tests.bot.app_setup.chromium import PROGRAM, chromium
from tests.bot.app_setup.scene import scene

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="there is no chromium here")


async def test_app_is_registered_in_chromium(tmp_path: Path) -> None:
    async with (
        SimulatedGitHub(tmp_path / "github", without_app=True) as github,
        scene(tmp_path, github) as it,
        chromium(tmp_path / "profile") as tab,
    ):
        github.store.add_user("example", "Organization")
        await tab.open(it.address)
        assert await tab.run("location.pathname + location.search") == "/setup"
        await tab.run("document.querySelector('[name=owner][value=organisation]').click()")
        await tab.run("document.querySelector('[name=organisation]').value = 'example'")
        await tab.run("document.querySelector('[name=name]').value = 'Our Bot'")
        await tab.press()
        assert await tab.run("document.querySelector('h1').textContent") == "Register Our Bot"
        await tab.press()
        assert await tab.run("location.origin") == github.url
        await tab.press()
        assert await tab.run("location.origin") == it.base
        assert await tab.run("document.querySelector('h1').textContent") == "our-bot is registered"
        assert [(app.id, app.slug) for app in it.kept] == [(github.app_id, "our-bot")]
        assert github.store.app.owner.login == "example"
        await tab.press("a.button")
        assert await tab.run("location.pathname") == "/apps/our-bot/installations/new"
        assert [each for each in tab.complaints if "favicon" not in each and "404" not in each] == []


async def test_style_is_applied_and_scripts_are_blocked(tmp_path: Path) -> None:
    async with (
        SimulatedGitHub(tmp_path / "github", without_app=True) as github,
        scene(tmp_path, github) as it,
        chromium(tmp_path / "profile") as tab,
    ):
        await tab.open(it.address)
        assert await tab.run("getComputedStyle(document.querySelector('main h1')).fontWeight") == "500"
        await tab.run(
            "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.ran = 1'}))"
        )
        assert await tab.run("window.ran") is None
        assert any("Content Security Policy" in each for each in tab.complaints)
