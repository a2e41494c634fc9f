"""Words that pages translate and no template holds: names from tables, reasons of refusals, marshmallow's sentences.

The tuples are here so that the collector of sentences finds each word; the pages look them up by the English one.
"""

from flask_babel import lazy_gettext

MENU = (
    lazy_gettext("Sent"),
    lazy_gettext("Sandbox"),
    lazy_gettext("Account"),
    lazy_gettext("Users"),
    lazy_gettext("Domains"),
    lazy_gettext("SMTP access"),
    lazy_gettext("Activity"),
    lazy_gettext("Status"),
    lazy_gettext("Routes"),
    lazy_gettext("Address pools"),
)

ROLES = (
    lazy_gettext("owner"),
    lazy_gettext("administrator"),
    lazy_gettext("marketer"),
    lazy_gettext("analyst"),
    lazy_gettext("billing"),
)

ROLE_HINTS = {
    "owner": lazy_gettext("May do everything, and make other owners."),
    "administrator": lazy_gettext("May do everything."),
    "marketer": lazy_gettext("Works with contacts, campaigns and messages."),
    "analyst": lazy_gettext("Looks at contacts, campaigns and messages, and changes nothing."),
    "billing": lazy_gettext("Looks after the account’s credit, and sees its settings."),
}

REASONS = (
    lazy_gettext("suppressed"),
    lazy_gettext("duplicate"),
    lazy_gettext("bad-address"),
)

MARSHMALLOW = (
    lazy_gettext("Missing data for required field."),
    lazy_gettext("Field may not be null."),
    lazy_gettext("Unknown field."),
    lazy_gettext("Invalid input type."),
    lazy_gettext("Not a valid string."),
    lazy_gettext("Not a valid integer."),
    lazy_gettext("Not a valid number."),
    lazy_gettext("Not a valid boolean."),
    lazy_gettext("Not a valid list."),
    lazy_gettext("Not a valid mapping type."),
    lazy_gettext("Not a valid date."),
    lazy_gettext("Not a valid time."),
    lazy_gettext("Not a valid datetime."),
    lazy_gettext("Not a valid URL."),
    lazy_gettext("Not a valid email address."),
    lazy_gettext("Number too large."),
    lazy_gettext("Write texts with commas between them."),
)

ADDRESSES = (
    lazy_gettext("There is no address."),
    lazy_gettext("The address has no @."),
    lazy_gettext("The address has more than one @."),
    lazy_gettext("There is more than one address."),
    lazy_gettext("There is a name beside the address."),
    lazy_gettext("There is a space inside the address."),
    lazy_gettext("The address is too long: at most 64 bytes before the @ and 254 in all."),
    lazy_gettext("The part before the @ is not written as an address allows."),
    lazy_gettext("The domain has no dot: its ending, such as .com, is missing."),
    lazy_gettext("The part after the @ is not a domain name."),
)
