"""The header words that name a field, in French and English, as people and other programs write them.

Sources: model files of the trade, and what Outlook, Google Contacts, Mailchimp, Brevo and listmonk export.
"""

import re
import unicodedata

_LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "№": "no"})


def ascii_fold(text: str) -> str:
    """Return text in lower case without accents; letters that have no ASCII form go away."""
    folded = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return folded.encode("ascii", "ignore").decode("ascii")


def fold(text: str) -> str:
    """Return only the ASCII letters and digits of a header: "E-mail 1 - Value" and "email1value" are one word."""
    return re.sub(r"[^a-z0-9]+", "", ascii_fold(text))


WORDS: dict[str, tuple[str, ...]] = {
    "address": (
        *(
            "email",
            "e-mail",
            "e-mails",
            "emails",
            "email address",
            "e-mail address",
            "mail",
            "mail address",
            "adr mail",
        ),
        *("courriel", "courriels", "adresse courriel", "adresse de courriel", "adresse électronique", "mél", "mel"),
        *("adresse e-mail", "adresse email", "adresse mail", "adresse de messagerie", "adresse courrier électronique"),
        *("courrier électronique", "adresse de courrier électronique", "adresse du destinataire", "contact email"),
        *("e-mail 1 - value", "e-mail 1", "email 1", "primary email", "work email", "business email", "personal email"),
        *(
            "courriel 1",
            "courriel principal",
            "courriel professionnel",
            "e-mail professionnel",
            "email pro",
            "user email",
        ),
    ),
    "language": (
        *("langue", "language", "lang", "langues", "locale", "langue de correspondance", "langue préférée"),
        *("preferred language", "langue du contact", "contact language", "language code", "code langue", "idioma"),
    ),
    "display": (
        *("affichage", "display", "display name", "nom affiché", "nom d'affichage", "nom complet", "full name", "name"),
        *("appel", "formule d'appel", "salutation et nom", "file as", "afficher", "à afficher", "nom et prénom"),
        *("prénom et nom", "prénom nom", "nom prénom", "contact name", "nom du contact", "greeting"),
    ),
    "first_name": (
        *("prénom", "prénoms", "first name", "firstname", "given name", "first", "fname", "forename", "prénom usuel"),
        *("prénom du contact",),
    ),
    "last_name": (
        *("nom", "nom de famille", "last name", "lastname", "surname", "family name", "last", "lname", "noms"),
        *("patronyme", "nom usuel"),
    ),
    "title": (
        *("titre", "title", "civilité", "salutation", "titre de civilité", "prefix", "name prefix", "honorific"),
        *("préfixe", "titre honorifique", "civ", "mr/mrs", "courtesy title"),
    ),
    "company": (
        *("société", "entreprise", "compagnie", "company", "company name", "organisation", "organization", "organisme"),
        *("organization name", "organization 1 - name", "raison sociale", "employeur", "employer", "business"),
        *("nom de l'entreprise", "nom de la compagnie", "nom de la société", "établissement", "business name"),
    ),
    "phone": (
        *(
            "téléphone",
            "tél",
            "telephone",
            "phone",
            "phone number",
            "téléphone mobile",
            "mobile",
            "mobile phone",
            "sms",
        ),
        *("cellulaire", "cell", "cell phone", "cellphone", "portable", "sms", "numéro de téléphone"),
        *(
            "no de téléphone",
            "phone 1 - value",
            "primary phone",
            "business phone",
            "home phone",
            "whatsapp",
            "tél. mobile",
            "no tél",
        ),
        *("téléphone (bureau)", "téléphone bureau", "téléphone domicile", "tél. professionnel", "n° de téléphone"),
    ),
    "city": (
        *("ville", "city", "localité", "municipalité", "town", "commune", "business city", "home city"),
        *("address 1 - city", "ville (bureau)", "ville (domicile)"),
    ),
    "country": (
        *("pays", "country", "country/region", "business country/region", "home country/region", "address 1 - country"),
        *("pays/région", "pays (bureau)", "pays (domicile)", "country name", "nation"),
    ),
    "postcode": (
        *("code postal", "postal code", "postcode", "zip", "zip code", "zipcode", "cp", "code postal (bureau)"),
        *("business postal code", "home postal code", "address 1 - postal code", "zip/postal code"),
    ),
}
"""Field name → the headers that mean it, best first where a program writes several."""

FIELD_OF: dict[str, str] = {fold(word): field for field, words in WORDS.items() for word in words}
"""Folded header → field name."""

MAYBE_ADDRESS = frozenset({"adresse", "address", "adr", "contact", "destinataire", "recipient"})
"""Folded headers that mean an e-mail address only when the cells below say so."""

REASON_HEADER = {"en": "Not imported because", "fr": "Non importé, car"}
"""The header of the reasons in a file of bad rows, by language: that column is left out when the file comes again."""

LEFT_OUT = frozenset(map(fold, REASON_HEADER.values()))
"""Folded headers of columns that are taken into no field."""
