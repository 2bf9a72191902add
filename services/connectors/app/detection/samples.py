"""Samples beside the rules: records that a rule has to match and such that it must not, judged without a database."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import yaml

from app.connectors import get_connector
from app.detection.findings import findings_of, members
from app.detection.judging import judge
from app.detection.operations import Held
from app.detection.reading import read_rules
from app.detection.rules import Correlation, Rule, RuleSet
from app.detection.told import explain_records
from app.errors import Skip
from app.events.event import Event

SUFFIX = ".samples.yml"
_SOURCE = "azure_activity"
_EXPLAINED = 3
_Records = Sequence[tuple[Event, bytes]]


class _Sample(msgspec.Struct, forbid_unknown_fields=True):
    """One sample as it is written. rule: id or title, where the file has several rules."""

    name: str
    expected: bool
    events: list[dict[str, Any]]
    rule: str | None = None


@dataclass(frozen=True)
class SampleResult:
    """How one sample of `<name>.samples.yml` came out.

    path: the samples' file. rule: the title of the rule that it is of. got: None where the sample could not be judged.
    why: what each condition gave, or why it could not be judged, in lines; empty where the sample passed.
    """

    path: Path
    rule: str
    name: str
    expected: bool
    got: bool | None
    why: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the rule does what the sample expects."""
        return self.got is self.expected


def check_samples(path: Path, expand: Mapping[str, Sequence[str]] | None = None) -> list[SampleResult]:
    """Judge the samples below a folder, or those beside one rule file, by the rules that they stand beside.

    A rule without samples has none in the result. A file of samples that cannot be read is one result whose `got` is
    None. expand: the values for |expand. Uses no database.
    """
    rules = read_rules([path if path.is_dir() else path.parent], expand or {})
    files = sorted(path.rglob(f"*{SUFFIX}")) if path.is_dir() else [samples_beside(path)]
    return [result for file in files if file.exists() for result in _check_file(file, rules)]


def samples_beside(path: Path) -> Path:
    """Return the file of samples that stands beside a rule file; of one of samples itself."""
    return path if path.name.endswith(SUFFIX) else path.with_name(path.stem + SUFFIX)


def _check_file(file: Path, rules: RuleSet) -> Iterator[SampleResult]:
    try:
        samples = msgspec.convert(yaml.load(file.read_bytes(), yaml.CSafeLoader), list[_Sample])
    except (OSError, UnicodeError, yaml.YAMLError, msgspec.ValidationError) as error:
        yield _unusable(file, "", f"The file cannot be read: {error}")
        return
    stem = file.name.removesuffix(SUFFIX)
    beside = {file.with_name(f"{stem}{ending}").resolve() for ending in (".yml", ".yaml")}
    own = [rule for rule in _all(rules) if rule.path.resolve() in beside]
    if not own:
        problems = [found.reason for found in rules.problems if found.path.resolve() in beside]
        yield _unusable(file, "", *(problems or ["No rule stands beside these samples."]))
        return
    for sample in samples:
        yield _check(file, sample, own, rules)


def _check(file: Path, sample: _Sample, own: list[Rule], rules: RuleSet) -> SampleResult:
    rule = _meant(sample, own)
    if rule is None:
        titles = ", ".join(f"{each.title!r}" for each in own)
        return _unusable(file, sample.name, f"`rule:` has to say which rule is meant: {titles}.")
    try:
        records = _normalized(sample.events)
    except Skip as problem:
        return _unusable(file, sample.name, f"An event cannot be understood: {problem.message}")
    got = _finds(rule, rules, records)
    why = () if got is sample.expected else tuple(_why(rule, rules, records))
    return SampleResult(file, rule.title, sample.name, sample.expected, got, why)


def _meant(sample: _Sample, own: list[Rule]) -> Rule | None:
    """Return the rule that a sample is of: the one it names, or else the only one, or the only correlation."""
    if sample.rule is not None:
        return next((rule for rule in own if sample.rule.lower() in (rule.id, rule.title.lower())), None)
    correlations = [rule for rule in own if isinstance(rule, Correlation)]
    return next((found[0] for found in (own, correlations) if len(found) == 1), None)


def _normalized(events: list[dict[str, Any]]) -> _Records:
    """Return the records in the order of time; those that are dropped on purpose, as reads are, are left out."""
    connector = get_connector(_SOURCE)
    raws = [msgspec.json.encode(event) for event in events]
    found = [(event, raw) for raw in raws if (event := connector.normalize(raw)) is not None]
    return sorted(found, key=lambda record: (record[0].event_time, record[0].id))


def _finds(rule: Rule, rules: RuleSet, records: _Records) -> bool:
    judged = members(rule, rules)
    matches = judge(lambda _: judged, records)
    findings = findings_of(rule)
    findings.add(sorted(matches, key=lambda match: (match.record.event.event_time, match.record.event.id)))
    findings.close()
    return findings.count > 0


def _why(rule: Rule, rules: RuleSet, records: _Records) -> Iterator[str]:
    """Yield what the conditions gave on the first records."""
    if not records:
        yield "All its events are dropped on purpose, as reads are."
    for judged in explain_records(rule, rules, [Held(event, raw, "") for event, raw in records])[:_EXPLAINED]:
        yield f"{judged.event.title}{'' if judged.rule is rule else f', by {judged.rule.title}'}"
        yield from (f"  {line}" for line in judged.lines)


def _all(rules: RuleSet) -> list[Rule]:
    return [*rules.rules.values(), *rules.correlations.values()]


def _unusable(file: Path, name: str, *why: str) -> SampleResult:
    return SampleResult(file, "", name, True, None, why)
