"""What versions of Python no longer have, and how a file names it. Source: "What's New" of each version, "Removed"."""

import ast
from collections.abc import Iterator

from activities.migration.python.program import Row

_PACKAGING = "Use packaging.version, and shutil or setuptools for the rest."
_MODULES: dict[int, dict[str, str]] = {
    9: {"dummy_threading": "Use threading.", "_dummy_thread": "Use threading."},
    10: {"formatter": "", "parser": "Use ast.", "symbol": "", "macpath": "Use posixpath."},
    11: {"binhex": ""},
    12: {
        "asynchat": "Use asyncio.",
        "asyncore": "Use asyncio.",
        "smtpd": "Use the package aiosmtpd.",
        "distutils": _PACKAGING,
        "imp": "Use importlib.",
    },
    13: {
        **dict.fromkeys(
            ("aifc", "audioop", "chunk", "imghdr", "mailcap", "msilib", "nis", "nntplib", "ossaudiodev"), ""
        ),
        **dict.fromkeys(("sndhdr", "spwd", "sunau", "uu", "xdrlib"), ""),
        "cgi": "Use email.message for forms and headers, or the package legacy-cgi.",
        "cgitb": "Use the package legacy-cgi.",
        "crypt": "Use hashlib, or a package for passwords.",
        "lib2to3": "Use a package such as libcst.",
        "pipes": "Use subprocess and shlex.quote.",
        "telnetlib": "Use a package such as telnetlib3.",
    },
}
_NAMES: dict[int, dict[str, str]] = {
    9: {
        "base64.encodestring": "Use base64.encodebytes.",
        "base64.decodestring": "Use base64.decodebytes.",
        "fractions.gcd": "Use math.gcd.",
        "sys.setcheckinterval": "Use sys.setswitchinterval.",
        "sys.getcheckinterval": "Use sys.getswitchinterval.",
        "asyncio.Task.current_task": "Use asyncio.current_task.",
        "asyncio.Task.all_tasks": "Use asyncio.all_tasks.",
        "time.clock": "Use time.perf_counter.",
        "platform.linux_distribution": "Use the package distro.",
        "platform.dist": "Use the package distro.",
        "cgi.escape": "Use html.escape.",
    },
    10: {
        f"collections.{name}": f"Use collections.abc.{name}."
        for name in (
            "Callable",
            "Container",
            "Hashable",
            "Iterable",
            "Iterator",
            "Mapping",
            "MutableMapping",
            "MutableSequence",
            "MutableSet",
            "Sequence",
            "Set",
            "Sized",
        )
    },
    11: {
        "inspect.getargspec": "Use inspect.signature or inspect.getfullargspec.",
        "inspect.formatargspec": "Use inspect.signature.",
        "asyncio.coroutine": "Write the function as `async def`.",
        **{
            f"gettext.{name}": "Use the function without the l."
            for name in ("lgettext", "ldgettext", "lngettext", "ldngettext")
        },
        "unittest._TextTestResult": "Use unittest.TextTestResult.",
    },
    12: {
        "ssl.wrap_socket": "Use ssl.SSLContext.wrap_socket.",
        "ssl.match_hostname": "A context with check_hostname does it.",
        "ssl.RAND_pseudo_bytes": "Use os.urandom.",
        "configparser.SafeConfigParser": "Use configparser.ConfigParser.",
        "locale.format": "Use locale.format_string.",
        "pkgutil.ImpImporter": "Use importlib.",
        "pkgutil.ImpLoader": "Use importlib.",
        "sqlite3.enable_shared_cache": "",
        "sqlite3.OptimizedUnicode": "Use str.",
        "importlib.find_loader": "Use importlib.util.find_spec.",
        "importlib.util.set_package": "",
        "importlib.util.set_loader": "",
        "importlib.util.module_for_loader": "",
        "io.OpenWrapper": "Use open.",
    },
    13: {
        "locale.resetlocale": 'Use locale.setlocale(locale.LC_ALL, "").',
        "typing.io": "Import from typing.",
        "typing.re": "Import from typing.",
        "unittest.findTestCases": "Use unittest.TestLoader.",
        "unittest.makeSuite": "Use unittest.defaultTestLoader.loadTestsFromTestCase.",
        "unittest.getTestCaseNames": "Use unittest.TestLoader.",
        "configparser.LegacyInterpolation": "Use another interpolation.",
    },
    14: {
        **{f"ast.{name}": "Use ast.Constant." for name in ("Num", "Str", "Bytes", "NameConstant", "Ellipsis")},
        "asyncio.get_child_watcher": "",
        "asyncio.set_child_watcher": "",
        "pkgutil.find_loader": "Use importlib.util.find_spec.",
        "pkgutil.get_loader": "Use importlib.util.find_spec.",
        "pty.master_open": "Use pty.openpty.",
        "pty.slave_open": "Use pty.openpty.",
        "collections.abc.ByteString": "Use collections.abc.Buffer.",
        "typing.ByteString": "Use collections.abc.Buffer.",
        "importlib.abc.ResourceReader": "Use importlib.resources.abc.",
        "importlib.abc.Traversable": "Use importlib.resources.abc.",
    },
}
_METHODS: dict[int, dict[str, str]] = {
    9: {"isAlive": "Use is_alive()."},
    12: {"readfp": "Use read_file().", "assertDictContainsSubset": "Compare the parts that matter."},
}


