"""The keys of a repository's own recipe, `.github/autobuild/recipes/*.yml`. The published schema is made from this.

`python -m activities.migration.recipe_file` prints it.
"""

import json
from typing import Annotated, Any, Final, Literal

from pydantic import Discriminator, Field, Tag

from activities.check_options import MANY, ONE, Keys
from activities.repo_config.models import GLOB, HINTS, Glob
from activities.repo_config.schema import tidy

NAME: Final = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
PACKAGE: Final = r"^(@[a-z0-9._~-]+/)?[A-Za-z0-9][A-Za-z0-9._-]*$"
RECIPE_HINTS: Final = {
    **HINTS,
    GLOB: HINTS[GLOB],
    NAME: "write small letters and digits, with hyphens between words, such as `rename-logger`",
    PACKAGE: "write a package's name, such as `left-pad` or `@types/node`",
}

Name = Annotated[str, Field(pattern=NAME, max_length=40)]
Title = Annotated[str, Field(min_length=1, max_length=72)]
Sentence = Annotated[str, Field(min_length=1, max_length=300)]
Package = Annotated[str, Field(pattern=PACKAGE, max_length=214)]
Range = Annotated[str, Field(min_length=1, max_length=200)]
Globs = Annotated[tuple[Glob, ...], Field(max_length=100)]
Node = Annotated[dict[str, Any], Field(min_length=1, max_length=100)]
GrammarName = Literal[
    "Bash", "C", "Cpp", "CSharp", "Css", "Elixir", "Go", "Haskell", "Hcl", "Html", "Java", "JavaScript", "Json",
    "Kotlin", "Lua", "Nix", "Php", "Python", "Ruby", "Rust", "Scala", "Solidity", "Swift", "Tsx", "TypeScript", "Yaml",
]  # fmt: skip
Grammars = Annotated[
    Annotated[GrammarName, Tag(ONE)]
    | Annotated[tuple[GrammarName, ...], Field(min_length=1, max_length=len(GrammarName.__args__)), Tag(MANY)],
    Discriminator(lambda value: MANY if isinstance(value, (list, tuple)) else ONE),
    Field(description="The language, or a list of them; TypeScript, TSX and JavaScript are three."),
]


class AppliesTo(Keys):
    """What must be there, all of it, or the recipe does not apply."""

    files: Annotated[Globs, Field(description="Patterns; each must fit a file.")] = ()
    packages: Annotated[
        tuple[Package, ...],
        Field(max_length=100, description="Packages that a package.json or pyproject.toml must declare."),
    ] = ()


class CodePattern(Keys):
    """What ast-grep finds."""

    language: Grammars
    rule: Annotated[Node, Field(description="A rule as ast-grep reads it.")]
    constraints: Annotated[dict[str, Any], Field(max_length=100, description="Rules of single variables.")] = Field(
        default_factory=dict
    )
    utils: Annotated[dict[str, Any], Field(max_length=100, description="Named rules for use in others.")] = Field(
        default_factory=dict
    )

    @property
    def grammars(self) -> tuple[str, ...]:
        return (self.language,) if isinstance(self.language, str) else self.language


class RewriteRule(CodePattern):
    """Code that ast-grep replaces."""

    fix: Annotated[str, Field(max_length=8192, description="What stands there afterwards; empty removes it.")]
    transform: Annotated[dict[str, Any], Field(max_length=100, description="Variables made from others.")] = Field(
        default_factory=dict
    )


class LeftoverRule(CodePattern):
    """Code that a person has to look at."""

    reason: Annotated[Sentence, Field(description="Why; `$A` stands for what the variable matched.")]
    fix: Annotated[str, Field(max_length=300, description="What to do.")] = ""
    breaks_build: Annotated[bool, Field(description="Whether the code does not work until then.")] = False


class ManifestChange(Keys):
    """Edits of the dependencies that a manifest declares. Everything else in it keeps its format."""

    file: Annotated[
        Literal["package.json", "pyproject.toml"], Field(description="Every file of this name is edited.")
    ] = "package.json"
    set: Annotated[
        dict[Package, Range], Field(max_length=100, description="The range of a dependency, where it is declared.")
    ] = Field(default_factory=dict)
    add: Annotated[
        dict[Package, Range],
        Field(max_length=100, description="Dependencies for the manifests that `applies` or the other keys name."),
    ] = Field(default_factory=dict)
    add_to: Annotated[
        str,
        Field(
            max_length=100,
            description="Where added ones go: a section of package.json (default `devDependencies`), or a dependency"
            " group of pyproject.toml (default: the project's dependencies).",
        ),
    ] = ""
    remove: Annotated[tuple[Package, ...], Field(max_length=100, description="Dependencies that go.")] = ()
    rename: Annotated[
        dict[Package, Package], Field(max_length=100, description="A dependency's name and its new one.")
    ] = Field(default_factory=dict)


class RecipeFileStep(Keys):
    """One commit. It has one of `rules`, `command`, `manifest` and `leftovers`."""

    name: Annotated[Name, Field(description="For `--only`, `needs` and `/rollback`.")]
    title: Annotated[Title, Field(description="The commit's subject.")]
    needs: Annotated[tuple[Name, ...], Field(max_length=50, description="Steps above that it builds on.")] = ()
    risk: Annotated[
        Literal["low", "medium", "high"], Field(description="How likely it changes what the program does.")
    ] = "low"
    optional: Annotated[bool, Field(description="Only run where `--only` names it.")] = False
    essential: Annotated[
        bool, Field(description="Kept where it breaks a check: the migration is nothing without it.")
    ] = False
    rules: Annotated[tuple[RewriteRule, ...], Field(max_length=100, description="Rewrites by ast-grep.")] = ()
    command: Annotated[
        str, Field(max_length=8192, description="Run by `sh -c` in the repository's root, in the sandbox.")
    ] = ""
    manifest: Annotated[tuple[ManifestChange, ...], Field(max_length=20, description="Edits of dependencies.")] = ()
    leftovers: Annotated[tuple[LeftoverRule, ...], Field(max_length=100, description="What is left to a person.")] = ()
    files: Annotated[Globs, Field(description="Only these files; a command runs only where there is one of them.")] = ()
    ignore: Annotated[Globs, Field(description="Not these files.")] = ()
    creates: Annotated[Globs, Field(description="New files of a command that are kept.")] = ()
    removes: Annotated[Globs, Field(description="Files that a command may remove.")] = ()
    network: Annotated[bool, Field(description="A command may reach the package registries.")] = False


class RecipeFile(Keys):
    """A repository's own migration."""

    name: Annotated[Name, Field(description="What is typed after `/migrate`.")]
    title: Title
    description: Annotated[str, Field(max_length=1000)] = ""
    applies: AppliesTo = AppliesTo()
    steps: Annotated[tuple[RecipeFileStep, ...], Field(min_length=1, max_length=50)]


def schema() -> str:
    """The schema as `docs/recipe.schema.json` holds it."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(tidy({**head, **RecipeFile.model_json_schema(), "title": "Autobuild"}), indent=2) + "\n"


if __name__ == "__main__":
    print(schema(), end="")
