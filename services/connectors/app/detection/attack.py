"""Which techniques of MITRE ATT&CK the rules watch for, and which of a cloud's techniques none does."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.detection.attack_table import NEW_TACTICS, NEW_TECHNIQUES, SUB_TECHNIQUES, TACTICS, TECHNIQUES
from app.detection.rules import Rule


@dataclass(frozen=True)
class Cell:
    """A technique below a tactic, and the rules that watch for it or one of its sub-techniques.

    technique: its id as T1098. parts: the ids of the sub-techniques that rules name.
    """

    technique: str
    name: str
    rules: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Column:
    """A tactic with its techniques, those that rules watch for first."""

    tactic: str
    name: str
    cells: tuple[Cell, ...]

    @property
    def covered(self) -> int:
        """How many of its techniques at least one rule watches for."""
        return sum(bool(cell.rules) for cell in self.cells)


def coverage(rules: Iterable[Rule]) -> tuple[Column, ...]:
    """Return the matrix: tactics in ATT&CK's order, without those that have neither a technique of clouds nor a rule.

    A rule stands below those of a technique's tactics that it names itself, or below all of them if it names none.
    """
    watched: dict[tuple[str, str], list[tuple[str, str]]] = {
        (tactic, technique): [] for technique, (_, tactics) in TECHNIQUES.items() for tactic in tactics.split()
    }
    for rule in rules:
        for tactic, named in places_of(rule):
            watched.setdefault((tactic, technique_of(named)), []).append((rule.id, named))
    columns = (
        Column(tactic, name, tuple(sorted(_cells(tactic, watched), key=lambda cell: (not cell.rules, cell.name))))
        for tactic, name in TACTICS.items()
    )
    return tuple(column for column in columns if column.cells)


def places_of(rule: Rule) -> tuple[tuple[str, str], ...]:
    """Return where in the matrix a rule stands: tactics, each with a technique or sub-technique that it names.

    The tactic of a technique that the matrix does not know is empty where the rule names none.
    """
    return tuple((tactic, known_as(named)) for named in rule.techniques for tactic in _tactics_for(rule, named))


def technique_name(technique: str) -> str:
    """Return what a technique is called, a sub-technique with the name it belongs to; an unknown one has its id."""
    known = known_as(technique)
    parent = TECHNIQUES.get(technique_of(known), (technique_of(known), ""))[0]
    if "." not in known:
        return parent
    return f"{parent}: {SUB_TECHNIQUES[known]}" if known in SUB_TECHNIQUES else f"{parent} ({known})"


def technique_of(technique: str) -> str:
    """Return the technique that a sub-technique belongs to."""
    return known_as(technique).partition(".")[0]


def known_as(technique: str) -> str:
    """Return a technique's id as T1098.003, in the version whose names stand here."""
    return NEW_TECHNIQUES.get(technique.upper(), technique.upper())


def tactics_of(rule: Rule) -> tuple[str, ...]:
    """Return a rule's tactics that the matrix knows, in its order."""
    named = {NEW_TACTICS.get(tactic, tactic) for tactic in rule.tactics}
    return tuple(tactic for tactic in TACTICS if tactic in named)


def watches(rule: Rule, technique: str = "", tactic: str = "") -> bool:
    """Whether a rule watches for a technique or one of its sub-techniques, and below a tactic; empty means any."""
    wanted, places = known_as(technique), places_of(rule)
    if not wanted:
        return not tactic or tactic in tactics_of(rule) or any(below == tactic for below, _ in places)
    return any(wanted in (named, technique_of(named)) and tactic in ("", below) for below, named in places)


def _tactics_for(rule: Rule, technique: str) -> tuple[str, ...]:
    known = TECHNIQUES.get(technique_of(technique))
    own = tactics_of(rule)
    if known is None:
        return own or ("",)
    both = tuple(tactic for tactic in known[1].split() if tactic in own)
    return both or tuple(known[1].split())


def _cells(tactic: str, watched: dict[tuple[str, str], list[tuple[str, str]]]) -> Iterable[Cell]:
    for (below, technique), named in watched.items():
        if below == tactic:
            rules = tuple(dict.fromkeys(rule for rule, _ in named))
            parts = tuple(sorted({part for _, part in named if "." in part}))
            yield Cell(technique, technique_name(technique), rules, parts)
