"""What a connector's `Config` asks for, as a form needs to know it; pure."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from app.connectors.base import CollectionConfig, Connector
from app.microsoft.clouds import Clouds

Kind = Literal["text", "secret", "number", "date", "choice"]
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,18}")


@dataclass(frozen=True)
class FormField:
    """A field of a form.

    polling: whether it is about how the collection reads, which has good defaults. least, most: bounds of a number.
    options: what a choice offers. longest: characters at most.
    """

    name: str
    title: str
    hint: str
    kind: Kind
    required: bool
    polling: bool
    default: str = ""
    least: int | None = None
    most: int | None = None
    longest: int | None = None
    options: tuple[str, ...] = ()

    def read(self, typed: str | None) -> Any:
        """Return what was typed as the model takes it, None for nothing; what is wrong is left for it to judge."""
        if self.kind == "secret":
            return typed or None
        text = (typed or "").strip()
        if self.kind == "number" and _WHOLE_NUMBER.fullmatch(text):
            return int(text)
        return text or None


def form_fields(
    connector: Connector,
    *,
    clouds: Clouds | None = None,
    only: Collection[str] | None = None,
    without: Collection[str] = (),
) -> list[FormField]:
    """Return the fields of a connector's form: the required ones first, those about polling last.

    clouds: those to choose from. only, without: which fields to show, and which to leave out; default: all.
    """
    schema = connector.Config.model_json_schema()
    required = set(schema.get("required", ()))
    fields = [
        _field(name, told, name in required, clouds)
        for name, told in schema["properties"].items()
        if name not in without and (only is None or name in only)
    ]
    return sorted(fields, key=lambda field: (field.polling, not field.required))


def shown(value: Any) -> str:
    """Return a value of a configuration as a field shows it."""
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)


def _field(name: str, told: Mapping[str, Any], required: bool, clouds: Clouds | None) -> FormField:
    kinds = [kind for kind in told.get("anyOf", [told]) if kind.get("type") != "null"]
    told = {**kinds[0], **told}
    options = tuple(clouds.names) if name == "cloud" and clouds else tuple(map(str, told.get("enum", ())))
    return FormField(
        name=name,
        title=told.get("title", name),
        hint=told.get("description", ""),
        kind="choice" if options else _kind(told),
        required=required,
        polling=name in CollectionConfig.model_fields,
        default=shown(told.get("default")),
        least=told.get("minimum"),
        most=told.get("maximum"),
        longest=told.get("maxLength"),
        options=options,
    )


def _kind(told: Mapping[str, Any]) -> Kind:
    match told.get("type"), told.get("format"):
        case _, "password":
            return "secret"
        case _, "date":
            return "date"
        case "integer", _:
            return "number"
    return "text"
