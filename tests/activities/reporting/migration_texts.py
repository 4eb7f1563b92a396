"""What migrations say, for the page of all texts: their reasons, rows, comment and pull request."""

from collections.abc import Iterator

from activities.migration.types import (
    Leftover,
    MigrationAnalysis,
    MigrationInput,
    MigrationNumbers,
    MigrationResult,
    MigrationState,
    MigrationStep,
    MigrationView,
    StepResult,
)
from activities.migration_engine import report
from activities.model import Finding, Head, RepoRef
from activities.reporting import migration as texts

_ROWS = (
    Leftover("src/index.js", 12, "The instance that this render gives is used.", "Use a ref.", breaks_build=True),
    Leftover("package.json", 0, "`react-hot-loader` takes no React 18.", "Remove it."),
)
_STEPS = (
    MigrationStep("packages", "Upgrade React's packages to 18", 2, 0, (), "medium", essential=True),
    MigrationStep("roots", "Create roots instead of rendering into containers", 3, 7, ("packages",)),
    MigrationStep("docs", "Update documentation", 1, 0, ("roots",)),
)
_ASKED = MigrationInput(
    Head(RepoRef("octocat", "hello"), "a" * 40, "main"), "react18", number=42, requested_by="octocat"
)
_FOUND = MigrationAnalysis(title="Upgrade to React 18", to="18", files=120, packages=2, imports=310, blockers=1)
_DIFF = "-old()\n+new()"
_ENDS: tuple[tuple[MigrationState, str], ...] = (
    ("done", ""),
    ("stopped", texts.steps_not_done(["roots"])),
    ("nothing", texts.NOTHING_TO_CHANGE),
    ("cancelled", texts.CANCELLED),
    ("refused", texts.nothing_there("web")),
)
_DONE = (
    StepResult("packages", "done", "b" * 40, 2, broke=("static_analysis",), reason="2 new errors; 0 known."),
    StepResult("roots", "rolled_back", "c" * 40, 3, reason="1 test newly failed."),
    StepResult("docs", "skipped", reason=texts.needs_step("roots")),
)


def migration_texts() -> Iterator[tuple[str, str]]:
    """Each text by its name."""
    yield "Reasons", "\n".join(_reasons())
    yield "Rows", "\n".join(_rows())
    yield (
        "The comment while it works",
        report.comment(MigrationView(_ASKED, "migrating", _FOUND, _STEPS, _DONE[:1], "roots"), ()),
    )
    yield "The comment of a paused one", report.comment(MigrationView(_ASKED, "paused", _FOUND, _STEPS, _DONE[:1]), ())
    for state, reason in _ENDS:
        result = MigrationResult(
            state, reason, _DONE, 2, 1, "x", "b" * 40, 2, MigrationNumbers({"unit_tests": "41 passed"}),
            MigrationNumbers({"unit_tests": "40 passed, 1 failed"}), pull=7 if state in ("done", "stopped") else 0,
        )  # fmt: skip
        view = MigrationView(_ASKED, "ended", _FOUND, _STEPS, _DONE, result=result)
        yield f"The comment at the end: {state}", report.comment(view, _ROWS)
        if state == "done":
            yield "The pull request", f"{report.pull_title(view)}\n\n{report.pull_body(view, _ROWS)}"
            yield "The check run", "\n\n".join((report.diff_title(view), report.diff_summary(view, _DIFF)))


def _reasons() -> Iterator[str]:
    yield from (
        texts.NO_LONGER_PARSES, texts.FIX_BY_HAND, texts.CANCELLED, texts.ROLLED_BACK_ON_REQUEST, texts.NOT_KEPT,
        texts.STOPPED_BEFORE, texts.WORKER_DIED, texts.NOTHING_TO_CHANGE, texts.COULD_NOT_RUN,
        texts.program_ended(2, "", "Cannot find module"), texts.program_ended(-9, "memory", ""),
        texts.program_output("its output has no end"), texts.too_large(200), texts.not_asked_for("tsc"),
        texts.no_packages("npm error network"), texts.endless_rule("a.js"), texts.unreadable_rule(0, "no such kind"),
        texts.unknown_recipe("raect18", "react18", ()), texts.unknown_recipe("x", "", ("eslint9", "react18")),
        texts.broken_recipe(".github/autobuild/recipes/a.yml", 3, "`titel` is no key here.", 2),
        texts.recipe_lacks(["src/**"], ["react"]), texts.nothing_there("web"),
        texts.no_such_step("rots", ["roots", "docs"]), texts.takes_no_version("react18"),
        texts.no_longer_parse(["a.js", "b.js", "c.js", "d.js", "e.js", "f.js"]),
        texts.unjudged("unit_tests", "jest is not installed."), texts.needs_step("roots"),
        texts.steps_not_done(["roots"]), texts.steps_not_done(["roots", "docs"]),
        texts.step_timed_out(1), texts.step_error("migration:octocat/hello#42:react18"),
        texts.internal_error("migration:octocat/hello#42:react18"), texts.findings(1), texts.findings(1200),
        texts.part_of_owners("Upgrade to React 18", ["@octocat"]), texts.part_of_owners("Upgrade to React 18", []),
        *map(texts.check_title, ("unit_tests", "integration_tests", "static_analysis", "linting")),
        report.PULL_IS_CLOSED, report.PULL_IS_FORK, report.NOTHING_PUSHED, report.NONE_RUNS,
        report.branch_in_use("autobuild/migrate-react18-42", 7), report.already_running("react18"),
        report.base_moved("main"), report.other_pulls([8, 9]),
    )  # fmt: skip


def _rows() -> Iterator[str]:
    yield from (texts.lock_not_written("npm error ERESOLVE"), texts.lock_not_written(""), texts.lock_outside())
    yield texts.lock_broken()
    yield from (texts.lock_binary(), texts.packages_kept())
    for reason, fix in (
        texts.unparsed_file(), texts.broken_by_rule(), texts.unreadable_file(), texts.unreadable_manifest("no JSON"),
    ):  # fmt: skip
        yield f"{reason} {fix}"
    yield texts.step_not_done("Update documentation", texts.needs_step("roots"))
    finding = Finding("static_analysis", "tsc", "TS2322", "a.ts", 3, "Type '{}' is not assignable", "error")
    yield texts.newly_found(finding)
    yield texts.with_first("2 new errors; 0 known.", finding)
