"""The pages that a person sees at the identity provider: choosing an account, an error, an answer sent as a form."""

from collections.abc import Mapping, Sequence
from html import escape
from urllib.parse import quote

from simulator.directory import User
from simulator.wire import Reply

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{{font:16px sans-serif;max-width:26rem;margin:4rem auto;padding:0 1rem}}li{{margin:.8rem 0}}</style></head>
<body><main><h1>{title}</h1>
{body}
</main></body></html>
"""


def account_page(path: str, query: str, users: Sequence[User]) -> Reply:
    """Let a person pick who to be: each link repeats the request with an `account`."""
    link = escape(f"{path}?{query}&account=")
    rows = "\n".join(
        f'<li><a href="{link}{quote(user.object_id)}">{escape(user.name)}</a> {escape(user.email)}</li>'
        for user in users
    )
    body = (
        f'<p>A simulated tenant: nobody asks for a password.</p>\n<ul>\n{rows}\n</ul>\n<a href="{link}none">Cancel</a>'
    )
    return _page("Pick an account", body)


def error_page(description: str) -> Reply:
    """Show an error that must not be sent to the redirect URI. Entra shows it with HTTP 200."""
    return _page("Sorry, but we're having trouble signing you in.", f"<p>{escape(description)}</p>")


def form_page(redirect_uri: str, answer: Mapping[str, str]) -> Reply:
    """Send an answer as a form (response_mode=form_post)."""
    fields = "\n".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in answer.items()
    )
    form = f'<form method="post" action="{escape(redirect_uri)}">\n{fields}\n<button>Continue</button></form>'
    return _page("Working...", f"{form}\n<script>document.forms[0].submit()</script>")


def signed_out_page() -> Reply:
    return _page("You signed out of your account", "<p>It is a good idea to close all browser windows.</p>")


def _page(title: str, body: str) -> Reply:
    text = _PAGE.format(title=escape(title), body=body)
    return Reply(200, text.encode(), {"Cache-Control": "no-store, no-cache"}, content_type="text/html")
