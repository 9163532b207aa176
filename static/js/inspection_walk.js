// The walk through an inspection by keyboard: g, u, n judge, 1 to 5 say the quality, Enter goes on
// with what is judged, j and k move, f writes a finding.
(() => {
  "use strict";

  const MODIFIERS = ["ctrlKey", "metaKey", "altKey"];
  const TYPING = "textarea, select, [contenteditable], .offcanvas, .modal, .dropdown-menu";
  const isTyping = (target) => target.closest(TYPING) || (target.matches("input") && !target.matches("[type=radio]"));

  window.keys.listen(document, (event) => {
    if (MODIFIERS.some((name) => event[name])) return;
    const { key, target } = event;
    if (key === "Enter") {
      // A link or a button does its own.
      if (target.closest("a, button, textarea, .offcanvas, .modal, [role=combobox], header")) return;
      if (isTyping(target)) {
        // A text never decides: the remark is left, which keeps it; the next Enter goes on.
        event.preventDefault();
        target.blur();
        return;
      }
    } else if (isTyping(target)) {
      return;
    }
    const wanted = document.querySelector(`[data-walk-key="${CSS.escape(key)}"]`);
    if (!wanted) return;
    event.preventDefault();
    wanted.click();
  });

  // A form sent whole must not be overtaken by what a changed field sends of itself.
  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-walk]")) event.target.dataset.sent = "true";
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    const form = event.target.closest && event.target.closest("[data-walk]");
    if (form && form.dataset.sent) event.preventDefault();
  });
})();
