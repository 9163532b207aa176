// Counts down to a deadline. The server's own "now" beside it corrects a wrong clock of the device.
(() => {
  "use strict";

  const MINUTE = 60;
  const HOUR = 60 * MINUTE;
  const DAY = 24 * HOUR;
  const two = (number) => String(number).padStart(2, "0");
  const skews = new WeakMap();

  // How far the device's clock is from the server's, learnt when the mark is first seen.
  function skewOf(mark) {
    if (!skews.has(mark)) skews.set(mark, Date.parse(mark.dataset.now) - Date.now());
    return skews.get(mark);
  }

  function words(mark, seconds) {
    if (seconds <= 0) return mark.dataset.over;
    let time = `${two(Math.floor(seconds / MINUTE))}:${two(seconds % MINUTE)}`;
    const parts = { d: Math.floor(seconds / DAY), h: Math.floor(seconds / HOUR), m: Math.floor((seconds % HOUR) / MINUTE) };
    if (seconds >= 2 * DAY) {
      time = mark.dataset.days.replace("{d}", parts.d).replace("{h}", Math.floor((seconds % DAY) / HOUR));
    } else if (seconds >= HOUR) {
      time = mark.dataset.hours.replace("{h}", parts.h).replace("{m}", parts.m);
    }
    return mark.dataset.left.replace("…", time);
  }

  function tick() {
    for (const mark of document.querySelectorAll("[data-countdown]")) {
      const left = Date.parse(mark.dataset.countdown) - (Date.now() + skewOf(mark));
      const seconds = Math.ceil(left / 1000);
      const shown = mark.querySelector("[data-time]");
      const text = words(mark, seconds);
      if (shown.textContent !== text) shown.textContent = text;
      mark.classList.toggle("is-over", seconds <= 0);
      mark.classList.toggle("is-near", seconds > 0 && seconds <= 10 * MINUTE);
    }
  }

  // --- How long is left until a moment, or since it passed, in the words the server used ----------

  const clockWords = document.getElementById("clock_words");
  const skew = clockWords ? Date.parse(clockWords.dataset.now) - Date.now() : 0;

  function span(seconds) {
    const units = [
      ["days", Math.floor(seconds / DAY)],
      ["hours", Math.floor((seconds % DAY) / HOUR)],
      ["minutes", Math.floor((seconds % HOUR) / MINUTE)],
    ];
    const first = Math.max(0, units.findIndex(([, number]) => number > 0));
    const from = units.some(([, number]) => number > 0) ? first : units.length - 1;
    return units
      .slice(from, from + 2)
      .filter(([, number], place) => number > 0 || place === 0)
      .map(([unit, number]) => clockWords.dataset[unit].split("|")[number === 1 ? 0 : 1].replace("#", number))
      .join(clockWords.dataset.joint);
  }

  function run() {
    for (const mark of document.querySelectorAll("[data-until]")) {
      const left = Math.floor((Date.parse(mark.dataset.until) - Date.now() - skew) / 1000);
      const isOver = left < 0;
      // Weeks are told by the server, and do not run.
      if (Math.abs(left) >= 7 * DAY) continue;
      const text = clockWords.dataset[isOver ? "over" : "left"].replace("…", span(Math.abs(left)));
      const shown = mark.querySelector("[data-time]");
      if (shown.textContent !== text) shown.textContent = text;
      if (mark.classList.contains("due-over") === isOver) continue;
      mark.classList.toggle("due-over", isOver);
      mark.classList.toggle("due-soon", !isOver);
      const sign = mark.querySelector("use");
      sign.setAttribute("href", sign.getAttribute("href").replace(/#.*/, isOver ? "#alert-circle-filled" : "#clock"));
    }
  }

  function tickAll() {
    tick();
    if (clockWords) run();
  }

  tickAll();
  setInterval(tickAll, 1000);
  document.addEventListener("htmx:afterSettle", tickAll);
})();
