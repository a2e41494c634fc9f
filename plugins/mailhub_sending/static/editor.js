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

  // What each way of writing needs, and an example to begin with where nothing is written yet.
  const showKind = () => {
    const body = document.getElementById(`field-body_${shown.value}`);
    const kind = form.elements.editor.value;
    for (const each of document.querySelectorAll("[data-kind]")) each.hidden = each.dataset.kind !== kind;
    for (const each of document.querySelectorAll("[data-example]")) {
      each.hidden = each.dataset.example !== shown.value || body.value.trim() !== "";
    }
  };

  const recogniseKind = (target) => {
    if (target.id?.startsWith("field-body_") && /^\s*<mjml[\s>]/.test(target.value)) form.elements.editor.value = "mjml";
  };

  const beginWithExample = async (link) => {
    const answer = await fetch(link.href);
    const body = document.getElementById(`field-body_${link.dataset.example}`);
    if (!answer.ok || body.value.trim()) return;
    body.value = await answer.text();
    body.focus();
    body.setSelectionRange(0, 0);
    body.dispatchEvent(new Event("input", { bubbles: true }));
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

  form.addEventListener("input", (event) => {
    recogniseKind(event.target);
    showKind();
    later();
  });
  document.getElementById("contact").addEventListener("input", later);
  document.addEventListener("focusin", (event) => {
    if ("template" in event.target.dataset) last = event.target;
  });
  document.addEventListener("click", (event) => {
    const example = event.target.closest("[data-example]");
    if (example) {
      event.preventDefault();
      beginWithExample(example);
    }
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.insert) insert(button.dataset.insert);
    if (button.dataset.language) {
      shown.value = button.dataset.language;
      last = null;
      showCheck();
      showKind();
      later();
    }
    if (button.dataset.width) {
      document.querySelector(".preview-room").classList.toggle("phone", button.dataset.width === "phone");
      for (const each of document.querySelectorAll("[data-width]")) each.setAttribute("aria-pressed", String(each === button));
    }
  });
  document.addEventListener("htmx:afterSwap", showCheck);
  showKind();

  // Leaving with something unsaved is asked about by the browser.
  let dirty = Boolean(form.querySelector(".is-invalid"));
  form.addEventListener("input", () => { dirty = true; });
  form.addEventListener("submit", (event) => {
    if (event.submitter?.id !== "preview-now") dirty = false;
  });
  document.body.addEventListener("mailhub:saved", () => { dirty = false; }); // a test saves, too
  addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
})();
