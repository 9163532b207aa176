// What every page does: progress, notices, the side panel, the search field, light and dark.
(() => {
  "use strict";

  const YEAR = 365 * 24 * 3600;
  // An answer that is a file leaves the page where it is, and nothing tells the page so.
  const LONGEST_LOAD = 10000;
  const { Offcanvas, Dropdown } = window.tabler;
  const toasts = document.getElementById("toasts");
  const drawer = document.getElementById("drawer");

  const cookie = (name) => {
    const found = document.cookie.split("; ").find((part) => part.startsWith(`${name}=`));
    return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
  };

  // --- Progress: something visible at once, for every request and every full page load ---------

  let running = 0;
  const progress = document.getElementById("progress");
  const showProgress = () => progress.classList.toggle("is-running", running > 0);
  const begin = () => {
    running += 1;
    showProgress();
  };
  const finish = () => {
    running = Math.max(0, running - 1);
    showProgress();
  };

  // --- Sending once: a form in flight cannot be sent again -------------------------------------

  const submittersOf = (element) => {
    const form = element.closest("form");
    if (!form) return element.matches("button") ? [element] : [];
    return [...form.elements].filter((field) => field.type === "submit");
  };
  const lock = (element) => {
    for (const button of submittersOf(element)) {
      if (!button.disabled) {
        button.disabled = true;
        button.dataset.locked = "true";
        button.setAttribute("aria-busy", "true");
      }
    }
  };
  const unlock = (root) => {
    for (const button of root.querySelectorAll("[data-locked]")) {
      button.disabled = false;
      delete button.dataset.locked;
      button.removeAttribute("aria-busy");
    }
  };

  // Back from another page, or the answer was a file: nothing is in flight any more.
  const settle = () => {
    running = 0;
    showProgress();
    unlock(document);
  };

  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented || event.target.hasAttribute("data-again")) return;
    begin();
    // After the browser has read the pressed button's own name and value.
    setTimeout(() => lock(event.target), 0);
    setTimeout(settle, LONGEST_LOAD);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (!link || event.defaultPrevented || event.button !== 0) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const here = location.pathname + location.search;
    const leaves = link.origin === location.origin && link.pathname + link.search !== here;
    if (leaves && !link.target && !link.hasAttribute("download") && !link.hasAttribute("hx-get")) {
      begin();
      setTimeout(finish, LONGEST_LOAD);
    }
  });
  window.addEventListener("pageshow", settle);

  // --- Notices ---------------------------------------------------------------------------------

  const LEVELS = { success: "success", warning: "warning", error: "danger", danger: "danger" };
  function toast({ text, level = "info", undo_url: undoUrl, undo_label: undoLabel, link_url: linkUrl, link_label: linkLabel }) {
    const made = document.getElementById("toast_template").content.firstElementChild.cloneNode(true);
    const kind = LEVELS[level] || "info";
    made.dataset.level = kind;
    made.querySelector("[data-text]").textContent = text;
    for (const mark of made.querySelectorAll("[data-icon]")) mark.hidden = mark.dataset.icon !== kind;
    const action = made.querySelector("[data-action]");
    if (undoUrl) {
      action.hidden = false;
      action.textContent = undoLabel || toasts.dataset.undo;
      action.addEventListener("click", () => {
        action.disabled = true;
        window.htmx.ajax("POST", undoUrl, { swap: "none" }).then(() => made.remove());
      });
    } else if (linkUrl) {
      action.hidden = false;
      action.textContent = linkLabel;
      action.addEventListener("click", () => window.open(linkUrl, "_blank", "noopener"));
    }
    made.querySelector("[data-close]").addEventListener("click", () => made.remove());
    toasts.append(made);
    leaveLater(made, undoUrl || linkUrl || kind === "danger" ? 12000 : 6000);
  }
  // A notice stays while somebody points at it or has the focus in it.
  function leaveLater(made, wait) {
    setTimeout(() => {
      if (made.matches(":hover, :focus-within")) leaveLater(made, 2000);
      else made.remove();
    }, wait);
  }
  document.addEventListener("toast", (event) => toast(event.detail));

  // --- Requests of htmx ------------------------------------------------------------------------

  // A page that is left open asks on by itself: that keeps nobody signed in.
  const ATTENDED = 60 * 1000;
  let touchedAt = Date.now();
  for (const kind of ["pointerdown", "keydown", "wheel", "touchmove"]) {
    document.addEventListener(kind, () => { touchedAt = Date.now(); }, { capture: true, passive: true });
  }

  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.verb === "get") {
      if (Date.now() - touchedAt > ATTENDED) event.detail.headers["X-Unattended"] = "true";
      return;
    }
    // The cookie is always the present one; a page that has stood open may hold an old token.
    const token = cookie("__Host-csrftoken") || cookie("csrftoken");
    if (!token) return;
    event.detail.headers["X-CSRFToken"] = token;
    delete event.detail.parameters.csrfmiddlewaretoken;
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    begin();
    const { verb, triggeringEvent } = event.detail.requestConfig;
    // What a form keeps by itself whenever a field is left does not stand in the way of its button.
    const keepsItself = triggeringEvent && triggeringEvent.type === "change";
    if (verb !== "get" && !keepsItself) lock(event.detail.elt);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    finish();
    unlock(event.detail.elt.closest("form") || event.detail.elt.parentElement || document);
  });
  const WORDS_OF_STATUS = { 400: "invalid", 403: "refused", 404: "missing", 413: "large", 429: "often" };
  document.addEventListener("htmx:responseError", (event) => {
    const { xhr } = event.detail;
    // The server has said it in its own words already.
    if ((xhr.getResponseHeader("HX-Trigger") || "").includes("toast")) return;
    toast({ text: toasts.dataset[WORDS_OF_STATUS[xhr.status] || "broken"], level: "danger" });
  });
  document.addEventListener("htmx:sendError", () => toast({ text: toasts.dataset.offline, level: "danger" }));
  document.addEventListener("htmx:timeout", () => toast({ text: toasts.dataset.timeout, level: "danger" }));

  // --- The side panel --------------------------------------------------------------------------

  const panel = () => Offcanvas.getOrCreateInstance(drawer);
  let openedFrom = null;
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.target === drawer && !drawer.contains(event.detail.elt)) openedFrom = event.detail.elt;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== drawer) return;
    if (drawer.childElementCount === 0) panel().hide();
    else panel().show();
  });
  drawer.addEventListener("shown.bs.offcanvas", () => {
    const first = drawer.querySelector("[autofocus], input:not([type=hidden]), select, textarea, button:not([disabled])");
    if (first) first.focus();
  });
  drawer.addEventListener("hidden.bs.offcanvas", () => {
    drawer.replaceChildren();
    if (openedFrom && openedFrom.isConnected) openedFrom.focus();
    openedFrom = null;
  });
  document.addEventListener("close_drawer", () => panel().hide());
  document.addEventListener("open_drawer", (event) => {
    window.htmx.ajax("GET", event.detail.url, { target: drawer, swap: "innerHTML" });
  });

  // --- The search field ------------------------------------------------------------------------

  const search = document.getElementById("search");
  if (search) {
    const box = document.getElementById("search_suggestions");
    const links = () => [...box.querySelectorAll("a[href]")];
    const show = (open) => {
      box.classList.toggle("show", open);
      search.setAttribute("aria-expanded", String(open));
    };
    window.keys.listen(document, (event) => {
      const typing = event.target.closest("input, textarea, select, [contenteditable]");
      if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      search.focus();
      search.select();
    });
    document.addEventListener("htmx:afterSwap", (event) => {
      if (event.detail.target === box) show(box.childElementCount > 0 && search.value.trim() !== "");
    });
    search.addEventListener("input", () => search.value.trim() === "" && show(false));
    search.addEventListener("focus", () => show(box.childElementCount > 0 && search.value.trim() !== ""));
    window.keys.listen(search.form, (event) => {
      if (event.key === "Escape") {
        show(false);
        search.focus();
        search.blur();
        return;
      }
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step || !box.classList.contains("show")) return;
      event.preventDefault();
      const stops = [search, ...links()];
      const next = stops.indexOf(document.activeElement) + step;
      stops[(next + stops.length) % stops.length].focus();
    });
    search.form.addEventListener("focusout", (event) => {
      if (!search.form.contains(event.relatedTarget)) show(false);
    });
  }

  // --- Light and dark --------------------------------------------------------------------------

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-set-theme]");
    if (!button) return;
    const theme = button.dataset.setTheme;
    const dark = theme === "dark" || (theme === "auto" && window.matchMedia("(prefers-color-scheme: dark)").matches);
    document.cookie = `theme=${theme}; path=/; max-age=${YEAR}; samesite=lax`;
    document.documentElement.dataset.theme = theme;
    document.documentElement.dataset.bsTheme = dark ? "dark" : "light";
    for (const other of document.querySelectorAll("[data-set-theme]")) {
      other.setAttribute("aria-pressed", String(other === button || other.dataset.setTheme === theme));
    }
  });

  // --- Passkeys: the browser's refusal in words -------------------------------------------------

  document.addEventListener("allauth.error", (event) => {
    const words = document.querySelector("[data-passkey-error]");
    if (!words) return;
    event.preventDefault();
    words.hidden = false;
    words.focus();
  });

  // Where a bar of links is moved sideways, the present one is in sight.
  for (const bar of document.querySelectorAll(".tabbar, .area-tabs")) {
    const here = bar.querySelector("[aria-current]");
    if (here) bar.scrollLeft = here.offsetLeft - (bar.clientWidth - here.offsetWidth) / 2 - bar.offsetLeft;
  }

  // Dropdowns close when the keyboard leaves them.
  document.addEventListener("focusout", (event) => {
    const menu = event.target.closest(".dropdown");
    if (!menu || menu.contains(event.relatedTarget) || !event.relatedTarget) return;
    const toggle = menu.querySelector("[data-bs-toggle=dropdown]");
    if (toggle) Dropdown.getOrCreateInstance(toggle).hide();
  });
})();
