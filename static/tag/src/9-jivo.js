// What a Jivo widget keeps about the visitor becomes an event; the client ID becomes its user token, so that a Jivo
// conversation and a visit belong to one person.

// Everything whose name begins with jivo_ or jv_, by its name without that and without the visitor's id behind it.
const jivoKeys = (found) => {
  const visitor = "_" + (cookie("jivo_visitor_id") || read("jivo_visitor_id"));
  const take = (name, value) => {
    const part = match(name.replace(visitor, ""), /^(jivo|jv)_(\w+)$/, 2);
    if (part) found[part] = cut(value, 300);
  };
  d.cookie.replace(/([^;= ]+)=([^;]*)/g, (all, name, value) => take(name, decoded(value)));
  [localStorage, sessionStorage].forEach((kept) => Object.keys(kept).forEach((name) => take(name, kept[name])));
};

const greetJivo = () => {
  const api = w.jivo_api;
  const keys = {};
  safely(() => jivoKeys(keys));
  counters.forEach((counter) => {
    if (!known(counter) || counter.options.jivo === false) return;
    if (api && !memory.token) (memory.token = 1), api.setUserToken(clientId());
    if (keys.visitor_id && !counter.told) (counter.told = 1), event(counter, "jivo_visitor", { jivo: keys });
  });
};
const awaitJivo = (tries) => {
  safely(greetJivo);
  if (tries) later(() => awaitJivo(tries - 1), 1e3);
};
const followJivo = () => {
  const own = w.jivo_onLoadCallback;
  if (own)
    w.jivo_onLoadCallback = (...args) => {
      safely(greetJivo); // first, so that a token of the page's own wins
      own.apply(w, args);
    };
  awaitJivo(20);
};
