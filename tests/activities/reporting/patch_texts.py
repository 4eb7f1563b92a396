"""What is said of agents' patches, for the page of all texts."""

from collections.abc import Iterator

from activities.reporting import patch_problems as texts


def patch_texts() -> Iterator[tuple[str, str]]:
    """Each text by its name."""
    yield "Why a patch is refused", "\n".join(_refused())
    yield "What to look at", "\n".join(_noted())


def _refused() -> Iterator[str]:
    yield from (texts.bad_path("Windows cannot have it"), texts.NEW_LINK, texts.NEW_SUBMODULE, texts.PROTECTED)
    yield from (texts.too_many(312, 300, "files"), texts.TOO_LARGE_TO_READ, texts.BINARY)
    yield from (texts.secret("GitHub personal access token"), texts.OWN_SECRET, texts.NO_SCAN)
    yield from (texts.removed("test_add"), texts.fewer_cases("test_add", 3, 1), texts.skipped("test_add", "skipif"))
    yield from (texts.emptied("test_add"), texts.weaker("test_add", 3, 1), texts.weaker("test_add", 3, 3))
    yield from (
        texts.suppressed("# noqa"),
        texts.HIDDEN_TEXT,
        texts.CONFIG_REMOVED,
        texts.looser_line("'no-eval': 'off',"),
    )
    yield from (
        texts.looser("tool.coverage.report.fail_under", why) for why in ("lower", "higher", "off", "on", "gone")
    )
    yield from (texts.looser("tool.ruff.lint.ignore", why) for why in ("more", "fewer", "words"))
    yield from (texts.LOCK_BY_HAND, texts.new_hosts("example.com"), texts.GENERATED_BY_HAND)


def _noted() -> Iterator[str]:
    yield from (
        texts.new_skipped("test_add", "skipif"),
        texts.asserts_nothing("test_add"),
        texts.other_expected("test_add"),
    )
    yield from (texts.CONFIG_EDITED, texts.LOCK_WITH_MANIFEST, texts.GENERATED, texts.BUILD_SCRIPT)
    yield from (texts.install_script("postinstall"), texts.dependencies("left-pad"))
