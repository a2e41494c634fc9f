// The editor: the preview follows what is typed, names are inserted where the cursor was, the language tab is kept.
(() => {
  "use strict";
  const form = document.querySelector("[data-editor]");
  if (!form) return;
  const shown = form.elements.shown;
  let last = null;
  let timer = 0;

  const showCheck = () => {
    for (const block of document.querySelectorAll("[data-check]")) {
      block.classList.toggle("shown", block.dataset.check === shown.value);
    }
  };

  const refresh = () => {
    document.body.dispatchEvent(new CustomEvent("mailhub:typed"));
    document.getElementById("preview-now").click();
  };

  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(refresh, 600);
  };

  const insert = (text) => {
    const target = last && !last.closest(".tab-pane:not(.active)") ? last : document.getElementById(`field-body_${shown.value}`);
    target.focus();
    target.setRangeText(text, target.selectionStart, target.selectionEnd, "end");
    const blank = target.value.lastIndexOf("…", target.selectionStart);
    if (text.includes("…") && blank >= 0) target.setSelectionRange(blank, blank + 1);
    target.dispatchEvent(new Event("input", { bubbles: true }));
  };

  form.addEventListener("input", later);
  document.getElementById("contact").addEventListener("input", later);
  document.addEventListener("focusin", (event) => {
    if ("template" in event.target.dataset) last = event.target;
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.insert) insert(button.dataset.insert);
    if (button.dataset.language) {
      shown.value = button.dataset.language;
      last = null;
      showCheck();
      later();
    }
    if (button.dataset.width) {
      document.querySelector(".preview-room").classList.toggle("phone", button.dataset.width === "phone");
      for (const each of document.querySelectorAll("[data-width]")) each.setAttribute("aria-pressed", String(each === button));
    }
  });
  document.addEventListener("htmx:afterSwap", showCheck);

  // Leaving with something unsaved is asked about by the browser.
  let dirty = Boolean(form.querySelector(".is-invalid"));
  form.addEventListener("input", () => { dirty = true; });
  form.addEventListener("submit", (event) => {
    if (event.submitter?.id !== "preview-now") dirty = false;
  });
  document.body.addEventListener("mailhub:saved", () => { dirty = false; }); // a test saves, too
  addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
})();
