"""What to do about each source, each kind of TLS failure and a domain's policy: one plain sentence for each."""

from typing import Any, NamedTuple

from mailhub.errors import Sentence

ENOUGH = 0.98
"""The share of mail that passes from which on a stricter policy harms nobody."""
LONG_ENOUGH = 30
"""Days of reports before a stricter policy is advised."""
_LET_THROUGH = frozenset({"forwarded", "mailing_list", "trusted_forwarder", "sampled_out", "local_policy"})

FATES = {
    "ours": Sentence("This is your server: nothing to do."),
    "ours_fails": Sentence("This is your server, and its mail fails: look at the records of {domain} on the Domains page."),
    "passes": Sentence("Passes: nothing to do."),
    "forwarded": Sentence("A forwarder: DKIM passes, so there is nothing to do."),
    "unaligned": Sentence(
        "DKIM passes. SPF is only right for {other}, so it does not count: use a return path under {domain}."
    ),
    "unsigned": Sentence("SPF passes, but nothing is signed, and forwarding will break it: let this program sign with DKIM."),
    "foreign_key": Sentence("SPF passes, but the signature is that of {other}: let this program sign as {domain}."),
    "broken_key": Sentence("SPF passes, but DKIM fails: check that the key {selector} of {other} is published and unchanged."),
    "let_through": Sentence("Neither passes, and receivers know it as a forwarder or a mailing list: nothing to do."),
    "failing_key": Sentence(
        "Neither passes: the key {selector} of {other} is missing or wrong, or the mail is changed on its way."
    ),
    "service": Sentence(
        "Neither passes: {other} sends this in your name. If you use it, set up your own DKIM key there; else ignore it."
    ),
    "stranger": Sentence("Neither passes: someone else, or a forgotten program. If it is yours, sign its mail; else ignore it."),
    "many": Sentence("Too many sources to keep apart: nobody’s programs send like this, so ignore them."),
}  # fmt: skip
"""A sentence for each fate; its values are filled in by `say`."""

TLS = {
    "starttls-not-supported": Sentence("The mail server {mx} does not offer STARTTLS: switch it on there."),
    "certificate-host-mismatch": Sentence("The certificate of {mx} is for another name: get one for this one."),
    "certificate-expired": Sentence("The certificate of {mx} has expired: renew it, and have that done by itself."),
    "certificate-not-trusted": Sentence("The certificate of {mx} is of an unknown authority: get one of a public one."),
    "validation-failure": Sentence("TLS with {mx} failed: try it from outside with openssl s_client -starttls smtp."),
    "tlsa-invalid": Sentence("The TLSA record of {mx} fits none of its certificates: publish the present one’s."),
    "dnssec-invalid": Sentence("DNSSEC of the domain or of {mx} is broken: renew its signatures."),
    "dane-required": Sentence("Its sender insists on DANE, and {mx} has no valid TLSA record: publish one."),
    "sts-policy-fetch-error": Sentence("The MTA-STS policy could not be fetched: check https://mta-sts.{domain}/.well-known/mta-sts.txt."),
    "sts-policy-invalid": Sentence("The MTA-STS policy is not written as it must be: correct it and change the record’s id."),
    "sts-webpki-invalid": Sentence("The certificate of mta-sts.{domain} is not valid: renew it."),
}  # fmt: skip
"""By the result types of RFC 8460 section 4.3."""
TLS_OTHER = Sentence("The reporter does not say why: if it goes on, ask {org}.")


class Fared(NamedTuple):
    """Mails of a source that fared alike: the columns that decide, and how many."""

    dkim: str
    spf: str
    dkim_domain: str
    dkim_selector: str
    dkim_result: str
    spf_domain: str
    spf_result: str
    reason: str
    mails: int


def fate_of(source: str, fared: Fared, ours: bool) -> str:
    """The key of `FATES` for mails of a source; `ours`: it is this server."""
    dkim, spf = fared.dkim == "pass", fared.spf == "pass"
    if ours:
        return "ours" if dkim or spf else "ours_fails"
    if dkim:
        return "passes" if spf else "unaligned" if fared.spf_result == "pass" else "forwarded"
    if spf:
        return "unsigned" if not fared.dkim_domain else "foreign_key" if fared.dkim_result == "pass" else "broken_key"
    if not source:
        return "many"
    if _LET_THROUGH & set(fared.reason.split(",")):
        return "let_through"
    return _neither(fared)


def _neither(fared: Fared) -> str:
    if "pass" in (fared.dkim_result, fared.spf_result):
        return "service"
    return "failing_key" if fared.dkim_domain else "stranger"


def say(fate: str, fared: Fared, domain: str) -> Sentence:
    """The sentence for a fate."""
    signed = fate in ("foreign_key", "broken_key", "failing_key") or (fate == "service" and fared.dkim_result == "pass")
    other = fared.dkim_domain if signed else fared.spf_domain
    return Sentence(FATES[fate].template, domain=domain, other=other or "?", selector=fared.dkim_selector or "?")


def say_tls(result: str, mx: str, domain: str, org: str) -> Sentence:
    """The sentence for a kind of failed session."""
    return Sentence(TLS.get(result, TLS_OTHER).template, mx=mx or domain, domain=domain, org=org or "?")


def advise(domain: str, policy: dict[str, Any] | None, days: int, mails: int, passed: int, mine: int = 0) -> Sentence:
    """What to do about a domain's policy (`p`, `pct` as last seen; None when nobody said), from what came of its mail in
    the last `LONG_ENOUGH` days; `days` is since when there are reports, `mine` how many that failed bear the domain's own
    signature: strangers, who never will, must not keep the policy down for ever."""
    if policy is None or not mails:
        return Sentence(
            "No reports of the last days: receivers send them once a day to the address of the DMARC record."
        )
    share = 100 * passed // mails
    p = policy["p"] or "none"
    if p == "reject" and policy["pct"] >= 100:
        return Sentence("Receivers refuse what fails (p=reject): look at sources that fail and are yours.")
    if days < LONG_ENOUGH:
        return Sentence(
            "Stay with p={p} until there are {wanted} days of reports; so far there are {days}.",
            p=p, wanted=LONG_ENOUGH, days=days,
        )  # fmt: skip
    wanted = "quarantine" if p == "none" else "reject"
    if passed < ENOUGH * mails:
        return _too_few(p, share, wanted, passed >= ENOUGH * (passed + mine))
    if policy["pct"] < 100 and p != "none":
        return Sentence("For 30 days {share} of 100 mails passed: take pct={pct} out of the DMARC record.",
                        share=share, pct=policy["pct"])  # fmt: skip
    return Sentence(
        "For 30 days {share} of 100 mails passed: write p={wanted} into the DMARC record.", share=share, wanted=wanted
    )


def _too_few(p: str, share: int, wanted: str, strangers: bool) -> Sentence:
    if strangers:
        return Sentence(
            "{share} of 100 mails pass, and what fails bears no signature of yours: if none of these sources is yours, "
            "write p={wanted}, else stay with p={p}.",
            share=share, wanted=wanted, p=p,
        )  # fmt: skip
    return Sentence(
        "Stay with p={p}: {share} of 100 mails pass, and 98 should. Look at your own sources that fail.",
        p=p,
        share=share,
    )
