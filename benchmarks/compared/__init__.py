"""The gate on public packages beside the same tools started by hand: the same versions must count the same.

`python -m benchmarks.compared [--work FOLDER] [--into docs/compared.md] [name …]` fetches each package with pip or
npm, runs `autobuild gate` on it, installs the very versions that the gate installed into an environment of its own,
starts each tool there with a plain command, and writes one table a package. The tools of the second half run without
a sandbox, as they would on a developer's machine.
"""
