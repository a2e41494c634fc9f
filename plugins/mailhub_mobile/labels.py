"""Words that the pages translate: kinds of device, privileges, and the line of the menu."""

from flask_babel import lazy_gettext

KIND_WORDS = {
    "iphone": lazy_gettext("iPhone"),
    "ipad": lazy_gettext("iPad"),
    "android": lazy_gettext("Android"),
    "other": lazy_gettext("other device"),
}
PRIVILEGE_WORDS = {"read": lazy_gettext("read"), "write": lazy_gettext("read and write")}
PRIVILEGE_HINTS = {
    "read": lazy_gettext("Sees campaigns and their numbers."),
    "write": lazy_gettext("Also pauses, resumes, reschedules and takes back to draft, where the user may."),
}
MENU = lazy_gettext("Phones")
