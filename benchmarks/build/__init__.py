"""Small tasks of the shape that real ones have, each with hidden tests: how many an agent solves, for how much money,
in how many minutes and rounds.

`python -m benchmarks.build` proves the harness with scripted answers; with `--agents` and a key it measures a model.
`--issues` takes whole issues instead, from the label to the pull request.
"""
