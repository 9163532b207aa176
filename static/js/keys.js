// Keys: every script listens through here, and while an input method composes they are its own.
(() => {
  "use strict";

  const NAMES = ["keydown", "keyup", "keypress"];
  // 229 is what a key means to an input method; Safari says so after the composition has ended.
  const composes = (event) => event.isComposing || event.keyCode === 229;

  function listen(target, handle, name = "keydown") {
    target.addEventListener(name, (event) => {
      if (!composes(event)) handle(event);
    });
  }

  // What libraries listen for (Escape closes a panel, arrows walk through a menu) they do not hear.
  for (const name of NAMES) {
    window.addEventListener(name, (event) => composes(event) && event.stopPropagation(), true);
  }

  window.keys = { listen, composes };
})();
