"""All that can be found out about who a received mail is from, in one call. Acting on it is left to who asks."""

import random
from collections.abc import Callable

from mailhub.authentication.asking import Asking
from mailhub.authentication.mail import Mail
from mailhub.authentication.verdicts import Verdicts
from mailhub.dns.blocking import Blocking

SECONDS = 20.0
"""RFC 7208 section 4.6.4 asks for this much at least."""


def check(
    content: bytes,
    ip: str,
    helo: str,
    mail_from: str,
    dns: Blocking,
    *,
    timeout: float = SECONDS,
    draw: Callable[[], float] = random.random,
    now: float | None = None,
) -> Verdicts:
    """Check a mail that came from `ip`, which called itself `helo`, with the return path `mail_from` ("" for none).

    `timeout` is seconds for all questions to DNS together; what is not known by then is a temperror. `draw` gives a
    number from 0 to below 1 for DMARC's percentages; `now` is when the mail came, in Unix seconds, since signatures
    expire while a mail waits. It may wait, so it is for threads; it never raises.
    """
    return check_with(content, ip, helo, mail_from, Asking(dns, timeout), draw, now)


def check_with(
    content: bytes,
    ip: str,
    helo: str,
    mail_from: str,
    asking: Asking,
    draw: Callable[[], float] = random.random,
    now: float | None = None,
) -> Verdicts:
    """The same with questions that the caller counts."""
    # dkimpy and pyspf are for who receives mail: other workers never load them.
    from mailhub.authentication.arc import check_arc
    from mailhub.authentication.dkim import Signatures
    from mailhub.authentication.dmarc import check_dmarc, find_records, matters
    from mailhub.authentication.spf import check_spf

    # What decides about the author is asked for first: all else is at servers the sender chose, who may waste the time.
    mail = Mail(content)
    records = find_records(mail, asking)
    signatures = Signatures(mail, asking.texts, now, lambda signer: matters(signer, records))
    signatures.check_first()
    spf = check_spf(ip, helo, mail_from, asking)
    dkim = signatures.check_others()
    arc = check_arc(mail, asking.texts, now)
    return Verdicts(spf, dkim, arc, check_dmarc(mail, records, spf, dkim, draw))
