"""Which patches weaken tests. No-op cases first: what a careful person does to tests every day."""

import pytest

from activities.patch_checks.weakened import problems
from tests.activities.patch_checks.patches import make_patch

PYTHON = """import pytest
from app import add


def test_add():
    result = add(1, 2)
    assert result == 3
    assert isinstance(result, int)


@pytest.mark.parametrize(("a", "b"), [(1, 2), (3, 4), (5, 6)])
def test_pairs(a, b):
    assert add(a, b) == a + b


class TestErrors(Base):
    def test_text(self):
        with pytest.raises(TypeError):
            add("1", 2)
        self.assertEqual(add(0, 0), 0)
"""
SCRIPT = """import { add } from './app'

describe('add', () => {
  it('adds', () => {
    expect(add(1, 2)).toBe(3)
    expect(add(0, 0)).toEqual({ value: 0, text: 'zero' })
  })
  test.each([[1, 2], [3, 4]])('adds %i', (a, b) => {
    expect(add(a, b)).toBe(a + b)
  })
  it('throws', async () => {
    await expect(add('a')).rejects.toThrow('no number')
    assert.strictEqual(add(1), 1)
  })
})
"""
GO = """package app

import "testing"

func TestAdd(t *testing.T) {
	if add(1, 2) != 3 {
		t.Errorf("got %d", add(1, 2))
	}
	require.Equal(t, 3, add(1, 2))
}

func TestZero(t *testing.T) {
	if add(0, 0) != 0 {
		t.Fatal("no zero")
	}
}
"""
RUST = """#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds() {
        assert_eq!(add(1, 2), 3);
        assert!(add(1, 2) > 2);
    }

    #[tokio::test]
    async fn waits() {
        assert_eq!(wait().await, 1);
    }
}
"""
FILES = {
    "py": ("tests/test_app.py", PYTHON),
    "js": ("src/app.test.ts", SCRIPT),
    "go": ("app_test.go", GO),
    "rs": ("src/lib.rs", RUST),
}

HARMLESS = [
    ("py", "result == 3", "result == 1 + 2"),
    ("py", "    assert isinstance(result, int)\n", "    assert isinstance(result, int)\n    assert result > 0\n"),
    ("py", "def test_add():", "def test_adds_two_numbers():"),
    ("py", "def test_add():", "async def test_add() -> None:"),
    ("py", "    result = add(1, 2)\n    assert result == 3\n", "    assert add(1, 2) == 3\n"),
    ("py", "def test_add():", "@pytest.mark.asyncio\ndef test_add():"),
    ("py", "(5, 6)]", "(5, 6), (7, 8)]"),
    ("py", "(5, 6)]", "(5, 6),\n]"),
    ("py", "self.assertEqual(add(0, 0), 0)", "assert add(0, 0) == 0"),
    ("py", "with pytest.raises(TypeError):", "with pytest.raises(TypeError, match='no number'):"),
    ("py", "import pytest", "import pytest  # assert nothing, skip nothing"),
    ("py", "assert result == 3", "assert result == 3, 'skip this'"),
    ("py", "assert isinstance(result, int)", "assert type(result) == int"),
    ("js", "expect(add(1, 2)).toBe(3)", "expect(add(1, 2)).toStrictEqual(3)"),
    ("js", "it('adds', () => {", "it('adds two numbers', async () => {"),
    ("js", "it('adds', () => {", "it('adds', function () {"),
    ("js", "import { add }", "// it.skip('b', () => {})\nimport { add }"),
    ("js", "import { add }", "/* x('a', () => {}) */\nimport { add }"),
    ("js", "[3, 4]])", "[3, 4], [5, 6]])"),
    ("js", "assert.strictEqual(add(1), 1)", "expect(add(1)).toBe(1)"),
    ("go", 't.Errorf("got %d", add(1, 2))', 't.Fatalf("got %d", add(1, 2))'),
    ("go", "TestZero", "TestZeroes"),
    ("rs", "fn adds()", "fn adds_two()"),
    ("rs", "assert!(add(1, 2) > 2)", "assert_eq!(add(2, 2), 4)"),
    ("rs", "#[tokio::test]", '#[tokio::test(flavor = "multi_thread")]'),
]

