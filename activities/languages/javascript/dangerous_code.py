"""Dangerous JavaScript and TypeScript, as rules of ast-grep: calls that run, show or open what is not written there.

What comes straight from a request or the page's address is an `error` of which the rule is sure; any other text that is
put together is a `warning`: nobody has seen where it comes from.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from activities.model import Severity

Node = dict[str, Any]

JAVASCRIPT = ("js", "jsx", "mjs", "cjs", "tsx")
TYPESCRIPT = ("ts", "mts", "cts")

_PLAIN_TEMPLATE: Node = {"all": [{"kind": "template_string"}, {"not": {"has": {"kind": "template_substitution"}}}]}
_LITERAL: Node = {"any": [{"kind": "string"}, {"kind": "number"}, _PLAIN_TEMPLATE]}
_JOINED: Node = {
    "any": [{"kind": "template_string", "has": {"kind": "template_substitution"}}, {"kind": "binary_expression"}]
}
_CLEANED: Node = {"regex": r"(?i)sanit|escape|purify|encode|basename|parseInt|Number\(|validate|quote\("}
_FROM_REQUEST: Node = {"regex": r"\b(?:req|request|ctx)\.(?:request\.)?(?:query|body|params|headers|cookies)\b"}
_FROM_PAGE: Node = {
    "regex": r"\b(?:location\.(?:hash|search|href)|document\.(?:URL|documentURI|referrer)|window\.name)\b"
}
_SQL: Node = {"regex": r"(?i)^[`'\"]\s*(?:select|insert|update|delete)\b"}


def _calls(*names: str) -> tuple[str, ...]:
    return tuple(f"{name}({arguments})" for name in names for arguments in ("$A", "$A, $$$"))


_RUNS_CODE = (
    "eval($A)",
    "new Function($A)",
    "new Function($B, $A)",
    "new Function($B, $C, $A)",
    *_calls("vm.runInContext", "vm.runInNewContext", "vm.runInThisContext"),
)
_SHELLS = ("child_process", "childProcess", "cp", "require('child_process')", "require('node:child_process')")
_RUNS_SHELL = _calls("exec", "execSync", *(f"{shell}.{name}" for shell in _SHELLS for name in ("exec", "execSync")))
_SHOWS_HTML = (
    "$E.innerHTML = $A", "$E.innerHTML += $A", "$E.outerHTML = $A", "document.write($A)", "document.writeln($A)",
    "$E.insertAdjacentHTML($P, $A)",
)  # fmt: skip
_OPENS = (
    *_calls(
        *(
            f"fs.{name}"
            for name in ("readFile", "readFileSync", "createReadStream", "writeFile", "writeFileSync", "unlink")
        )
    ),
    *_calls("$R.sendFile", "$R.download"),
)
_QUERIES = _calls("$D.query", "$D.execute", "$D.raw")


@dataclass(frozen=True)
class DangerousCode:
    """`patterns` are code with `$A` for the part that `where` says more of; `node` is a node of the tree instead.
    `unless` is a pattern of the whole call's text that makes it safe."""

    id: str
    message: str
    severity: Severity
    patterns: tuple[str, ...] = ()
    where: Node = field(default_factory=dict)
    node: Node = field(default_factory=dict)
    only_jsx: bool = False
    unless: str = ""


