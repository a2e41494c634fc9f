"""What SMS leave behind goes with time: texts that came in, codes, and the log as long as the ledger of mail."""

from mailhub import Hub
from mailhub_sms.models import SENDING, WAITING, PhoneCode, Sms, SmsReceived

DAY = 24 * 3_600_000
TEXTS = 30 * DAY
"""Milliseconds that texts people sent, and codes, are kept."""


def forget_old(hub: Hub) -> None:
    """Delete what is too old. Of SMS that came in the number Twilio gave them stays: the same call is done once for ever."""
    now, days = hub.ms(), hub.config.delivery.ledger_days
    old = (SmsReceived.at < now - TEXTS) & (SmsReceived.text != "")
    SmsReceived.update(text="", number="").where(old).execute()
    # A code that never left stays beside the phone it confirmed: see `provider.configure`.
    PhoneCode.delete().where(PhoneCode.created_at < now - TEXTS, ~PhoneCode.kept).execute()
    if days:
        ended = Sms.state.not_in((WAITING, SENDING))
        Sms.delete().where(Sms.created_at < now - days * DAY, ended).execute()
