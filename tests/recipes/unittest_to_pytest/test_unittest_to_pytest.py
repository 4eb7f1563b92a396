"""The recipe on small projects: what must stay as it is comes first. All files of the cases are migrated in one run."""

from pathlib import Path

import pytest

from activities.migration.recipe import SourceTree
from activities.recipes import registry
from activities.recipes.unittest_to_pytest.project import use_pytest
from activities.untrusted_files import UntrustedFolder
from tests.recipes.harness import migrate

RECIPE = registry()["unittest-to-pytest"]

_UNTOUCHED = {
    "other.py": "class A:\n    def f(self):\n        self.assertEqual(1, 1)\n",
    "new_test.py": "import pytest\n\n\nclass TestNew:\n    def test_a(self):\n        assert 1  == 1\n",
    "mocked.py": "from unittest import mock\n\nmock.patch('os.getcwd')\n",
    "broken.py": "import unittest\ndef f(:\n",
    "django_test.py": "from django.test import TestCase\n\n\nclass ViewTest(TestCase):\n    def test_a(self):\n        self.assertEqual(1, 1)\n",
}
_TEST = "import unittest\n\n\nclass TestA(unittest.TestCase):\n    def test_a(self):\n"
_CASES = {
    "shell.py": (
        '"""Doc."""\r\nimport unittest\r\n\r\n\r\nclass Base(unittest.TestCase):\r\n    def setUp(self):\r\n        super().setUp()\r\n        self.a = 1\r\n\r\n\r\n'
        "class ThingTests(Base):\r\n    maxDiff = None\r\n\r\n    def setUp(self):\r\n        super(ThingTests, self).setUp()\r\n\r\n    @classmethod\r\n    def setUpClass(cls):\r\n        cls.b = 2\r\n\r\n    def test_a(self):\r\n        self.assertEqual(self.a, 1)  # kept\r\n\r\n\r\n"
        'if __name__ == "__main__":\r\n    unittest.main()\r\n',
        '"""Doc."""\r\nimport pytest\r\n\r\n\r\nclass Base:\r\n    def setup_method(self):\r\n        self.a = 1\r\n\r\n\r\n'
        "class TestThing(Base):\r\n    def setup_method(self):\r\n        super(TestThing, self).setup_method()\r\n\r\n    @classmethod\r\n    def setup_class(cls):\r\n        cls.b = 2\r\n\r\n    def test_a(self):\r\n        assert self.a == 1  # kept\r\n\r\n\r\n"
        'if __name__ == "__main__":\r\n    raise SystemExit(pytest.main([__file__]))\r\n',
    ),
    "same_one.py": ("from unittest import TestCase\n\n\nclass SameTest(TestCase):\n    def test_a(self): ...\n", "class TestSame:\n    def test_a(self): ...\n"),
    "same_two.py": ("from unittest import TestCase\n\n\nclass SameTest(TestCase):\n    def test_b(self): ...\n", "class TestSame:\n    def test_b(self): ...\n"),
    "uses.py": ("from shell import ThingTests\n\nThingTests.test_a\n", "from shell import TestThing\n\nTestThing.test_a\n"),
    "assertions.py": (
        _TEST + "        self.assertTrue(1 if 2 else 3)\n        self.assertFalse(1 or 2)\n        self.assertEqual(1 == 1, not 0, 'why')\n        self.assertIn(\n            1,  # one\n            [1],\n        )\n"
        "        self.assertIsNone(None, msg='no')\n        self.assertNotIsInstance(1, str)\n        self.assertAlmostEqual(1.0, 1 + 1, places=2)\n        self.assertAlmostEqual(1.0, 2, delta=3)\n        self.assertTrue(x for x in [1])\n        self.assertSequenceEqual((1,), [1])\n        self.assertCountEqual([1], [1])\n",
        _TEST.replace("(unittest.TestCase)", "") + "        assert 1 if 2 else 3\n        assert not (1 or 2)\n        assert (1 == 1) == (not 0), 'why'\n        assert (\n            1  # one\n            in [1]\n        )\n"
        "        assert None is None, 'no'\n        assert not isinstance(1, str)\n        assert round(abs(1.0 - (1 + 1)), 2) == 0\n        assert abs(1.0 - 2) <= 3\n        assert (x for x in [1])\n        assert list((1,)) == list([1])\n        unittest.TestCase().assertCountEqual([1], [1])\n",
    ),
    "raising.py": (
        _TEST + "        with self.assertRaises(ValueError) as caught:\n            int('x')\n        self.assertIn('x', str(caught.exception))\n        self.assertRaises(ValueError, int, 'x', base=3)\n        self.assertRaises(KeyError, lambda: {}[1])\n"
        "        with self.assertRaisesRegex(ValueError, 'a'), self.assertWarns(UserWarning):\n            pass\n        self.skipTest('no')\n        self.fail()\n",
        "import pytest\n\n\nclass TestA:\n    def test_a(self):\n        with pytest.raises(ValueError) as caught:\n            int('x')\n        assert 'x' in str(caught.value)\n        with pytest.raises(ValueError):\n            int('x', base=3)\n        with pytest.raises(KeyError):\n            {}[1]\n"
        "        with pytest.raises(ValueError, match='a'), pytest.warns(UserWarning):\n            pass\n        pytest.skip('no')\n        pytest.fail(\"failed\")\n",
    ),
    "marks.py": (
        "import os\nfrom unittest import TestCase, expectedFailure, skip, skipIf, skipUnless\n\n\n@skip('why')\nclass TestB(TestCase):\n    @skipIf(os.name == 'nt', 'a')\n    @skipUnless(os.name, 'b')\n    @expectedFailure\n    def test_b(self):\n        pass\n",
        "import os\nimport pytest\n\n\n@pytest.mark.skip(reason='why')\nclass TestB:\n    @pytest.mark.skipif(os.name == 'nt', reason='a')\n    @pytest.mark.skipif(not (os.name), reason='b')\n    @pytest.mark.xfail(strict=True)\n    def test_b(self):\n        pass\n",
    ),
    "stays.py": (
        "import unittest\n\n\nclass SubTest(unittest.TestCase):\n    def setUp(self):\n        self.addCleanup(print)\n\n    def test_a(self):\n        self.assertEqual(1, 1)\n        self.assertCountEqual([], [])\n\n\nclass Mixed(Other, unittest.TestCase):\n    def test_b(self): ...\n",
        "import unittest\n\n\nclass SubTest(unittest.TestCase):\n    def setUp(self):\n        self.addCleanup(print)\n\n    def test_a(self):\n        assert 1 == 1\n        self.assertCountEqual([], [])\n\n\nclass Mixed(Other, unittest.TestCase):\n    def test_b(self): ...\n",
    ),
}  # fmt: skip


