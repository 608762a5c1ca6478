// Single-page apps change the address without loading: each change is a page view, its referrer the address before.

const place = (counter) => (counter.options.trackHash ? here.href : here.href.split("#")[0]);

const moved = () =>
  counters.forEach((counter) => {
    if (counter.defer || place(counter) == counter.place) return;
    view(counter);
    counter.place = place(counter);
    if (counter.last == here.href) return; // the page has told of it already
    counter.coming = { url: here.href, referrer: counter.last, time: instant() };
    counter.last = here.href;
    later(() => view(counter), 300); // the title often changes a little later, or the page sends a view of its own
  });

const followHistory = () => {
  ["pushState", "replaceState"].forEach((name) => {
    const original = history[name];
    history[name] = (...args) => {
      const result = original.apply(history, args);
      safely(moved);
      return result;
    };
  });
  listen(w, "popstate hashchange", moved);
  listen(w, "pagehide", () => counters.forEach(leave));
  listen(d, "visibilitychange", () => (d.hidden ? counters.forEach(leave) : retry()));
  listen(w, "online", retry);
};