WEAKENED = [
    ("py", "    assert isinstance(result, int)\n", "", "weakened-tests"),
    ("py", "assert result == 3", "assert result", "weakened-tests"),
    ("py", "assert result == 3", "assert result is not None", "weakened-tests"),
    ("py", "assert result == 3", "assert True", "weakened-tests"),
    ("py", "assert result == 3", "assert result == 3 or True", "weakened-tests"),
    ("py", "assert result == 3", "assert result == result", "weakened-tests"),
    ("py", "assert result == 3", "# assert result == 3", "weakened-tests"),
    ("py", "assert result == 3", "'''assert result == 3'''", "weakened-tests"),
    ("py", "assert result == 3", "assert result in (3, 4, None)", "weakened-tests"),
    ("py", "assert result == 3", "assert (result == 3, 'always true')", "weakened-tests"),
    ("py", "assert result == 3", "pass", "weakened-tests"),
    ("py", "    result = add(1, 2)\n", "    return\n    result = add(1, 2)\n", "weakened-tests"),
    ("py", "self.assertEqual(add(0, 0), 0)", "self.assertTrue(add(0, 0) is not None)", "weakened-tests"),
    ("py", "self.assertEqual(add(0, 0), 0)", "self.assertEqual(1, 1)", "weakened-tests"),
    ("py", "pytest.raises(TypeError)", "pytest.raises(Exception)", "weakened-tests"),
    ("py", "pytest.raises(TypeError)", "contextlib.suppress(TypeError)", "weakened-tests"),
    ("py", "def test_add():", "@pytest.mark.skip\ndef test_add():", "skipped-tests"),
    ("py", "def test_add():", "@pytest.mark.skip(reason='flaky')\ndef test_add():", "skipped-tests"),
    ("py", "def test_add():", "@pytest.mark.xfail(strict=False)\ndef test_add():", "skipped-tests"),
    ("py", "def test_add():", "@pytest.mark.skipif(True, reason='')\ndef test_add():", "skipped-tests"),
    ("py", "def test_add():", "@unittest.expectedFailure\ndef test_add():", "skipped-tests"),
    ("py", "    result = add(1, 2)\n", "    pytest.skip('later')\n    result = add(1, 2)\n", "skipped-tests"),
    ("py", "class TestErrors", "@unittest.skip('x')\nclass TestErrors", "skipped-tests"),
    ("py", "        self.assertEqual", "        self.skipTest('x')\n        self.assertEqual", "skipped-tests"),
    ("py", "from app import add\n", "from app import add\npytestmark = pytest.mark.skip\n", "skipped-tests"),
    ("py", "from app import add\n", "from app import add\npytest.skip('x', allow_module_level=True)\n", "skipped-tests"),
    ("py", "def test_add():", "def check_add():", "removed-tests"),
    ("py", "def test_text(self):", "def _test_text(self):", "removed-tests"),
    ("py", PYTHON.partition("class")[2], " Nothing: ...\n", "removed-tests"),
    ("py", ", (3, 4), (5, 6)]", "]", "removed-tests"),
    ("js", "it('adds', ", "it.skip('adds', ", "skipped-tests"),
    ("js", "it('adds', ", "xit('adds', ", "skipped-tests"),
    ("js", "it('adds', ", "it.todo('adds', ", "skipped-tests"),
    ("js", "it('adds', ", "it.fails('adds', ", "skipped-tests"),
    ("js", "it('adds', ", "it.only('adds', ", "skipped-tests"),
    ("js", "it('adds', ", "fit('adds', ", "skipped-tests"),
    ("js", "describe('add', ", "describe.skip('add', ", "skipped-tests"),
    ("js", "describe('add', ", "xdescribe('add', ", "skipped-tests"),
    ("js", "    expect(add(1, 2)).toBe(3)\n", "", "weakened-tests"),
    ("js", "    expect(add(1, 2)).toBe(3)\n", "    // expect(add(1, 2)).toBe(3)\n", "weakened-tests"),
    ("js", "toBe(3)", "toBeDefined()", "weakened-tests"),
    ("js", "toBe(3)", "not.toBe(4)", "weakened-tests"),
    ("js", "expect(add(1, 2)).toBe(3)", "expect(true).toBe(true)", "weakened-tests"),
    ("js", "expect(add(1, 2)).toBe(3)", "expect(add(1, 2))", "weakened-tests"),
    ("js", "toEqual({ value: 0, text: 'zero' })", "toEqual({ value: 0 })", "weakened-tests"),
    ("js", "toThrow('no number')", "toThrow()", "weakened-tests"),
    ("js", "assert.strictEqual(add(1), 1)", "assert.ok(add(1))", "weakened-tests"),
    ("js", "assert.strictEqual(add(1), 1)", "assert(true)", "weakened-tests"),
    ("js", "[[1, 2], [3, 4]]", "[[1, 2]]", "removed-tests"),
    ("js", SCRIPT.partition("  test.each")[2].partition("  it('throws'")[0], ".skip", "removed-tests"),
    ("go", "func TestZero(t *testing.T) {\n", "func TestZero(t *testing.T) {\n\tt.Skip(\"later\")\n", "skipped-tests"),
    ("go", "func TestZero(", "func testZero(", "removed-tests"),
    ("go", '\t\tt.Fatal("no zero")\n', "", "weakened-tests"),
    ("go", '\t\tt.Fatal("no zero")\n', '\t\tt.Log("no zero")\n', "weakened-tests"),
    ("go", "require.Equal(t, 3, add(1, 2))", "require.NotNil(t, add(1, 2))", "weakened-tests"),
    ("go", "package app", "//go:build ignore\n\npackage app", "skipped-tests"),
    ("rs", "#[test]", "#[test]\n    #[ignore]", "skipped-tests"),
    ("rs", "#[test]", "#[ignore = \"flaky\"]\n    #[test]", "skipped-tests"),
    ("rs", "#[test]", "#[test]\n    #[should_panic]", "skipped-tests"),
    ("rs", "    #[test]\n", "", "removed-tests"),
    ("rs", "assert_eq!(add(1, 2), 3);", "", "weakened-tests"),
    ("rs", "assert_eq!(add(1, 2), 3);", "assert!(add(1, 2) > 0);", "weakened-tests"),
    ("rs", "assert_eq!(add(1, 2), 3);", "assert_eq!(1, 1);", "weakened-tests"),
    ("rs", "assert_eq!(add(1, 2), 3);", "assert!(true);", "weakened-tests"),
    ("rs", "#[cfg(test)]", "#[cfg(any())]", "skipped-tests"),
]  # fmt: skip


