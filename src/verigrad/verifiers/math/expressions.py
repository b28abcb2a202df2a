"""Tokens to a tree of one expression: sums, products, powers, brackets. One pass, no return."""

from __future__ import annotations

from abc import ABC, abstractmethod

from flint import fmpq

from verigrad.verifiers.math import environments, latex, literals, naming, suffixes
from verigrad.verifiers.math.building import (
    CHOICES,
    CLOSERS,
    COLLECTIONS,
    ENDS,
    MAX_POSTFIX,
    OVER,
    SIGNS,
    TIMES,
    mixed_number,
    quotient_of,
    sum_of,
)
from verigrad.verifiers.math.limits import MAX_DEPTH, MAX_ITEMS, RefusedError
from verigrad.verifiers.math.nodes import (
    Bracket,
    Call,
    Constant,
    Div,
    Node,
    Number,
    Percent,
    PlusMinus,
    Pow,
    SetOf,
    Symbol,
    negative,
)
from verigrad.verifiers.math.tokens import END, Token, UnreadableError


class Expressions(ABC):
    """A cursor over tokens with one method per level of an expression."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0
        self.depth = 0
        self.bars = 0
        self.integrals = 0
        self.braces = 0

    # the cursor

    @property
    def token(self) -> Token:
        """The token to read next; the last one is always `END`."""
        return self.tokens[self.at]

    def take(self) -> Token:
        """Read one token; `END` is read again and again."""
        token = self.tokens[self.at]
        self.at += token.kind != "end"
        return token

    def accept(self, text: str) -> bool:
        """Read one token if it is `text`."""
        if self.tokens[self.at].text == text and self.tokens[self.at].kind != "end":
            self.at += 1
            return True
        return False

    def expect(self, text: str) -> None:
        """Read `text` or give up."""
        if not self.accept(text):
            raise UnreadableError(f"{text!r} expected, got {self.token.text!r}")

    def descend(self) -> None:
        """Count one level of nesting; `self.depth -= 1` on the way out."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise RefusedError("nested too deep")

    @abstractmethod
    def statements(self, *, closers: tuple[str, ...] = ()) -> Node:
        """Clauses joined by commas, `and`, `or`."""

    @abstractmethod
    def clause(self) -> Node:
        """A value or a chain of relations: what may stand between commas."""

    def expression(self) -> Node:
        """A sum of terms, with plus-minus."""
        self.descend()
        terms: list[Node] = []
        choices = 0
        while True:
            text = self.token.text
            if text in SIGNS and self.token.kind != "end":
                terms.append(self._signed_term())
            elif text in CHOICES:
                choices += 1
                if choices > 4:
                    raise RefusedError("too many plus-minus signs")
                self.at += 1
                left = sum_of(terms) if terms else None
                terms = [PlusMinus(left, self.term(), CHOICES[text])]
            elif not terms:
                terms.append(self.term())
                if self.tokens[self.at].text in ENDS:
                    break
            else:
                break
        self.depth -= 1
        return sum_of(terms)

    def _signed_term(self) -> Node:
        sign = 1
        while self.token.text in SIGNS:
            sign *= SIGNS[self.take().text]
        if self.token.text in CHOICES:
            sign *= CHOICES[self.take().text]
            return PlusMinus(None, self.term(), sign)
        term = self.term()
        return term if sign > 0 else negative(term)

    def term(self) -> Node:
        """A product of powers, with quotients and implicit products from left to right."""
        over: list[Node] = [self.power()]
        if self.tokens[self.at].text in ENDS:
            return over[0]
        under: list[Node] = []
        while True:
            token = self.token
            if token.text in TIMES:
                self.at += 1
                over.append(self.signed_power())
            elif token.text in OVER:
                self.at += 1
                under.append(self.signed_power())
            elif suffixes.starts_unit(self):
                return suffixes.with_unit(self, quotient_of(over, under))
            elif not self.starts_factor() or isinstance(over[-1], COLLECTIONS):
                return quotient_of(over, under)
            elif self._may_be_mixed(over, under):
                self._mixed(over)
            else:
                over.append(self.power())
                if isinstance(over[-1], Bracket):
                    over[-2:] = _counted(over[-2], over[-1])

    def starts_factor(self) -> bool:
        """Whether the next token opens a factor of an implicit product."""
        token = self.token
        if token.kind in ("letters",):
            return not (self.integrals and self._at_differential())
        if token.kind in ("number", "repeating"):
            return True
        if token.text == "|":
            return self.bars == 0
        if token.kind == "command":
            return token.text in latex.PRIMARIES
        if token.kind == "environment":
            return token.text.startswith("\\begin")
        return token.text in ("(", "[", "{")

    def _at_differential(self) -> bool:
        if self.token.text != "d":
            return False
        return self.tokens[self.at + 1].kind in ("letters", "command")

    def _may_be_mixed(self, over: list[Node], under: list[Node]) -> bool:
        token = self.token
        if token.kind in ("number", "repeating"):
            return self.tokens[self.at - 1].text != "!"  # `3!4!` is a product
        is_whole = len(over) == 1 and not under and self.tokens[self.at - 1].kind == "number"
        return is_whole and token.text in ("\\frac", "\\dfrac", "\\tfrac")

    def _mixed(self, over: list[Node]) -> None:
        r"""`2\frac{1}{2}` and `2 1/2`; two numbers side by side are otherwise unreadable."""
        if self.token.kind == "command":
            fraction = self.primary()
            match fraction:
                case Div(top, bottom) if (mixed := mixed_number(over[0], top, bottom)) is not None:
                    over[0] = self._percent(mixed)
                case _:
                    over.append(fraction)
            return
        top, slash = self.take(), self.take() if self.token.kind != "end" else END
        bottom = self.token
        if len(over) == 1 and slash.text == "/" and bottom.kind == "number":
            self.at += 1
            mixed = mixed_number(over[0], literals.read(top), literals.read(bottom))
            if mixed is not None:
                over[0] = self._percent(mixed)
                return
        raise UnreadableError("two numbers side by side")

    def _percent(self, node: Node) -> Node:
        return Percent(node) if self.accept("%") or self.accept("\\%") else node

    def signed_power(self) -> Node:
        """A factor that may carry its own sign: `2 * -3`."""
        if self.token.text in SIGNS:
            sign = SIGNS[self.take().text]
            power = self.power()
            return power if sign > 0 else negative(power)
        return self.power()

    def power(self) -> Node:
        """A primary with powers, factorials, percent and degree signs after it."""
        node = self.primary()
        if self.tokens[self.at].text in ENDS:
            return node
        for _ in range(MAX_POSTFIX):
            text = self.token.text
            if text in ("^", "**"):
                self.at += 1
                node = self._raised(node)
            elif text == "!":
                self.at += 1
                double = self.accept("!")
                node = Call("double_factorial" if double else "factorial", (node,))
            elif text in ("'", '"'):
                node = suffixes.marked(self, node)
            elif text in ("%", "\\%"):
                self.at += 1
                node = Percent(node)
            elif text == "\\degree":
                self.at += 1
                node = suffixes.in_degrees(self, node)
            else:
                return node
        raise RefusedError("too many signs after a factor")

    def _raised(self, base: Node) -> Node:
        start = self.at
        closing = self.accept("{")
        if self.accept("\\circ"):
            if closing:
                self.expect("}")
            return suffixes.in_degrees(self, base)
        self.at = start
        if (place := suffixes.place_in_order(self, base)) is not None:
            return place
        exponent = self.exponent()
        if (
            isinstance(exponent, Symbol)
            and exponent.name in ("T", "\\top")
            and environments.is_matrix(base)
        ):
            return environments.transpose(base)
        return Pow(base, exponent)

    def exponent(self) -> Node:
        """What stands after `^`: a group, or one signed factor with its own powers."""
        self.descend()
        sign = SIGNS[self.take().text] if self.token.text in SIGNS else 1
        node = self.primary()
        if self.token.text in ("^", "**"):
            self.at += 1
            node = Pow(node, self.exponent())
        self.depth -= 1
        return node if sign > 0 else negative(node)

    def primary(self) -> Node:
        """A literal, a name, a bracket or a command."""
        token = self.take()
        if token.kind in ("number", "repeating"):
            return literals.read(token)
        if token.kind == "letters":
            return self._name(token.text)
        if token.kind in ("command", "environment"):
            return latex.read_command(self, token)
        if token.text in ("(", "["):
            return self.bracket(token.text)
        if token.text == "{":
            return self.group()
        if token.text == "|":
            return latex.absolute(self)
        raise UnreadableError(f"{token.text or 'the end'!r} not expected")

    def _name(self, letter: str) -> Node:
        if self.token.text == "_" and self.tokens[self.at + 1].kind != "end":
            self.at += 1
            return Symbol(f"{letter}_{naming.subscript(self)}")
        primes = 0
        while primes < 3 and self.accept("'"):
            primes += 1
        if primes:
            letter += "'" * primes
        if letter in ("e", "i"):
            return Constant(letter)
        is_applied = letter[0] in "fgh" and self.token.text == "("
        if is_applied:
            return Call(letter, (self.primary(),))
        return Symbol(letter)

    def bracket(self, opener: str) -> Node:
        """A group in round or square brackets, a tuple, or an interval."""
        self.descend()
        bars, braces = self.bars, self.braces
        self.bars = self.braces = 0
        closers = CLOSERS[opener]
        items = [self.clause()]
        while self.token.text in (",", ";"):
            self.at += 1
            items.append(self.clause())
            if len(items) > MAX_ITEMS:
                raise RefusedError("too many items")
        closer = self.take().text
        if closer not in closers:
            raise UnreadableError(f"{closer!r} does not close {opener!r}")
        self.bars, self.braces = bars, braces
        self.depth -= 1
        if len(items) == 1 and closer == closers[0] and opener != "\\langle":
            return items[0]
        if len(items) == 1:
            raise UnreadableError("a half-open bracket around one item")
        return Bracket(opener, closer, tuple(items))

    def group(self) -> Node:
        r"""The rest of `{...}`: a TeX group, or plain braces around a list."""
        if self.token.kind == "number" and self.tokens[self.at + 1].text == "}":
            self.at += 2
            return literals.read(self.tokens[self.at - 2])
        self.descend()
        node = self.clause()
        if self.accept("\\choose"):
            node = Call("binom", (node, self.clause()))
        elif self.accept("\\over"):
            node = Div(node, self.clause())
        if self.token.text == ",":
            items = [node]
            while self.accept(","):
                items.append(self.clause())
            node = SetOf(tuple(items))
        self.expect("}")
        self.depth -= 1
        return node

    def argument(self) -> Node:
        r"""A TeX argument: a group, or one token (one digit of a number: `\frac12`)."""
        token = self.token
        if token.kind == "number" and len(token.text) > 1 and token.text.isdigit():
            self.tokens[self.at] = Token("number", token.text[1:], after_space=False)
            return Number(fmpq(int(token.text[0])))
        return self.primary()


def _counted(before: Node, group: Bracket) -> list[Node]:
    """`C(7, 3)`, `P(7, 3)`: a number of choices, unless a point is meant; else both as they are."""
    match before, group:
        case Symbol("C" | "P" as letter), Bracket("(", ")", (_, _)):
            return [Call(letter, group.items)]
    return [before, group]
