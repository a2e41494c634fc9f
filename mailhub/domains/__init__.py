"""Sending domains: whose they are, their signing keys, the records to publish, and who may write from which.

Looking at DNS is in `looking`, which is loaded where somebody asks; workers and listeners need what is named here.
"""

from mailhub.accounts import Domain
from mailhub.domains.actions import ACTIONS
from mailhub.domains.keys import keys_of
from mailhub.domains.noting import EVENTS
from mailhub.domains.owning import add
from mailhub.domains.policy import (
    SETTINGS,
    Rewritten,
    default_address,
    is_known,
    is_others,
    may_write_from,
    sender_for,
    sending_domains,
)
from mailhub.domains.records import records
from mailhub.domains.showing import broken_of
from mailhub.domains.signing import link_base_for, mail_host_for, public_record, return_path_for, signer_for
from mailhub.domains.watching import SERVICES

__all__ = [
    "ACTIONS", "EVENTS", "SERVICES", "SETTINGS", "Domain", "Rewritten", "add", "broken_of", "default_address", "is_known",
    "is_others", "keys_of", "link_base_for", "mail_host_for", "may_write_from", "public_record", "records",
    "return_path_for", "sender_for", "sending_domains", "signer_for",
]  # fmt: skip
