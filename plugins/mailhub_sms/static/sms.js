/* Counts an SMS while it is written: signs, segments, alphabet; as gsm.py does. */
"use strict";

const PLAIN = { "’": "'", "‘": "'", "“": '"', "”": '"', "«": '"', "»": '"', "–": "-", "—": "-", "…": "...", "•": "-",
  "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\t": " ", "œ": "oe", "Œ": "OE", "ç": "Ç" };

function segments(units, alone, each) {
  if (units.reduce((sum, unit) => sum + unit, 0) <= alone) return 1;
  let count = 1, room = each;
  for (const unit of units) {
    if (unit > room) { count += 1; room = each; }
    room -= unit;
  }
  return count;
}

function measure(text, basic, extended) {
  const signs = [...text.replaceAll("\r\n", "\n")].flatMap((sign) => [...(PLAIN[sign] || sign)]);
  const gsm = signs.every((sign) => basic.includes(sign) || extended.includes(sign));
  const units = signs.map((sign) => (gsm ? (extended.includes(sign) ? 2 : 1) : sign.length));
  return {
    encoding: gsm ? "GSM-7" : "UCS-2",
    signs: units.reduce((sum, unit) => sum + unit, 0),
    segments: gsm ? segments(units, 160, 153) : segments(units, 70, 67),
  };
}

for (const field of document.querySelectorAll("[data-sms-count]")) {
  const shown = document.getElementById(field.dataset.smsCount);
  const count = () => {
    const found = measure(field.value, field.dataset.smsBasic + "\r\n", field.dataset.smsExtended);
    shown.textContent = field.dataset.smsWords.replace("{signs}", found.signs).replace("{segments}", found.segments)
      .replace("{encoding}", found.encoding);
  };
  field.addEventListener("input", count);
  count();
}
