// The few things pages cannot do without a script: theme buttons, questions before a POST, passwords, copying.
(() => {
  "use strict";

  const markTheme = () => {
    for (const button of document.querySelectorAll("[data-choose-theme]")) {
      button.setAttribute("aria-pressed", String(button.dataset.chooseTheme === window.mailhubTheme.chosen()));
    }
  };

  const element = (name, classes, text) => {
    const made = document.createElement(name);
    made.className = classes;
    if (text) made.textContent = text;
    return made;
  };

  // A form with data-confirm asks its sentence first. <dialog> keeps the focus inside and closes by Escape.
  const ask = (form, submitter) => {
    const dialog = element("dialog", "question");
    const words = element("p", "mb-4", form.dataset.confirm);
    words.id = "question-words";
    dialog.setAttribute("aria-labelledby", words.id);
    const buttons = element("div", "btn-list justify-content-end");
    const no = element("button", "btn", form.dataset.confirmNo);
    const yes = element("button", "confirmDanger" in form.dataset ? "btn btn-danger" : "btn btn-primary", form.dataset.confirmYes);
    no.type = yes.type = "button";
    no.addEventListener("click", () => dialog.close());
    yes.addEventListener("click", () => {
      form.dataset.confirmed = "yes";
      dialog.close();
      form.requestSubmit(submitter);
    });
    dialog.addEventListener("close", () => dialog.remove());
    buttons.append(no, yes);
    dialog.append(words, buttons);
    document.body.append(dialog);
    dialog.showModal();
    no.focus();
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || event.defaultPrevented) return;
    if (form.dataset.confirm && form.dataset.confirmed !== "yes") {
      event.preventDefault();
      ask(form, event.submitter);
    }
  }, true);

  // 20 letters and digits that are not mistaken for each other: 115 random bits.
  const strongPassword = () => {
    const letters = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let made = "";
    while (made.length < 20) {
      const [value] = crypto.getRandomValues(new Uint8Array(1));
      if (value < 256 - (256 % letters.length)) made += letters[value % letters.length];
    }
    return made.match(/.{5}/g).join("-");
  };

  const showPassword = (input, shown) => {
    input.type = shown ? "text" : "password";
    for (const button of document.querySelectorAll(`[data-show-password="${input.id}"]`)) {
      button.setAttribute("aria-pressed", String(shown));
    }
  };

  const copy = async (button) => {
    const text = button.dataset.copy;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = element("textarea", "visually-hidden");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy"); // pages that are not on HTTPS have no clipboard
      area.remove();
      button.focus();
    }
    const words = button.querySelector("span");
    const before = words.textContent;
    if (before === button.dataset.copied) return;
    words.textContent = button.dataset.copied;
    setTimeout(() => { words.textContent = before; }, 2000);
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.chooseTheme) window.mailhubTheme.choose(button.dataset.chooseTheme);
    if (button.dataset.copy) copy(button);
    if (button.dataset.showPassword) {
      const input = document.getElementById(button.dataset.showPassword);
      showPassword(input, input.type === "password");
    }
    if (button.dataset.makePassword) {
      const input = document.getElementById(button.dataset.makePassword);
      input.value = strongPassword();
      showPassword(input, true);
      input.focus();
    }
  });

  // Filters that apply themselves: <select data-submit> sends its form.
  document.addEventListener("change", (event) => {
    if ("submit" in event.target.dataset) event.target.form.requestSubmit();
  });

  // On a phone the cells of a list stand below each other (see .stack in mailhub.css): each says its column's heading.
  const nameCells = () => {
    for (const table of document.querySelectorAll("table.stack")) {
      const headings = [...table.querySelectorAll("thead th")].map((heading) => heading.textContent.trim());
      for (const row of table.querySelectorAll("tbody tr")) {
        [...row.cells].forEach((cell, at) => {
          if (at > 0 && headings[at] && !cell.hasAttribute("data-label")) cell.dataset.label = headings[at];
        });
      }
    }
  };

  const guessZone = () => {
    const select = document.querySelector("[data-guess-zone]");
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (select && [...select.options].some((option) => option.value === zone)) select.value = zone;
  };

  document.addEventListener("mailhub:theme", markTheme);
  document.addEventListener("htmx:load", nameCells);
  nameCells();
  markTheme();
  guessZone();
  document.querySelector("[data-focus]")?.focus();
})();
