// What this visitor allows. `_gl_consent` is "1", "0", or the names of what was agreed to, joined by dots.

// A decision is kept in two places, so that it outlives the clearing of one. An answer is asked for again after a year;
// a refusal to be counted at all stands until it is undone.
const decision = (name) => {
  const kept = read(name).split(":");
  return cookie(name) || (kept[1] < Date.now() ? "" : kept[0]);
};
const decide = (name, value) => {
  write(name, value && name == "_gl_consent" ? value + ":" + (Date.now() + YEAR * 1e3) : value);
  setCookie(name, value, value ? YEAR : 0);
  settle();
};

const optedOut = () => decision("_gl_optout");
// The browser itself says no, and the counter listens.
const signalled = (counter) => (counter.dnt && navigator.doNotTrack == "1") || (counter.gpc && navigator.globalPrivacyControl);
const allowed = (counter, category) => {
  const answer = decision("_gl_consent");
  if (optedOut() || signalled(counter)) return false;
  return answer ? answer == "1" || answer.split(".").includes(category) : !counter.asks;
};
const known = (counter) => allowed(counter, "performance");

// After a decision: forget what may no longer be kept, send what was held back for a yes. A real Metrica tag beside us
// uses the same `_ym_uid`: that is left to it.
const settle = () => {
  counters.forEach((counter) => {
    const held = counter.held.splice(0);
    if (known(counter)) held.forEach((hit) => record(counter, hit));
    else counter.waiting = counter.waiting.filter((hit) => hit.consent == "none" && !optedOut());
  });
  const forget = (category, key) => counters.some((counter) => allowed(counter, category)) || (write(key), setCookie(key, "", 0));
  if (!foreign()) forget("performance", "_ym_uid");
  forget("performance", "_gl_queue");
  forget("functionality", "_gl_code");
  awaitJivo(5);
};
