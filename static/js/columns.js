// The columns of a list: boxes go in the order in which they stand, so moving one moves its column.
(() => {
  "use strict";

  function prepare(root) {
    for (const button of root.querySelectorAll("[data-columns] [data-move]")) button.hidden = false;
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-columns] [data-move]");
    if (!button) return;
    const row = button.closest("[data-column]");
    const up = button.dataset.move === "up";
    const other = up ? row.previousElementSibling : row.nextElementSibling;
    if (!other) return;
    if (up) other.before(row);
    else other.after(row);
    button.focus();
  });
  // A column that rows cannot do without stays ticked.
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-columns] [data-fixed]")) event.target.checked = true;
  });
  document.addEventListener("htmx:afterSettle", (event) => prepare(event.detail.elt.parentElement || document));

  prepare(document);
})();
