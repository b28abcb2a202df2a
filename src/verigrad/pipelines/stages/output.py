"""What a stage leaves for those after it, and the digest by which they know it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from verigrad.audit.gate import own_folder
from verigrad.core.config import Bound, Provenance
from verigrad.core.digests import digest_file, digest_json
from verigrad.core.errors import ConfigError
from verigrad.core.recipe import ModelSection, Recipe
from verigrad.core.stages import PipelineRecipe, RlStage, ScoredStage, StageSection
from verigrad.core.trust import TrustSection
from verigrad.pipelines.progress import Listener

CARDS = "cards"  # in the folder of an audit stage
PROFILE = "profile.jsonl"  # in that of a profile stage
RECORD = "stage.json"  # of a stage, in its folder, written last
_OF_A_MODEL = (".safetensors", ".json", ".jinja")  # not the optimizer's state, nor a page


@dataclass(frozen=True, slots=True)
class Output:
    """A stage's model (a folder), its data (a folder of JSONL files), its figures and its cards."""

    model: Path | None = None
    data: Path | None = None
    figures: Mapping[str, float] = field(default_factory=dict)
    cards: Path | None = None

    @property
    def places(self) -> dict[str, Path]:
        """What there is on disk, by name."""
        named = {"model": self.model, "data": self.data, "cards": self.cards}
        return {name: path for name, path in named.items() if path is not None}

    def digest(self) -> str:
        """Of the model's weights and tokenizer, of the data, and of the figures.

        Cards say how long an audit took, which no two audits agree on: they are left out.
        """
        files = [
            [kind, str(path.relative_to(folder)), digest_file(path)]
            for kind, folder in (("model", self.model), ("data", self.data))
            if folder is not None
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.name != RECORD
            if kind == "data" or _is_model_file(path, folder)
        ]
        return digest_json([files, dict(self.figures)])

    def to_json(self, out: Path) -> dict[str, Any]:
        """Plain JSON, with paths inside `out`."""
        found = {name: str(path.relative_to(out)) for name, path in self.places.items()}
        return {**found, "figures": dict(self.figures)}

    @staticmethod
    def from_json(value: Mapping[str, Any], out: Path) -> Output:
        """What `to_json` wrote."""
        model, data, cards = (
            out / value[name] if name in value else None for name in ("model", "data", "cards")
        )
        return Output(model, data, value["figures"], cards)


def _is_model_file(path: Path, folder: Path) -> bool:
    return path.parent == folder and path.suffix in _OF_A_MODEL


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A stage to be run: where it is written, and what its parents left."""

    pipeline: PipelineRecipe
    text: str
    stage: StageSection
    folder: Path
    parents: Mapping[str, Output]
    listener: Listener
    accept_risk: str | None = None

    def model(self) -> ModelSection:
        """The model that comes in."""
        section = self.pipeline.model
        if self.stage.model is not None:
            return self.stage.model
        for name in self.stage.parents:
            path = self.parents[name].model
            if path is not None:
                return section.model_copy(update={"path": str(path), "build": None})
        return section

    def data(self) -> list[Path]:
        """The data folders of the parents, in their order."""
        found = [self.parents[name].data for name in self.stage.parents]
        return [path for path in found if path is not None]

    def _trust(self) -> TrustSection:
        """With the cards of every audit before this stage, the newest first; then the recipe's."""
        own = self.pipeline.recipe_of(self.stage).trust
        audits = [str(one.cards) for one in self.parents.values() if one.cards is not None]
        if not audits:
            return own
        others = (own.cards,) if isinstance(own.cards, str) else own.cards
        others = tuple(filter(None, others)) or (str(own_folder()),)
        return own.model_copy(update={"cards": (*reversed(audits), *others)})

    def bound(self, **sections: Any) -> Bound:
        """The stage's own recipe on the model that comes in, unless `sections` bring another."""
        sections.setdefault("model", self.model())
        sections.setdefault("trust", self._trust())
        if isinstance(self.stage, ScoredStage) and self.stage.reward_model is not None:
            scorer = self.parents[self.stage.reward_model].data
            sections.setdefault("reward_model", {"path": str(scorer)})
        if isinstance(self.stage, RlStage) and self.stage.profile is not None:
            section = self.pipeline.recipe_of(self.stage).curriculum
            folder = self.parents[self.stage.profile].data
            update = {"profile": f"{folder}/{PROFILE}"}
            sections.setdefault("curriculum", section.model_copy(update=update))
        return as_bound(self.pipeline.recipe_of(self.stage, **sections), self.text)


def as_bound(recipe: Recipe, text: str) -> Bound:
    """A recipe made here, with the text of the pipeline it is part of."""
    return Bound(recipe, text, Provenance({}, frozenset()))


def require_data(work: Work) -> list[Path]:
    """The parents' data; ConfigError where none of them has any."""
    if found := work.data():
        return found
    raise ConfigError(
        f"stage {work.stage.name} learns from data, and no stage in its `from` makes any",
        remedy="put a stage of kind `reject` before it",
    )
