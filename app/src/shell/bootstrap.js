// What PagerDuty put into the address is spent; keep it out of the history.
if (location.pathname === "/callback") history.replaceState(null, "", "/callback");

const notice = document.getElementById("plain-notice");
const address = (link) => document.querySelector(`link[rel=${link}]`).href;
const patience = setTimeout(() => (notice.hidden = false), 3000);

import(address("modulepreload"))
  .then(async (app) => {
    await app.default({ module_or_path: address("preload") });
    app.hydrate();
    notice.hidden = true;
  })
  .catch((reason) => {
    notice.hidden = false;
    console.warn("The page stays plain HTML:", reason);
  })
  .finally(() => clearTimeout(patience));
