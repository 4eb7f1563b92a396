"""A Python file that a program changes by ranges: its syntax tree, its imports, edits and rows."""

import ast
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from activities.migration.python.places import Edit, Place, removals, replaced
from activities.migration.python.program import BOM, Row, parsed, read, syntax_error


class Offsets:
    """From a line and a column in bytes, as ast counts them, to an offset in characters."""

    def __init__(self, text: str) -> None:
        bom = len(text) - len(text.removeprefix(BOM))
        self._lines = text[bom:].replace("\r\n", " \n").replace("\r", "\n").split("\n")
        self._starts = [bom]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line) + 1)

    def at(self, line: int, column: int) -> int:
        text = self._lines[line - 1]
        inside = column if text.isascii() else len(text.encode()[:column].decode("utf-8", "ignore"))
        return self._starts[line - 1] + inside


@dataclass(frozen=True)
class ImportedName:
    """`from module import name as local`."""

    module: str
    name: str
    local: str = ""

    @property
    def text(self) -> str:
        return f"{self.name} as {self.local}" if self.local and self.local != self.name else self.name


class SourceFile:
    """Positions are offsets in `text`. Edits are collected and made at once by `result`."""

    def __init__(self, path: str, text: str, tree: ast.Module) -> None:
        self.path, self.text, self.tree = path, text, tree
        self.newline = "\r\n" if "\r\n" in text else "\n"
        self.edits: list[Edit] = []
        self.rows: list[Row] = []
        self.aliases: dict[str, str] = {}
        self.parents: dict[ast.AST, ast.AST] = {}
        self._offsets = Offsets(text)
        self._wanted: dict[ImportedName, None] = {}
        self._modules: dict[str, None] = {}
        self._moved: list[tuple[ast.ImportFrom, ast.alias, ImportedName | None]] = []
        for node in ast.walk(tree):
            for child in ast.iter_child_nodes(node):
                self.parents[child] = node
            if isinstance(node, ast.Import):
                for alias in node.names:
                    first = alias.name.partition(".")[0]
                    self.aliases[alias.asname or first] = alias.name if alias.asname else first
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    self.aliases[alias.asname or alias.name] = f"{'.' * node.level}{node.module or ''}.{alias.name}"

    def start(self, node: ast.expr | ast.stmt | ast.alias | ast.arg | ast.keyword) -> int:
        return self._offsets.at(node.lineno, node.col_offset)

    def end(self, node: ast.expr | ast.stmt | ast.alias | ast.arg | ast.keyword) -> int:
        return self._offsets.at(node.end_lineno or node.lineno, node.end_col_offset or 0)

    def code(self, node: ast.expr | ast.stmt) -> str:
        return self.text[self.start(node) : self.end(node)]

    def line_start(self, offset: int) -> int:
        start = max(self.text.rfind("\n", 0, offset), self.text.rfind("\r", 0, offset)) + 1
        return start + 1 if self.text.startswith(BOM, start) else start

    def indent(self, node: ast.stmt) -> str:
        return re.match(r"[ \t]*", self.text[self.line_start(self.start(node)) :])[0]  # type: ignore[index]

    def edited(self, node: ast.expr | ast.stmt) -> str:
        """The node's source with the edits in it so far, which are made by that."""
        start, end = self.start(node), self.end(node)
        inside = [edit for edit in self.edits if start <= edit[0] and edit[1] <= end]
        self.edits = [edit for edit in self.edits if edit not in inside]
        return replaced(self.text[start:end], [(first - start, last - start, new) for first, last, new in inside])

    def replace(self, node: ast.expr | ast.stmt, new: str) -> None:
        self.edits.append((self.start(node), self.end(node), new))

    def insert(self, offset: int, new: str) -> None:
        self.edits.append((offset, offset, new))

    def row(self, node: ast.expr | ast.stmt | ast.alias | ast.arg, reason: str, fix: str, breaks: bool = False) -> None:
        self.rows.append(Row(node.lineno, reason, fix, breaks))

    def dotted(self, node: ast.AST | None) -> str:
        """The full name of an imported module's member (`pydantic.Field`), "" for another expression."""
        names: list[str] = []
        while isinstance(node, ast.Attribute):
            names.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id not in self.aliases:
            return ""
        return ".".join((self.aliases[node.id], *reversed(names)))

    def want(self, module: str, name: str) -> None:
        """It is imported then."""
        if self.aliases.get(name) != f"{module}.{name}":
            self._wanted[ImportedName(module, name)] = None

    def want_module(self, name: str) -> None:
        """`import name` is there then."""
        if self.aliases.get(name) != name:
            self._modules[name] = None

    def move(self, node: ast.ImportFrom, alias: ast.alias, new: ImportedName | None) -> None:
        """Imports a name from elsewhere, or no longer."""
        self._moved.append((node, alias, new))

    def remove_elements(
        self, elements: Iterable[ast.expr | ast.keyword | ast.alias | ast.arg], gone: Iterable[object]
    ) -> None:
        """Takes arguments or the like out of their list, with their commas."""
        listed = list(elements)
        places = [Place((index,), self.start(each), self.end(each), "") for index, each in enumerate(listed)]
        unwanted = list(gone)
        self.edits += removals(
            self.text, places, [places[index] for index, each in enumerate(listed) if each in unwanted]
        )

    def result(self) -> str:
        """The text with all edits."""
        self._imports()
        return replaced(self.text, self.edits)

    def _imports(self) -> None:
        wanted = dict(self._wanted)
        moved: dict[ast.ImportFrom, list[tuple[ast.alias, ImportedName | None]]] = {}
        for node, alias, new in self._moved:
            moved.setdefault(node, []).append((alias, new))
        gone = {node for node, some in moved.items() if len(some) == len(node.names)}
        kept = [node for node in self.tree.body if isinstance(node, ast.ImportFrom | ast.Import) and node not in gone]
        for node, some in moved.items():
            names = [new for _, new in some if new]
            if node in gone:
                own = [each for each in names if self._statement(kept, each.module) is None and node in self.tree.body]
                own += [each for each in wanted if own and each.module == own[0].module and each not in own]
                self._replace_statement(node, own)
                for each in own:
                    wanted.pop(each, None)
                names = [each for each in names if each not in own]
            else:
                self.remove_elements(node.names, [alias for alias, _ in some])
            wanted.update(dict.fromkeys(names))
        by_module: dict[str, list[ImportedName]] = {}
        for each in wanted:
            by_module.setdefault(each.module, []).append(each)
        for module in self._modules:
            self._add_module(module, kept)
        removed = {alias for _, alias, _ in self._moved}
        homes = {module: self._statement(kept, module) for module in by_module}
        for module, names in by_module.items():
            if home := homes[module]:
                self._into(home, names, removed)
        for module, names in by_module.items():
            if homes[module] is None:
                self._add(module, names, kept)

    def _statement(self, statements: list[ast.Import | ast.ImportFrom], module: str) -> ast.ImportFrom | None:
        """The one that imports from the module by names."""
        for node in statements:
            if (
                isinstance(node, ast.ImportFrom)
                and not node.level
                and node.module == module
                and node.names[0].name != "*"
            ):
                return node
        return None

    def _replace_statement(self, node: ast.ImportFrom, names: list[ImportedName]) -> None:
        start, end = self.start(node), self.end(node)
        if names:
            lines = []
            for module in dict.fromkeys(each.module for each in names):
                texts = sorted({each.text for each in names if each.module == module})
                lines.append(f"from {module} import {', '.join(texts)}")
            self.edits.append((start, end, (self.newline + self.indent(node)).join(lines)))
            return
        line = re.compile(r"[ \t]*(?:#[^\r\n]*)?(?:\r\n|\n|\r|\Z)").match(self.text, end)
        parent = self.parents.get(node)
        alone = parent is not None and getattr(parent, "body", None) == [node] and not isinstance(parent, ast.Module)
        if line and not self.text[self.line_start(start) : start].strip() and not alone:
            self.edits.append((self.line_start(start), line.end(), ""))
        else:
            self.edits.append((start, end, "pass"))

    def _add(self, module: str, names: list[ImportedName], statements: list[ast.Import | ast.ImportFrom]) -> None:
        line = f"from {module} import {', '.join(sorted(each.text for each in names))}"
        ordinary = [node for node in statements if getattr(node, "module", "") != "__future__"]
        first = module.partition("_")[0].partition(".")[0]
        near = [node for node in ordinary if str(getattr(node, "module", "") or node.names[0].name).startswith(first)]
        if near or (ordinary and module != "typing"):
            self.insert(self.end(near[-1] if near else ordinary[-1]), f"{self.newline}{line}")
        elif ordinary:
            self.insert(self.start(ordinary[0]), f"{line}{self.newline}")
        else:
            self._first(line, statements)

    def _add_module(self, module: str, statements: list[ast.Import | ast.ImportFrom]) -> None:
        ordinary = [node for node in statements if getattr(node, "module", "") != "__future__"]
        tests = [node for node in ordinary if str(getattr(node, "module", "") or node.names[0].name) == "unittest"]
        if ordinary and module in sys.stdlib_module_names:
            self.insert(self.start(ordinary[0]), f"import {module}{self.newline}")
        elif ordinary:
            self.insert(self.end(tests[-1] if tests else ordinary[-1]), f"{self.newline}import {module}")
        else:
            self._first(f"import {module}", statements)

    def _first(self, line: str, statements: list[ast.Import | ast.ImportFrom]) -> None:
        """The file's first import, below its docstring."""
        body = self.tree.body
        if statements:
            self.insert(self.end(statements[-1]), f"{self.newline}{line}")
        elif body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
            self.insert(self.end(body[0]), f"{self.newline}{self.newline}{line}")
        elif body:
            self.insert(self.line_start(self.start(body[0])), f"{line}{self.newline}{self.newline}")

    def _into(self, node: ast.ImportFrom, names: list[ImportedName], removed: set[ast.alias]) -> None:
        """In the order of the names, where they have one."""
        listed = [each for each in node.names if each not in removed]
        known = {(each.name, each.asname or "") for each in listed}
        is_sorted = [each.name for each in listed] == sorted(each.name for each in listed)
        for name in sorted(names, key=lambda each: each.text):
            if (name.name, name.local) in known:
                continue
            later = [each for each in listed if each.name > name.name] if is_sorted else []
            at = later[0] if later else listed[-1]
            lead = self.text[self.line_start(self.start(at)) : self.start(at)]
            between = f",{self.newline}{lead}" if not lead.strip() else ", "
            if later:
                self.insert(self.start(at), f"{name.text}{between}")
            else:
                self.insert(self.end(at), f"{between}{name.text}")


def load(root: Path, path: str) -> SourceFile | Row:
    """A file, or the row why it is left as it is."""
    text = read(root / path)
    if text is None:
        return Row(0, "The file is not UTF-8, so it was left as it is.", "Save it as UTF-8.")
    tree = parsed(text)
    if tree is None:
        return syntax_error(text) or Row(1, "The file does not parse, so it was left as it is.", "Repair it.")
    return SourceFile(path, text, tree)
