// The week of a plan: items are dragged between days and within one, or go by the arrow keys; the
// server keeps the order, and the page is drawn anew from its answer. And the small help of the
// pages beside it: a refused return asks for its word, an address is copied.
(() => {
  "use strict";

  const START = 6;
  const EDGE = 48;
  const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  let drag = null;
  let inFlight = false;
  let suppressClick = false;
  // Keys pressed while the page is drawn anew wait for it, so that none is lost.
  const pressed = [];

  const lists = () => [...document.querySelectorAll("[data-plan-board] [data-day]")];
  const cardsOf = (list) => [...list.querySelectorAll(":scope > [data-item]")];

  // --- Sending ---------------------------------------------------------------------------------

  function say(list) {
    const said = document.querySelector("[data-plan-said]");
    if (said) said.textContent = said.dataset.moved.replace("…", list.dataset.label);
  }

  function send(card, list, position) {
    if (inFlight) return;
    inFlight = true;
    say(list);
    const values = { day: list.dataset.day, position, quietly: "on" };
    window.htmx.ajax("POST", card.dataset.item, { source: card, swap: "none", values });
  }

  function release() {
    inFlight = false;
    while (!inFlight && pressed.length > 0) {
      const [id, key] = pressed.shift();
      const grip = document.getElementById(id);
      if (grip) stepBy(grip, key);
    }
  }
  // The week is there again, as the server has it; or there was no answer to draw it from.
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id === "_plan_sheet" && inFlight) release();
  });
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, () => {
      pressed.length = 0;
      // After a refusal the week is drawn anew, which releases; this is for when it is not.
      setTimeout(release, 1000);
    });
  }

  // --- By pointer ------------------------------------------------------------------------------

  // The list under a point, and the card before which a dropped one would stand (null: the end).
  function placeAt(x, y) {
    const all = lists();
    const under = document.elementFromPoint(x, y);
    const day = under && under.closest(".plan-day");
    const list = day && all.find((one) => day.contains(one));
    if (!list) return null;
    const before = cardsOf(list).find((card) => {
      if (card === drag.card) return false;
      const box = card.getBoundingClientRect();
      return y < box.top + box.height / 2;
    });
    return { list, before: before || null };
  }

  function begin() {
    const { card } = drag;
    drag.isOn = true;
    drag.mark = document.createElement("li");
    drag.mark.className = "plan-drop";
    drag.mark.setAttribute("aria-hidden", "true");
    card.classList.add("is-dragged");
    document.body.classList.add("is-dragging-plan");
    // Captured only now: a plain press stays a click on what was pressed.
    card.setPointerCapture(drag.pointer);
  }

  function end() {
    if (!drag) return;
    drag.card.classList.remove("is-dragged");
    // The whole attribute: htmx would copy an empty one, which the security policy refuses.
    drag.card.removeAttribute("style");
    if (drag.mark) drag.mark.remove();
    for (const list of lists()) list.classList.remove("is-target");
    document.body.classList.remove("is-dragging-plan");
    drag = null;
  }

  function show(x, y) {
    drag.card.style.transform = `translate(${x - drag.x}px, ${y - drag.y + window.scrollY - drag.scroll}px)`;
    drag.place = placeAt(x, y);
    for (const list of lists()) list.classList.toggle("is-target", Boolean(drag.place) && drag.place.list === list);
    if (!drag.place) drag.mark.remove();
    else if (drag.place.before) drag.place.before.before(drag.mark);
    else drag.place.list.append(drag.mark);
    // A long week scrolls along on a phone.
    if (y < EDGE) window.scrollBy(0, -12);
    else if (y > window.innerHeight - EDGE) window.scrollBy(0, 12);
  }

  document.addEventListener("pointerdown", (event) => {
    const card = event.target.closest("[data-plan-board] [data-item]");
    if (!card || event.button !== 0 || inFlight) return;
    const grip = event.target.closest("[data-grip]");
    // A finger scrolls the page unless it takes the grip; a mouse takes the card anywhere.
    if (!grip && (event.pointerType !== "mouse" || event.target.closest("a, button, input"))) return;
    drag = { card, pointer: event.pointerId, x: event.clientX, y: event.clientY, scroll: window.scrollY, isOn: false };
  });
  document.addEventListener("pointermove", (event) => {
    if (!drag || event.pointerId !== drag.pointer) return;
    const far = Math.hypot(event.clientX - drag.x, event.clientY - drag.y);
    if (!drag.isOn && far < START) return;
    event.preventDefault();
    if (!drag.isOn) begin();
    show(event.clientX, event.clientY);
  });
  document.addEventListener("pointerup", (event) => {
    if (!drag || event.pointerId !== drag.pointer) return;
    const { isOn, place, card } = drag;
    end();
    if (!isOn) return;
    suppressClick = true;
    setTimeout(() => {
      suppressClick = false;
    }, 0);
    if (!place) return;
    const others = cardsOf(place.list).filter((one) => one !== card);
    const position = place.before ? others.indexOf(place.before) : others.length;
    const isSame = card.parentElement === place.list && cardsOf(place.list).indexOf(card) === position;
    if (isSame) return;
    // At once where it was dropped; the answer of the server draws the week as it is.
    if (place.before) place.before.before(card);
    else place.list.append(card);
    send(card, place.list, position);
  });
  document.addEventListener("pointercancel", end);
  document.addEventListener(
    "click",
    (event) => {
      if (!suppressClick) return;
      event.preventDefault();
      event.stopPropagation();
    },
    true,
  );

  // --- By keyboard -----------------------------------------------------------------------------

  window.keys.listen(document, (event) => {
    if (event.key === "Escape" && drag) {
      end();
      return;
    }
    const grip = event.target.closest("[data-plan-board] [data-grip]");
    const step = STEPS[event.key];
    if (!grip || !step || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    event.preventDefault();
    if (inFlight) pressed.push([grip.id, event.key]);
    else stepBy(grip, event.key);
  });

  function stepBy(grip, key) {
    const card = grip.closest("[data-item]");
    const all = lists();
    const here = card.parentElement;
    const [across, along] = STEPS[key];
    const list = all[all.indexOf(here) + across];
    if (!list) return;
    const place = cardsOf(here).indexOf(card);
    const position = across ? Math.min(place, cardsOf(list).length) : place + along;
    if (!across && (position < 0 || position >= cardsOf(here).length)) return;
    send(card, list, position);
  }

  // --- Beside the board ------------------------------------------------------------------------

  // A return without its word: the field asks for it. From then on it is sure what is wanted, and
  // Ctrl+Enter in the field does it; Enter alone never decides.
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt.closest("[data-decide]");
    if (!form || event.detail.xhr.status !== 422) return;
    form.dataset.wanted = "return";
    form.querySelector("[name=note]").focus();
  });
  window.keys.listen(document, (event) => {
    const form = event.target.closest("[data-decide]");
    if (!form || event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    if (form.dataset.wanted) form.querySelector(`[value="${form.dataset.wanted}"]`).click();
  });

  // Several plans at once: all ticked by one box; what was typed beside a plan goes along.
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-many-all]")) return;
    for (const box of event.target.form.elements) {
      if (box.name === "plan") box.checked = event.target.checked;
    }
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-many]")) return;
    for (const box of event.target.querySelectorAll("[data-own-word]")) box.remove();
    for (const box of [...event.target.elements].filter((one) => one.name === "plan" && one.checked)) {
      const word = document.getElementById(`note_${box.value}`);
      if (!word || !word.value.trim()) continue;
      const made = document.createElement("input");
      made.type = "hidden";
      made.name = word.id;
      made.value = word.value;
      made.dataset.ownWord = "";
      event.target.append(made);
    }
  });

  for (const button of document.querySelectorAll("[data-copy]")) {
    if (!navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener("click", () => {
      const field = document.getElementById(button.dataset.copy);
      field.select();
      navigator.clipboard.writeText(field.value);
    });
  }
})();
