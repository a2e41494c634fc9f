"""Telling the submitter of a mail what became of it (RFC 3461, RFC 3464): which mails deserve a notice, and its form.

For mail that came with an SMTP login alone; campaigns and single messages have their own pages.
"""

from mailhub.dsn import delays, notices
from mailhub.dsn.delays import tell_of_delays
from mailhub.dsn.notices import notify

SCHEDULES = (*notices.SCHEDULES, *delays.SCHEDULES)

__all__ = ["SCHEDULES", "notify", "tell_of_delays"]
