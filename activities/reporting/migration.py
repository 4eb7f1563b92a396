"""What a migration says: in the terminal, in its comment, in its check run and in its pull request."""

from collections.abc import Sequence

from activities.model import Finding
from activities.reporting.markdown import code
from activities.reporting.wording import shortened

NO_LONGER_PARSES = "The file does not parse any more."
FIX_BY_HAND = "Change this by hand."
CANCELLED = "Stopped on request. Nothing of it was kept."
ROLLED_BACK_ON_REQUEST = "Taken back on request."
NOT_KEPT = "Nothing of the migration was kept."
STOPPED_BEFORE = "The migration was stopped before it."
WORKER_DIED = "The worker died each time that it ran this. Start the migration again."
NOTHING_TO_CHANGE = "There is nothing to change: the code is migrated already."
_TITLES = {
    "unit_tests": "Unit tests",
    "integration_tests": "Integration tests",
    "static_analysis": "Types",
    "linting": "Linting",
}
COULD_NOT_RUN = "could not run"
_NAMED = 5
_LONGEST = 250
"""Characters of a check's reason: some have a program's output."""


def program_ended(exit_code: int, stopped: str, output: str) -> str:
    """Why a step's program gave no result. `stopped` is the limit that ended it, "" for none."""
    how = f"was stopped at its {stopped} limit" if stopped else f"ended with exit code {exit_code}"
    lines = output.strip().splitlines()
    said = f": {code(lines[-1][:300])}" if lines else ""
    return f"The step's program {how}{said}. Nothing of the step was kept."


def program_output(why: str) -> str:
    """Its output cannot be used."""
    return f"The step's program gave an answer that cannot be used: {code(why[:300])}. Nothing of the step was kept."


def too_large(mebibytes: int) -> str:
    """A step that would change more than a commit should hold."""
    return f"The step's changes are larger than {mebibytes} MiB. Name a folder to do it in parts."


def lock_not_written(why: str) -> str:
    """The package manager could not write the lock file anew."""
    said = f": {code(why, 300)}" if why.strip() else ""
    return f"The lock file does not fit the changed manifests, since its package manager could not write it{said}."


def lock_broken() -> str:
    """The lock file cannot be read, such as after a merge."""
    return "The lock file is broken, so it was left as it is: it does not fit the changed manifests."


def lock_outside() -> str:
    """The lock file is not in the folder that a person named."""
    return "The lock file does not fit the changed manifests: it is outside of the folder that is migrated."


def lock_binary() -> str:
    """A lock file that is no text."""
    return "The lock file does not fit the changed manifests: it is a binary file, which is not written here."


def packages_kept() -> str:
    """Packages, or where they lie, that Yarn keeps in the repository."""
    return "What Yarn keeps of the packages in the repository is still that of the old manifests."


def not_asked_for(tool: str) -> str:
    """A tool that a step needs, and that no project here uses."""
    return f"No project here asks for {code(tool)}."


def no_packages(output: str) -> str:
    """The packages of our own programs cannot be had."""
    lines = output.strip().splitlines()
    said = f": {code(lines[-1][:300])}" if lines else ""
    what = "The packages that this migration needs from npm could not be installed"
    return f"{what}{said}. Nothing was changed; run it again when npm answers."


def unparsed_file() -> tuple[str, str]:
    """Reason and fix of a file that has what a rule looks for, and a syntax error."""
    return "The file could not be parsed, so it was left as it is.", "Fix the syntax, or change it by hand."


def broken_by_rule() -> tuple[str, str]:
    """The same of a file that would not have been valid code afterwards."""
    return "The change would not have been valid code, so the file was left as it is.", "Change it by hand."


def unreadable_file() -> tuple[str, str]:
    """The same of a file of which no text can be read."""
    return "The file is too large or not UTF-8, so it was not looked at.", "Look at it, and change it by hand."


def endless_rule(file: str) -> str:
    """A rewrite that never comes to its end."""
    return (
        f"A rule matches again what it wrote itself, in {code(file)}: exclude that in the rule, such as by `not`. "
        "Nothing of the step was kept."
    )


