"""The events page: a search, when what it finds happened, the table of it, and one event beside that."""

from uuid import UUID

from nicegui import ui
from nicegui.events import GenericEventArguments

from app.console.events.details import Reading
from app.console.events.drawer import Drawer
from app.console.events.editing import events_address
from app.console.events.mistake import draw_mistake
from app.console.events.nothing import draw_nothing
from app.console.events.overview import ResultsOverview
from app.console.events.results import Results, new_words
from app.console.events.saved import SavedSearches
from app.console.events.suggest import Suggestions
from app.console.events.table import Browser, events_table
from app.console.events.tools import columns_menu, export_menu, search_help
from app.console.pages import page
from app.console.parts import titled
from app.console.view import View
from app.errors import AisocError
from app.search.language import LONGEST, parse
from app.search.mistakes import InvalidSearch
from app.search.refine import with_term
from app.security.roles import Role
from app.service import Service

_LOOK_SECONDS = 10
_MOST_BLOCKS = 10_000


@page("/events", "Events")
async def events(view: View, q: str = "", event: str = "", order: str = "") -> None:
    """Draw the page as its address asks for it."""
    drawn = EventsPage(view)
    await drawn.ask(q, oldest_first=order == "oldest", push=False)
    if (chosen := as_id(event)) is not None:
        ui.timer(0.01, lambda: drawn.follow(chosen), once=True)


class EventsPage:
    """One browser's events page."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._browser = Browser()
        self._text = ""
        self._oldest_first = False
        self._generation = -1  # the table's first questions are of generation 0
        self._results: Results | None = None
        self._suggestions = Suggestions()
        with titled("Events"):
            self._pill = ui.button("", icon="arrow_upward", on_click=self._refresh).props("unelevated rounded no-caps")
            self._pill.set_visibility(False)
            SavedSearches(view, self.ask, lambda: self._text)
            columns_menu()
            export_menu(lambda: self._shown)
            search_help(self.ask)
        self._mistake = ui.element("div").classes("mistake-place")
        self._overview = ResultsOverview(self.ask)
        self._nothing = ui.element("div").classes("nothing-place")
        self._table = events_table()
        self._drawer = Drawer(view, self._browser, Reading(self._narrow, self.follow))
        self._listen()

    def _listen(self) -> None:
        """Listen to the browser: the search box, the table, the address."""
        box = self._view.search_box
        box.on("keydown.enter", lambda event: self.ask(str(event.args)), js_handler="(e) => emit(e.target.value)")
        box.on("clear", lambda: self.ask(""))
        for name, handler in (
            ("rows", self._rows),
            ("open", self._open),
            ("close", self._close),
            ("address", self._moved),
            ("typed", self._propose),
        ):
            ui.on(f"aisoc_{name}", handler)
        ui.timer(_LOOK_SECONDS, self._look, immediate=False)

    @property
    def _shown(self) -> str:
        """The search whose events are shown: what was asked for last, unless that was a mistake."""
        return self._results.text if self._results else ""

    async def ask(self, text: str, *, oldest_first: bool | None = None, push: bool = True) -> None:
        """Show what a search finds, or where its mistake is. push: make the address one to come back to."""
        self._text = text = text.strip()
        self._oldest_first = self._oldest_first if oldest_first is None else oldest_first
        self._view.search_box.value = text
        self._address(push=push)
        self._mistake.clear()
        service = await self._view.service()
        try:
            search = parse(text, service.clock.now())
        except InvalidSearch as error:
            with self._mistake:
                draw_mistake(text, error, self.ask)
            # What was found before stays; where that is nothing, there is nothing to wait for.
            self._show_table(there=self._results is not None)
            self._overview.set_visibility(there=self._results is not None)
            return
        self._generation += 1
        self._results = Results(text, search, newest_first=not self._oldest_first)
        self._overview.set_visibility(there=True)
        self._overview.expect(text, search)
        self._show_table(there=True)
        self._pill.set_visibility(False)
        if self._generation:
            self._browser.tell("renew", self._generation, self._oldest_first)

    def _show_table(self, *, there: bool) -> None:
        self._nothing.clear()
        self._table.set_visibility(there)

    def _address(self, *, push: bool) -> None:
        address = events_address(self._text, oldest_first=self._oldest_first, event=self._drawer.event_id)
        if self._generation >= 0:
            self._browser.tell("address", address, push)

    async def _rows(self, event: GenericEventArguments) -> None:
        """Answer the table, which wants a block of rows; with the first one come the figures."""
        asked, results = event.args, self._results
        if results is None:
            self._browser.tell("deliver", {"request": asked["request"], "rows": [], "end": 0})
            return
        if asked["generation"] != self._generation:
            return
        if asked["oldest"] == results.newest_first:
            results = self._results = results.turned()
            self._oldest_first = not results.newest_first
            self._address(push=False)
        service = await self._view.service()
        try:
            async with service.engine.connect() as connection:
                block = await results.read(connection, min(max(0, int(asked["block"])), _MOST_BLOCKS))
        except AisocError:
            self._browser.tell("deliver", {"request": asked["request"], "failed": True})
            raise
        self._browser.tell("deliver", {"request": asked["request"], "rows": block.rows, "end": block.end})
        if int(asked["block"]) == 0:
            await self._figures(service, results, found=bool(block.rows))

    async def _figures(self, service: Service, results: Results, *, found: bool) -> None:
        if not found and results is self._results:
            self._show_table(there=False)
            with self._nothing:
                await draw_nothing(service, self._text, self.ask, may_add=self._view.may(Role.ADMIN))
        async with service.engine.connect() as connection:
            await results.note(connection)
        for show in (self._overview.count, self._overview.draw):
            if results is self._results:  # else another search was asked for meanwhile
                await show(service, results.search)

    async def _look(self) -> None:
        """Say how many events came since the table was filled; they are shown when the reader wants them."""
        results = self._results
        if results is None or self._oldest_first:
            return
        service = await self._view.service()
        async with service.engine.connect() as connection:
            number = await results.arrived(connection)
        if results is self._results:
            self._pill.text = new_words(number)
            self._pill.set_visibility(number > 0)

    async def _refresh(self) -> None:
        await self.ask(self._text, push=False)

    async def _narrow(self, field: str, value: str, negated: bool) -> None:
        await self.ask(with_term(self._shown, field, value, negated=negated))

    async def _open(self, event: GenericEventArguments) -> None:
        if (chosen := as_id(event.args)) is not None:
            await self.follow(chosen)

    async def follow(self, event_id: UUID) -> None:
        """Show an event beside the table."""
        await self._drawer.open(event_id)
        self._address(push=False)
        self._browser.tell("mark", str(event_id))

    def _close(self) -> None:
        self._drawer.close()
        self._address(push=False)

    async def _moved(self, event: GenericEventArguments) -> None:
        """Go where the browser's back and forward lead."""
        await self.ask(str(event.args["q"]), oldest_first=bool(event.args["oldest"]), push=False)
        if (chosen := as_id(event.args["event"])) is not None:
            await self.follow(chosen)
        elif self._drawer.event_id is not None:
            self._close()

    async def _propose(self, event: GenericEventArguments) -> None:
        text, place = str(event.args["text"])[:LONGEST], int(event.args["place"])
        start, found = await self._suggestions.find(await self._view.service(), text, place)
        self._browser.tell("suggest", {"text": text, "start": start, "end": place, "found": found})


def as_id(told: object) -> UUID | None:
    """Return the id that an address or a browser tells, or None for anything else."""
    try:
        return UUID(str(told))
    except ValueError:
        return None
