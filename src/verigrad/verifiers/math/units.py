"""Units with exact factors to base units; any other noun is a label."""

from __future__ import annotations

from flint import fmpq

from verigrad.verifiers.math.nodes import Unit

# name -> (base dimension or expression of other names, factor)
_LENGTH = {
    "m meter meters metre metres": "1", "cm centimeter centimeters centimetre centimetres": "1/100",
    "mm millimeter millimeters millimetre millimetres": "1/1000", "dm decimeter decimeters": "1/10",
    "km kilometer kilometers kilometre kilometres": "1000",
    "in inch inches": "127/5000", "ft foot feet": "381/1250", "yd yard yards": "1143/1250",
    "mi mile miles": "201168/125", "nm nanometer nanometers": "1/1000000000",
}  # fmt: skip
_TIME = {
    "s sec secs second seconds": "1", "min mins minute minutes": "60",
    "h hr hrs hour hours": "3600",
    "day days": "86400", "week weeks": "604800", "ms millisecond milliseconds": "1/1000",
}  # fmt: skip
_MASS = {
    "g gram grams gramme grammes": "1/1000", "kg kilogram kilograms kilos": "1",
    "mg milligram milligrams": "1/1000000", "tonne tonnes": "1000",
    "lb lbs pound pounds": "45359237/100000000", "oz ounce ounces": "45359237/1600000000",
}  # fmt: skip
_MONEY = {"dollar dollars usd bucks": "1", "cent cents": "1/100"}
_CALENDAR = {"year years yr yrs": "12", "month months": "1"}
_VOLUME = {"l liter liters litre litres": "1/1000",
           "ml milliliter milliliters millilitre": "1/1000000",
           "gallon gallons gal": "473176473/125000000000", "cc": "1/1000000"}  # fmt: skip
_DATA = {"bit bits": "1", "byte bytes": "8"}
_DERIVED = {
    "n newton newtons": ("1", {"kg": 1, "m": 1, "s": -2}),
    "j joule joules": ("1", {"kg": 1, "m": 2, "s": -2}),
    "kj kilojoule kilojoules": ("1000", {"kg": 1, "m": 2, "s": -2}),
    "w watt watts": ("1", {"kg": 1, "m": 2, "s": -3}),
    "kw kilowatt kilowatts": ("1000", {"kg": 1, "m": 2, "s": -3}),
    "milliwatt milliwatts": ("1/1000", {"kg": 1, "m": 2, "s": -3}),
    "megawatt megawatts": ("1000000", {"kg": 1, "m": 2, "s": -3}),
    "pa pascal pascals": ("1", {"kg": 1, "m": -1, "s": -2}),
    "hz hertz": ("1", {"s": -1}),
    "mph": ("1397/3125", {"m": 1, "s": -1}),
    "kph kmh kmph": ("5/18", {"m": 1, "s": -1}),
    "acre acres": ("316160658/78125", {"m": 2}),
    "hectare hectares ha": ("10000", {"m": 2}),
    "degree degrees deg": ("1", {"degree": 1}),
    "radian radians rad": ("1", {"radian": 1}),
    "v volt volts": ("1", {"volt": 1}),
    "amp amps ampere amperes": ("1", {"ampere": 1}),
    "ohm ohms": ("1", {"volt": 1, "ampere": -1}),
    "k kelvin kelvins": ("1", {"kelvin": 1}),
    "mol mole moles": ("1", {"mole": 1}),
    "euro euros eur": ("1", {"euro": 1}),
    "sterling gbp": ("1", {"sterling": 1}),
    "rupee rupees inr": ("1", {"rupee": 1}),
    "yen jpy": ("1", {"yen": 1}),
    "celsius centigrade": ("1", {"celsius": 1}),
    "fahrenheit": ("1", {"fahrenheit": 1}),
    "unit units": ("1", {"unit": 1}),
}


def _fraction(text: str) -> fmpq:
    over, _, under = text.partition("/")
    return fmpq(int(over), int(under or 1))


