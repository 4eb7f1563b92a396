"""Why a check has its verdict, in a sentence or two: the title of its check run, and its row in the table."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from activities.egress import RefusedTarget
from activities.model import CONFIG_PATH, ToolReport
from activities.reporting.markdown import code, one_line
from activities.reporting.wording import listed, percent_text, plural, shortened


def whole_reason(head: Iterable[ToolReport], own: str) -> str:
    """What the tools could not do comes first, each sentence once; then the check's own sentences."""
    reports = tuple(head)
    problems = []
    for report in reports:
        silent = "timed out" if report.timed_out else "" if report.completed else "gave no usable report"
        problems.append(report.problem or (f"{report.tool} {silent}." if silent else ""))
    sentences = [*problems, *(report.advice for report in reports), own]
    return " ".join(dict.fromkeys(sentence.strip() for sentence in sentences if sentence.strip()))


def in_folder(folder: str, sentence: str) -> str:
    """A sentence about one project of several; about the whole repository where that is its only one."""
    return f"{folder}: {sentence}" if sentence and folder != "." else sentence


NOT_AFFECTED = "No project that this change affects has anything for this check."


def projects_checked(checked: int, of: int) -> str:
    """A large repository of which a part was checked."""
    rule = "the others neither changed nor need one that did"
    return f"{checked:,} of {of:,} projects were checked; {rule}."


def no_tests_in(folders: Sequence[str]) -> str:
    """Projects beside others that have tests; "" for none."""
    verb = "has" if len(folders) == 1 else "have"
    return f"{listed(folders, 3)} {verb} no tests." if folders else ""


def findings_reason(new: Mapping[str, int], known: int, unchecked_base: Sequence[str], informational: int = 0) -> str:
    """`new` counts by severity, worst first; `unchecked_base` are the tools that gave no report on the base;
    `informational` is the number of new findings that do not count."""
    counts = [
        f"{count:,} new critical" if name == "critical" else plural(count, f"new {name}") for name, count in new.items()
    ]
    if counts:
        text = f"{', '.join(counts)}; {known:,} known."
    elif informational:
        text = f"No new findings that count; {known:,} known."
    else:
        text = f"No new findings; {known:,} known." if known else "No findings."
    if unchecked_base:
        text += f" {listed(unchecked_base)} could not check the base, so findings on changed lines count as new."
    return text


def not_asked_reason(tools: Collection[str], found: int) -> str:
    """`tools` are those that nothing in the repository asks for, with `found` new findings; "" for no such tool."""
    if not tools:
        return ""
    one, count = len(tools) == 1, plural(found, "finding")
    its, it, verb = ("its", "it", "is") if one else ("their", "them", "are")
    only = f"{its} {count} {'is' if found == 1 else 'are'} only shown" if found else f"{its} findings are only shown"
    return (
        f"{listed(sorted(tools), 3)} {verb} not configured in this repository, so {only}; "
        f"name {it} in {CONFIG_PATH} to make them count."
    )


def other_version(tool: str, version: str, wanted: str) -> str:
    """`wanted` is the repository's own version, and where it is named; it could not be installed."""
    return f"{tool} {wanted} could not be installed, so {tool} {version} ran instead, and what it finds is only shown."


def coverage_not_asked() -> str:
    """A minimum that nothing in the repository asks for."""
    return (
        "Nothing in this repository asks for coverage, so this only informs; "
        f"set checks.coverage.minimum in {CONFIG_PATH} to make it count."
    )


