"""How pages stay up to date: parts that are drawn anew only when what they show has changed, and a pulse."""

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui
from sqlalchemy.exc import DBAPIError

from app.console.view import View
from app.errors import AisocError, NotSignedIn
from app.service import Service

_NEVER = (object(),)


class Region:
    """A part of a page; what was drawn stays, with its focus and scroll, as long as the same is to be shown."""

    def __init__(self, draw: Callable[..., None], classes: str = "region") -> None:
        self._draw = draw
        self._shown: tuple[Any, ...] = _NEVER
        self.element = ui.element("div").classes(classes)

    def show(self, *what: Any) -> None:
        """Show something: the function that draws gets it."""
        if what == self._shown:
            return
        self._shown = what
        self.element.clear()
        with self.element:
            self._draw(*what)


def text(label: ui.label | ui.link, said: str) -> None:
    """Change what a label says, if it is something else."""
    if label.text != said:
        label.set_text(said)


def pulse(view: View, seconds: float, refresh: Callable[[Service], Awaitable[None]]) -> None:
    """Call a function every few seconds as long as the page is open; a failure is told once, not each time."""
    failing = False

    async def beat() -> None:
        nonlocal failing
        try:
            await refresh(await view.service())
        except NotSignedIn as ended:
            timer.cancel()
            view.tell(ended)
        except (AisocError, DBAPIError) as error:
            if not failing:
                view.tell(error)
            failing = True
        else:
            failing = False

    timer = ui.timer(seconds, beat, immediate=False)
