// Back to a form that was sent: the page is fetched anew, with a new key, and the browser puts the
// old words back. The key is put back too, so that the same, sent again, stays one.
(() => {
  "use strict";

  const state = history.state || {};
  const kept = { ...state.keys };
  for (const field of document.querySelectorAll("form[method=post] [name=submission_key]")) {
    const place = field.form.getAttribute("action") || location.pathname;
    if (kept[place]) field.value = kept[place];
    else kept[place] = field.value;
  }
  if (Object.keys(kept).length > 0) history.replaceState({ ...state, keys: kept }, "");
})();
