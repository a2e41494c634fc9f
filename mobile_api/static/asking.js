// A question at the thumb's end of the screen: what will happen, the button that does it, and one that does not.
import { el, t } from "./drawing.js";

// Resolves to null (not wanted), or to the field's value ("" without a field).
export function ask({ title, told, yes, danger = false, field = null }) {
  return new Promise((resolve) => {
    const input = field && el("input", { id: "asked", type: field.type, value: field.value, min: field.min, required: true });
    const answer = (value) => { dialog.close(); dialog.remove(); resolve(value); };
    const form = el("form", { method: "dialog", onsubmit: (event) => { event.preventDefault(); answer(input ? input.value : ""); } },
      el("h2", { id: "asked-title" }, title),
      el("p", {}, told),
      input && el("label", { for: "asked" }, field.label), input,
      el("button", { class: danger ? "big danger" : "big primary", type: "submit" }, yes),
      el("button", { class: "big", type: "button", onclick: () => answer(null) }, t("cancel")));
    const dialog = el("dialog", { "aria-labelledby": "asked-title", oncancel: (event) => { event.preventDefault(); answer(null); } }, form);
    document.body.append(dialog);
    dialog.showModal();
  });
}

// A line that says what was done, or why not; it goes by itself.
export function say(text, bad = false) {
  document.querySelectorAll(".toast").forEach((each) => each.remove());
  const line = el("div", { class: bad ? "toast bad" : "toast", role: bad ? "alert" : "status" }, text);
  document.body.append(line);
  setTimeout(() => line.remove(), bad ? 8000 : 4000);
}
