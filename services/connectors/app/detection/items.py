"""One item of a detection, `field|modifiers: values`, becomes tests; pySigma applies the modifiers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Any, cast

from sigma.conditions import ConditionAND
from sigma.exceptions import SigmaError
from sigma.modifiers import (
    SigmaBase64Modifier,
    SigmaBase64OffsetModifier,
    SigmaEndswithModifier,
    SigmaFieldReferenceModifier,
    SigmaStartswithModifier,
)
from sigma.policy import SigmaPolicy
from sigma.policy.regex_engine import RegexEngine, RegexPattern
from sigma.rule import SigmaDetectionItem
from sigma.types import (
    Placeholder,
    SigmaBool,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaString,
    SigmaType,
)

from app.detection.condition import Item, Negation, Node
from app.detection.extension import check_fields
from app.detection.patterns import BadPattern, compile_pattern
from app.detection.values import (
    ExistsTest,
    ExpandedTest,
    NullTest,
    ReferenceTest,
    Test,
    comparison_test,
    flag_test,
    network_test,
    number_test,
    pattern_test,
    string_test,
)
from app.detection.vocabulary import known_field
from app.detection.yaml_documents import Mistake, Path

Lists = Mapping[str, Sequence[str]]

_MOST_VALUES = 10_000
_LONGEST_VALUE = 10_000
_MOST_TOLD = 5
# What these make of a placeholder is no longer one.
_NOT_WITH_EXPAND = (SigmaBase64Modifier, SigmaBase64OffsetModifier, SigmaFieldReferenceModifier)


class _Engine(RegexEngine):
    """Lets pySigma accept the regular expressions that this service can search for, and no others."""

    def compile(self, pattern: str, flags: int = 0) -> RegexPattern:  # noqa: ARG002 - flags change nothing here
        return cast("RegexPattern", compile_pattern(pattern))

    @property
    def error(self) -> type[Exception]:
        return BadPattern


POLICY = SigmaPolicy(regex_engine=_Engine())


def item_of(key: str | None, value: Any, path: Path, lists: Lists) -> Node:
    """Return the node of an item; key None or beginning with |: keywords. path: where it stands. Raises Mistake."""
    values = value if isinstance(value, list) else [value]
    check_fields([(key or "").partition("|")[0]], path)
    if not values:
        raise Mistake(f"{_name(key)} has an empty list of values.", path)
    if len(values) > _MOST_VALUES:
        raise Mistake(f"{_name(key)} has more than {_MOST_VALUES:,} values; use |expand.", path)
    item = _read(key, values, path)
    make = _Tests(item, lists)
    tests: list[Test] = []
    for at, one in enumerate(item.value):
        try:
            tests += make.of(one)
        except (SigmaError, BadPattern) as error:
            raise Mistake(f"{_name(key)}: {_sentence(error)}", (*path, at)) from None
    node = Item(item.field, _told(key, tests, item), tuple(tests), every=item.value_linking is ConditionAND)
    return Negation(f"not {node.text}", node) if item.negated else node


def _name(key: str | None) -> str:
    return f"The item `{key}`" if key else "The list of keywords"


def _sentence(error: Exception) -> str:
    told = str(error).strip()
    return told if told.endswith(".") else f"{told}."


def _read(key: str | None, values: list[Any], path: Path) -> SigmaDetectionItem:
    """Let pySigma read an item; when it refuses, find the value that it refuses."""
    for at, value in enumerate(values):
        _check(key, value, (*path, at))
    try:
        return SigmaDetectionItem.from_mapping(key, values, policy=POLICY)
    except (SigmaError, BadPattern) as error:
        for at, value in enumerate(values if len(values) > 1 else []):
            try:
                SigmaDetectionItem.from_mapping(key, [value], policy=POLICY)
            except (SigmaError, BadPattern) as own:
                raise Mistake(f"{_name(key)}: {_sentence(own)}", (*path, at)) from None
        raise Mistake(f"{_name(key)}: {_sentence(error)}", path) from None


def _check(key: str | None, value: Any, path: Path) -> None:
    if value is not None and not isinstance(value, (str, int, float, bool)):
        raise Mistake(f"{_name(key)} has a value that is no text, number, true, false or null.", path)
    if isinstance(value, str) and len(value) > _LONGEST_VALUE:
        raise Mistake(f"{_name(key)} has a value of more than {_LONGEST_VALUE:,} characters.", path)
    modifiers = (key or "").split("|")[1:]
    if "re" in modifiers and not isinstance(value, str):
        raise Mistake(f"{_name(key)}: a regular expression is a text; put it in quotes.", path)


class _Tests:
    """Makes the tests of an item's values, as pySigma gives them after its modifiers."""

    def __init__(self, item: SigmaDetectionItem, lists: Lists) -> None:
        self._item = item
        self._lists = lists
        self._starts = SigmaStartswithModifier in item.modifiers
        self._ends = SigmaEndswithModifier in item.modifiers
        self._unbound = item.field is None

    def of(self, value: SigmaType) -> Iterator[Test]:
        """Yield the tests of one value: several where |expand puts in a list."""
        if isinstance(value, SigmaExpansion):
            yield self._expanded(value)
        elif isinstance(value, (SigmaString, SigmaRegularExpression)):
            yield from map(self._text, self._filled_in(value))
        else:
            yield self._other(value)

    def _expanded(self, value: SigmaExpansion) -> ExpandedTest:
        tests = tuple(test for inner in value.values for test in self.of(inner))
        return ExpandedTest(" or ".join(test.text for test in tests), tests)

    def _text(self, value: SigmaString | SigmaRegularExpression) -> Test:
        if isinstance(value, SigmaRegularExpression):
            return pattern_test(value, from_start=self._starts, to_end=self._ends)
        return string_test(value, before=self._unbound and not self._starts, after=self._unbound and not self._ends)

    def _other(self, value: SigmaType) -> Test:
        match value:
            case SigmaCompareExpression():
                return comparison_test(value)
            case SigmaNumber():
                return number_test(value)
            case SigmaBool():
                return flag_test(value)
            case SigmaCIDRExpression():
                return network_test(value)
        if self._unbound:
            raise BadPattern("this is asked of a field, not of keywords: write field: before it")
        match value:
            case SigmaNull():
                return NullTest()
            case SigmaExists():
                return ExistsTest(value.exists)
            case SigmaFieldReference():
                if not known_field(value.field):
                    raise BadPattern(f"there is no field {value.field!r}")
                return ReferenceTest(value.field, _reference(value))
        raise BadPattern(f"values of the type {type(value).__name__} are not supported")

    def _filled_in(self, value: SigmaString | SigmaRegularExpression) -> Iterator[SigmaString | SigmaRegularExpression]:
        """Put the values of lists where %name% stands under |expand."""
        if not value.contains_placeholder():
            yield value
            return
        if any(modifier in self._item.modifiers for modifier in _NOT_WITH_EXPAND):
            raise BadPattern("|expand goes with contains, startswith, endswith, cased and re only")
        if isinstance(value, SigmaRegularExpression):
            for text in self._filled(value.regexp):
                yield SigmaRegularExpression(str(text), value.flags, policy=POLICY)
        else:
            yield from self._filled(value)

    def _filled(self, value: SigmaString) -> Iterator[SigmaString]:
        choices = [self._choices(part) if isinstance(part, Placeholder) else [[part]] for part in value.s]
        for number, chosen in enumerate(islice(product(*choices), _MOST_VALUES + 1)):
            if number == _MOST_VALUES:
                raise BadPattern(f"|expand makes more than {_MOST_VALUES:,} values")
            filled = value.__class__()
            filled.s = [part for parts in chosen for part in parts]
            yield filled

    def _choices(self, placeholder: Placeholder) -> list[list[Any]]:
        if placeholder.name not in self._lists:
            raise BadPattern(
                f"%{placeholder.name}% is not in the file of AISOC_RULE_VALUES; add a list of that name there"
            )
        return [list(SigmaString(text).s) for text in self._lists[placeholder.name]]


