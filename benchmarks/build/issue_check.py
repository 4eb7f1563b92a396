"""Whether a whole issue is one: its hidden tests fail on the files as they are, and pass with the scripted change."""

from pathlib import Path

from activities.sandbox import Runner

from .attempt import end_of, site, tested
from .whole_issues import WholeIssue


async def issue_problems(issue: WholeIssue, runner: Runner, folder: Path) -> list[str]:
    """What is wrong with it, each a sentence. Its tests run in the sandbox, on a repository below `folder`."""
    host, workspace = await site(issue.name, issue.files, runner, folder)
    solved = issue.solved()
    cases = [
        ("The repository's own tests", {}, True),
        ("The hidden tests on the files as they are", issue.hidden, False),
        ("The repository's own tests with the change", solved, True),
        ("The hidden tests with the change", {**solved, **issue.hidden}, True),
    ]
    if issue.shows:
        test = {issue.shows: solved[issue.shows]}
        cases.append((f"{issue.shows} of the change on the files as they are", test, False))
    problems = []
    for what, files, passes in cases:
        done = await tested(host, workspace, workspace.head_sha, issue.command, files)
        if (done.exit_code == 0) != passes:
            wanted = "pass" if passes else "fail"
            problems.append(f"{what} should {wanted} and exit with {done.exit_code}: {end_of(done)}")
    return problems
