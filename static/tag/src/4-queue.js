// Hits wait in memory and, where the visitor allows it, in `_gl_queue`, until the server has them. One may be sent
// twice: its id and time never change, and the server counts it once.

const MOST = 500; // hits that wait
const OLDEST = 7 * 864e5; // ms that they wait over reloads
const LENGTH = 2e4; // characters: browsers refuse more than 64 kB while a page closes

const stored = () => safely(() => JSON.parse(read("_gl_queue"))) || {};
const store = (counter, change) => {
  if (!known(counter)) return;
  const all = stored();
  all[counter.number] = change(all[counter.number] || []).slice(-MOST);
  if (!all[counter.number].length) delete all[counter.number];
  write("_gl_queue", Object.keys(all).length && JSON.stringify(all));
};

const enqueue = (counter, hit) => {
  const more = (hits) => hits.concat(hit).slice(-MOST);
  counter.waiting = more(counter.waiting);
  store(counter, more);
  plan(counter, 200);
};
const plan = (counter, ms) => {
  clearTimeout(counter.timer);
  counter.timer = later(() => flush(counter), ms);
};

const portion = (hits) => {
  const some = hits.slice(0, 50);
  while (some.length > 1 && JSON.stringify(some).length > LENGTH) some.length >>= 1;
  return some;
};
// Nobody reads the answer: a detail that the server does not take shall not cost the hit.
const body = (hits) => JSON.stringify({ hits: hits, sent_at: instant(), lenient: true });

const flush = (counter) => {
  if (counter.sending || !counter.waiting.length) return;
  const hits = portion(counter.waiting);
  const done = (answer) => sent(counter, hits, answer.status);
  counter.sending = 1;
  fetch(counter.url, { method: "POST", body: body(hits), keepalive: true, credentials: "omit" }).then(done, done);
};
const sent = (counter, hits, status) => {
  counter.sending = 0;
  // Refused for good (4xx) is done with, too.
  if (!status || status == 429 || status > 499) return plan(counter, Math.min(6e4, 1e3 * 2 ** counter.tries++));
  const gone = hits.map((hit) => hit.id);
  const others = (some) => some.filter((hit) => !gone.includes(hit.id));
  counter.waiting = others(counter.waiting);
  store(counter, others);
  counter.tries = 0;
  flush(counter);
};

// The page may be gone in a moment: a beacon outlives it. Nobody hears whether it arrived, so the hits stay stored, and
// are sent once more if the page comes back.
const leave = (counter) => {
  view(counter);
  let hits = counter.waiting;
  while (hits.length) {
    const some = portion(hits);
    navigator.sendBeacon(counter.url, body(some));
    hits = hits.slice(some.length);
  }
};
const retry = () => counters.forEach((counter) => plan(counter, 0));
