"""A language that no tool of ours knows is said, with what to configure, and never green."""

from pathlib import Path

import pytest

from activities.languages.unsupported import not_looked_at, unsupported_languages


@pytest.mark.parametrize(
    ("files", "has_projects", "seen"),
    [
        (["go.mod", "Cargo.toml"], False, []),
        (["backend/pom.xml"], True, ["Java backend/pom.xml"]),
        (["mix.exs", "pom.xml"], False, ["Java pom.xml", "Elixir mix.exs"]),
        (["pom.xml"], False, ["Java pom.xml"]),
        (["app/build.gradle.kts"], False, ["Java or Kotlin app/build.gradle.kts"]),
        (["Gemfile"], False, ["Ruby Gemfile"]),
        (["composer.json"], False, ["PHP composer.json"]),
        (["src/App/App.csproj"], False, [".NET src/App/App.csproj"]),
        (["mix.exs"], False, ["Elixir mix.exs"]),
        (["CMakeLists.txt", "Makefile"], False, ["C or C++ CMakeLists.txt"]),
        (["CMakeLists.txt"], True, []),
        (["Makefile"], False, ["A Makefile Makefile"]),
        (["Makefile"], True, []),
        (["node_modules/x/pom.xml", "docs/Gemfile", "README.md"], False, []),
    ],
)
def test_languages_are_seen_by_their_manifests(
    tmp_path: Path, files: list[str], has_projects: bool, seen: list[str]
) -> None:
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(".PHONY: test\nlint test: all\n\tgo\n")
    found = unsupported_languages(tmp_path, has_projects)
    assert [f"{one.language.name} {one.manifest}" for one in found] == seen


def test_a_makefile_without_tests_is_none(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text("all:\n\tcc x.c\n")
    assert unsupported_languages(tmp_path, False) == ()


def test_the_sentence_names_the_command_and_its_key(tmp_path: Path) -> None:
    (tmp_path / "pom.xml").touch()
    (java,) = unsupported_languages(tmp_path, False)
    assert not_looked_at(java, "unit_tests", java.language.commands["unit_tests"]) == (
        "Java was found (pom.xml) and not checked. Set checks.unit_tests in .github/autobuild.yml, such as: "
        "command: mvn -B test, report: target/surefire-reports/TEST-*.xml"
    )
