r"""Reading formulas: ASCII, Unicode and LaTeX, by our own reader.

From tight to loose: not, and, or and xor, implies (to the right), iff. `forall x. F` reaches as
far as it can; `forall x F` without a dot binds like a negation. Names of bound variables are
those of a quantifier around them, other names are constants, functions and predicates.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from verigrad.core.verdict import Reason
from verigrad.verifiers.final_answer import UnreadableError, unwrap
from verigrad.verifiers.logic.formulas import Formula, Term

MAX_CHARS = 5_000
MAX_NODES = 500
MAX_DEPTH = 60
# ruff: noqa: RUF001 (logical signs are meant)
_TOKEN = re.compile(
    r"\s*(?:(\\[A-Za-z]+)|([A-Za-z][A-Za-z0-9_']*)|(<->|<=>|<-->|->|=>|-->|==>|&&|\|\||!=|/\\|\\/"
    r"|[~!¬&∧|∨→⇒↔⇔⊕≠∀∃⊤⊥().,:=\[\]]))"
)
_WORDS = {
    "not": "not", "lnot": "not", "neg": "not", "~": "not", "!": "not", "¬": "not",
    "and": "and", "land": "and", "wedge": "and", "&": "and", "&&": "and", "∧": "and", "/\\": "and",
    "or": "or", "lor": "or", "vee": "or", "|": "or", "||": "or", "∨": "or", "\\/": "or",
    "xor": "xor", "oplus": "xor", "⊕": "xor",
    "implies": "implies", "to": "implies", "rightarrow": "implies", "Rightarrow": "implies",
    "->": "implies", "=>": "implies", "-->": "implies", "==>": "implies", "→": "implies",
    "⇒": "implies",
    "iff": "iff", "leftrightarrow": "iff", "Leftrightarrow": "iff", "<->": "iff", "<=>": "iff",
    "<-->": "iff", "↔": "iff", "⇔": "iff",
    "forall": "forall", "∀": "forall", "exists": "exists", "∃": "exists",
    "true": "true", "True": "true", "top": "true", "⊤": "true",
    "false": "false", "False": "false", "bot": "false", "⊥": "false",
    "=": "=", "!=": "!=", "≠": "!=", "neq": "!=", "ne": "!=",
    "(": "(", ")": ")", "[": "(", "]": ")", ".": ".", ":": ".", ",": ",",
}  # fmt: skip
_ONLY_TYPESET = {"to", "top", "bot", "ne", "neq", "neg", "wedge", "vee", "land", "lor", "lnot"}
_SKIPPED = {"left", "right", "quad", "qquad", "displaystyle", "mathrm", "text"}
_SPACES = re.compile(r"\\[,;:! ]|[{}]")
_BINDING = {"iff": 1, "implies": 2, "xor": 3, "or": 3, "and": 4}


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # a value of _WORDS, "name" or "end"
    text: str = ""


def parse(text: str) -> Formula:
    r"""The formula of a text; UnreadableError (`malformed`, `over_limit`) where it is none.

    >>> from verigrad.verifiers.logic.formulas import write
    >>> write(parse(r"\forall x. P(x) \to Q(x, a)"))
    'forall x. (P(x) -> Q(x, a))'
    """
    if len(text) > MAX_CHARS:
        raise UnreadableError(Reason.OVER_LIMIT, f"over {MAX_CHARS} characters")
    return _Reader(_tokens(unwrap(text))).read()


def _tokens(text: str) -> list[_Token]:
    text = _SPACES.sub(" ", text).rstrip(" .\n\t")
    tokens: list[_Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise UnreadableError(
                Reason.MALFORMED, f"cannot read {text[position : position + 20]!r}"
            )
        position = match.end()
        command, name, sign = match.groups()
        word = command[1:] if command else name or sign
        if command and word in _SKIPPED:
            continue
        if name and (word not in _WORDS or word in _ONLY_TYPESET):
            tokens.append(_Token("name", name))
        elif word in _WORDS:
            tokens.append(_Token(_WORDS[word], word))
        else:
            raise UnreadableError(Reason.MALFORMED, f"{command} is not known")
    if not tokens:
        raise UnreadableError(Reason.NO_ANSWER, "no formula")
    return [*tokens, _Token("end")]


@dataclass
class _Reader:
    tokens: list[_Token]
    position: int = 0
    nodes: int = 0
    bound: list[str] = field(default_factory=list)

    def read(self) -> Formula:
        """All tokens as one formula."""
        formula = self._formula(0, 0)
        if self._peek().kind != "end":
            raise self._unexpected()
        return formula

    def _formula(self, binding: int, depth: int) -> Formula:
        left = self._unary(depth)
        while (power := _BINDING.get(self._peek().kind, 0)) > binding:
            kind = self._next().kind
            # implies joins to the right, the others to the left
            right = self._formula(power - (kind == "implies"), depth + 1)
            left = self._node(kind, (left, right))
            if power == 3 and {kind, self._peek().kind} == {"or", "xor"}:
                raise UnreadableError(Reason.MALFORMED, "or and xor need parentheses")
        return left

    def _unary(self, depth: int) -> Formula:
        if depth > MAX_DEPTH:
            raise UnreadableError(Reason.OVER_LIMIT, f"over {MAX_DEPTH} deep")
        match self._peek().kind:
            case "not":
                self._next()
                return self._node("not", (self._unary(depth + 1),))
            case "forall" | "exists":
                return self._quantified(depth)
            case "(":
                self._next()
                inside = self._formula(0, depth + 1)
                self._expect(")")
                return inside
            case "true" | "false":
                return self._node("constant", (), name=self._next().kind)
            case "name":
                return self._atom(depth)
            case _:
                raise self._unexpected()

    def _quantified(self, depth: int) -> Formula:
        kind = self._next().kind
        names = [self._expect("name").text]
        while self._peek().kind == "," or (
            self._peek().kind == "name" and self._peek(1).kind in (".", ",", "name")
        ):
            if self._peek().kind == ",":
                self._next()
            names.append(self._expect("name").text)
        far = self._peek().kind == "."
        if far:
            self._next()
        self.bound += names
        inside = self._formula(0, depth + 1) if far else self._unary(depth + 1)
        del self.bound[-len(names) :]
        for name in reversed(names):
            inside = self._node(kind, (inside,), name=name)
        return inside

    def _atom(self, depth: int) -> Formula:
        first = self._term(depth)
        kind = self._peek().kind
        if kind in ("=", "!="):
            self._next()
            equals = self._node("equals", (), terms=(first, self._term(depth)))
            return equals if kind == "=" else self._node("not", (equals,))
        if first.is_bound:
            raise UnreadableError(Reason.MALFORMED, f"{first.name} is a variable, not a statement")
        return self._node("atom", (), name=first.name, terms=first.args)

    def _term(self, depth: int) -> Term:
        if depth > MAX_DEPTH:
            raise UnreadableError(Reason.OVER_LIMIT, f"over {MAX_DEPTH} deep")
        self._count()
        name = self._expect("name").text
        if self._peek().kind != "(":
            return Term(name, is_bound=name in self.bound)
        self._next()
        args = [self._term(depth + 1)]
        while self._peek().kind == ",":
            self._next()
            args.append(self._term(depth + 1))
        self._expect(")")
        return Term(name, tuple(args))

    def _node(
        self, kind: str, parts: tuple[Formula, ...], *, name: str = "", terms: tuple[Term, ...] = ()
    ) -> Formula:
        self._count()
        return Formula(kind, parts, name, terms)

    def _count(self) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise UnreadableError(Reason.OVER_LIMIT, f"over {MAX_NODES} parts")

    def _peek(self, ahead: int = 0) -> _Token:
        return self.tokens[min(self.position + ahead, len(self.tokens) - 1)]

    def _next(self) -> _Token:
        token = self._peek()
        self.position += 1
        return token

    def _expect(self, kind: str) -> _Token:
        if self._peek().kind != kind:
            raise self._unexpected()
        return self._next()

    def _unexpected(self) -> UnreadableError:
        token = self._peek()
        what = "the formula breaks off" if token.kind == "end" else f"unexpected {token.text!r:.40}"
        return UnreadableError(Reason.MALFORMED, what)
