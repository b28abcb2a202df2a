"""Rows of a dataset on the Hugging Face hub; needs the extra `hub`."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from typing import Any, overload

from verigrad.core.errors import DataError, SetupError
from verigrad.tasks.fields import Row


def open_hub(
    name: str, *, split: str = "train", config: str | None = None, revision: str | None = None
) -> Sequence[Row]:
    """The rows of one split of `name`; downloaded once, then read from the cache on disk."""
    try:
        datasets = importlib.import_module("datasets")
    except ImportError:
        raise SetupError(
            "the package `datasets` is not installed",
            where=f"hub dataset {name}",
            cause="it comes with the extra `hub`",
            remedy="pip install 'verigrad[hub]', or download the file and give its path",
        ) from None
    try:
        dataset = datasets.load_dataset(name, config, split=split, revision=revision)
    except (OSError, ValueError) as error:
        raise DataError(
            f"the dataset cannot be loaded: {str(error).splitlines()[0]}",
            where=f"{name}, config {config or 'default'}, split {split}",
            cause="a misspelt name, config or split, a private dataset, or no network",
            remedy="look the names up on the dataset's page, or give a local file instead",
        ) from error
    return HubRows(dataset)


class HubRows(Sequence[Row]):
    """A `datasets.Dataset` as rows."""

    def __init__(self, dataset: Any) -> None:
        self._dataset = dataset

    def __len__(self) -> int:
        return len(self._dataset)

    def __iter__(self) -> Iterator[Row]:
        return iter(self._dataset)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        if isinstance(index, slice):
            return [self._dataset[number] for number in range(len(self))[index]]
        return self._dataset[index]
