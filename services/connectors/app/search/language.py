"""The search language: what is typed in one line, understood or refused with the place of the mistake."""

from datetime import datetime

from app.search.mistakes import mistake
from app.search.query import And, Condition, Not, Or, Search
from app.search.terms import term
from app.search.words import Sign, Token, Word, tokens

LONGEST = 2_000
_MOST_TERMS = 50
_DEEPEST = 10


def parse(text: str, now: datetime) -> Search:
    """Understand a search; ages (`since:24h`) count from now. An empty text finds everything.

    Raises InvalidSearch (invalid_search), which names the place.
    """
    # What no database text can hold is found by nothing; the places stay the same.
    text = text.encode(errors="replace").decode().replace("\0", "\ufffd")
    if len(text) > LONGEST:
        raise mistake(
            text, LONGEST, LONGEST, f"a search may have {LONGEST:,} characters.", "Search for less at a time."
        )
    found = list(tokens(text))
    words = [token for token in found if isinstance(token, Word)]
    if len(words) > _MOST_TERMS:
        extra = words[_MOST_TERMS]
        raise mistake(
            text, extra.start, extra.end, f"a search may have {_MOST_TERMS} terms.", "Search for less at a time."
        )
    if not found:
        return Search()
    condition = _Parser(text, found, now).whole()
    return Search(condition.parts if isinstance(condition, And) else (condition,))


def caret(text: str, position: tuple[int, int]) -> str:
    """Return the search in one line and a line below it that points at a piece, for terminals."""
    start, end = position
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    return f"{shown}\n{' ' * start}{'^' * max(1, end - start)}"


class _Parser:
    """Reads pieces from left to right: OR joins what AND, written or not, has joined."""

    def __init__(self, text: str, found: list[Token], now: datetime) -> None:
        self._text, self._tokens, self._now = text, found, now
        self._next = 0

    def whole(self) -> Condition:
        condition = self._either(0)
        if self._next < len(self._tokens):
            self._refuse(self._tokens[self._next], "no bracket is open here.", "Leave the bracket out, or open one.")
        return condition

    def _either(self, depth: int) -> Condition:
        parts = [self._all(depth)]
        while self._sign() == "OR":
            self._next += 1
            parts.append(self._all(depth))
        flat = [inner for part in parts for inner in (part.parts if isinstance(part, Or) else (part,))]
        return flat[0] if len(flat) == 1 else Or(tuple(flat))

    def _all(self, depth: int) -> Condition:
        parts = [self._one(depth)]
        while self._next < len(self._tokens) and self._sign() not in {"OR", ")"}:
            self._next += self._sign() == "AND"
            parts.append(self._one(depth))
        flat = [inner for part in parts for inner in (part.parts if isinstance(part, And) else (part,))]
        return flat[0] if len(flat) == 1 else And(tuple(flat))

    def _one(self, depth: int) -> Condition:
        negated = False
        while self._sign() == "-":
            self._next += 1
            negated = not negated
        if self._next == len(self._tokens):
            end = self._tokens[-1]
            raise mistake(
                self._text,
                end.start,
                end.end,
                "something is missing after it.",
                "Write a term after it, or leave it out.",
            )
        token = self._tokens[self._next]
        self._next += 1
        condition = term(self._text, token, self._now) if isinstance(token, Word) else self._group(token, depth)
        if not negated:
            return condition
        return condition.part if isinstance(condition, Not) else Not(condition)

    def _group(self, opened: Sign, depth: int) -> Condition:
        if opened.kind != "(":
            self._refuse(opened, "a term is missing before it.", 'To search for it as a word, write it in "quotes".')
        if depth == _DEEPEST:
            self._refuse(opened, f"brackets may be {_DEEPEST} deep.", "Write the search with fewer brackets.")
        if self._sign() == ")":
            self._refuse(self._tokens[self._next], "the brackets are empty.", "Write terms between them.")
        condition = self._either(depth + 1)
        if self._sign() != ")":
            self._refuse(opened, "the bracket does not close.", "Write a ) where it is to close.")
        self._next += 1
        return condition

    def _sign(self) -> str:
        """Return the kind of the next piece; empty for a word and at the end."""
        token = self._tokens[self._next] if self._next < len(self._tokens) else None
        return token.kind if isinstance(token, Sign) else ""

    def _refuse(self, token: Token, message: str, remedy: str) -> None:
        raise mistake(self._text, token.start, token.end, message, remedy)