RULES = (
    DangerousCode(
        "code-injection-from-request", "What a request sends is run as code.", "error",
        _RUNS_CODE, {"all": [_FROM_REQUEST, {"not": _LITERAL}, {"not": _CLEANED}]},
    ),
    DangerousCode(
        "code-injection-from-page", "A part of the page's address is run as code.", "error",
        _RUNS_CODE, {"all": [_FROM_PAGE, {"not": _LITERAL}, {"not": _CLEANED}]},
    ),
    DangerousCode(
        "code-injection", "Text that is not written here is run as code.", "warning",
        _RUNS_CODE, {"not": {"any": [_LITERAL, _FROM_REQUEST, _FROM_PAGE]}},
    ),
    DangerousCode(
        "command-injection-from-request", "What a request sends becomes part of a shell's command.", "error",
        _RUNS_SHELL, {"all": [_FROM_REQUEST, {"not": _LITERAL}, {"not": _CLEANED}]},
    ),
    DangerousCode(
        "command-injection", "A shell's command is put together; pass arguments to execFile instead.", "warning",
        _RUNS_SHELL, {"all": [_JOINED, {"not": _FROM_REQUEST}]},
    ),
    DangerousCode(
        "html-injection-from-page", "A part of the page's address is shown as HTML.", "error",
        _SHOWS_HTML, {"all": [_FROM_PAGE, {"not": _LITERAL}, {"not": _CLEANED}]},
    ),
    DangerousCode(
        "html-injection", "Text that is not written here is shown as HTML.", "warning",
        _SHOWS_HTML, {"not": {"any": [_LITERAL, _FROM_PAGE, _CLEANED]}},
    ),
    DangerousCode(
        "react-html", "Text is shown as HTML; make sure that it was cleaned.", "warning",
        node={"kind": "jsx_attribute", "regex": "^dangerouslySetInnerHTML", "not": _CLEANED}, only_jsx=True,
    ),
    DangerousCode(
        "sql-injection-from-request", "What a request sends becomes part of a query; pass it as a parameter.", "error",
        _QUERIES, {"all": [_FROM_REQUEST, _JOINED, _SQL, {"not": _CLEANED}]},
    ),
    DangerousCode(
        "sql-injection", "A query is put together; pass values as parameters.", "warning",
        _QUERIES, {"all": [_JOINED, _SQL, {"not": _FROM_REQUEST}]},
    ),
    DangerousCode(
        "path-from-request", "What a request sends names the file.", "error",
        _OPENS, {"all": [_FROM_REQUEST, {"not": _LITERAL}, {"not": _CLEANED}]}, unless=r"\broot\s*:",
    ),
    DangerousCode(
        "open-redirect", "What a request sends is where the reader is sent.", "warning",
        ("$R.redirect($A)", "$R.redirect($S, $A)"), {"all": [_FROM_REQUEST, {"not": _LITERAL}, {"not": _CLEANED}]},
    ),
    DangerousCode(
        "unverified-tls", "A server's certificate is not verified.", "warning",
        node={"any": [
            {"kind": "pair", "regex": r"^['\"]?rejectUnauthorized['\"]?\s*:\s*false$"},
            {"kind": "assignment_expression", "regex": r"NODE_TLS_REJECT_UNAUTHORIZED\b[^=]*=\s*['\"]?0['\"]?$"},
        ]},
    ),
    DangerousCode(
        "weak-cipher", "createCipher makes its key in a way that is easily guessed; use createCipheriv.", "warning",
        _calls("crypto.createCipher", "crypto.createDecipher"),
    ),
)  # fmt: skip

SIGNS = re.compile(
    rb"\beval\s*\(|new\s+Function\b|\brunIn\w*Context\b|\bexec(?:Sync)?\s*\(|innerHTML|outerHTML|insertAdjacentHTML"
    rb"|document\.write|dangerouslySetInnerHTML|\.(?:query|execute|raw|redirect|sendFile|download)\s*\("
    rb"|\bfs\.|rejectUnauthorized|NODE_TLS_REJECT_UNAUTHORIZED|createCipher|createDecipher"
)
"""What any file has that a rule may match."""


def rule_documents() -> str:
    """The rules as ast-grep reads them, for each of its two grammars: TSX's reads JavaScript too."""
    return "\n---\n".join(json.dumps(each) for each in _documents())


def _documents() -> Iterator[Node]:
    for language in ("Tsx", "TypeScript"):
        for rule in RULES:
            if rule.only_jsx and language != "Tsx":
                continue
            matched = rule.node or {"any": [{"pattern": pattern} for pattern in rule.patterns]}
            matched |= {"not": {"regex": rule.unless}} if rule.unless else {}
            document: Node = {
                "id": f"{rule.id}{'' if language == 'Tsx' else '.ts'}", "language": language, "severity": "warning",
                "message": rule.message, "rule": matched,
            }  # fmt: skip
            yield document | ({"constraints": {"A": rule.where}} if rule.where else {})