def refused(before: dict[str, str], after: dict[str, str]) -> list[str]:
    return [problem.rule for problem, is_note in problems(make_patch(before, after)) if not is_note]


@pytest.mark.parametrize(("language", "old", "new"), HARMLESS)
def test_honest_edits_are_no_cheat(language: str, old: str, new: str) -> None:
    path, text = FILES[language]
    assert old in text
    assert refused({path: text}, {path: text.replace(old, new)}) == []


@pytest.mark.parametrize("language", FILES)
def test_tests_that_move_are_the_same_tests(language: str) -> None:
    path, text = FILES[language]
    folder, _, name = path.rpartition("/")
    assert refused({path: text}, {f"{folder or 'other'}/{'more_' + name}": text}) == []
    assert refused({}, {path: text}) == []


def test_several_tests_may_become_one_with_cases() -> None:
    single = "".join(f"def test_{n}():\n    assert add({n}, 1) == {n + 1}\n\n\n" for n in range(3))
    joined = "@pytest.mark.parametrize('n', [0, 1, 2])\ndef test_add(n):\n    assert add(n, 1) == n + 1\n"
    assert refused({"test_a.py": single}, {"test_a.py": joined}) == []
    assert refused({"test_a.py": single}, {"test_a.py": joined.replace("[0, 1, 2]", "[0]")}) == ["removed-tests"] * 3
    two = "def test_two():\n    assert a() == 1\n    assert b() == 2\n"
    both = "def test_two():\n    assert (a(), b()) == (1, 2)\n"
    assert refused({"test_a.py": two}, {"test_a.py": both}) == []
    assert refused({"test_a.py": two}, {"test_a.py": "def test_two():\n    assert a() == 1 and b() == 2\n"}) == []


@pytest.mark.parametrize(("language", "old", "new", "rule"), WEAKENED)
def test_weakened_tests_are_refused(language: str, old: str, new: str, rule: str) -> None:
    path, text = FILES[language]
    assert old in text
    assert rule in refused({path: text}, {path: text.replace(old, new, 1)})


@pytest.mark.parametrize("language", FILES)
def test_a_deleted_file_of_tests_is_refused_for_each_test(language: str) -> None:
    path, text = FILES[language]
    found = refused({path: text}, {})
    assert set(found) == {"removed-tests"}
    assert len(found) >= 2


@pytest.mark.parametrize(
    ("path", "text", "rules"),
    [
        ("test_b.py", "def test_b():\n    assert True\n", ["weakened-tests"]),
        ("test_b.py", "import pytest\n\n@pytest.mark.skip\ndef test_b():\n    assert b() == 1\n", ["skipped-tests"]),
        ("b.test.js", "it.only('b', () => { expect(b()).toBe(1) })\n", ["skipped-tests"]),
        ("test_b.py", "@pytest.mark.skipif(WINDOWS, reason='x')\ndef test_b():\n    assert b() == 1\n", []),
        ("test_b.py", "def test_b():\n    check(b())\n", []),
        ("b.py", "def test_connection():\n    return connect()\n", []),
        ("src/b.js", "it('is no test', () => {})\n", []),
    ],
)
def test_new_tests_have_to_be_tests(path: str, text: str, rules: list[str]) -> None:
    assert refused({}, {path: text}) == rules


@pytest.mark.parametrize("text", ["(" * 200_000, "'" * 200_000, "def test_a(" * 20_000, "it('a', () => {" * 10_000, "[" * 9 + "=" * 99_999, "\\" * 99_999, "/*" * 99_999, "`" * 99_999, "assert (" * 9_999, "#[test]" * 20_000])  # fmt: skip
def test_no_text_takes_long_or_fails(text: str) -> None:
    for path in ("test_a.py", "a.test.ts", "a_test.go", "src/lib.rs"):
        refused({path: text}, {path: text + "\n"})
