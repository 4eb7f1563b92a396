"""The tables of pyproject.toml for what `setup()` was given."""

import configparser
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from activities.recipes.setup_py_to_pyproject.values import AttributeOf, FileText, FoundPackages

_ENDINGS = {".md": "text/markdown", ".rst": "text/x-rst", ".txt": "text/plain"}
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_DROPPED = frozenset(
    ("test_suite", "tests_require", "test_loader", "setup_requires", "obsoletes", "use_2to3", "test_runner")
)


@dataclass
class ProjectTables:
    """`project`, `tables` and `tool` are what is written, in order; `kept` are keywords that stay in setup.py, and why;
    `dynamic` the fields that come from elsewhere; `requires` what the build needs beside setuptools."""

    project: dict[str, object] = field(default_factory=dict)
    tables: dict[str, Mapping[str, object]] = field(default_factory=dict)
    tool: dict[str, object] = field(default_factory=dict)
    tool_tables: dict[str, Mapping[str, object]] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)
    dynamic: list[str] = field(default_factory=list)
    requires: list[str] = field(default_factory=list)
    tests: list[str] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)


_FIELDS = {
    "version": "version", "description": "description", "long_description": "readme", "license": "license",
    "classifiers": "classifiers", "keywords": "keywords", "install_requires": "dependencies",
    "extras_require": "optional-dependencies", "python_requires": "requires-python", "entry_points": "entry-points",
    "author": "authors", "author_email": "authors", "maintainer": "maintainers", "maintainer_email": "maintainers",
    "url": "urls", "project_urls": "urls", "download_url": "urls",
}  # fmt: skip


def document(values: Mapping[str, object], others: Mapping[str, str]) -> ProjectTables:
    """`values` are keywords of `setup()`, `others` those that are not plain, and why: they stay."""
    made = ProjectTables(kept=dict(others))
    for name in others:
        if name in _FIELDS and _FIELDS[name] not in made.dynamic:
            made.dynamic.append(_FIELDS[name])
    rest = dict(values)
    for take in (_identity, _readme, _license, _people, _lists, _urls, _requirements, _entry_points, _tool, _tests):
        take(made, rest)
    for name in rest:
        if name not in _DROPPED:
            made.kept[name] = "has no place in pyproject.toml"
    if "entry-points" in made.dynamic:  # as setuptools asks
        made.dynamic += [each for each in ("scripts", "gui-scripts") if each not in made.dynamic]
    return made


def _identity(made: ProjectTables, rest: dict[str, object]) -> None:
    for name in ("name", "version", "description"):
        value = rest.pop(name, None)
        if isinstance(value, AttributeOf):
            made.dynamic.append("version")
            made.tool_tables["dynamic"] = {"version": {"attr": f"{value.module}.{value.name}"}}
        elif isinstance(value, str) and (name != "description" or "\n" not in value):
            made.project[name] = value
        elif value is not None:
            made.kept[name] = "is no text of one line"
            made.dynamic += [name] if name != "name" else []
    scm = rest.pop("use_scm_version", None)
    if scm is True or isinstance(scm, dict):
        made.dynamic.append("version")
        made.tool_tables["../setuptools_scm"] = scm if isinstance(scm, dict) else {}
        made.requires.append("setuptools-scm")


def _readme(made: ProjectTables, rest: dict[str, object]) -> None:
    value, content_type = rest.pop("long_description", None), rest.pop("long_description_content_type", None)
    if isinstance(value, FileText) and len(value.paths) == 1 and value.paths[0]:
        path = value.paths[0]
        ending = path[path.rfind(".") :].lower() if "." in path else ""
        kind = str(content_type or _ENDINGS.get(ending, "text/x-rst" if not ending else "text/plain"))
        plain = _ENDINGS.get(ending) == kind and ending != ".txt"
        made.project["readme"] = path if plain else {"file": path, "content-type": kind}
    elif isinstance(value, FileText):
        made.dynamic.append("readme")
        kind = str(content_type or "text/x-rst")
        made.tool_tables["dynamic"] = {
            **made.tool_tables.get("dynamic", {}),
            "readme": {"file": [path for path in value.paths if path], "content-type": kind},
        }
    elif isinstance(value, str) and value.strip():
        made.project["readme"] = {"text": value, "content-type": str(content_type or "text/x-rst")}
    elif "readme" in made.dynamic and content_type is not None:
        made.kept["long_description_content_type"] = "belongs to long_description"
        rest["long_description_content_type"] = content_type
        rest.pop("long_description_content_type")


