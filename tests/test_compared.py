"""What the tools print, counted as a person would."""

import pytest

from benchmarks.compared.by_hand import COUNTS


@pytest.mark.parametrize(
    ("tool", "said", "counts"),
    [
        ("pytest", "1 failed, 3 passed, 1 skipped, 2 xfailed, 9 warnings in 1.2s", "3 passed, 1 failed, 3 skipped"),
        ("pytest", "== 2 errors in 0.1s ==", "0 passed, 2 failed, 0 skipped"),
        ("pytest", "E  1 failed in x\n=== 2 passed in 61.20s (0:01:01) ===", "2 passed, 0 failed, 0 skipped"),
        ("unittest", "Ran 5 tests in 1s\n\nOK (skipped=1, expected failures=1)", "3 passed, 0 failed, 2 skipped"),
        ("unittest", "Ran 3 tests in 1s\n\nFAILED (failures=1, errors=1)", "1 passed, 2 failed, 0 skipped"),
        ("pytest", "no tests ran in 0.1s", "0 passed, 0 failed, 0 skipped"),
        ("pytest (coverage)", "Name Stmts Miss Cover\nTOTAL      559      5    99%", "559 lines, 5 missing"),
        ("pytest (coverage)", "No data to report.", "no total"),
        ("ruff", "Found 1 error.", "1 finding"),
        ("ruff", "All checks passed!", "0 findings"),
        ("black", "2 files would be reformatted, 7 files would be left unchanged.", "2 findings"),
        ("flake8", "./a.py:1:2: E1 no\n./a b.py:3:4: W605 no\n", "2 findings"),
        ("mypy", "Found 32 errors in 3 files (checked 9 source files)", "32 findings"),
        ("pyright", "5 errors, 1 warning, 0 informations", "6 findings"),
        ("bandit", ">> Issue: [B101:assert_used] x\n>> Issue: [B311:x] y", "2 findings"),
        ("jest", "Tests:       1 failed, 2 skipped, 23 passed, 26 total", "23 passed, 1 failed, 2 skipped"),
        ("jest (coverage)", "Lines        : 95.83% ( 23/24 )", "24 lines, 1 missing"),
        ("vitest", " Test Files  2 passed (2)\n      Tests  8 passed | 1 skipped (9)", "8 passed, 0 failed, 1 skipped"),
        ("vitest (coverage)", "Lines : 50% ( 1/2 )", "2 lines, 1 missing"),
        ("mocha", "  12 passing (3s)\n  1 pending\n  2 failing", "12 passed, 2 failed, 1 skipped"),
        ("ava", "  5 tests passed\n  1 test skipped", "5 passed, 0 failed, 1 skipped"),
        ("node-test", "ℹ tests 3\nℹ pass 2\nℹ fail 1\nℹ cancelled 0\nℹ skipped 0", "2 passed, 1 failed, 0 skipped"),
        ("node-test", "ok 1 a\n    ok 1 - sub\nnot ok 2 b\nok 3 c # SKIP\n# pass 2", "1 passed, 1 failed, 1 skipped"),
        ("xo", "  a.js:1:1\n  ✖  1:1  no\n\n  2 errors\n  1 warning", "3 findings"),
        ("standard", "standard: Use\n  /a/b c.js:1:2: no (semi)", "1 finding"),
        ("biome", "Checked 3 files.\nFound 2 errors.\nFound 1 warning.", "3 findings"),
        ("prettier", "[warn] a.js\n[warn] Code style issues found in the above file.", "1 finding"),
        ("eslint", "✖ 3 problems (1 error, 2 warnings)", "3 findings"),
        ("tsc", "src/a.ts(1,2): error TS2322: no\nsrc/b.ts(1,2): error TS1: no", "2 findings"),
    ],
)
def test_printed_counts_are_read(tool: str, said: str, counts: str) -> None:
    assert COUNTS[tool](said) == counts
