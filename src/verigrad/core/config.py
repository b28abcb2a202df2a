"""Recipe binding: TOML -> pydantic, `--set a.b=c` on top, every problem reported at once.

Each leaf remembers where its value came from (`Provenance`), so that `verigrad config --why key`
can say "recipe.toml:12", "--set" or "default".
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from verigrad.core.errors import ConfigError
from verigrad.core.registry import nearest

_HEADER = re.compile(r"^\s*\[\[?\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"^\s*([A-Za-z0-9_.\-]+)\s*=")


class Strict(BaseModel):
    """A section of a recipe: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Section = TypeVar("Section", bound=Strict)


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where every explicitly given key came from: dotted key -> "recipe.toml:12" or "--set".

    `given` holds every dotted key that was given; tables written in one line have one source.
    """

    sources: Mapping[str, str]
    given: frozenset[str]

    def why(self, key: str) -> str:
        """The source of `key`, of the line that gave it inside a table, or "default"."""
        if not any(name == key or name.startswith(f"{key}.") for name in self.given):
            return "default"
        while key:
            if key in self.sources:
                return self.sources[key]
            key = key.rpartition(".")[0]
        return "default"


@dataclass(frozen=True, slots=True)
class Bound:
    """A recipe as bound: the frozen model, its text and where each value came from."""

    recipe: Any
    text: str
    provenance: Provenance


def bind(
    model: type[Section], text: str, *, name: str = "recipe", overrides: Sequence[str] = ()
) -> Bound:
    """Bind TOML `text` and `key=value` overrides to `model`; ConfigError lists every problem."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            f"{name} is not valid TOML: {error}",
            where=name,
            remedy="mend the line named; strings need quotes",
        ) from error
    sources = {key: f"{name}:{line}" for key, line in _key_lines(text).items()}
    for override in overrides:
        key, value = _parse_override(override)
        _assign(data, key, value)
        sources[key] = f"--set {override}"
    provenance = Provenance(sources, frozenset(flatten(data)))
    return Bound(validate(model, data, provenance=provenance, name=name), text, provenance)


def read(model: type[Section], path: Path, *, overrides: Sequence[str] = ()) -> Bound:
    """`bind` a file."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"cannot read the recipe {path}: {error}",
            remedy="check the path; `ls recipes/` shows the recipes that ship",
        ) from error
    return bind(model, text, name=path.name, overrides=overrides)


def validate(
    model: type[Section],
    data: Mapping[str, Any],
    *,
    provenance: Provenance | None = None,
    name: str = "recipe",
) -> Section:
    """`model` from plain data; pydantic's errors rewritten, nearest names offered, all at once."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        lines = [_describe(model, item, provenance) for item in error.errors()]
        raise ConfigError(
            f"{len(lines)} problem{'s' if len(lines) > 1 else ''} in {name}:\n"
            + "\n".join(f"  - {line}" for line in lines),
            remedy="mend these keys; `verigrad config RECIPE` shows the keys there are",
        ) from None


def parse_overrides(overrides: Sequence[str]) -> dict[str, Any]:
    """`key=value` pairs alone, as nested data; values are TOML, else strings.

    >>> parse_overrides(["answer_in=boxed", "limits.wall_s=2"])
    {'answer_in': 'boxed', 'limits': {'wall_s': 2}}
    """
    data: dict[str, Any] = {}
    for override in overrides:
        _assign(data, *_parse_override(override))
    return data


def flatten(data: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested mappings and lists of mappings as dotted keys, in order.

    >>> flatten({"a": {"b": 1}, "t": [{"n": 2}]})
    {'a.b': 1, 't.0.n': 2}
    """
    flat: dict[str, Any] = {}
    for key, value in data.items():
        if isinstance(value, list) and value and all(isinstance(item, Mapping) for item in value):
            value = {str(index): item for index, item in enumerate(value)}  # noqa: PLW2901
        if isinstance(value, Mapping) and value:
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def _describe(model: type[BaseModel], item: Any, provenance: Provenance | None) -> str:
    location = [str(part) for part in item["loc"]]
    key = ".".join(location) or "(the whole recipe)"
    source = provenance.why(key) if provenance else "default"
    where = "" if source == "default" else f" ({source})"
    if item["type"] == "extra_forbidden":
        hint = nearest(location[-1], _fields_at(model, location[:-1]))
        return f"unknown key `{key}`{where}. {hint}".rstrip(". ")
    if item["type"] == "missing":
        return f"missing key `{key}`"
    return f"`{key}` = {item['input']!r}{where}: {item['msg']}"


def _fields_at(model: Any, location: Sequence[str]) -> list[str]:
    """Field names of the section at `location`; lists and optional sections are looked through."""
    for part in location:
        if part.isdigit():
            continue
        field = getattr(model, "model_fields", {}).get(part)
        model = _section_of(field.annotation) if field else None
    return list(getattr(model, "model_fields", {}))


def _section_of(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for inner in get_args(annotation) if (found := _section_of(inner))), None)


def _key_lines(text: str) -> dict[str, int]:
    """Line number of every `key =` of a TOML text, by dotted key (array tables are numbered)."""
    lines: dict[str, int] = {}
    counts: dict[str, int] = {}
    prefix = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            prefix = header[1]
            if line.lstrip().startswith("[["):
                index = counts.get(prefix, 0)
                counts[prefix] = index + 1
                prefix = f"{prefix}.{index}"
            lines[prefix] = number
        elif key := _KEY.match(line):
            lines[f"{prefix}.{key[1]}" if prefix else key[1]] = number
    return lines


def _parse_override(override: str) -> tuple[str, Any]:
    key, equals, value = override.partition("=")
    key = key.strip()
    if not equals or not key:
        raise ConfigError(
            f"--set {override!r} is not of the form key=value",
            remedy="write --set training.steps=50",
        )
    try:
        return key, tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return key, value.strip()


def _assign(data: dict[str, Any], key: str, value: Any) -> None:
    *parents, last = key.split(".")
    node: Any = data
    for part in parents:
        node = _descend(node, part, key)
    if isinstance(node, list):
        node[_index(node, last, key)] = value
    else:
        node[last] = value


def _descend(node: Any, part: str, key: str) -> Any:
    if isinstance(node, list):
        return node[_index(node, part, key)]
    child = node.setdefault(part, {})
    if not isinstance(child, dict | list):
        raise ConfigError(f"--set {key}: `{part}` is a value, not a section")
    return child


def _index(node: list[Any], part: str, key: str) -> int:
    if not part.isdigit() or int(part) >= len(node):
        raise ConfigError(
            f"--set {key}: `{part}` is not an entry of that list",
            remedy=f"the list has entries 0 to {len(node) - 1}",
        )
    return int(part)
