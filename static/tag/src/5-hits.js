// Page views and events, as the server wants them.

const CLICKS = "yclid|gclid|gbraid|wbraid|dclid|fbclid|msclkid|ttclid|ctwa_clid";

const query = (url, names) => {
  const said = new URLSearchParams(parsed(url).search);
  const found = {};
  names.split("|").forEach((name) => said.get(name) && (found[name] = cut(said.get(name), 255)));
  return Object.keys(found).length ? found : undefined;
};

const make = (counter, type, fields) =>
  Object.assign(
    { id: counter.version + "-" + Math.random().toString(36).slice(2), time: instant(), type: type, url: cut(here.href, 8e3) },
    fields,
  );

// Send it, hold it back until the visitor agrees, or let it be.
const record = (counter, hit) => {
  if (optedOut()) return;
  if (!allowed(counter, "targeting")) {
    hit.url = hit.url.replace(RegExp("\\b(" + CLICKS + ")=[^&#]*&?", "g"), "");
    hit.click_ids = undefined;
  }
  if (known(counter)) {
    hit.client_id = clientId();
    hit.user_id = counter.user;
    if (counter.asks) hit.consent = "granted";
  } else if (hit.type == "pageview" && counter.cookieless) hit.consent = "none";
  else return decision("_gl_consent") || signalled(counter) || counter.held.length > 99 || counter.held.push(hit);
  enqueue(counter, hit);
};

const event = (counter, name, params, fields) => {
  view(counter); // what happens on a page comes after its view
  record(counter, make(counter, "event", Object.assign({ name: cut(name, 255), params: tidy(params) }, fields)));
};

// At most 8 kB of whatever can be written as JSON.
const tidy = (params) => {
  if (params == null) return;
  const text = safely(() => JSON.stringify(Object(params) === params ? params : { value: params }, (key, value) => (typeof value == "string" ? cut(value, 8e3) : value)), "");
  return text && text.length < 8e3 ? JSON.parse(text) : warn("bad params");
};

// The page view that waits for its title goes now, unless the page sends its own.
const view = (counter, own) => {
  const seen = own || counter.coming;
  counter.coming = 0;
  if (!seen) return;
  const asked = query(seen.url, "q|text|query|search");
  const words = asked && Object.values(asked)[0];
  record(
    counter,
    make(counter, "pageview", {
      url: cut(seen.url, 8e3),
      time: seen.time || instant(),
      title: cut(seen.title || d.title, 1e3),
      referrer: cut(seen.referrer || "", 8e3) || undefined,
      click_ids: query(seen.url, CLICKS),
      params: tidy(seen.params),
    }),
  );
  if (words && words != counter.asked) event(counter, "search", { query: words });
  counter.asked = words;
};
