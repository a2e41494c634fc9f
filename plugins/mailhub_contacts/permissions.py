"""What a role may be allowed to do with contacts."""

from mailhub import Permission

PERMISSIONS = (
    Permission("contacts.view", "Contacts", "See contacts and lists"),
    Permission("contacts.edit", "Contacts", "Add, change and delete contacts"),
    Permission("contacts.import", "Contacts", "Import files of contacts"),
    Permission("lists.edit", "Contacts", "Make, rename and delete lists"),
    Permission("segments.edit", "Contacts", "Make, change and delete segments"),
    Permission("suppressions.view", "Contacts", "See suppressed addresses"),
    Permission("suppressions.edit", "Contacts", "Suppress and release addresses"),
)
