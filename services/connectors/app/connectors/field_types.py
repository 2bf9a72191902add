"""The types of fields that connectors of Microsoft's sources ask for: what is typed, cleaned or refused in words."""

import re
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def _guid(value: str) -> str:
    bare = value.strip().strip("{}").strip().lower()
    if not _GUID.fullmatch(bare):
        raise ValueError(
            f"is not a GUID like 00000000-0000-0000-0000-000000000000 (it has {len(bare)} characters, a GUID 36)"
            if len(bare) != 36
            else "is not a GUID: only 0-9, a-f and four hyphens belong in it"
        )
    return bare


def _secret(value: SecretStr) -> SecretStr:
    bare = value.get_secret_value().strip()
    if not bare:
        raise ValueError("is empty")
    return SecretStr(bare)


def _written_date(value: object) -> object:
    """Refuse a number, which pydantic would take for seconds since 1970."""
    if not isinstance(value, str | date):
        raise ValueError("is not a date like 2028-05-01")  # noqa: TRY004 - pydantic takes this one
    return value


def _no_flag(value: object) -> object:
    """Refuse true and false, which pydantic would take for 1 and 0: a sweep is not turned off by accident."""
    if isinstance(value, bool):
        raise ValueError("is not a number")  # noqa: TRY004 - pydantic takes this one
    return value


Whole = Annotated[int, BeforeValidator(_no_flag)]
Day = Annotated[date, BeforeValidator(_written_date)]
Secret = Annotated[SecretStr, Field(max_length=1000), AfterValidator(_secret)]
# What _guid takes, for the form.
_TYPED_GUID = r"^\s*\{?\s*[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\s*\}?\s*$"
Guid = Annotated[str, Field(max_length=200, json_schema_extra={"pattern": _TYPED_GUID}), AfterValidator(_guid)]
