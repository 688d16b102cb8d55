"use strict";
// Before the first paint: the theme that was chosen last time. A file: page may have no storage; then the system decides.
(() => {
  let theme = "system";
  try { theme = localStorage.getItem("wimspect-theme") || "system"; } catch { /* no storage here */ }
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  document.documentElement.classList.add("js");
})();