def _reference(value: SigmaFieldReference) -> Callable[[str, str], bool]:
    if value.starts_with and value.ends_with:
        return lambda mine, other: other in mine
    if value.starts_with:
        return str.startswith
    return str.endswith if value.ends_with else str.__eq__


def _told(key: str | None, tests: Sequence[Test], item: SigmaDetectionItem) -> str:
    """Return an item as people read it: "operationName endswith '/write' or '/delete'"."""
    field, *modifiers = (key or "").split("|")
    words = [modifier for modifier in modifiers if modifier not in ("all", "neq")]
    # The wildcards that pySigma put around a text say what the modifier says.
    link = " and " if item.value_linking is ConditionAND else " or "
    texts = [_bare(test.text, modifiers) for test in tests[:_MOST_TOLD]]
    more = f" … ({len(tests):,} values)" if len(tests) > _MOST_TOLD else ""
    return " ".join([field or "any value", *(words or ["is" if field else "has"]), link.join(texts)]) + more


def _bare(text: str, modifiers: Sequence[str]) -> str:
    if text[:1] != "'":
        return text
    inner = text[1:-1]
    if "contains" in modifiers or "endswith" in modifiers:
        inner = inner.removeprefix("*")
    if "contains" in modifiers or "startswith" in modifiers:
        inner = inner.removesuffix("*")
    return f"'{inner}'"
