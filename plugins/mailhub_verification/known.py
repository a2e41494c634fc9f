"""What is known without asking anybody: disposable and free domains, local parts that belong to a function, traps by pattern."""

import re
from functools import lru_cache
from typing import NamedTuple

from mailhub_verification.typos import suggestion

_FREE = (
    "gmail.com googlemail.com outlook.com outlook.fr outlook.de outlook.es outlook.it outlook.com.br hotmail.com hotmail.fr "
    "hotmail.co.uk hotmail.de hotmail.it hotmail.es hotmail.be hotmail.ca live.com live.fr live.co.uk live.be live.nl live.ca "
    "live.de live.it msn.com yahoo.com yahoo.fr yahoo.co.uk yahoo.de yahoo.it yahoo.es yahoo.ca yahoo.com.br yahoo.co.in "
    "yahoo.co.jp yahoo.in ymail.com rocketmail.com aol.com aol.fr icloud.com me.com mac.com proton.me protonmail.com "
    "protonmail.ch pm.me gmx.com gmx.net gmx.de gmx.at gmx.ch gmx.fr web.de t-online.de freenet.de mail.com email.com "
    "mail.ru yandex.ru yandex.com zoho.com tutanota.com tuta.io fastmail.com hey.com orange.fr wanadoo.fr free.fr laposte.net "
    "sfr.fr neuf.fr cegetel.net numericable.fr bbox.fr club-internet.fr aliceadsl.fr voila.fr libero.it virgilio.it "
    "tiscali.it alice.it bluewin.ch telenet.be skynet.be videotron.ca sympatico.ca comcast.net verizon.net att.net "
    "bellsouth.net sbcglobal.net cox.net charter.net btinternet.com sky.com virginmedia.com ntlworld.com talktalk.net "
    "qq.com 163.com 126.com sina.com naver.com hanmail.net daum.net uol.com.br bol.com.br terra.com.br rediffmail.com "
    "seznam.cz wp.pl o2.pl onet.pl interia.pl"
)
FREE = frozenset(_FREE.split())
"""Free providers, and the mailboxes that come with a private line."""

_ROLES = (
    "abuse accounting accounts admin administrator all billing board careers ceo compliance contact contactus customerservice "
    "devnull dns enquiries everyone feedback finance ftp hello help helpdesk hostmaster hr info information inquiries "
    "investors it jobs legal list mail mailerdaemon marketing media news newsletter noc noreply office ops orders "
    "payroll postmaster press privacy purchasing recruitment registrar reservations root sales security service "
    "services shop spam support sysadmin team tech undisclosedrecipients unsubscribe usenet uucp webmaster www "
    "accueil achats administration agence assistance boutique bureau cabinet candidature candidatures commande commandes "
    "commercial communication compta comptabilite direction donotreply emploi equipe facturation formation gestion "
    "informatique infos location magasin mairie nepasrepondre nousecrire presse qualite recrutement redaction "
    "relationclient reservation ressourceshumaines rgpd rh sav scolarite secretariat serviceclient servicesclients "
    "standard technique vente ventes"
)
ROLES = frozenset(_ROLES.split())
"""Local parts of a function, in English and French, without the signs between their words."""

_SIGNS = str.maketrans("", "", "._-")
_TRAP = re.compile(r"spam-?_?\.?trap|honey-?_?\.?pot|trap-?_?\.?mail|mail-?_?\.?trap|black-?_?\.?hole").search


class About(NamedTuple):
    """What is known of a domain: slugs, and the domain that was probably meant ("" for this one)."""

    slugs: tuple[str, ...]
    meant: str


@lru_cache(20_000)
def about_domain(domain: str) -> About:
    """What is known of a domain (lower case, A-labels) by lists kept here and in disposable-email-domains."""
    if domain in FREE:
        return About(("free",), "")
    meant = suggestion(domain)
    if meant:  # before disposable: whoever sits on a mistyped domain is on that list too
        return About(("typo",), meant)
    return About(("disposable",) if _is_disposable(domain) else (), "")


def about_local(local: str) -> tuple[str, ...]:
    """What is known of a local part, as slugs."""
    plain = local.lower().partition("+")[0]
    found = []
    if _TRAP(plain):
        found.append("trap-pattern")
    if plain.translate(_SIGNS).rstrip("0123456789") in ROLES:
        found.append("role")
    if not local.isascii():
        found.append("international")
    return tuple(found)


@lru_cache(1)
def _disposable() -> frozenset[str]:
    from disposable_email_domains import blocklist  # 1 MiB that a process which verifies nothing has no use for

    return frozenset(blocklist)


def _is_disposable(domain: str) -> bool:
    """The domain, or one it is under, is on the list."""
    listed = _disposable()
    while "." in domain:
        if domain in listed:
            return True
        domain = domain.partition(".")[2]
    return False
