"""The gate on public repositories beside what their own CI runs: both must count the same.

`python -m benchmarks.compared [--work FOLDER] [--mirrors FOLDER] [--into docs/compared.md] [owner/name …]` clones each
repository of `listed.py` at its commit, runs `autobuild gate` on it, starts in a second clone the commands that
its CI starts, and compares the counts. `--commits 10` gates the last ten commits of the main line, each against the
one before it, and names those that would have been blocked. `--planted` commits a failing test, an error for the
repository's linter and one for its type checker, and says which the gate found. What is run by hand has no sandbox, as
on a developer's machine.
"""
