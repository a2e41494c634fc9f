"""What every answer carries so that a browser keeps strangers out: policy headers, cookies, the CSRF token."""

from datetime import timedelta

from flask import Flask, Response, request
from flask_wtf.csrf import CSRFProtect

from mailhub.db import close_database
from mailhub.hub import Hub

LARGEST_FORM = 4_000_000
"""Bytes that anybody may send in one request."""
LARGEST_UPLOAD = 2 * 2**30 + LARGEST_FORM
"""Bytes that somebody signed in may send: the largest contact file, with its form."""
SESSION_DAYS = 30
"""Days after which a browser that was not seen has to sign in again."""

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=(), interest-cohort=()"


def register(app: Flask, hub: Hub) -> None:
    """Set keys, cookies and limits; add the CSRF check, the headers and the closing of the database."""
    app.config.update(
        SECRET_KEY=hub.keyring.derive("web"),
        SESSION_COOKIE_NAME="mailhub",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=hub.config.web.secure_cookies,
        PERMANENT_SESSION_LIFETIME=timedelta(days=SESSION_DAYS),
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
        WTF_CSRF_SSL_STRICT=False,  # behind a proxy the Referer's scheme says nothing
        WTF_CSRF_HEADERS=["X-CSRF-Token"],
        MAX_FORM_MEMORY_SIZE=LARGEST_FORM,
        MAX_CONTENT_LENGTH=LARGEST_FORM,
    )
    CSRFProtect(app)
    app.after_request(add_headers)
    app.teardown_appcontext(_close)


def add_headers(response: Response) -> Response:
    """The headers of every answer; what a page set itself (a preview's own policy) stays."""
    headers = response.headers
    headers.setdefault("Content-Security-Policy", PAGE_POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("X-Frame-Options", "DENY")
    headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if request.endpoint is None or not request.endpoint.endswith("static"):
        headers.setdefault("Cache-Control", "private, no-cache")
    return response


def _close(_: BaseException | None) -> None:
    close_database()
