// What pages and widgets look for: `ym`, its queue, `yaCounter<number>`, `Ya.Metrika` and `counters()`. A real Metrica
// tag may have been here before or may come later: its numbers, calls and counters stay its own.

const ours = (args) => safely(() => find(args[0]) && !args.executed);
const ready = (args) => ours(args) && find(args[0]).begun; // before, calls wait in the queue
const run = (args) => {
  args.executed = true; // Metrica's own tag then leaves it alone
  return safely(() => calls[args[1]](find(args[0]), ...Array.from(args).slice(2)));
};

const wrapYm = () => {
  const old = w.ym;
  const ym = (...args) => {
    if (ready(args)) return run(args);
    if (old) old.apply(w, args);
    else ym.a.push(args);
  };
  w.ym = Object.assign(ym, { a: [], l: Date.now() }, old);
  const push = ym.a.push; // for those who kept the function that stood here before
  ym.a.push = (args) => {
    if (ready(args)) run(args);
    return push.call(ym.a, args);
  };
};

// A counter as an object with methods; also for numbers that are not ours: those calls go the way of `ym`.
const face = (number) => {
  const made = { id: number, goalline: 1 };
  NAMES.forEach((name) => (made[name] = (...args) => w.ym(number, name, ...args)));
  return made;
};
const Metrika = function (options) {
  w.ym(options.id, "init", options);
  return face(options.id);
};
const foreign = () => safely(() => [Ya.Metrika, Ya.Metrika2].some((made) => made && made != Metrika));

const showCounters = () => {
  const space = (w.Ya = w.Ya || {});
  const kept = (space._metrika = space._metrika || {});
  const theirs = kept.getCounters || (() => Object.keys(kept.counters || {}).map((key) => ({ id: parseInt(key, 10) })));
  const alone = !foreign();
  kept.getCounters = () => theirs().concat(counters.map((counter) => ({ id: counter.number })));
  ["", "2"].forEach((version) => {
    (space["Metrika" + version] = space["Metrika" + version] || Metrika).counters = kept.getCounters;
    // Wrappers hand over functions to be called when the tag is there.
    const name = "yandex_metrika_callbacks" + version;
    const many = (w[name] = w[name] || []);
    if (!alone) return;
    many.splice(0).forEach((work) => safely(work));
    many.push = safely;
  });
};
