"""Who is asking, and whether they may: what every page, the plugins' included, needs of sign-in.

Flask-Login stays behind this door.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec
from urllib.parse import urlsplit

import flask
from flask import Flask, g, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, login_user, logout_user
from flask_login import current_user as _signed_in

from mailhub.accounts import Account, Session, User
from mailhub.hub import Hub
from mailhub.permissions import Actor, user_actor
from mailhub.web import sessions
from mailhub.web.security import LARGEST_UPLOAD

P = ParamSpec("P")
Page = Callable[P, ResponseReturnValue]


class SignedIn(UserMixin):  # type: ignore[misc]
    """What Flask-Login keeps of a request: the session's row and its token."""

    def __init__(self, token: str, session: Session) -> None:
        self.token = token
        self.session = session
        self.actor = user_actor(session.user.id, session.account.id, "web", session.user.name)

    def get_id(self) -> str:
        """The token, for the cookie."""
        return self.token


def register(app: Flask, hub: Hub) -> None:
    """Teach Flask-Login where sessions are."""
    manager = LoginManager(app, add_context_processor=False)
    manager.session_protection = None  # the token is all that counts
    manager.user_loader(_load)
    app.before_request(_let_upload)
    app.jinja_env.globals.update(current_user=current_user, current_account=current_account, may=may)


def _let_upload() -> None:
    """Before anything reads the form: strangers must not fill the disk, who is signed in may send files."""
    if is_signed_in():
        request.max_content_length = LARGEST_UPLOAD


def _load(token: str) -> SignedIn | None:
    session = sessions.find(current_hub(), token)
    return SignedIn(token, session) if session else None


def current_hub() -> Hub:
    """The hub of the running application."""
    hub: Hub = flask.current_app.extensions["mailhub"]
    return hub


def is_signed_in() -> bool:
    """True when the request comes from somebody who is signed in."""
    return bool(_signed_in and _signed_in.is_authenticated)


def current_session() -> Session:
    """The session of whoever asks; only behind `requires`."""
    session: Session = _signed_in.session
    return session


def current_user() -> User | None:
    """Who is signed in, or None."""
    return current_session().user if is_signed_in() else None


def current_account() -> Account:
    """The account they work in now; only behind `requires`."""
    account: Account = current_session().account
    return account


def current_actor() -> Actor:
    """Who asks, with their permissions in the account they work in; only behind `requires`."""
    actor: Actor = _signed_in.actor
    return actor


def may(permission: str) -> bool:
    """True when somebody is signed in and has the permission. Also in templates."""
    return is_signed_in() and current_actor().may(permission)


def perform(action: str, /, **arguments: Any) -> Any:
    """Run a registered action as whoever is signed in; raises what `hub.call` raises."""
    return current_hub().call(current_actor(), action, **arguments)


def requires(permission: str = "") -> Callable[[Page[P]], Page[P]]:
    """Mark a page, below its route, as for people who are signed in and have a permission (none named: signed in).

    Others are sent to sign in and come back; who lacks the permission sees a 403 that names it.
    """

    def mark(page: Page[P]) -> Page[P]:
        @wraps(page)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            if not is_signed_in():
                return ask_to_sign_in()
            if permission:
                current_actor().require(permission)
            return page(*args, **kwargs)

        return guarded

    return mark


def ask_to_sign_in() -> ResponseReturnValue:
    """Send the browser to the sign-in page; afterwards it comes back to the page it asked for."""
    if request.headers.get("HX-Request"):
        return "", 204, {"HX-Redirect": url_for("sign_in.show")}
    back = request.full_path.rstrip("?") if request.method == "GET" and request.path != "/" else None
    return flask.redirect(url_for("sign_in.show", next=back))


def safe_path(path: str | None) -> str:
    """A path on this server that a browser may be sent to; `/` for everything else, above all other servers."""
    if not path or not path.startswith("/") or path.startswith("//") or "\\" in path:
        return "/"
    parts = urlsplit(path)
    return "/" if parts.scheme or parts.netloc or not path.isprintable() else path


def begin_session(user: User) -> None:
    """Sign a user in with a new session; whatever the browser had before is worth nothing."""
    if is_signed_in():
        sessions.end(_signed_in.token)
    language = flask.session.get("language")
    flask.session.clear()
    hub = current_hub()
    token = sessions.begin(hub, user, request.remote_addr or "", request.user_agent.string)
    session = sessions.find(hub, token)
    assert session is not None
    flask.session.permanent = True
    if language:
        flask.session["language"] = language
    g.pop("csrf_token", None)
    login_user(SignedIn(token, session))


def end_session() -> None:
    """Sign the browser out."""
    if is_signed_in():
        sessions.end(_signed_in.token)
    logout_user()
    flask.session.clear()
    g.pop("csrf_token", None)
