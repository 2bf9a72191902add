"""What surrounds every page: navigation, the search box, the theme, the keyboard's help."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from nicegui import ui

from app.console.alerts.badge import new_alerts
from app.console.parts import tag
from app.console.view import View
from app.security.roles import Role

THEME_COOKIE = "aisoc_theme"
# The events page listens itself, and stays.
_SEARCH = (
    "(e) => { if (location.pathname !== '/events') location.assign('/events?q=' + encodeURIComponent(e.target.value)) }"
)
_THEMES = {"auto": None, "light": False, "dark": True}
_THEME_ICONS = {"auto": "brightness_auto", "light": "light_mode", "dark": "dark_mode"}


class Place(NamedTuple):
    """A place of the navigation; key: what follows `g` on the keyboard."""

    path: str
    name: str
    icon: str
    key: str
    role: Role = Role.VIEWER


PLACES = (
    Place("/", "Overview", "space_dashboard", "o"),
    Place("/alerts", "Alerts", "notification_important", "a"),
    Place("/events", "Events", "list_alt", "e"),
    Place("/rules", "Rules", "rule", "r"),
    Place("/connectors", "Connectors", "cable", "c"),
    Place("/settings", "Settings", "settings", "s"),
)


@contextmanager
def frame(view: View) -> Iterator[None]:
    """Draw a page's surroundings; what is drawn within the block is its content."""
    ui.colors(primary="#2f6fed", secondary="#5b6b82", accent="#7c4dff", positive="#1a7f4b", negative="#c62f2f")
    theme = view.request.cookies.get(THEME_COOKIE, "auto")
    dark = ui.dark_mode(_THEMES.get(theme))
    drawer, count_alerts = _navigation(view)
    with ui.header().classes("bar").props("bordered"):
        menu = ui.button(icon="menu", on_click=drawer.toggle, color=None).props("flat round dense").classes("menu")
        menu.props('aria-label="Menu"')
        _search(view)
        ui.space()
        _theme(dark, theme)
        _visitor(view)
    _skip_link()
    with ui.element("div").props('id="content" tabindex=-1').classes("page"):
        yield
    _help(view.keys)
    count_alerts()


def _skip_link() -> None:
    """Draw the way past the navigation, which is the first stop of the Tab key."""
    with ui.element("a").props('href="#content"').classes("skip") as link:
        ui.label("Skip to content")
    link.move(ui.context.client.layout, target_index=0)


def _navigation(view: View) -> tuple[ui.left_drawer, Callable[[], None]]:
    """Draw the ways to the places. Returns them, and what begins to count the new alerts."""
    here = view.request.url.path
    # Whether it is open the browser decides by its width, without being asked.
    with ui.left_drawer(value=False, bordered=True).props("show-if-above width=220 breakpoint=900") as drawer:
        drawer.classes("nav")
        with ui.link(target="/").classes("brand").props('aria-label="AiSOC, overview"'):
            ui.icon("shield").classes("mark")
            ui.label("AiSOC")
        with ui.element("nav").props('aria-label="Places"'):
            for place in PLACES:
                if view.may(place.role):
                    link = _place(place, current=_within(here, place.path))
                    if place.path == "/alerts":
                        with link:
                            count_alerts = new_alerts(view)
    return drawer, count_alerts


def _place(place: Place, *, current: bool) -> ui.link:
    with ui.link(target=place.path).classes("place current" if current else "place") as link:
        if current:
            link.props('aria-current="page"')
        ui.icon(place.icon)
        ui.label(place.name)
    return link


def _within(here: str, path: str) -> bool:
    return here == path or (path != "/" and here.startswith(f"{path}/"))


def _search(view: View) -> None:
    """Draw the search box: Enter opens the events that match. The view has it for the page that answers itself."""
    box = ui.input(placeholder="Search events", value=view.request.query_params.get("q", ""))
    box.props('dense outlined clearable autocomplete=off spellcheck=false aria-label="Search events" id=search')
    box.classes("search")
    with box.add_slot("prepend"):
        ui.icon("search")
    with box.add_slot("append"):
        tag("kbd", "/", "key").props('aria-hidden="true"')
    box.on("keydown.enter", js_handler=_SEARCH)
    view.search_box = box


def _theme(dark: ui.dark_mode, theme: str) -> None:
    button = ui.button(icon=_THEME_ICONS.get(theme, _THEME_ICONS["auto"]), color=None).props("flat round dense")
    button.props('aria-label="Theme"')
    with button, ui.menu():
        for name, value in _THEMES.items():
            ui.menu_item(name.capitalize(), lambda name=name, value=value: _set_theme(dark, button, name, value))


def _set_theme(dark: ui.dark_mode, button: ui.button, name: str, value: bool | None) -> None:
    dark.set_value(value)
    button.props(f"icon={_THEME_ICONS[name]}")
    ui.run_javascript(f"document.cookie = '{THEME_COOKIE}={name}; path=/; max-age=31536000; SameSite=Lax'")


def _visitor(view: View) -> None:
    with ui.button(icon="account_circle", color=None).props('flat round dense aria-label="You"'), ui.menu():
        with ui.element("div").classes("visitor"):
            ui.label(view.caller.name).classes("strong")
            ui.label(view.caller.role).classes("quiet")
        ui.separator()
        ui.menu_item("Keyboard", on_click=lambda: ui.run_javascript("aisocHelp()"))
        # A form of its own: the cookie ends with the answer, which a socket does not have.
        ui.html(
            '<form method="post" action="/sign-out"><button type="submit" class="sign-out">Sign out</button></form>',
            sanitize=False,
        )


def _help(of_page: list[tuple[str, str]]) -> None:
    """Draw the keyboard's help, which `?` opens. of_page: the keys of this page alone."""
    keys = [
        ("/", "Search"),
        *((f"g {place.key}", place.name) for place in PLACES),
        ("?", "This help"),
        ("Esc", "Close"),
    ]
    with ui.dialog().props('id=help aria-label="Keyboard"') as dialog, ui.card().classes("help"):
        tag("h2", "Keyboard")
        _key_lines(keys)
        if of_page:
            tag("h3", "On this page")
            _key_lines(of_page)
    ui.element("button").props('id=open-help hidden aria-hidden="true"').on("click", dialog.open)


def _key_lines(keys: list[tuple[str, str]]) -> None:
    for key, what in keys:
        with ui.row().classes("help-line"):
            tag("kbd", key, "key")
            ui.label(what)
