"""What a migration shows on GitHub: its one comment, its pull request and its check run. Pure."""

from collections.abc import Sequence

from activities.migration.types import Leftover, MigrationStep, MigrationView, StepResult
from activities.reporting.markdown import code, cut_bytes, escape_markdown, folded, table
from activities.reporting.migration import check_title

PULL_IS_CLOSED = "This pull request is closed. Comment `/migrate` in an open one, or in an issue."
PULL_IS_FORK = "This pull request comes from a fork, to which the bot cannot push. Comment `/migrate` in an issue."
NOTHING_PUSHED = "The repository has no commit. Push one, then comment `/migrate` again."
NONE_RUNS = "No migration runs here. `/migrate <recipe>` starts one."

STEP_AFTER_END = (
    "The migration has ended. Revert the step's commit in its pull request, or comment `/rollback` to take everything "
    "back."
)
_MARKS = {
    "done": "✓", "nothing": "–", "rolled_back": "↺", "skipped": "–", "failed": "✗", "running": "…", "waiting": "",
}  # fmt: skip
_WORDS = {"nothing": "nothing to change", "rolled_back": "taken back"}
_STAGES = {
    "preparing": "fetching the code",
    "analyzing": "looking for what has to change",
    "planning": "planning the steps",
    "migrating": "making the steps",
    "pausing": "making the last step before the pause",
    "paused": "paused; `/resume` goes on",
    "finishing": "gathering what is left",
}
_MOST_ROWS = 100
_LONGEST_DIFF = 55_000


def comment(view: MigrationView, leftovers: Sequence[Leftover]) -> str:
    """The comment, edited from the beginning to the end."""
    lines = [f"### Migration {code(view.migration.recipe)}{_version(view)}", "", _headline(view), ""]
    lines += _plan(view)
    if view.result and view.result.state in ("done", "stopped"):
        lines += _numbers(view)
    lines += _leftovers(leftovers, view)
    if view.result is None:
        lines += ["", "`/pause` waits after the running step, `/rollback <step>` takes one back, `/stop` ends it."]
    return "\n".join(lines).strip()


def pull_title(view: MigrationView) -> str:
    return view.analysis.title or f"Migrate: {view.migration.recipe}"


def pull_body(view: MigrationView, leftovers: Sequence[Leftover]) -> str:
    """One commit a step, the numbers, what is left, and how to review it."""
    about = f"Asked for by @{view.migration.requested_by} in #{view.migration.number}." if view.migration.number else ""
    lines = [about, "", "**One commit a step**, each judged before the next:", "", *_plan(view), *_numbers(view)]
    lines += _leftovers(leftovers, view)
    lines += [
        "", "**How to review:** look at the commits one by one. The steps with a higher risk change what the program "
        "does; the others only how it is written. `git revert` of one commit takes one step back.",
    ]  # fmt: skip
    return "\n".join(lines).strip()


def diff_title(view: MigrationView) -> str:
    result = view.result
    files = result.files_changed if result else 0
    what = "would change" if view.migration.dry_run else "changed"
    return f"{files} file{'' if files == 1 else 's'} {what}"


def diff_summary(view: MigrationView, diff: str) -> str:
    """The change as a code block, cut where GitHub shows no more."""
    shown = cut_bytes(diff.replace("```", "'''"), _LONGEST_DIFF)
    more = "\n\nThe rest of the change is left out here." if len(shown) < len(diff) else ""
    return f"The change of the migration {code(view.migration.recipe)}:\n\n```diff\n{shown}\n```{more}"


def branch_in_use(branch: str, number: int) -> str:
    """An earlier migration's pull request is open."""
    return (
        f"The pull request #{number} of an earlier migration is open on the branch {code(branch)}. Merge or close it, "
        "then comment `/migrate` again."
    )


def other_pulls(numbers: Sequence[int]) -> str:
    """The pull requests beside the first one."""
    return (
        f"The others, to be merged in this order: {', '.join(f'#{number}' for number in numbers)}." if numbers else ""
    )


def already_running(recipe: str) -> str:
    """The answer to a second `/migrate`."""
    return f"The migration {code(recipe)} runs here already; its comment shows how far it is. `/stop` ends it."


