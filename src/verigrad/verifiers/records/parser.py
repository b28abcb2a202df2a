"""Rules, read by recursive descent: or, and, not, comparison, sum, product, sign, path."""

from __future__ import annotations

from fractions import Fraction

from verigrad.core.registry import nearest
from verigrad.verifiers.records.functions import FUNCTIONS
from verigrad.verifiers.records.syntax import (
    Binary,
    Called,
    Constant,
    Each,
    Field,
    Generated,
    Item,
    Listed,
    Name,
    Node,
    Quantified,
    RuleError,
    Token,
    Unary,
    tokenize,
)

MAX_DEPTH = 40
ROOTS = ("answer", "data")
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=", "in")
_WORDS = {"true": True, "false": False, "null": None}


def parse(rule: str) -> Node:
    """The tree of a rule; RuleError says what is wrong and where."""
    if not isinstance(rule, str) or not rule.strip():
        raise RuleError("a rule is a text with something in it")
    return _Parser(tokenize(rule)).whole()


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.position = 0
        self.depth = 0
        self.variables: list[str] = list(ROOTS)

    def whole(self) -> Node:
        node = self.expression()
        if self.peek.kind != "end":
            raise self.wrong("something is left over")
        return node

    @property
    def peek(self) -> Token:
        return self.tokens[self.position]

    def wrong(self, why: str) -> RuleError:
        return RuleError(f"{why} at {self.peek.text or 'the end'!r}, character {self.peek.at}")

    def take(self, *texts: str) -> str | None:
        """The next token's text if it is one of these signs or keywords; then go on."""
        token = self.peek
        if token.kind in ("sign", "keyword") and token.text in texts:
            self.position += 1
            return token.text
        return None

    def need(self, text: str) -> None:
        if self.take(text) is None:
            raise self.wrong(f"{text!r} is missing")

    def name(self) -> str:
        token = self.peek
        if token.kind != "name":
            raise self.wrong("a name is missing")
        self.position += 1
        return token.text

    def expression(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise RuleError(f"nested over {MAX_DEPTH} deep")
        node = self.quantified() if self.peek.text in ("forall", "exists") else self.either()
        self.depth -= 1
        return node

    def quantified(self) -> Node:
        how = self.take("forall", "exists") or ""
        variable, source = self.binding()
        self.need(":")
        self.variables.append(variable)
        condition = self.expression()
        self.variables.pop()
        return Quantified(how, variable, source, condition)

    def binding(self) -> tuple[str, Node]:
        variable = self.name()
        if variable in self.variables or variable in FUNCTIONS:
            raise self.wrong(f"{variable!r} already means something")
        self.need("in")
        return variable, self.sum()

    def either(self) -> Node:
        node = self.both()
        while self.take("or"):
            node = Binary("or", node, self.both())
        return node

    def both(self) -> Node:
        node = self.negation()
        while self.take("and"):
            node = Binary("and", node, self.negation())
        return node

    def negation(self) -> Node:
        if self.take("not"):
            self.depth += 1
            if self.depth > MAX_DEPTH:
                raise RuleError(f"nested over {MAX_DEPTH} deep")
            node = Unary("not", self.negation())
            self.depth -= 1
            return node
        return self.quantified() if self.peek.text in ("forall", "exists") else self.comparison()

    def comparison(self) -> Node:
        node = self.sum()
        if sign := self.take(*_COMPARISONS):
            node = Binary(sign, node, self.sum())
            if self.peek.text in _COMPARISONS:
                raise self.wrong("comparisons are not chained")
        elif self.take("not"):
            self.need("in")
            node = Unary("not", Binary("in", node, self.sum()))
        return node

    def sum(self) -> Node:
        node = self.product()
        while sign := self.take("+", "-"):
            node = Binary(sign, node, self.product())
        return node

    def product(self) -> Node:
        node = self.signed()
        while sign := self.take("*", "/", "%"):
            node = Binary(sign, node, self.signed())
        return node

    def signed(self) -> Node:
        if self.take("-"):
            return Unary("-", self.path())
        return self.path()

    def path(self) -> Node:
        return self.steps(self.atom())

    def steps(self, node: Node) -> Node:
        while True:
            if self.take("."):
                node = Field(node, self.name())
            elif self.take("[*]"):
                return Each(node, self.steps(Name("*")))
            elif self.take("["):
                node = Item(node, self.expression())
                self.need("]")
            else:
                return node

    def atom(self) -> Node:
        token = self.peek
        if token.kind == "number":
            self.position += 1
            return Constant(Fraction(token.text))
        if token.kind == "text":
            self.position += 1
            return Constant(token.text[1:-1])
        if token.kind == "keyword" and token.text in _WORDS:
            self.position += 1
            return Constant(_WORDS[token.text])
        if self.take("("):
            node = self.expression()
            self.need(")")
            return node
        if self.take("["):
            return Listed(self.listed("]"))
        name = self.name()
        if self.take("("):
            return self.call(name)
        if name not in self.variables:
            known = [*self.variables, *FUNCTIONS]
            raise RuleError(f"unknown name {name!r}; {nearest(name, known)}")
        return Name(name)

    def listed(self, closing: str) -> tuple[Node, ...]:
        items: list[Node] = []
        while not self.take(closing):
            if items:
                self.need(",")
            items.append(self.expression())
        return tuple(items)

    def call(self, name: str) -> Node:
        if name not in FUNCTIONS:
            raise RuleError(f"unknown function {name!r}; {nearest(name, list(FUNCTIONS))}")
        start = self.position
        if generated := self.generated():
            arguments: tuple[Node, ...] = (generated,)
        else:
            self.position = start
            arguments = self.listed(")")
        if len(arguments) != FUNCTIONS[name].arity:
            raise RuleError(f"{name} takes {FUNCTIONS[name].arity} arguments, not {len(arguments)}")
        return Called(name, arguments)

    def generated(self) -> Node | None:
        """`value for x in xs if p )`; None (with nothing meant) where the argument is plain."""
        binding_at = self.find_for()
        if binding_at is None:
            return None
        start, self.position = self.position, binding_at
        variable, source = self.binding()
        after = self.position
        self.variables.append(variable)
        self.position = start
        value = self.expression()
        self.need("for")
        self.position = after
        condition = self.expression() if self.take("if") else None
        self.variables.pop()
        self.need(")")
        return Generated(value, variable, source, condition)

    def find_for(self) -> int | None:
        """Where the `for` of this argument list is, not that of an inner one."""
        depth = 0
        for index in range(self.position, len(self.tokens)):
            text = self.tokens[index].text if self.tokens[index].kind in ("sign", "keyword") else ""
            if text in ("(", "["):
                depth += 1
            elif text in (")", "]"):
                depth -= 1
                if depth < 0:
                    return None
            elif text == "for" and depth == 0:
                return index + 1
        return None
