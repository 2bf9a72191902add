"""The title of an alert: what happened to what by whom, on one line of bounded length."""

from collections.abc import Mapping
from typing import Any


def alert_title(template: str | None, rule_title: str, facts: Mapping[str, Any]) -> str:
    """Return a template with the facts that it names in braces; without a template "Rule title: resource by actor".

    Only names in braces are replaced, in one go: what stands in a fact stays as it is. A fact that is missing is
    told by its name, as in "an unknown role".
    """
    raise NotImplementedError
