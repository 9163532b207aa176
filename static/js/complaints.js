// Takes the words of a response template into the field that it stands beside.
(() => {
  "use strict";

  document.addEventListener("change", (event) => {
    const choice = event.target.closest("[data-template-for]");
    if (!choice || !choice.value) return;
    const field = document.getElementById(choice.dataset.templateFor);
    // What was typed is never lost.
    field.value = field.value.trim() ? `${field.value.trim()}\n${choice.value}` : choice.value;
    choice.value = "";
    field.focus();
  });
})();
