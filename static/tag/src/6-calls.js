// The calls that sites make: ym(number, "name", ...).

// What was reported is on its way, or stored: the page may go on, even away.
const called = (counter, callback, context) => {
  flush(counter);
  if (callback) later(() => callback.call(context), 100);
};
const reported = (name) => (counter, url, options) => {
  const said = Object(options);
  event(counter, name, Object.assign(url ? { url: String(url) } : {}, said.params));
  called(counter, said.callback, said.ctx);
};

const calls = {
  init: (counter, options) => Object.assign(counter.options, options),
  hit: (counter, url, options, referer, params) => {
    const said = Object(options) === options ? options : { title: options, referer: referer, params: params };
    const at = parsed(url || here).href;
    const before = counter.coming ? counter.coming.referrer : counter.last;
    counter.last = at;
    view(counter, { url: at, title: said.title, referrer: said.referer === undefined ? before : said.referer, params: said.params });
    called(counter, said.callback, said.ctx);
  },
  reachGoal: (counter, target, params, callback, context) => {
    if (typeof params == "function") return calls.reachGoal(counter, target, undefined, params, callback);
    const said = Object(params);
    event(counter, target, params, {
      value: match(said.order_price, /^-?\d{1,11}(\.\d+)?$/),
      currency: match(said.currency, /^[a-z]{3}$/i),
      purchase_id: said.order_id && cut(said.order_id, 255),
    });
    called(counter, callback, context);
  },
  params: (counter, params) => event(counter, "params", params),
  userParams: (counter, params) => {
    if (params.UserID) calls.setUserID(counter, params.UserID);
    event(counter, "userParams", params);
  },
  setUserID: (counter, id) => {
    const text = cut(id, 255).trim();
    if (!counter.users || /^(0|null|undefined|none|nan)?$/i.test(text) || text == counter.user) return;
    counter.user = text;
    if (counter.begun) event(counter, "setUserID");
  },
  getClientID: (counter, callback) => {
    const id = known(counter) ? clientId() : null;
    if (callback) later(() => callback(id), 0);
    return id;
  },
  notBounce: (counter, options) => reported("notBounce")(counter, "", options),
  extLink: reported("outbound"),
  file: reported("file"),
  consent: (counter, answer) =>
    decide("_gl_consent", answer === true ? "1" : Object.keys(Object(answer)).filter((category) => answer[category]).join(".") || "0"),
  optOut: (counter, out) => decide("_gl_optout", out === false ? "" : "1"),
};
// Known to Metrica's tag, of no effect here.
const NAMES = Object.keys(calls).concat("addFileExtension clickmap destruct enableAll trackLinks".split(" "));