def tests_reason(
    passed: int,
    failed: Sequence[str],
    known: Sequence[str],
    flaky: Sequence[str],
    skipped: int,
    in_base: int,
    accepted: Sequence[str] = (),  # noqa: PT028 (this is no test)
    quarantined: Sequence[str] = (),  # noqa: PT028
) -> str:
    """Names of the tests that failed newly, that fail in the base too, that are flaky, whose failure was accepted, and
    that failed in quarantine. `in_base` is the number of the base's tests, for a head without any."""
    if not (passed or failed or known or accepted or quarantined or flaky or skipped):
        return f"This change removes all tests (the base has {in_base:,})." if in_base else "No tests were found."
    parts = [f"{passed} passed"]
    parts += [f"{len(failed)} newly failed ({listed(failed, 3)})"] if failed else []
    parts += [f"{len(known)} failed as in the base ({listed(known, 3)})"] if known else []
    parts += [f"{len(accepted)} failed as accepted ({listed(accepted, 3)})"] if accepted else []
    parts += [f"{len(quarantined)} failed in quarantine ({listed(quarantined, 3)})"] if quarantined else []
    parts += [f"{len(flaky)} flaky ({listed(flaky, 3)})"] if flaky else []
    parts += [f"{skipped} skipped"] if skipped else []
    return ", ".join(parts) + ("." if passed or failed or flaky else " (informational).")


def flaky_history(tests: Mapping[str, str]) -> str:
    """Of tests that are remembered as flaky: name to a letter for each of the last runs, 1 where it failed."""
    said = [f"{name} failed {runs.count('1')} of the last {plural(len(runs), 'run')}" for name, runs in tests.items()]
    return f"Flaky before: {listed(said, 3)}." if said else ""


def quarantined_until(until: str, reason: str) -> str:
    """Before the message of a test that failed and does not block."""
    return f"In quarantine until {until} ({one_line(reason)}), so it does not block."


def quarantine_over(test: str, until: str) -> str:
    """An entry of the configuration that does not count: its day is over, or more than a year ahead."""
    why = "its day is over, or more than a year ahead"
    return f"The quarantine of {shortened(test)} until {until} does not count: {why}. Update .github/autobuild.yml."


def fewer_tests_reason(not_run: Sequence[str] | None, removed: Sequence[str]) -> str:
    """`not_run`: tests of the base that did not run on the head, None where that is not known; then `removed` are those
    whose definition the change removes."""
    if not_run is None:
        return f"This change removes {plural(len(removed), 'test')} ({listed(removed, 3)})." if removed else ""
    return f"{plural(len(not_run), 'test')} of the base did not run ({listed(not_run, 3)})." if not_run else ""


def coverage_reason(
    diff: float | None,
    minimum: float,
    total: float | None,
    total_minimum: float,
    unmeasured: Sequence[str],
    unclear: Sequence[str] = (),
) -> str:
    """Percent of the changed lines and of all lines, None where no line is executable; `unmeasured`: changed files;
    `unclear`: changed files that may be the one that a report names, or another."""
    if total is None:
        text = "No executable line was measured."
    else:
        least = f" (minimum {total_minimum:g} %)" if total_minimum else ""
        whole = f"total coverage is {percent_text(total)}{least}."
        text = (
            f"No changed line is executable; {whole}"
            if diff is None
            else f"Tests cover {percent_text(diff)} of the changed lines (minimum {minimum:g} %); {whole}"
        )
    if unmeasured:
        verb = "was" if len(unmeasured) == 1 else "were"
        text += f" {plural(len(unmeasured), 'changed file')} {verb} not measured: {listed(unmeasured, 3)}."
    if unclear:
        text += f" The report has a path that may be {listed(unclear, 3)} or another file: write paths from the root."
    return text


def in_no_report(paths: Sequence[str]) -> str:
    """New files that no coverage report names."""
    if not paths:
        return ""
    is_in, count = ("is", "counts") if len(paths) == 1 else ("are", "count")
    return f"{plural(len(paths), 'new file')} {is_in} in no report and {count} as not covered: {listed(paths, 3)}."


def single_line() -> str:
    """A single line is not covered."""
    return "One line is too little to fail the check."


def uncovered_lines(first: int, last: int) -> str:
    """The finding for changed lines that no test runs."""
    return f"No test runs new line {first}." if first == last else f"No test runs new lines {first} to {last}."