def _build() -> dict[str, Unit]:
    table: dict[str, Unit] = {}
    simple = (
        ("m", 1, _LENGTH), ("s", 1, _TIME), ("kg", 1, _MASS), ("dollar", 1, _MONEY),
        ("month", 1, _CALENDAR), ("m", 3, _VOLUME), ("bit", 1, _DATA),
    )  # fmt: skip
    for base, power, group in simple:
        for names, factor in group.items():
            unit = Unit(_fraction(factor), ((base, power),))
            table.update(dict.fromkeys(names.split(), unit))
    for names, (factor, dimensions) in _DERIVED.items():
        unit = Unit(_fraction(factor), tuple(sorted(dimensions.items())))
        table.update(dict.fromkeys(names.split(), unit))
    return table


UNITS = _build()
ORDINAL = Unit(fmpq(1), (), "ordinal")  # 5th: the value of a place in an order
UNITS.update(dict.fromkeys(("st", "nd", "rd", "th"), ORDINAL))
_EXACT = {"mW": UNITS["milliwatt"], "MW": UNITS["megawatt"]}  # told apart by capitals alone
TEMPERATURES = {"c": UNITS["celsius"], "f": UNITS["fahrenheit"], "celsius": UNITS["celsius"],
                "fahrenheit": UNITS["fahrenheit"], "centigrade": UNITS["celsius"]}  # fmt: skip
DEGREE = UNITS["degree"]
DOLLAR = UNITS["dollar"]
_LETTERS = frozenset({"cm", "mm", "km", "kg", "mg", "ml", "mL", "ft", "mph", "lb", "lbs", "oz",
                      "yd", "kph", "min", "sec", "hr", "hrs", "Hz", "kW", "kJ", "Pa", "mol",
                      "in", "mi", "cc", "gal", "deg", "rad",
                      "st", "nd", "rd", "th", "mW", "MW"})  # fmt: skip
SINGLE = {name: UNITS[name.lower()] for name in ("m", "g", "s", "h", "L", "N", "J", "W", "V", "K")}


def find_unit(word: str) -> Unit | None:
    """The unit a word of a text names: `km`, `Hours`, `N`; None for any other word."""
    if len(word) == 1:
        return SINGLE.get(word) or (UNITS["l"] if word == "l" else None)
    return _EXACT.get(word) or UNITS.get(word.lower())


def is_unit_letters(run: str) -> bool:
    """Whether a run of mathematical letters reads as a unit after a number: `5cm`."""
    return run in _LETTERS or (len(run) > 3 and run.lower() in UNITS)


def label_unit(words: tuple[str, ...]) -> Unit:
    """A noun as a unit: singular, lower case; `GB` and `Gb` keep their capitals."""
    kept = (word if _is_symbol(word) else _singular(word.lower()) for word in words)
    return Unit(fmpq(1), (), " ".join(kept))


def _is_symbol(word: str) -> bool:
    return len(word) <= 3 and not word.islower() and not word.istitle() and len(word) > 1


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        return word[:-1]
    return word


def combine(left: Unit, right: Unit, power: int) -> Unit:
    """`left * right**power`."""
    if left.label or right.label:
        sign = "" if power == 1 else f"^{power}"
        label = f"{left.label or _shown(left)} {right.label or _shown(right)}{sign}".strip()
        return Unit(fmpq(1), (), label)
    dimensions = dict(left.dimensions)
    for base, exponent in right.dimensions:
        dimensions[base] = dimensions.get(base, 0) + exponent * power
    kept = tuple(sorted((base, n) for base, n in dimensions.items() if n))
    return Unit(left.factor * right.factor**power, kept)


def _shown(unit: Unit) -> str:
    names = " ".join(f"{base}^{n}" for base, n in unit.dimensions)
    return f"{unit.factor} {names}".strip() if unit.factor != 1 else names


def shown(unit: Unit) -> str:
    """The canonical name of a unit."""
    return unit.label or _shown(unit)
