// The log drawer: outcomes follow the channel, days by one tap, the drawer after a call; and rows
// that are worked through by keyboard.
(() => {
  "use strict";

  const drawer = document.getElementById("drawer");

  // --- The form ------------------------------------------------------------------------------

  function followChannel(form) {
    const channel = form.querySelector("[name=channel]:checked");
    if (!channel) return;
    const { kind } = channel.dataset;
    const outcomes = [...form.querySelectorAll("[name=outcome]")];
    for (const outcome of outcomes) {
      const fits = outcome.dataset.channels.split(" ").includes(channel.value);
      const label = form.querySelector(`label[for="${outcome.id}"]`);
      outcome.disabled = !fits;
      outcome.hidden = !fits;
      label.hidden = !fits;
      const words = label.querySelector(`[data-${kind}]`);
      if (words) words.textContent = words.dataset[kind];
    }
    const chosen = outcomes.find((outcome) => outcome.checked && !outcome.disabled);
    if (!chosen) {
      const first = outcomes.find((outcome) => !outcome.disabled);
      if (first) first.checked = true;
    }
    for (const part of form.querySelectorAll("[data-only]")) part.hidden = part.dataset.only !== kind;
  }

  function showPressed(field) {
    for (const button of document.querySelectorAll(`[data-fill="${field.id}"]`)) {
      button.setAttribute("aria-pressed", String(button.dataset.value === field.value));
    }
  }

  function prepare(root) {
    for (const form of root.querySelectorAll("[data-save]")) followChannel(form);
    for (const button of root.querySelectorAll("[data-fill]")) {
      button.hidden = false;
      const field = document.getElementById(button.dataset.fill);
      if (field) showPressed(field);
    }
  }

  document.addEventListener("change", (event) => {
    const form = event.target.closest("[data-save]");
    if (form && event.target.name === "channel") followChannel(form);
  });
  document.addEventListener("input", (event) => {
    if (event.target.id) showPressed(event.target);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-fill]");
    if (!button) return;
    const field = document.getElementById(button.dataset.fill);
    // The second tap takes the day away again.
    field.value = field.value === button.dataset.value ? "" : button.dataset.value;
    showPressed(field);
  });
  window.keys.listen(document, (event) => {
    const form = event.target.closest("form[data-save], .sheet-form");
    if (!form || event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    // Only where one button says what is meant; which of several it is nobody can tell.
    const buttons = [...form.elements].filter((field) => field.type === "submit" && !field.disabled);
    if (buttons.length === 1) form.requestSubmit(buttons[0]);
  });

  // --- The drawer ----------------------------------------------------------------------------

  function focusFirst() {
    const wrong = drawer.querySelector("[data-error]");
    const field = wrong && wrong.parentElement.querySelector("input:not([type=hidden]):not([disabled]), select, textarea");
    const first = field || drawer.querySelector("[autofocus]");
    if (first) first.focus();
    if (wrong) wrong.scrollIntoView({ block: "center" });
  }

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== drawer) return;
    prepare(drawer);
    if (drawer.classList.contains("show")) focusFirst();
  });
  drawer.addEventListener("shown.bs.offcanvas", focusFirst);

  // The link still dials; meanwhile the drawer asks how it went.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-call]");
    if (link) window.htmx.ajax("GET", link.dataset.call, { source: link, target: drawer, swap: "innerHTML" });
  });

  // --- Rows by keyboard: j and k move, other letters press what the row offers ----------------

  const MODIFIERS = ["ctrlKey", "metaKey", "altKey"];
  window.keys.listen(document, (event) => {
    if (MODIFIERS.some((name) => event[name])) return;
    if (event.target.closest("input, textarea, select, [contenteditable], .offcanvas, .modal")) return;
    const rows = [...document.querySelectorAll("[data-row]")];
    if (rows.length === 0) return;
    const here = rows.indexOf(event.target.closest("[data-row]"));
    if (event.key === "j" || event.key === "k") {
      const next = here < 0 ? 0 : here + (event.key === "j" ? 1 : -1);
      const row = rows[Math.min(Math.max(next, 0), rows.length - 1)];
      const stop = row.querySelector("a[href], button");
      if (stop) stop.focus();
      event.preventDefault();
    } else if (here >= 0 && /^[a-z]$/.test(event.key)) {
      const wanted = rows[here].querySelector(`[data-key="${event.key}"]`);
      if (!wanted) return;
      event.preventDefault();
      wanted.click();
    }
  });

  // After a row is done the next one has the focus, so that the keyboard goes on working.
  let lastRow = -1;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target } = event.detail;
    if (!target || !target.querySelector("[data-row]")) return;
    const rows = [...target.querySelectorAll("[data-row]")];
    lastRow = rows.indexOf(document.activeElement && document.activeElement.closest("[data-row]"));
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (lastRow < 0) return;
    const rows = document.querySelectorAll("[data-row]");
    const row = rows[Math.min(lastRow, rows.length - 1)];
    lastRow = -1;
    const stop = row && row.querySelector("a[href]");
    if (stop && document.activeElement === document.body) stop.focus();
  });

  prepare(document);
})();
