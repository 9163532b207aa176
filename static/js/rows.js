// Lists of a form: one more row, from the empty one that the page holds as a template.
(() => {
  "use strict";

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-rows-add]");
    if (!button) return;
    const list = button.closest("[data-rows]");
    const total = document.getElementById(`id_${list.dataset.rows}-TOTAL_FORMS`);
    const made = document.createElement("template");
    made.innerHTML = list.querySelector("[data-rows-new]").innerHTML.replaceAll("__prefix__", total.value);
    const row = made.content.querySelector("[data-list-row]");
    total.value = String(Number(total.value) + 1);
    list.querySelector("[data-rows-list]").append(row);
    row.querySelector("input:not([type=hidden]), select, textarea").focus();
  });
})();
