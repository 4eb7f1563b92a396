"""What kind of fault the text of an error means, and which other service it complains of."""

import re
from collections.abc import Iterable
from typing import Final

from activities.incidents.types import FaultClass

_FAULTS: Final[tuple[tuple[FaultClass, str], ...]] = (
    ("memory", r"out of memory|outofmemory|oom[- _]?kill|cannot allocate memory|memoryerror|heap space"
               r"|gc overhead limit|memory limit exceeded|exit(?:ed with)? code 137|allocation failed"),
    ("disk", r"no space left|enospc|disk (?:is )?full|disk quota|read-only file ?system|not enough (?:disk )?space"
             r"|too little (?:disk )?space|i/o error|input/output error"),
    ("dependency", r"modulenotfounderror|importerror|noclassdeffounderror|classnotfoundexception|nosuchmethoderror"
                   r"|cannot find module|abstractmethoderror|undefined symbol|versionconflict|incompatible version"),
    ("configuration", r"invalid (?:config|setting|option)|missing (?:required )?(?:config|setting|key|environment|env"
                      r"|property|variable|secret)|variable \S+ (?:is )?(?:not set|missing|undefined|required)"
                      r"|config(?:uration)?(?: file)? (?:error|\S+ not found|is invalid|not found|missing)|configerror"
                      r"|permission denied|access denied|authentication failed|invalid (?:api )?(?:key|credentials)"
                      r"|certificate (?:has )?expired|could not resolve placeholder|no such property"
                      r"|unknown (?:option|setting|key)|beancreationexception|improperlyconfigured"),
    ("network", r"network is unreachable|no route to host|name or service not known|enotfound|eai_again|no such host"
                r"|temporary failure in name resolution|unknownhost|could not resolve host|(?:tls|ssl) handshake"
                r"|connection reset|econnreset|broken pipe|epipe|packet loss"),
    ("latency", r"timed? ?out|timeout|deadline exceeded|took too long|slow (?:query|request|response)"),
    ("cpu", r"cpu (?:throttl|limit|usage)|thread starvation|event loop (?:is )?(?:blocked|lag)|soft lockup"),
)  # fmt: skip
_PATTERNS: Final = tuple((fault, re.compile(pattern, re.I)) for fault, pattern in _FAULTS)

_OUT_OF_REACH: Final = re.compile(
    r"refused|timed? ?out|timeout|deadline|unavailable|unreachable|bad gateway|upstream|no healthy|reset|circuit"
    r"|(?:connect|call|request|response|calling|fetch|rpc)\w* .*(?:fail|error|5\d\d)"
    r"|fail\w* .*(?:connect|call|request|reach|fetch)"
    r"|(?:returned|responded|status|code|HTTP)\W{1,3}5\d\d|5\d\d (?:from|by)|no such host|not known|\benotfound",
    re.I,
)
"""What a caller writes whose callee does not answer, or answers with an error."""

_BAD_ANSWER: Final = re.compile(r"upstream|unavailable|bad gateway|gateway time|no healthy|\b50[234]\b", re.I)

FAULT_WORDS: Final = (
    r"(?i)\b(?:error|exception|fatal|panic|fail(?:ed|ure|s|ing)?|refused|denied|abort(?:ed|ing)?|crash(?:ed)?|traceback"
    r"|unable|cannot|could not|can't|corrupt(?:ed)?|invalid|timed? ?out|timeout|unavailable|unreachable|exhausted"
    r"|exceeded|rejected|unhandled|segfault|killed|deadlock|out of memory|no space|rolled back"
    r"|(?:status|code|returned|response)[ =:\"]{1,3}5\d\d)\b"
    r"|\w(?:Error|Exception)\b|HTTP/\d(?:\.\d)?\"? 5\d\d\b"
)
"""Words that speak of a fault, whatever the line's level is. For polars and `re` alike."""

ROUTINE_WORDS: Final = (
    r"(?i)\b(?:start(?:ing|ed|up)|listening|initiali[sz](?:ing|ed|ation)|load(?:ing|ed)|ready|shut(?:ting)? ?down"
    r"|shutdown|stopp(?:ing|ed)|boot(?:ing|ed)?|version|register(?:ing|ed)|migrat(?:ing|ed|ion)|connected|deploy(?:ing|ed|ment)|sigterm|gracefully"
    r"|health ?check|reload(?:ing|ed)|worker \S+ exited|rollout)\b"
)
"""Words of lines that every deployment brings."""

NO_FAULT_WORDS: Final = (
    r"(?i)\b(?:no|0|zero|without) (?:errors?|failures?|exceptions?)\b"
    r"|\b(?:errors?|fail(?:ed|ures?))[=: ]+(?:0\b|<\*>)"
)
"""Counts of faults, which are no faults."""

NEVER_CASUAL: Final = (
    r"(?i)out of memory|oom[- _]?kill|outofmemory|no space left|enospc|^panic:|segmentation fault|segfault"
    r"|exit(?:ed with)? code 137|read-only file ?system"
)
"""One such line is a fault, however rare it is."""


def fault_of(text: str, has_frame: bool) -> FaultClass:
    """What kind of fault this error is. With a frame of own code, and words that say nothing else, it is the code's."""
    found = next((fault for fault, pattern in _PATTERNS if pattern.search(text)), None)
    return found or ("code" if has_frame else "errors")


def complained_of(texts: Iterable[str], service: str, services: Iterable[str]) -> str:
    """The other service that most of these errors of `service` call out of reach, "" where they do not agree on one."""
    samples = [text for text in texts if _OUT_OF_REACH.search(text)]
    counts = {other: sum(_names(text, other) for text in samples) for other in services if other != service}
    best = max(counts, key=lambda other: (counts[other], len(other)), default="")
    return best if best and counts[best] and counts[best] * 2 >= len(samples) else ""


def speaks_of_others(texts: Iterable[str]) -> bool:
    """Whether most of these errors are bad answers of another service, named or not."""
    samples = list(texts)
    return sum(_BAD_ANSWER.search(text) is not None for text in samples) * 2 > len(samples)


def _names(text: str, service: str) -> bool:
    """As a host, an address or a word: `http://payments:8080`, `payments-service`, `payments.svc.local`. A name so
    short that it may be any word counts only as a host."""
    name = r"[-_.]?".join(re.escape(word) for word in re.split(r"[-_.]", service) if word)
    if len(service) < 5:
        name = rf"(?:(?<=://)|(?<=@)){name}|{name}(?=:\d|\.svc|[-_]svc)"
    return re.search(rf"(?<![\w-])(?:{name})(?:[-_]?(?:service|svc|api|server))?(?![\w-])", text, re.I) is not None
