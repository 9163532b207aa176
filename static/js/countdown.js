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

  tick();
  setInterval(tick, 1000);
  document.addEventListener("htmx:afterSettle", tick);
})();
