// A supervisor goes through the logs of a day by keyboard: letters press links, a is the answer.
(() => {
  "use strict";

  const MODIFIERS = ["ctrlKey", "metaKey", "altKey"];
  window.keys.listen(document, (event) => {
    if (MODIFIERS.some((name) => event[name])) return;
    if (event.target.closest("input, textarea, select, [contenteditable], .offcanvas, .modal")) return;
    if (event.key === "a") {
      const field = document.querySelector("#_log_remarks textarea");
      if (!field) return;
      event.preventDefault();
      field.focus();
    } else if (/^[a-z]$/.test(event.key)) {
      const link = document.querySelector(`[data-press="${event.key}"]`);
      if (!link) return;
      event.preventDefault();
      link.click();
    }
  });
})();
