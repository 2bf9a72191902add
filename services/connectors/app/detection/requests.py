"""The body of an operation's request, as the Activity Log keeps it: JSON text in one of the operation's records."""

from typing import Any

import msgspec

from app.events.fields import as_object, decoded, mended


class _Document(msgspec.Struct):
    """Where the shapes of records have their properties."""

    properties: msgspec.Raw = msgspec.Raw()
    Properties: msgspec.Raw = msgspec.Raw()
    properties_d: msgspec.Raw = msgspec.Raw()


_decoder = msgspec.json.Decoder(_Document)


def read_request(raw: bytes) -> dict[str, Any] | None:
    """Return the request's body that a record carries; None where it carries none that is a JSON object.

    It is JSON text, or an object, under `requestbody` in `properties` (`Properties`), itself an object or JSON text.
    """
    if b"requestbody" not in raw.lower():  # most records: told without decoding them
        return None
    document = _document(raw)
    for properties in (document.properties, document.Properties, document.properties_d):
        for name, value in decoded(properties).items():
            if name.lower() == "requestbody" and (body := _body(value)) is not None:
                return body
    return None


def _document(raw: bytes) -> _Document:
    try:
        return _decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        try:
            return _decoder.decode(mended(raw))
        except (msgspec.DecodeError, RecursionError):
            return _Document()
    except RecursionError:
        return _Document()


def _body(value: Any) -> dict[str, Any] | None:
    body = as_object(value.strip() if isinstance(value, str) else value)
    return body if body or value in ("{}", {}) else None