def unreadable_rule(index: int, why: str) -> str:
    """ast-grep does not take a rule. `index` is its place in the step's list."""
    return f"Rule {index + 1} of the step cannot be read by ast-grep: {code(why[:300])}. Nothing of the step was kept."


def unreadable_manifest(why: str) -> tuple[str, str]:
    """Reason and fix of a manifest that cannot be edited."""
    return f"The file cannot be read: {code(why[:200])}.", "Fix the file, then edit its dependencies."


def unknown_recipe(name: str, near: str, names: Sequence[str]) -> str:
    """There is no migration of this name."""
    known = f"did you mean {code(near)}?" if near else f"there are {', '.join(map(code, names))}."
    return f"There is no recipe {code(name)}: {known}"


def broken_recipe(path: str, line: int, why: str, more: int) -> str:
    """The first mistake in a recipe of the repository."""
    others = f" ({more} more mistakes in the file.)" if more else ""
    return f"{code(path)}, line {line}: {why}{others}"


def recipe_lacks(files: Sequence[str], packages: Sequence[str]) -> str:
    """Why a recipe of the repository does not apply: what it says must be there is not."""
    lacking = [f"no file fits {code(pattern)}" for pattern in files]
    lacking += [f"no manifest declares {code(package)}" for package in packages]
    return f"The recipe does not apply here: {', and '.join(lacking)}."


def nothing_there(scope: str) -> str:
    """No files to migrate."""
    return f"There are no files that Git has in {code(scope)}. Name another folder."


def no_such_step(name: str, names: Sequence[str]) -> str:
    """A step that the recipe does not have."""
    return f"There is no step {code(name)}. The steps are {', '.join(map(code, names))}."


def takes_no_version(recipe: str) -> str:
    """A version for a recipe that has none."""
    return f"The migration {code(recipe)} takes no version. Leave it out."


def no_longer_parse(paths: Sequence[str]) -> str:
    """Files that a step broke."""
    more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
    return f"{', '.join(map(code, paths[:_NAMED]))}{more} no longer {'parses' if len(paths) == 1 else 'parse'}."


def unjudged(check: str, reason: str) -> str:
    """A check that can say nothing, before and after."""
    return f"{check_title(check)} could not be compared: {shortened(reason, _LONGEST)}"


def check_title(name: str) -> str:
    return _TITLES.get(name, name)


def newly_found(finding: Finding) -> str:
    """A finding that was not there before."""
    rule = f" ({finding.rule})" if finding.rule and finding.rule not in finding.message else ""
    name = f"{finding.title}: " if finding.title and finding.check.endswith("tests") else ""
    return f"{check_title(finding.check)}: {name}{shortened(finding.message, 300)}{rule}"


def with_first(reason: str, finding: Finding) -> str:
    """What a check says of a commit, with one of its new findings."""
    where = f"{finding.path}:{finding.line}" if finding.line else finding.path
    return f"{reason} The first is {code(where)}: {code(shortened(finding.title or finding.message, 150))}."


def findings(count: int) -> str:
    return "1 finding" if count == 1 else f"{count:,} findings"


def needs_step(name: str) -> str:
    """Why a step is skipped."""
    return f"It needs the step {code(name)}, which was not done."


def steps_not_done(names: Sequence[str]) -> str:
    """Why a migration is not complete."""
    what = "The step" if len(names) == 1 else "The steps"
    return f"{what} {', '.join(map(code, names))} could not be done."


def step_not_done(title: str, reason: str) -> str:
    """A leftover row for what a step would have changed."""
    return f"{title}: not done. {reason}"


def step_timed_out(hours: float) -> str:
    """A step that does not end."""
    return f"It took longer than {hours:g} hour{'' if hours == 1 else 's'}. Name a folder to do it in parts."


def step_error(workflow_id: str) -> str:
    """The same of one step."""
    return f"An internal error ended it. The migration's id is {code(workflow_id)}."


def internal_error(workflow_id: str) -> str:
    """An error that is nobody's but ours."""
    return f"An internal error ended the migration. Its id is {code(workflow_id)}."


def part_of_owners(title: str, owners: Sequence[str]) -> str:
    """The title of a pull request with the files of some owners."""
    return f"{title}: files of {', '.join(owners)}" if owners else f"{title}: files without an owner"
