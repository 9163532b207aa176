// My day renews itself: asked each minute and when the window is looked at again, drawn anew only
// where something changed, and never under somebody's hands.
(() => {
  "use strict";

  const EVERY = 60000;
  const SOON = 3000;
  const LEAST = 1000;
  const drawer = document.getElementById("drawer");
  let asked = Date.now();
  let isAsking = false;
  let isOwed = false;

  const list = () => document.querySelector("[data-renew]");
  const isTyped = (field) =>
    field.type === "checkbox" || field.type === "radio" ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;

  // A drawer or menu is open, something is typed, or an answer is under way.
  function isBusy() {
    if (drawer.childElementCount > 0 || document.querySelector(".htmx-request, .dropdown-menu.show, .modal.show")) return true;
    const here = document.activeElement;
    if (here && here.matches("input, textarea, select")) return true;
    return [...document.querySelectorAll("main input:not([type=hidden]), main textarea")].some(isTyped);
  }

  async function ask() {
    const day = list();
    if (!day || isAsking || document.visibilityState !== "visible") return;
    if (isBusy()) {
      isOwed = true;
      return;
    }
    if (Date.now() - asked < LEAST) return;
    isAsking = true;
    isOwed = false;
    asked = Date.now();
    try {
      const address = `${day.dataset.renew}?mark=${encodeURIComponent(day.dataset.mark)}`;
      const answer = await fetch(address, { headers: { "X-Requested-With": "fetch" }, redirect: "manual" });
      const mark = answer.headers.get("X-Day-Mark");
      // Signed out, or no answer of ours: the next click says so.
      if (!mark || day !== list()) return;
      if (answer.status === 204) day.dataset.mark = mark;
      else if (isBusy()) isOwed = true;
      else window.htmx.trigger(document.body, "dayRenewed");
    } catch (error) {
      // No connection just now: it is asked again in a minute.
      if (!(error instanceof TypeError)) throw error;
    } finally {
      isAsking = false;
    }
  }

  // Soon after it was drawn for the first time, for what was still under way then.
  setTimeout(ask, SOON);
  setInterval(ask, EVERY);
  document.addEventListener("visibilitychange", ask);
  window.addEventListener("focus", ask);
  window.addEventListener("pageshow", (event) => event.persisted && ask());
  // What was put off while the panel was open.
  drawer.addEventListener("hidden.bs.offcanvas", () => isOwed && ask());
})();