def benchmarks_reason(found: int, compared: int, slower: Mapping[str, float], *, informational: bool) -> str:
    """`slower`: benchmark to percent."""
    if not found:
        return "No benchmarks were found."
    if not compared:
        return f"{plural(found, 'benchmark')}; no baseline to compare with."
    note = " (informational)" if informational else ""
    if not slower:
        return f"No regression in {plural(compared, 'benchmark')}{note}."
    names = listed((f"{name} +{percent:.1f} %" for name, percent in slower.items()), 3)
    return f"{len(slower)} of {plural(compared, 'benchmark')} slower{note}: {names}."


def slower_benchmark(name: str, percent: float, before_s: float, now_s: float) -> str:
    """The finding for a regression."""
    return f"{shortened(name)} is {percent:.1f} % slower: {before_s:.3g} s before, {now_s:.3g} s now."


def install_failed(exit_code: int, stopped: str) -> str:
    """`stopped` names the limit that ended the command, "" for a command that ended."""
    return f"The install command {f'ran out of {stopped}' if stopped else f'ended with code {exit_code}'}."


def other_node(wanted: str, found_in: str, ran: str, failed: int, problem: str) -> str:
    """For a project whose Node (`wanted`) could not be installed; `failed` tests are those of the Node that ran."""
    text = f"The repository asks for Node {code(wanted, 60)} ({code(found_in)}), which could not be installed from npm."
    happened = f"{plural(failed, 'test')} failed with Node {ran}." if failed else f"This ran with Node {ran}."
    return f"{text} {happened} {problem}".strip() + " Name a version that npm has, or allow the registry."


def refused_network(who: str, refused: Sequence[RefusedTarget], without_proxy: str = "") -> str:
    """What a step was not allowed to connect to, "" for nothing. `without_proxy` is a host that it tried to reach
    itself. All hosts are untrusted."""
    unlisted = [target.name for target in refused if not target.internal]
    internal = [target.name for target in refused if target.internal]
    sentences = []
    if unlisted:
        which = "which is not an allowed registry" if len(unlisted) == 1 else "which are not allowed registries"
        allow = f"An operator can allow {'it' if len(unlisted) == 1 else 'them'} with AUTOBUILD_EGRESS_ALLOW."
        sentences.append(f"{who} asked for {listed(unlisted, 3)}, {which}. {allow}")
    if internal:
        allow = "An operator can allow that address with AUTOBUILD_EGRESS_ALLOW."
        sentences.append(f"{who} asked for {listed(internal, 3)}, which has a private address. {allow}")
    if without_proxy:
        host = shortened(without_proxy, 100)
        sentences.append(f"{who} can only reach {host} over http or https, not over SSH. Use an https address.")
    return " ".join(sentences)


def edited_judges(
    configuration: Sequence[str], judges: Sequence[str], suppressed: Sequence[tuple[str, str]] = ()
) -> str:
    """Which files the change edits that configure the check's tools, and which of code that decides what they report;
    (comment, place) of what it adds that keeps them from reporting something; "" for none."""
    sentences = []
    if suppressed:
        named = listed([f"{shortened(mark, 60)} in {place}" for mark, place in suppressed], 3)
        sentences.append(f"This change adds {plural(len(suppressed), 'suppression')} ({named}).")
    if configuration:
        sentences.append(f"This change also edits the configuration of this check: {listed(configuration, 3)}.")
    if code := [path for path in judges if path not in configuration]:
        sentences.append(f"This change also edits {listed(code, 3)}, which can decide what this check reports.")
    return " ".join(sentences)


def language_not_looked_at(language: str, manifest: str, check: str, lines: str) -> str:
    """A language that no tool of ours knows, and the lines of the configuration that have it checked. The manifest's
    path is untrusted."""
    where = shortened(manifest, 100)
    return f"{language} was found ({where}) and not checked. Set checks.{check} in {CONFIG_PATH}, such as: {lines}"


def tools_removed(tools: Mapping[str, str]) -> str:
    """Tools that the base asks for and the head does not: tool → where the base asks for it."""
    return (
        f"This change removes {listed(f'{tool} ({where})' for tool, where in tools.items())}, which the base asks for."
    )
