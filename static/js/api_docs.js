// The API's page: the description drawn by Swagger UI, requests sent as who is signed in.
"use strict";

const place = document.getElementById("api_docs");
const token = document.querySelector('meta[name="csrf-token"]').content;

window.SwaggerUIBundle({
  url: place.dataset.schema,
  domNode: place,
  presets: [window.SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  deepLinking: true,
  // The badge would ask a server outside.
  validatorUrl: null,
  requestInterceptor: (request) => {
    const isOurs = new URL(request.url, location.href).origin === location.origin;
    if (isOurs && request.method && request.method !== "GET") {
      request.headers["X-CSRFToken"] = token;
    }
    return request;
  },
});
