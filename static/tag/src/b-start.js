// Begin to count.

const add = (said, from) => {
  const number = said.number;
  const name = "yaCounter" + number;
  if (find(number)) return;
  if (w[name] && !w[name].goalline) return warn(name + " is another tag's");
  if (!said.origins.includes(here.origin)) return warn(number + " takes nothing from " + here.origin);
  const base = from ? from.src.split("/tag/")[0] : said.base;
  const counter = Object.assign(said, {
    url: base + "/collect/" + number,
    options: {}, waiting: [], held: [], tries: 0, last: d.referrer,
  });
  counters.push(counter);
  w[name] = face(number);
  if (!w._goalline) {
    w._goalline = (settings2, script2) => safely(() => add(settings2, script2));
    wrapYm();
    showCounters();
    followHistory();
    followClicks();
    followJivo();
  }
  const queue = w.ym.a.filter(ours);
  const early = (args) => /init|consent|optOut|setUserID/.test(args[1]);
  queue.filter(early).forEach(run);
  if (!w.ym.a.some((args) => find(args[0]) == counter)) w.ym.a.push(Object.assign([counter.number, "init", {}], { executed: 1 }));
  const wish = /[?&#]goalline_optout(=0)?/.exec(here.href);
  if (wish) calls.optOut(counter, !wish[1]);
  const options = counter.options;
  counter.defer = options.defer || (from && from.hasAttribute("data-defer"));
  counter.place = place(counter);
  if (known(counter)) counter.waiting = (stored()[counter.number] || []).filter((hit) => Date.parse(hit.time) > Date.now() - OLDEST);
  if (!counter.defer) calls.hit(counter, "", options);
  if (options.userParams) calls.userParams(counter, options.userParams);
  counter.begun = 1;
  queue.filter((args) => !early(args)).forEach(run);
  plan(counter, 0);
  if (options.triggerEvent) d.dispatchEvent(new Event("yacounter" + number + "inited"));
};

const start = () => safely(() => add(settings, script));
if (d.prerendering) listen(d, "prerenderingchange", start);
else start();
})