def removed_api(tree: ast.Module, minor: int) -> Iterator[Row]:
    """A row for each use of what Python 3.`minor` no longer has, unless the file itself takes something else then."""
    modules = {
        name: (version, fix) for version, some in _MODULES.items() if version <= minor for name, fix in some.items()
    }
    names = {name: (version, fix) for version, some in _NAMES.items() if version <= minor for name, fix in some.items()}
    methods = {
        name: (version, fix) for version, some in _METHODS.items() if version <= minor for name, fix in some.items()
    }
    aliases: dict[str, str] = {}
    guarded = set(_guarded(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                aliases[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
                if id(node) not in guarded:
                    yield from _row(node.lineno, alias.name.partition(".")[0], alias.name, modules)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                aliases[alias.asname or alias.name] = f"{node.module}.{alias.name}"
                if id(node) not in guarded:
                    yield from _row(node.lineno, f"{node.module}.{alias.name}", "", names)
            if id(node) not in guarded:
                yield from _row(node.lineno, node.module.partition(".")[0], node.module, modules)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and id(node) not in guarded:
            yield from _row(node.lineno, _dotted(node, aliases), "", names)
            if node.attr in methods and not _dotted(node, aliases):
                yield from _row(node.lineno, node.attr, "", methods)


def _row(line: int, key: str, shown: str, known: dict[str, tuple[int, str]]) -> Iterator[Row]:
    if key in known:
        version, fix = known[key]
        yield Row(line, f"Python 3.{version} no longer has {shown or key}.", fix or "Replace it.", breaks_build=True)


def _dotted(node: ast.expr, aliases: dict[str, str]) -> str:
    """The full name of an attribute of an imported module, "" for another."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or node.id not in aliases:
        return ""
    return ".".join((aliases[node.id], *reversed(names)))


def _guarded(tree: ast.Module) -> Iterator[int]:
    """Nodes in a `try` that catches a missing module or name, or below a condition about it."""
    for node in ast.walk(tree):
        caught = ""
        if isinstance(node, ast.Try):
            caught = " ".join(ast.unparse(handler.type) if handler.type else "Exception" for handler in node.handlers)
        in_try = any(name in caught for name in ("ImportError", "ModuleNotFoundError", "AttributeError", "Exception"))
        tested = ast.unparse(node.test) if isinstance(node, ast.If) else ""
        in_if = any(name in tested for name in ("version_info", "hasattr", "PY2", "PY3", "TYPE_CHECKING"))
        if in_try or in_if:
            yield from (id(each) for each in ast.walk(node))
