# ruff: noqa: E501 (samples)
"""Showcase of `csv`."""

from verigrad.core.types import Problem
from verigrad.verifiers.showcases import Sample, Showcase
from verigrad.verifiers.structure.tables import Csv

_CITIES = "id,city,people\n1,Rome,2.8\n2,Oslo,0.7"


def showcase() -> Showcase:
    """Cities with unique ids; days between tabs."""
    cities = {
        "columns": [
            {"name": "id", "type": "integer", "unique": True},
            {"name": "city", "values": ["Rome", "Oslo", "Bern"]},
            {"name": "people", "type": "number", "least": 0, "most": 50},
        ],
        "least_rows": 2,
        "most_rows": 3,
    }
    days = {
        "columns": [{"name": "day", "type": "date"}, {"name": "code", "pattern": "[A-Z]{2}"}],
        "delimiter": "\t",
    }
    return Showcase(
        Csv(),
        (
            Sample(
                Problem.of("Two or three cities as CSV.", cities),
                (_CITIES, f"```csv\n{_CITIES}\n3,Bern,0.1\n```", _CITIES.replace("Rome", '"Rome"')),
                (
                    _CITIES.replace("2,Oslo", "1,Oslo"),
                    _CITIES.replace("Oslo", "Paris"),
                    _CITIES.replace("0.7", "-0.7"),
                    _CITIES.replace("0.7", ""),
                    _CITIES.replace("id,city", "city,id"),
                    _CITIES + "\n3,Bern",
                    _CITIES[: _CITIES.rindex("\n")],
                ),
            ),
            Sample(
                Problem.of("Days as TSV.", days),
                ("day\tcode\n2024-02-29\tAB",),
                ("day\tcode\n2024-02-29\tab", "day,code\n2024-02-29,AB", "day\tcode\n2024-13-01\tAB"),
            ),
        ),
        pieces=("id,city,people\n", "1,", "Rome", ",", "\n", '"', '""', "\t", "0.7", "\r\n", ";", "1e5"),
    )  # fmt: skip