def _license(made: ProjectTables, rest: dict[str, object]) -> None:
    value = rest.pop("license", None)
    if isinstance(value, str) and value:
        made.project["license"] = {"text": value}
    elif isinstance(value, FileText):
        made.kept["license"] = "is read from a file"
        made.dynamic.append("license")
    files = rest.pop("license_files", rest.pop("license_file", None))
    if isinstance(files, str | list):
        made.tool["license-files"] = [files] if isinstance(files, str) else files


def _people(made: ProjectTables, rest: dict[str, object]) -> None:
    """The name and the address are entries of their own, so that the metadata has them in two fields as before."""
    for role in ("author", "maintainer"):
        name, email = rest.pop(role, None), rest.pop(f"{role}_email", None)
        entries = []
        if isinstance(name, str) and name:
            entries.append({"name": name})
        if isinstance(email, str) and email:
            entries += [{"email": part.strip()} for part in email.split(",") if part.strip()]
        if f"{role}s" in made.dynamic:
            for key, value in ((role, name), (f"{role}_email", email)):
                if value is not None:
                    made.kept[key] = "belongs to the other one"
        elif entries:
            made.project[f"{role}s"] = entries


def _lists(made: ProjectTables, rest: dict[str, object]) -> None:
    keywords = rest.pop("keywords", None)
    if isinstance(keywords, str) and keywords:
        made.project["keywords"] = [part.strip() for part in keywords.split(",") if part.strip()]
    elif isinstance(keywords, list):
        made.project["keywords"] = keywords
    classifiers = rest.pop("classifiers", None)
    if isinstance(classifiers, str):
        classifiers = [line.strip() for line in classifiers.splitlines() if line.strip()]
    if isinstance(classifiers, list):
        made.project["classifiers"] = [each for each in classifiers if each]
    platforms = rest.pop("platforms", None)
    if platforms:
        made.tool["platforms"] = [platforms] if isinstance(platforms, str) else platforms


def _urls(made: ProjectTables, rest: dict[str, object]) -> None:
    urls: dict[str, object] = {}
    for name, label in (("url", "Homepage"), ("download_url", "Download")):
        value = rest.pop(name, None)
        if isinstance(value, str) and value:
            urls[label] = value
    project_urls = rest.pop("project_urls", None)
    if isinstance(project_urls, dict):
        urls |= {str(key): value for key, value in project_urls.items()}
    if urls and "urls" not in made.dynamic:
        made.tables["urls"] = urls


def _requirement_lines(value: object) -> list[str]:
    lines = value.splitlines() if isinstance(value, str) else value if isinstance(value, list) else []
    return [str(line).strip() for line in lines if str(line).strip() and not str(line).strip().startswith("#")]


def _requirements(made: ProjectTables, rest: dict[str, object]) -> None:
    python = rest.pop("python_requires", None)
    if isinstance(python, str):
        made.project["requires-python"] = python
    dependencies = _requirement_lines(rest.pop("install_requires", None))
    extras: dict[str, list[str]] = {}
    listed = rest.pop("extras_require", None)
    for key, value in listed.items() if isinstance(listed, dict) else ():
        name, _, marker = str(key).partition(":")
        lines = [_with_marker(line, marker.strip()) for line in _requirement_lines(value)]
        if name:
            extras.setdefault(name, []).extend(lines)
        else:
            dependencies += lines
    if dependencies and "dependencies" not in made.dynamic:
        made.project["dependencies"] = dependencies
    elif dependencies:
        made.kept.setdefault("install_requires", "is not plain")
    if extras:
        made.tables["optional-dependencies"] = extras


def _with_marker(line: str, marker: str) -> str:
    if not marker:
        return line
    requirement, _, own = line.partition(";")
    return f"{requirement.strip()}; ({own.strip()}) and ({marker})" if own else f"{requirement.strip()}; {marker}"


def _entry_points(made: ProjectTables, rest: dict[str, object]) -> None:
    value = rest.pop("entry_points", None)
    groups: dict[str, dict[str, str]] = {}
    if isinstance(value, str):
        parser = configparser.RawConfigParser(delimiters=("=",))
        parser.optionxform = str  # type: ignore[assignment,method-assign]
        try:
            parser.read_string("\n".join(line.strip() for line in value.splitlines()))
        except configparser.Error:
            made.kept["entry_points"] = "is no ini text"
            made.dynamic.append("entry-points")
            return
        groups = {name: dict(parser.items(name)) for name in parser.sections()}
    elif isinstance(value, dict):
        for group, entries in value.items():
            for line in _requirement_lines(entries):
                name, _, target = line.partition("=")
                groups.setdefault(str(group), {})[name.strip()] = target.strip()
    for group, entries in groups.items():
        table = {"console_scripts": "scripts", "gui_scripts": "gui-scripts"}.get(group, f"entry-points.{_key(group)}")
        if entries:
            made.tables[table] = entries