def ended_before(pull: int) -> str:
    """The answer to `/stop` after the end."""
    return f"No migration runs here. `/rollback` closes #{pull}, the last one's pull request, and deletes its branch."


def taken_back(branches: Sequence[str]) -> str:
    """The answer to `/rollback` after the end: GitHub closes a pull request with its branch."""
    names = ", ".join(map(code, branches))
    if len(branches) == 1:
        return f"The branch {names} is deleted, and its pull request closed."
    return f"The branches {names} are deleted, and their pull requests closed."


def pushed_since(branch: str, pull: int) -> str:
    """A branch that is not only the migration's any more."""
    return f"Somebody has pushed to {code(branch)} since, so it stays as it is. Close #{pull} if it is not needed."


def base_moved(branch: str) -> str:
    """The branch changed the same files meanwhile."""
    return f"{code(branch)} has moved since the migration began; the pull request may have conflicts."


def _version(view: MigrationView) -> str:
    return f" to {code(view.migration.to)}" if view.migration.to else ""


def _headline(view: MigrationView) -> str:
    result = view.result
    if result is None:
        return f"**{_STAGES.get(view.stage, view.stage).capitalize()}.**"
    if result.state == "done":
        if view.migration.dry_run:
            return (
                f"**{diff_title(view)}.** The check run `autobuild / migration` shows the change. Nothing was pushed."
            )
        pull = f"#{result.pull}" if result.pull else "the branch"
        return f"**Done: {pull}.** {escape_markdown(result.reason)}".strip()
    if result.state == "stopped" and result.pull:
        return f"**Partly done: #{result.pull}.** {result.reason}"
    words = {"refused": "Does not apply", "nothing": "Nothing to do", "rolled_back": "Taken back", "stopped": "Stopped"}
    return f"**{words.get(result.state, result.state.capitalize())}.** {result.reason}"


def _plan(view: MigrationView) -> list[str]:
    if not view.steps:
        return []
    results = {one.name: one for one in view.results}
    found = view.analysis
    rows = [_row(step, results.get(step.name), view.running == step.name) for step in view.steps]
    shape = f"{found.files:,} files, {found.packages:,} packages, {found.imports:,} imports between them."
    return [shape, "", *table(("", "Step", "What", "Needs", "Files", "Used by", "Risk", "State"), rows, "llllrrll"), ""]


def _row(step: MigrationStep, result: StepResult | None, running: bool) -> tuple[str, ...]:
    state = result.status if result else "running" if running else "waiting"
    said = _WORDS.get(state, state)
    if result and result.reason:
        said = f"{said}: {escape_markdown(result.reason)}"
    files = result.files_changed if result and result.status == "done" else step.files
    needs = ", ".join(map(code, step.needs))
    risk = step.risk if step.reversible else f"{step.risk}, cannot be taken back"
    counts = (f"{files:,}", f"{step.dependents:,}")
    return _MARKS[state], code(step.name), escape_markdown(step.title), needs, *counts, risk, said


def _numbers(view: MigrationView) -> list[str]:
    result = view.result
    if not result or not result.before.checks:
        return []
    after = result.after.checks
    rows = [(check_title(name), escape_markdown(text), escape_markdown(after.get(name, "")))
            for name, text in result.before.checks.items()]  # fmt: skip
    return [*table(("", "Before", "After"), rows), ""]


def _leftovers(leftovers: Sequence[Leftover], view: MigrationView) -> list[str]:
    if not leftovers:
        return []
    rows = [
        (
            code(f"{each.file}:{each.line}" if each.line else each.file),
            f"{'**Breaks the build.** ' if each.breaks_build else ''}{escape_markdown(each.reason)}",
            escape_markdown(each.fix),
        )
        for each in leftovers[:_MOST_ROWS]
    ]
    count = view.result.leftovers if view.result else len(leftovers)
    more = [f"… {count - len(rows):,} more."] if count > len(rows) else []
    title = f"{count:,} place{' is' if count == 1 else 's are'} left for a person"
    return folded(title, [*table(("Place", "Why", "How to fix it"), rows), *more])