def _tree(folder: Path, files: dict[str, str]) -> SourceTree:
    folder.mkdir(exist_ok=True)
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text.encode())
    return SourceTree(UntrustedFolder(folder), tuple(sorted(files)))


async def test_tests_are_migrated_where_they_run_the_same(tmp_path: Path) -> None:
    _tree(tmp_path / "a", {**_UNTOUCHED, **{path: code for path, (code, _) in _CASES.items()}})
    done = await migrate(tmp_path / "a", RECIPE, tmp_path / "data", only=("tests",))
    assert not done.reports["tests"].problem
    found = {path: (tmp_path / "a" / path).read_bytes().decode() for path in (*_UNTOUCHED, *_CASES)}
    assert found == {**_UNTOUCHED, **{path: code for path, (_, code) in _CASES.items()}}
    assert sorted((row.file, row.line, row.reason) for row in done.leftovers) == [
        ("broken.py", 2, "The file does not parse (invalid syntax), so it was left as it is."),
        ("stays.py", 6, "SubTest stays a TestCase: it uses addCleanup."),
        ("stays.py", 13, "Mixed stays a TestCase: it is also based on Other."),
    ]
    again = await migrate(tmp_path / "a", RECIPE, tmp_path / "data", only=("tests",))
    assert again.changed == {"tests": ()}


_PROJECTS = [
    ({"requirements-dev.txt": "pytest>=7\n"}, {}),
    ({"pyproject.toml": '[project]\nname = "a"\n'}, {"pyproject.toml": '[project]\nname = "a"\n\n[dependency-groups]\ndev = ["pytest"]\n'}),
    ({"pyproject.toml": '[project.optional-dependencies]\ntest = [\n  "mock",\n]\n'}, {"pyproject.toml": '[project.optional-dependencies]\ntest = [\n  "mock",\n  "pytest",\n]\n'}),
    ({"dev-requirements.txt": "mock\r\n"}, {"dev-requirements.txt": "mock\r\npytest\r\n"}),
    ({"tox.ini": "[testenv]\ncommands = python -m unittest discover -v\n", "requirements-dev.txt": "pytest\n"}, {"tox.ini": "[testenv]\ndeps = pytest\ncommands = python -m pytest -v\n"}),
    ({"Makefile": "t:\n\tpython3 -m unittest discover -s tests && echo\n", "requirements-dev.txt": "pytest\n"}, {"Makefile": "t:\n\tpython3 -m pytest tests && echo\n"}),
    ({"requirements-dev.txt": "pytest\n", "testa.py": "class A(TestCase): ...\n"}, {"pytest.ini": "[pytest]\npython_files = test*.py *_test.py\n"}),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), _PROJECTS)
def test_the_project_runs_pytest(tmp_path: Path, files: dict[str, str], expected: dict[str, str]) -> None:
    for _ in range(2):
        names = {path.name: "" for path in tmp_path.iterdir()}
        tree = _tree(tmp_path, {}) if names else _tree(tmp_path, files)
        assert list(use_pytest(SourceTree(tree.files, tuple(sorted({*names, *files}))), "")) == []
        found = {path.name: path.read_bytes().decode() for path in tmp_path.iterdir()}
        assert found == {**files, **expected}


def test_what_is_started_otherwise_has_a_row(tmp_path: Path) -> None:
    files = {
        ".github/workflows/a.yml": "run: python -m unittest -k x\nrun: python setup.py test\nrun: python -m unittest\n"
    }
    rows = list(use_pytest(_tree(tmp_path, files), ""))
    assert [(row.file.rpartition("/")[2], row.line, row.reason) for row in rows] == [
        ("pyproject.toml", 0, "No manifest was found that says what tests need."),
        ("a.yml", 1, "It starts unittest with options of its own."),
        ("a.yml", 2, "It starts the tests by setup.py."),
        ("a.yml", 3, "The job runs pytest now, and is not seen to install it."),
    ]


def test_where_it_does_not_apply_a_sentence_says_so(tmp_path: Path) -> None:
    assert RECIPE.why_not(_tree(tmp_path / "a", {"a.py": "import pytest\n"}), "") == (
        "There are no tests of unittest: no *.py file has a class based on unittest.TestCase."
    )
    assert (
        RECIPE.why_not(_tree(tmp_path / "b", {"a.py": "from unittest import TestCase\nclass A(TestCase): ...\n"}), "")
        == ""
    )
