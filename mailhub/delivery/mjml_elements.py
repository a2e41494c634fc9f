"""The elements of MJML, what may stand in each, and how large a mail may be. Reading them is left to `mjml_reader`."""

SOURCE_LENGTH = 400_000
ELEMENTS = 3_000
VALUE_LENGTH = 4_000
"""Characters of one attribute's value."""
DEFAULTS_LENGTH = 4 * 2**20
"""Characters <mj-attributes> may write into all elements together."""
CAROUSEL = 20
"""Images of a carousel: its style sheet grows with their square."""

_CONTENT = (
    "mj-accordion mj-button mj-carousel mj-divider mj-image mj-navbar mj-raw mj-social mj-spacer mj-table mj-text"
)
CHILDREN = {
    name: frozenset(children.split())
    for name, children in {
        "": "mjml",
        "mjml": "mj-head mj-body",
        "mj-head": "mj-attributes mj-breakpoint mj-font mj-preview mj-raw mj-style mj-title",
        "mj-attributes": "mj-all mj-class mj-body mj-wrapper mj-section mj-group mj-column mj-hero mj-accordion-element "
        f"mj-accordion-title mj-accordion-text mj-carousel-image mj-navbar-link mj-social-element {_CONTENT}",
        "mj-body": "mj-section mj-wrapper mj-hero mj-raw",
        "mj-wrapper": "mj-section mj-hero",
        "mj-section": "mj-column mj-group mj-raw",
        "mj-group": "mj-column mj-raw",
        "mj-column": _CONTENT,
        "mj-hero": _CONTENT,
        "mj-accordion": "mj-accordion-element",
        "mj-accordion-element": "mj-accordion-title mj-accordion-text",
        "mj-carousel": "mj-carousel-image",
        "mj-navbar": "mj-navbar-link",
        "mj-social": "mj-social-element",
    }.items()
}
WORDS = frozenset(
    ["mj-text", "mj-button", "mj-table", "mj-raw", "mj-accordion-title", "mj-accordion-text", "mj-navbar-link",
     "mj-social-element", "mj-preview", "mj-title", "mj-style"]
)  # fmt: skip
"""Elements that hold words or HTML, which MJML takes as they are."""
BLOCKS = frozenset(["mj-body", "mj-wrapper", "mj-section", "mj-group", "mj-column", "mj-hero"])
"""Elements between whose children `{% if %}` and its like may stand."""
KNOWN = frozenset().union(*CHILDREN.values())
