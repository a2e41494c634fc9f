"""The pages of credit: an account's own, and for the operator's staff those of all accounts."""

import secrets
from decimal import Decimal
from typing import Any

import flask
import flask_babel
from flask import Blueprint, Flask, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext, lazy_gettext, ngettext

from mailhub.accounts import Account
from mailhub.errors import Conflict, Invalid
from mailhub.web.auth import current_account, current_hub, perform, requires
from mailhub.web.formats import number as as_number
from mailhub.web.language import field_errors, translate
from mailhub_billing import showing
from mailhub_billing.actions import EDIT, RECORD, VIEW
from mailhub_billing.models import MAILS
from mailhub_billing.money import as_decimal

pages = Blueprint("billing", __name__, template_folder="templates")
KINDS = {
    "top_up": lazy_gettext("Top-up"),
    "grant": lazy_gettext("Gift"),
    "reserve": lazy_gettext("Reserved"),
    "charge": lazy_gettext("Delivered"),
    "release": lazy_gettext("Given back"),
    "reversal": lazy_gettext("Taken back"),
}
NOTES = (lazy_gettext("Credit"), lazy_gettext("Free mails to begin with"), lazy_gettext("Charging was switched off"))
"""The menu's title and the notes MailHub writes itself, where the translations' extraction sees them."""
ACCOUNTS = 50


def register(app: Flask) -> None:
    """Add the pages, and the filters `money` and `price`."""
    app.register_blueprint(pages)
    app.jinja_env.filters.update(money=money, price=price)


def money(amount: int) -> str:
    """Millionths as an amount of the currency; with more decimals than usual where it has them."""
    exact = as_decimal(amount)
    return price(amount) if exact != round(exact, 2) else _written(exact, "0.00")


def price(amount: int) -> str:
    """Millionths as a price, with as many decimals as it has."""
    return _written(as_decimal(amount), "0.00####")


def _written(value: Decimal, decimals: str) -> str:
    pattern = get_locale().currency_formats["standard"].pattern.split(";")[0].replace("0.00", decimals)
    currency = current_hub().config.billing.currency
    return str(flask_babel.format_currency(value, currency, format=pattern, currency_digits=False))


def amount_in_words(moved: dict[str, Any]) -> str:
    """An amount of the history with its sign: `+300 mails`, `−1.35 €`."""
    if moved["unit"] != MAILS:
        return ("+" if moved["amount"] > 0 else "") + money(moved["amount"])
    told: str = ngettext("%(count)s mail", "%(count)s mails", abs(moved["amount"]), count=as_number(moved["amount"]))
    return ("+" if moved["amount"] > 0 else "") + told


@pages.get("/credit")
@requires(VIEW)
def index() -> ResponseReturnValue:
    """The account's own credit."""
    return _own({})


def _own(errors: dict[str, str]) -> str:
    if not current_hub().config.billing.charge:
        abort(404)
    return render_template("billing/index.html", errors=errors, given=request.form, **_shown(current_account()))


@pages.post("/credit/threshold")
@requires(EDIT)
def threshold() -> ResponseReturnValue:
    """Change the threshold of the alert."""
    try:
        done = perform("billing.threshold", mails=request.form.get("mails", ""))
    except Invalid as error:
        return _own(field_errors(error)), 422
    flask.flash(
        gettext("You are told when credit reaches for fewer than %(count)s mails.", count=as_number(done["threshold"]))
        if done["threshold"]
        else gettext("You are not told any more when credit is low."),
        "success",
    )
    return redirect(url_for(".index"), 303)


def _shown(account: Account) -> dict[str, Any]:
    """What a page shows of an account's credit."""
    before = request.args.get("before", type=int)
    found = showing.entries(account.id, before, showing.PAGE + 1)
    shown = found[: showing.PAGE]
    address = {**(request.view_args or {}), **({"before": shown[-1]["number"]} if shown else {})}
    return {
        "account": account,
        "credit": showing.balance(current_hub(), account.id),
        "entries": shown,
        "reversed": showing.reversed_among([each["number"] for each in shown]),
        "sources": showing.sources_named({each["source"] for each in shown if each["source"]}),
        "kinds": KINDS,
        "in_words": amount_in_words,
        "newer": url_for(request.endpoint or "", **(request.view_args or {})) if before else "",
        "older": url_for(request.endpoint or "", **address) if len(found) > showing.PAGE else "",
    }


@pages.get("/server/credit")
@requires(RECORD)
def accounts() -> ResponseReturnValue:
    """All accounts and what they have."""
    hub, after = current_hub(), request.args.get("after", 0, type=int)
    found = showing.accounts(after, ACCOUNTS + 1)
    return render_template(
        "billing/accounts.html",
        rows=[(each, showing.balance(hub, each.id)) for each in found[:ACCOUNTS]],
        charging=hub.config.billing.charge,
        newer=url_for(".accounts") if after else "",
        older=url_for(".accounts", after=found[ACCOUNTS - 1].id) if len(found) > ACCOUNTS else "",
    )


@pages.get("/server/credit/check")
@requires(RECORD)
def check() -> ResponseReturnValue:
    """Recount the ledger."""
    return render_template("billing/check.html", checked=perform("billing.check"))


@pages.get("/server/credit/<int:number>")
@requires(RECORD)
def account(number: int) -> ResponseReturnValue:
    """One account's credit, for staff."""
    return _account(number, {})


def _account(number: int, errors: dict[str, str]) -> str:
    there = Account.get_or_none(Account.id == number) or abort(404)
    key = request.form.get("key") or secrets.token_hex(8)
    return render_template("billing/account.html", errors=errors, given=request.form, key=key, **_shown(there))


@pages.post("/server/credit/<int:number>")
@requires(RECORD)
def record(number: int) -> ResponseReturnValue:
    """Record a top-up; the form's key books it once, however often it is sent."""
    form = request.form
    try:
        done = perform(
            "billing.top_up", account=number, amount=form.get("amount", ""), unit=form.get("unit", "money"),
            free="free" in form, note=form.get("note", ""), key=form.get("key", ""),
        )  # fmt: skip
    except Invalid as error:
        return _account(number, field_errors(error)), 422
    except Conflict as error:
        return _account(number, {"amount": translate(error.sentence)}), 409
    told = gettext("The top-up is recorded.") if done["new"] else gettext("This top-up was recorded already.")
    flask.flash(told, "success" if done["new"] else "info")
    return redirect(url_for(".account", number=number), 303)


@pages.post("/server/credit/<int:number>/price")
@requires(RECORD)
def set_price(number: int) -> ResponseReturnValue:
    """Give the account a price of its own."""
    try:
        perform("billing.price", account=number, price=request.form.get("price", ""))
    except Invalid as error:
        return _account(number, field_errors(error)), 422
    flask.flash(gettext("The price is changed: it holds for what is submitted from now on."), "success")
    return redirect(url_for(".account", number=number), 303)


@pages.post("/server/credit/<int:number>/reverse")
@requires(RECORD)
def reverse(number: int) -> ResponseReturnValue:
    """Take a top-up back."""
    perform(
        "billing.reverse", entry=request.form.get("entry", ""), note=gettext("Recorded by mistake"),
    )  # fmt: skip
    flask.flash(gettext("The top-up is taken back by an entry of its own."), "success")
    return redirect(url_for(".account", number=number), 303)
