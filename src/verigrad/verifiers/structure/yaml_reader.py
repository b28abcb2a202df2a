"""YAML as JSON with less punctuation: plain scalars of YAML 1.2's core, no anchors, tags, merges.

Built from the library's events on our own stack, so that nothing is constructed, nothing recurses
and nesting is stopped before it is scanned.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from verigrad.verifiers.structure.strict_json import MAX_DEPTH, NotJsonError

MAX_CHARS = 20_000
_LOADER = getattr(yaml, "CLoader", yaml.Loader)
_INT = re.compile(r"[-+]?[0-9]{1,300}")
_FLOAT = re.compile(
    r"[-+]?(?:[0-9]{1,300}\.[0-9]{0,300}|\.[0-9]{1,300}|[0-9]{1,300}(?=e))(?:e[-+]?[0-9]{1,3})?",
    re.I,
)
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}


class NotYamlError(NotJsonError):
    """The text is no YAML document of this kind; says why."""


def parse_yaml(text: str) -> Any:
    r"""The value of a YAML document; NotYamlError for anything else. `no` is a word, not false.

    >>> parse_yaml("a: [1, 2.5]\nb: no")
    {'a': [1, 2.5], 'b': 'no'}
    """
    if len(text) > MAX_CHARS:
        raise NotYamlError(f"over {MAX_CHARS} characters")
    builder = _Builder()
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except (yaml.YAMLError, UnicodeError, ValueError) as error:
        raise NotYamlError(" ".join(str(error).split())[:200]) from None
    if builder.documents != 1:
        raise NotYamlError(f"{builder.documents} documents, not one")
    return builder.value


class _Builder:
    """Values from events. A frame is a list, or a dict with the key that waits for its value."""

    def __init__(self) -> None:
        self.stack: list[tuple[Any, list[Any]]] = []
        self.value: Any = None
        self.documents = 0

    def take(self, event: yaml.Event) -> None:
        """One event."""
        if getattr(event, "anchor", None) is not None:
            raise NotYamlError("anchors and aliases are not read")
        if getattr(event, "tag", None) not in (None, "!"):
            raise NotYamlError(f"the tag {event.tag} is not read")  # pyright: ignore[reportAttributeAccessIssue] (just looked at)
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
        elif isinstance(event, yaml.ScalarEvent):
            self._put(event.value if event.style else _plain(event.value))
        elif isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
            if len(self.stack) >= MAX_DEPTH:
                raise NotYamlError(f"nested over {MAX_DEPTH} deep")
            self.stack.append(([] if isinstance(event, yaml.SequenceStartEvent) else {}, []))
        elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
            self._put(self.stack.pop()[0])

    def _put(self, value: Any) -> None:
        if not self.stack:
            self.value = value
            return
        container, waiting = self.stack[-1]
        if isinstance(container, list):
            container.append(value)
        elif waiting:
            container[waiting.pop()] = value
        else:
            key = value if isinstance(value, str) else str(value)
            if isinstance(value, list | dict) or key in container or key == "<<":
                raise NotYamlError(f"the key {key!r:.40} stands twice, or is no key")
            waiting.append(key)


def _plain(text: str) -> Any:
    """A scalar without quotes."""
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        value = float(text)
        if value in (float("inf"), float("-inf")):
            raise NotYamlError(f"{text[:40]} is too large a number")
        return value
    if text.lower().lstrip("+-") in (".nan", ".inf"):
        raise NotYamlError(f"{text} is no number of JSON")
    return text