def _tool(made: ProjectTables, rest: dict[str, object]) -> None:
    packages = rest.pop("packages", None)
    if isinstance(packages, FoundPackages):
        find: dict[str, object] = {} if packages.where == "." else {"where": [packages.where]}
        find |= {
            name: list(some) for name, some in (("include", packages.include), ("exclude", packages.exclude)) if some
        }
        made.tool_tables["packages.find"] = {**find, **({} if packages.namespaces else {"namespaces": False})}
    elif isinstance(packages, list):
        made.tool["packages"] = packages
    for name, key in (("py_modules", "py-modules"), ("zip_safe", "zip-safe"), ("scripts", "script-files")):
        if (value := rest.pop(name, None)) is not None:
            made.tool[key] = value
    included = rest.pop("include_package_data", None)
    if not included:
        made.tool["include-package-data"] = False
    for name, key in (
        ("package_dir", "package-dir"),
        ("package_data", "package-data"),
        ("exclude_package_data", "exclude-package-data"),
    ):
        value = rest.pop(name, None)
        if isinstance(value, dict) and value:
            made.tool_tables[key] = {
                "*" if part == "" and key != "package-dir" else str(part): each for part, each in value.items()
            }
    data = rest.pop("data_files", None)
    if isinstance(data, list) and all(isinstance(each, list) and len(each) == 2 for each in data):
        made.tool_tables["data-files"] = {str(folder): files for folder, files in data}
    elif data:
        made.kept["data_files"] = "is no list of folders and files"
    if packages is None and "py-modules" not in made.tool and "packages" not in made.kept:
        made.tool["packages"] = []


def _tests(made: ProjectTables, rest: dict[str, object]) -> None:
    made.tests = _requirement_lines(rest.pop("tests_require", None))
    for each in _requirement_lines(rest.pop("setup_requires", None)):
        name = re.split(r"[^A-Za-z0-9._-]", each)[0].lower().replace("_", "-")
        if name not in ("setuptools", "wheel", "pytest-runner", *made.requires):
            made.requires.append(each)


def rendered(made: ProjectTables, *, build_system: bool, newline: str) -> str:
    """The text of the tables."""
    lines: list[str] = []
    if build_system:
        requires = ["setuptools>=77" if "license-files" in made.project else "setuptools>=61", *made.requires]
        backend = "setuptools.build_meta:__legacy__" if made.kept else "setuptools.build_meta"
        lines += ["[build-system]", *_pair("requires", requires), *_pair("build-backend", backend), ""]
    lines.append("[project]")
    for name in (
        "name",
        "version",
        "description",
        "readme",
        "requires-python",
        "license",
        "authors",
        "maintainers",
        "keywords",
        "classifiers",
    ):
        if name in made.project:
            lines += _pair(name, made.project[name])
    if made.dynamic:
        lines += _pair("dynamic", list(dict.fromkeys(made.dynamic)))
    if "dependencies" in made.project:
        lines += _pair("dependencies", made.project["dependencies"])
    for name, table in made.tables.items():
        lines += ["", f"[project.{name}]", *(line for key, value in table.items() for line in _pair(_key(key), value))]
    if made.tests:
        lines += ["", "[dependency-groups]", *_pair("test", made.tests)]
    if made.tool:
        lines += ["", "[tool.setuptools]", *(line for key, value in made.tool.items() for line in _pair(key, value))]
    for name, table in made.tool_tables.items():
        title = name.removeprefix("../") if name.startswith("../") else f"setuptools.{name}"
        lines += [
            "",
            f"[tool.{title}]",
            *(line for key, value in table.items() for line in _pair(_key(str(key)), value)),
        ]
    return newline.join(lines) + newline


def _pair(key: str, value: object) -> Iterator[str]:
    if (isinstance(value, list) and len(_inline(value)) > 80) or (
        isinstance(value, list) and value and isinstance(value[0], dict)
    ):
        yield f"{key} = ["
        for each in value:
            yield f"  {_inline(each)},"
        yield "]"
    else:
        yield f"{key} = {_inline(value)}"


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _inline(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_inline, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(str(key))} = {_inline(each)}" for key, each in value.items()) + "}"
    return _text(str(value)) if not isinstance(value, int | float) else str(value)


def _text(value: str) -> str:
    """TOML's basic texts are JSON's, but for one character."""
    if "\n" in value and '"""' not in value and "\\" not in value:
        return f'"""\n{value}"""'
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
