"""The recipe on small projects: what must stay as it is comes first."""

from pathlib import Path

import pytest

from activities.migration.python.requirements import Requirement
from activities.migration.recipe import SourceTree
from activities.recipes import registry
from activities.recipes.django_upgrade.packages import raise_requirements, raised
from activities.untrusted_files import UntrustedFolder
from tests.recipes.harness import migrate

RECIPE = registry()["django-upgrade"]

_BEFORE = {
    "other.py": "x = [ 1 ]  ;print(x)\n",
    "broken.py": "def f(:\n",
    "urls.py": (
        "\ufefffrom django.conf.urls import include, url\r\nfrom django.utils.encoding import force_text  # text\r\n\r\n"
        "urlpatterns = [ url(r'^a/$', force_text), url(r'^(?P<x>[0-9]+)/$', force_text) ]\r\n\r\n\r\ndef f(request):\r\n    return request.is_ajax()\r\n"
    ),
    "settings.py": "INSTALLED_APPS = []\nUSE_L10N = True\nMIDDLEWARE_CLASSES = ()\n",
    "a.html": "{% load i18n staticfiles %}\r\n{% ifequal a 'b c' %}x{% else %}y{% endifequal %}\r\n",
    "odd.html": "{% ifequal a b|default:1 2 %}{% endifequal %}\n",
}
_AFTER = {
    **_BEFORE,
    "urls.py": (
        "\ufefffrom django.urls import path\r\nfrom django.utils.encoding import force_str  # text\r\n\r\n"
        "urlpatterns = [ path('a/', force_str), path('<int:x>/', force_str) ]\r\n\r\n\r\ndef f(request):\r\n    return request.is_ajax()\r\n"
    ),
    "settings.py": "INSTALLED_APPS = []\nMIDDLEWARE_CLASSES = ()\n",
    "a.html": "{% load i18n static %}\r\n{% if a == 'b c' %}x{% else %}y{% endif %}\r\n",
}  # fmt: skip


def _tree(folder: Path, files: dict[str, str]) -> SourceTree:
    folder.mkdir(exist_ok=True)
    for path, text in files.items():
        (folder / path).write_bytes(text.encode())
    return SourceTree(UntrustedFolder(folder), tuple(sorted(files)))


async def test_code_and_templates_are_upgraded_and_the_rest_is_named(tmp_path: Path) -> None:
    _tree(tmp_path / "a", _BEFORE)
    done = await migrate(tmp_path / "a", RECIPE, tmp_path / "data")
    assert not any(report.problem for report in done.reports.values())
    assert {path: (tmp_path / "a" / path).read_bytes().decode() for path in _AFTER} == _AFTER
    assert sorted((row.file, row.line, row.reason) for row in done.leftovers) == [
        ("broken.py", 1, "The file does not parse (invalid syntax), so it was left as it is."),
        ("odd.html", 1, "Django no longer has this template tag."),
        ("settings.py", 2, "Django 2.0 no longer has MIDDLEWARE_CLASSES."),
        ("urls.py", 4, "The view gets an int here now, where it got a text."),
        ("urls.py", 8, "Django 4.0 no longer has is_ajax."),
    ]
    again = await migrate(tmp_path / "a", RECIPE, tmp_path / "data")
    assert not any(again.changed.values())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (">=5.2", None),
        ("~=6.0", None),
        (">=3.2,<4.0", ">=5.2,<6.0"),
        (">=3.2, <3.3", ">=5.2, <5.3"),
        ("<5", ">=5.2,<6"),
        ("==3.2.18", "==5.2.*"),
        ("~=3.2.1", "~=5.2.0"),
        ("^3.2", "^5.2"),
        ("~=3.2rc1", "~=5.2"),
        ("", ">=5.2"),
        (">=2.2,!=3.0.*", ">=5.2"),
    ],
)
def test_the_requirement_is_raised_in_its_own_style(text: str, expected: str | None) -> None:
    assert raised(Requirement("requirements.txt", "Django", 0, 0, text, "pep508"), 5, 2) == expected


def test_manifests_and_what_names_old_versions(tmp_path: Path) -> None:
    files = {
        "setup.cfg": "[metadata]\nclassifiers =\n    Framework :: Django\n    Framework :: Django :: 3.2\n    Framework :: Django :: 4.2\n[options]\ninstall_requires =\n    django>=3.2\n",
        "tox.ini": "[tox]\nenvlist = py312-django{32,52}\n[testenv]\ndeps =\n    django32: django~=3.2.1\n",
    }
    rows = list(raise_requirements(_tree(tmp_path, files), "5.2"))
    assert (tmp_path / "setup.cfg").read_text() == (
        "[metadata]\nclassifiers =\n    Framework :: Django\n    Framework :: Django :: 5.2\n[options]\ninstall_requires =\n    django>=5.2\n"
    )
    assert [(row.file, row.line, row.reason) for row in rows] == [
        ("tox.ini", 2, "It still names Django 3.2."),
        ("tox.ini", 5, "It still names Django 3.2."),
    ]
    assert (tmp_path / "tox.ini").read_text() == files["tox.ini"]


def test_where_it_does_not_apply_a_sentence_says_so(tmp_path: Path) -> None:
    assert RECIPE.why_not(_tree(tmp_path / "a", {"a.py": ""}), "5.2") == (
        "Django is not used here: no manifest requires it, and no *.py file imports it."
    )
    assert RECIPE.why_not(_tree(tmp_path / "b", {"requirements.txt": "django>=6.0\n"}), "5.2") == (
        "requirements.txt requires Django >=6.0, which is newer than 5.2. Name a later version with `--to`."
    )
    assert RECIPE.why_not(_tree(tmp_path / "c", {}), "9") == (
        "Django '9' is no version that can be asked for. Name one from 2.0 to 6.0, such as `--to 5.2`."
    )
    tree = _tree(
        tmp_path / "d",
        {
            "pyproject.toml": '[project]\nrequires-python = ">=3.8"\ndependencies = ["django", "djangorestframework==3.12"]\n'
        },
    )
    assert [row.reason for row in RECIPE.blockers(tree, "5.2")] == [
        "Django 5.2 needs Python 3.10, and pyproject.toml takes >=3.8.",
        "djangorestframework ==3.12 is from before Django 5.2.",
    ]
