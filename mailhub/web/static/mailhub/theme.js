// Light or dark before anything is painted: what the reader chose here, else what the system says.
(() => {
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => {
    try { return localStorage.getItem("mailhub-theme") || "system"; } catch { return "system"; }
  };
  const apply = () => {
    const choice = chosen();
    const dark = choice === "dark" || (choice === "system" && system.matches);
    document.documentElement.dataset.bsTheme = dark ? "dark" : "light";
    document.dispatchEvent(new CustomEvent("mailhub:theme", { detail: choice }));
  };
  window.mailhubTheme = {
    chosen,
    choose(choice) {
      try { localStorage.setItem("mailhub-theme", choice); } catch { /* it lasts for this page then */ }
      apply();
    },
  };
  system.addEventListener("change", apply);
  apply();
})();
