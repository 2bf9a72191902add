"""The edge of the API: what no route needs to think of — bodies too large or of another kind, and unforeseen errors."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.problems import unforeseen
from app.errors import AisocError, InvalidInput
from app.log import get_logger
from app.web.problems import problem_answer

MAX_BODY_BYTES = 1 << 20
_log = get_logger(__name__)


class Boundary:
    """An ASGI middleware around the API."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through that can be one; whatever it meets, its caller gets an answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(receive, send)
        try:
            _check(Headers(scope=scope))
            await self._app(scope, exchange.receive, exchange.send)
        except AisocError as error:
            problem = error
        except Exception:  # noqa: BLE001
            # The boundary: a request never takes its connection down, and its caller learns nothing of the inside.
            _log.exception("request_crashed", method=scope["method"], path=scope["path"])
            problem = unforeseen()
        else:
            return
        if not exchange.answered:
            await problem_answer(problem, scope["aisoc.service"].clock.now())(scope, receive, send)


class _Exchange:
    """A request's body, counted as it comes; and whether its answer has begun."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._size = 0
        self.answered = False

    async def receive(self) -> Message:
        """Return the next part. Raises InvalidInput (body_too_large)."""
        message = await self._receive()
        self._size += len(message.get("body", b""))
        if self._size > MAX_BODY_BYTES:
            raise _too_large()
        return message

    async def send(self, message: Message) -> None:
        self.answered = True
        await self._send(message)


def _check(headers: Headers) -> None:
    length = headers.get("content-length", "0")
    if length.isdecimal() and int(length[:20]) > MAX_BODY_BYTES:
        raise _too_large()
    kind = headers.get("content-type", "application/json").split(";")[0].strip().lower()
    has_body = length != "0" or "transfer-encoding" in headers
    if has_body and kind != "application/json":
        raise InvalidInput(
            "body_not_json", "The body of the request is not declared as JSON.", "Send Content-Type: application/json."
        )


def _too_large() -> InvalidInput:
    return InvalidInput("body_too_large", "The body of the request is larger than 1 MiB.", "Send less at once.")
