"""What a role may be allowed to do with verification."""

from mailhub import Permission

PERMISSIONS = (
    Permission("verifications.view", "Contacts", "See verifications of lists"),
    Permission("verifications.run", "Contacts", "Verify addresses and lists"),
    Permission("verifications.suppress", "Contacts", "Suppress what a verification found undeliverable"),
)
