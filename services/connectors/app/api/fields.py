"""The types that several resources' bodies and answers are made of."""

from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Query
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

Item = TypeVar("Item")
_OLDEST = datetime(2000, 1, 1, tzinfo=UTC)


def _sensible(moment: datetime) -> datetime:
    if moment < _OLDEST:
        raise ValueError("is before the year 2000")
    return moment


NAME = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
# Facts hold times as text, in one form; a datetime here would print them in another.
Time = Annotated[
    str, Field(json_schema_extra={"format": "date-time"}, examples=["2026-05-01T10:00:00.000000Z"], max_length=40)
]
# A time that is sent.
Moment = Annotated[AwareDatetime, AfterValidator(_sensible), Field(examples=["2026-05-01T10:00:00Z"])]
Id = Annotated[str, Field(json_schema_extra={"format": "uuid"}, examples=["5f0c5f8e-3a1c-4a53-9d55-1e1f0a3c8d11"])]
Limit = Annotated[int, Query(ge=1, le=1000, description="At most so many.")]


class Body(BaseModel):
    """A body that is sent: unknown fields are refused, and what was sent is never quoted."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Items(BaseModel, Generic[Item]):
    """A whole list."""

    items: list[Item]


class Page(BaseModel, Generic[Item]):
    """A part of a list."""

    items: list[Item]
    next: str | None = Field(description="Give it as `cursor` to get what follows; null at the end.")


class Fault(BaseModel):
    """Why something failed."""

    code: str = Field(examples=["wrong_secret"])
    message: str
    remedy: str


class Span(BaseModel):
    """A time from one moment to another."""

    since: Time
    until: Time


Facts = dict[str, Any]
