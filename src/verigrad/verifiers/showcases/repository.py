"""Showcase of `repository`."""

from verigrad.core.types import Problem
from verigrad.verifiers.repository import Repository
from verigrad.verifiers.repository.patches import write_patch
from verigrad.verifiers.showcases import Sample, Showcase

_SHOP = {
    "shop/__init__.py": "",
    "shop/cart.py": (
        "from shop.prices import price\n\n\n"
        "def total(names, discount=0):\n"
        '    """In cents; the discount in percent, rounded down."""\n'
        "    return sum(price(name) for name in names)\n"
    ),
    "shop/prices.py": (
        'PRICES = {"tea": 300, "cake": 450}\n\n\ndef price(name):\n    return PRICES[name]\n'
    ),
    "tests/test_cart.py": "from shop.cart import total\n\nassert total(['tea']) == 300\n",
}
_SHOP_TESTS = [
    {"module": "shop.cart", "entry_point": "total", "assertions": [
        "assert total(['tea']) == 300\nassert total(['tea', 'cake']) == 750",
        {"source": "assert total(['tea', 'cake'], discount=10) == 675\n"
                   "assert total(['cake'], discount=33) == 301", "hidden": True}]},
    {"module": "shop.prices", "entry_point": "price", "hidden": True,
     "assertions": "assert price('cake') == 450"},
]  # fmt: skip
_STACK = {
    "stack.py": (
        "class Stack:\n    def __init__(self):\n        self.items = []\n\n"
        "    def push(self, item):\n        self.items.append(item)\n\n"
        "    def pop(self):\n        return self.items.pop(0)\n"
    )
}
_STACK_TESTS = [
    {"module": "stack", "entry_point": "Stack", "hidden": True, "stateful": True,
     "assertions": "s = Stack()\ns.push(1)\ns.push(2)\nassert s.pop() == 2\nassert s.pop() == 1"},
]  # fmt: skip


def _patch(files: dict[str, str], changed: dict[str, str | None]) -> str:
    after = {path: text for path, text in {**files, **changed}.items() if text is not None}
    return write_patch(files, after)


def _fenced(files: dict[str, str], changed: dict[str, str | None]) -> str:
    return f"```diff\n{_patch(files, changed)}```"


def _replaced(files: dict[str, str], path: str, old: str, new: str) -> dict[str, str | None]:
    assert old in files[path]
    return {path: files[path].replace(old, new)}


def showcase() -> Showcase:
    """A discount that is forgotten, and a stack that is a queue."""
    cart = "shop/cart.py"
    line = "return sum(price(name) for name in names)"
    right = _replaced(_SHOP, cart, line, f"{line} * (100 - discount) // 100")
    again = _replaced(
        _SHOP,
        cart,
        line,
        "cents = 100 - discount\n    return sum(map(price, names)) * cents // 100",
    )
    up = _replaced(_SHOP, cart, line, f"return -(-{line[7:]} * (100 - discount) // 100)")
    shop = Problem.of(
        "`total` forgets the discount.",
        {"tests": _SHOP_TESTS, "protected": ["tests/*"]},
        repository={"files": _SHOP},
    )
    stack = Problem.of(
        "Stack.pop takes the wrong end.", {"tests": _STACK_TESTS}, repository={"files": _STACK}
    )
    popped = _replaced(_STACK, "stack.py", ".pop(0)", ".pop()")
    liar = "class Stack:\n    def push(self, item): pass\n    def pop(self): return Any()\n" \
        "class Any(int):\n    def __eq__(self, other): return True\n"  # fmt: skip
    return Showcase(
        Repository(),
        (
            Sample(
                shop,
                (_fenced(_SHOP, right), _patch(_SHOP, again)),
                (
                    _fenced(_SHOP, up),
                    _fenced(_SHOP, {"README.md": "done\n"}),
                    _fenced(_SHOP, {**right, "tests/test_cart.py": None}),
                    _fenced(_SHOP, {**right, "shop/prices.py": "def price(name): return 300\n"}),
                    _fenced(_SHOP, right).replace("-    return", "-    retrun"),
                ),
            ),
            Sample(
                stack,
                (_fenced(_STACK, popped),),
                (
                    _fenced(_STACK, _replaced(_STACK, "stack.py", ".pop(0)", ".pop(1)")),
                    _fenced(_STACK, {"stack.py": liar}),
                    _fenced(_STACK, {"stack.py": "import os\nos._exit(0)\n"}),
                ),
            ),
        ),
        pieces=("--- a/stack.py\n", "+++ b/stack.py\n", "@@ -1,2 +1,2 @@\n", "-", "+", " ", "\n",
                "class Stack:\n", "```diff\n", "```", "diff --git a/x b/x\n"),
        max_fuzz=100_000,
    )  # fmt: skip
