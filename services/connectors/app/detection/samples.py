"""Samples beside the rules: records that a rule has to match and such that it must not, judged without a database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


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
    raise NotImplementedError
