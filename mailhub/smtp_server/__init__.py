"""The SMTP listeners on aiosmtpd: SMTP words in, SMTP replies out; 250 only when a mail is on disk.

What becomes of a mail is left to `inbound` and the `outbox`.
"""

from mailhub.smtp_server.listener import Listener, run

__all__ = ["Listener", "run"]
