"""Which options pytest gets: what the project says, less what would hide tests or measure what is not asked for."""

import posixpath
import re
import shlex
from collections.abc import Iterator

from activities.languages.python.declared_tests import VALUED
from activities.languages.python.installed import installed
from activities.languages.python.pytest_config import PytestConfig
from activities.languages.python.tox_files import ROOT
from activities.sandbox.command import SYSTEM_PATH
from activities.tooling import Workbench

# Each would leave tests out that a check has to see, wait for a person, or empty a folder that others use.
_HIDES = frozenset(
    (
        *("-x", "--exitfirst", "--sw", "--stepwise", "--sw-skip", "--stepwise-skip", "--sw-reset", "--stepwise-reset"),
        *("--lf", "--last-failed", "--pdb", "--trace", "--co", "--collect-only", "--setup-only", "--setup-plan"),
        *("--fixtures", "--funcargs", "--markers"),
    )
)
_HIDES_VALUED = frozenset(("--basetemp", "--maxfail", "--lfnf", "--last-failed-no-failures"))
_REPORTS_VALUED = frozenset(("--junitxml", "--junit-xml", "--junit-prefix", "--junitprefix"))
# Without these nothing could be reported.
_NEEDED = frozenset(("no:junitxml", "no:terminal"))
_COVERAGE = re.compile(r"--(?:no-)?cov(?:-|=|$)")


def loads(bench: Workbench, config: PytestConfig, package: str, plugin: str) -> bool:
    """Whether pytest loads the plug-in of the package: it is installed, and the project has not switched it off.
    `plugin` is the name of its entry point."""
    if bench.env_root is None or package not in installed(bench.env_root):
        return False
    switched = config.switched_plugin(plugin, package.replace("-", "_"))
    return config.loads_plugins if switched is None else switched


def project_options(config: PytestConfig, *, coverage: bool) -> tuple[str, ...]:
    """The words that make pytest take the project's options, of its configuration and its test command, without those
    that hide tests; those of pytest-cov only where it measures."""
    addopts = tuple(_kept(config.addopts, coverage))
    # The command line's own value of an option wins over that of addopts.
    whole = ("--maxfail=0", *(() if addopts == config.addopts else ("-o", f"addopts={shlex.join(addopts)}")))
    return (*_kept(config.command, coverage), *whole)


def variables(bench: Workbench, config: PytestConfig, *, coverage: bool) -> dict[str, str]:
    """The variables of the project's test command, with the same options left out."""
    found = placed_variables(bench, config.variables)
    if words := found.get("PYTEST_ADDOPTS"):
        found["PYTEST_ADDOPTS"] = shlex.join(_kept(config.split(words), coverage))
    return found


def on_path(bench: Workbench) -> dict[str, str]:
    """The environment is active, as a test expects that starts `python` or the project's own programs."""
    return {"PATH": f"{bench.paths.env}/bin:{SYSTEM_PATH}", "VIRTUAL_ENV": bench.paths.env} if bench.env_root else {}


def placed_variables(bench: Workbench, given: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """The variables with the folder in which the project is for this run."""
    root = posixpath.join(bench.paths.src, bench.project.folder).removesuffix("/.")
    return {name: value.replace(ROOT, root) for name, value in given}


def _kept(words: tuple[str, ...], coverage: bool) -> Iterator[str]:
    valued = False
    left_out = False
    for number, word in enumerate(words):
        following = "".join(words[number + 1 : number + 2])
        if valued:
            valued = False
            if not left_out:
                yield word
            continue
        option = word.partition("=")[0] if word.startswith("--") else word
        valued = word in VALUED and (option != "--cov" or not following.startswith("-")) and bool(following)
        left_out = option in _HIDES | _HIDES_VALUED | _REPORTS_VALUED or (not coverage and bool(_COVERAGE.match(word)))
        left_out = (
            left_out or word == "--no-cov" or bool({word.removeprefix("-p"), (word == "-p") * following} & _NEEDED)
        )
        if not left_out:
            # `-xvs` stops at the first failure too.
            several = re.fullmatch("-[a-z]*x[a-z]*", word) and not word.startswith(tuple(VALUED))
            yield word.replace("x", "") if several else word
