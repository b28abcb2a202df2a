"""`xml`: a well-formed document with the elements a problem asks for, and no others.

The problem's `answer`: `{"root": "note", "required": ["to", "body/line"], "allowed": ["from"]}`.
Paths stand below the root. No DTD, no entities but the five, no processing instructions.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar
from xml.etree import ElementTree as ET

from verigrad.core.types import Problem
from verigrad.core.verdict import Reason, Verdict
from verigrad.verifiers.base import Policy, Verifier, abstained, correct, rejected
from verigrad.verifiers.final_answer import UnreadableError
from verigrad.verifiers.structure.payload import PayloadPolicy, find_payload

MAX_DEPTH = 64
MAX_ELEMENTS = 20_000
_PATH = re.compile(r"[A-Za-z_][\w.-]*(?:/[A-Za-z_][\w.-]*)*")
_DECLARATION = re.compile(r"<!(?!--|\[CDATA\[)|<\?(?!xml\s)")


class Xml(Verifier):
    """The payload is an XML document of the stated shape; required elements hold text or elements.

    >>> problem = Problem.of("?", {"root": "note", "required": ["to"]})
    >>> Xml().verify(problem, "<note><to>Ann</to></note>").is_correct
    True
    """

    name: ClassVar[str] = "xml"
    version: ClassVar[str] = "1"
    policy_type: ClassVar[type[Policy]] = PayloadPolicy
    proves: ClassVar[str] = "the payload is well-formed and has the elements asked for, no others"
    cannot: ClassVar[str] = "that their content is right"
    assurance: ClassVar[str] = "exact"
    cost: ClassVar[str] = "about 1 ms"

    def judge(self, problem: Problem, response: str) -> Verdict:
        """The wanted shape first, then the document, then its paths."""
        try:
            root, required, allowed = _read(problem.answer)
        except ValueError as error:
            return abstained(Reason.BAD_REFERENCE, str(error))
        try:
            found = find_payload(response, self.policy)
        except UnreadableError as error:
            return rejected(error.reason, evidence={"why": error.why})
        try:
            paths = _paths(found.text.strip(), root)
        except UnreadableError as error:
            return rejected(error.reason, extracted=found, evidence={"why": error.why})
        facts: dict[str, Any] = {"extracted": found, "method": "elements", "certainty": "exact"}
        missing = sorted(path for path in required if not paths.get(path))
        others = sorted(path for path in paths if path not in allowed)
        if missing or others:
            why = f"missing or empty {missing[:5]}, not asked for {others[:5]}"
            return rejected(Reason.WRONG, evidence={"why": why}, **facts)
        return correct(**facts)


def _read(answer: Any) -> tuple[str, set[str], set[str]]:
    """Root, required paths, and every path that may occur (their own beginnings included)."""
    if not isinstance(answer, dict) or set(answer) - {"root", "required", "allowed"}:
        raise ValueError('the reference is no {"root": ..., "required": [...], "allowed": [...]}')
    required, more = answer.get("required"), answer.get("allowed", [])
    if not isinstance(required, list) or not required or not isinstance(more, list):
        raise ValueError('"required" must be a list with something in it')
    names = [answer.get("root"), *required, *more]
    if not all(isinstance(name, str) and _PATH.fullmatch(name) for name in names):
        raise ValueError("root and paths must be names of elements")
    parts = [path.split("/") for path in (*required, *more)]
    allowed = {"/".join(part[:end]) for part in parts for end in range(1, len(part) + 1)}
    return answer["root"], set(required), allowed


def _paths(text: str, root: str) -> dict[str, bool]:
    """Path below the root -> whether every element of that path holds something."""
    if _DECLARATION.search(text):
        raise UnreadableError(Reason.VIOLATION, "declarations and instructions are refused")
    parser = ET.XMLPullParser(events=("start", "end"))
    open_names: list[str] = []
    held: dict[str, bool] = {}
    count = 0
    try:
        parser.feed(text.encode("utf-8", "replace"))
        parser.close()
        events: Any = parser.read_events()
        for event, element in events:
            if event == "start":
                open_names.append(element.tag)
                count += 1
                if len(open_names) > MAX_DEPTH or count > MAX_ELEMENTS:
                    raise UnreadableError(Reason.OVER_LIMIT, "too deep, or too many elements")
                continue
            path = "/".join(open_names[1:])
            holds = len(element) > 0 or bool((element.text or "").strip())
            if path:
                held[path] = held.get(path, True) and holds
            elif element.tag != root:
                raise UnreadableError(Reason.WRONG, f"the root is {element.tag!r:.40}")
            open_names.pop()
    except ET.ParseError as error:
        raise UnreadableError(Reason.MALFORMED, f"not well-formed: {error}") from None
    return held
