"""Turns a condition's tree into a closure that judges records."""

from collections.abc import Callable, Sequence

from app.detection.condition import Group, Item, Negation, Node
from app.detection.literals import literals_of
from app.detection.record import Record, Value
from app.detection.values import ExistsTest, ExpandedTest, NullTest, ReferenceTest, Test, ValueTest

Judge = Callable[[Record], bool]
_Holds = Callable[[Record, Sequence[Value]], bool]


def compiled(node: Node) -> Judge:
    """Return what judges whether the condition holds for a record."""
    match node:
        case Item():
            return _item(node)
        case Negation():
            part = compiled(node.part)
            return lambda record: not part(record)
        case Group():
            parts = [compiled(part) for part in node.parts]
            if len(parts) == 1:
                return parts[0]
            return _every(parts) if node.every else _some(parts)


def _every(parts: Sequence[Judge]) -> Judge:
    def judge(record: Record) -> bool:
        for part in parts:  # noqa: SIM110 - a generator costs more than what it asks
            if not part(record):
                return False
        return True

    return judge


def _some(parts: Sequence[Judge]) -> Judge:
    def judge(record: Record) -> bool:
        for part in parts:  # noqa: SIM110 - as above
            if part(record):
                return True
        return False

    return judge


def _item(item: Item) -> Judge:
    values = [test for test in item.tests if isinstance(test, ValueTest)]
    if item.field is not None and len(values) == len(item.tests) and not (item.every and len(values) > 1):
        return _any_value(item.field, values)
    tests = [compiled_test(test) for test in item.tests]
    if item.field is None:
        return _keywords(item, tests)
    field, wanted = item.field, all if item.every else any

    def judge(record: Record) -> bool:
        values = record.seen(field)
        return wanted(holds(record, values) for holds in tests)

    return judge


def _any_value(field: str, tests: Sequence[ValueTest]) -> Judge:
    """Return what most items are, in as few calls as can be: all exact texts are looked up at once."""
    exact = frozenset(test.exact for test in tests if test.exact is not None)
    others = [test.matches for test in tests if test.exact is None]

    def judge(record: Record) -> bool:
        values = record.known.get(field)
        for value in record.seen(field) if values is None else values:
            if value.low in exact:
                return True
            for fits in others:
                if fits(value):
                    return True
        return False

    return judge


def _keywords(item: Item, tests: Sequence[_Holds]) -> Judge:
    """Return what looks for keywords: in the bytes first, where that can say no."""
    wanted, literals = all if item.every else any, literals_of(item)
    # Where one keyword is enough, what has no literal in it is none; most values need no closer look.
    texts = None if item.every or literals is None else [literal.decode() for literal in literals]

    def judge(record: Record) -> bool:
        raw = record.low_raw
        if literals and raw is not None and not any(literal in raw for literal in literals):
            return False
        values = record.everything if texts is None else record.holding(texts)
        return wanted(holds(record, values) for holds in tests)

    return judge


def compiled_test(test: Test) -> _Holds:
    """Return what judges one test on a record and the values of the item's field in it."""
    match test:
        case ValueTest():
            return _any_fits(test.matches)
        case NullTest():
            return lambda _, values: not values
        case ExistsTest(wanted=wanted):
            return lambda _, values: bool(values) is wanted
        case ReferenceTest():
            return _refers(test)
        case ExpandedTest():
            tests = [compiled_test(inner) for inner in test.tests]
            return lambda record, values: any(holds(record, values) for holds in tests)


def _any_fits(matches: Callable[[Value], bool]) -> _Holds:
    def holds(_: Record, values: Sequence[Value]) -> bool:
        for value in values:  # noqa: SIM110 - as above
            if matches(value):
                return True
        return False

    return holds


def _refers(test: ReferenceTest) -> _Holds:
    field, fits = test.field, test.fits

    def holds(record: Record, values: Sequence[Value]) -> bool:
        others = record.seen(field)
        return any(fits(value.low, other.low) for value in values for other in others)

    return holds
