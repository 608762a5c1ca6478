// Small helps for the agents' pages. Without scripts everything is there, but nothing arrives by itself.
(() => {
  "use strict";

  const EVERY = 3000; // ms between two questions of a page that is looked at

  // Menus: one open at a time, Escape closes.
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.removeAttribute("open");
    }
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
    if (menu) {
      menu.removeAttribute("open");
      menu.querySelector("summary").focus();
    }
  });

  const news = document.querySelector("#news[data-news]");
  if (!news) return;
  const address = news.dataset.news;
  const said = document.getElementById("said");
  let since = document.getElementById("history").dataset.since;
  let tag = null;
  let timer = 0;
  let round = 0;

  const list = () => document.getElementById("history");
  const keyed = (root) => new Map([...root.children].map((item) => [item.dataset.key, item]));
  const bottom = () => window.innerHeight + window.scrollY > document.documentElement.scrollHeight - 120;

  async function ask(query, headers = {}) {
    const answer = await fetch(`${address}?${new URLSearchParams(query)}`, {
      headers, credentials: "same-origin", redirect: "manual", cache: "no-store",
    });
    if (answer.status === 304) return null;
    if (answer.type === "opaqueredirect" || answer.status === 403 || answer.status === 404) throw new Ended();
    if (!answer.ok) throw new Error(answer.statusText);
    return [new DOMParser().parseFromString(await answer.text(), "text/html"), answer.headers.get("ETag")];
  }
  class Ended extends Error {}

  // Put what came into the list; what is the same stays in place, with its focus, selection and open details.
  function merge(come) {
    const now = list();
    const old = keyed(now);
    const items = [...come.children];
    const clipped = come.dataset.since && come.dataset.since !== since;
    const first = items.length ? old.get(items[0].dataset.key) : null;
    let place = clipped && first ? first : now.firstElementChild;
    let added = 0;
    const kept = new Set();
    for (const item of items) {
      const same = old.get(item.dataset.key);
      kept.add(item.dataset.key);
      if (same && same.dataset.was === undefined) same.dataset.was = same.innerHTML;
      const html = item.innerHTML;
      if (same) {
        if (plain(same.dataset.was) !== plain(html)) { same.innerHTML = html; same.dataset.was = html; same.className = item.className; }
        if (same === place) place = place.nextElementSibling;
        else now.insertBefore(same, place);
      } else {
        const made = document.importNode(item, true);
        made.dataset.was = html;
        made.classList.add("fresh");
        now.insertBefore(made, place);
        added += 1;
      }
    }
    let stale = clipped && first ? first : now.firstElementChild;
    while (stale) {
      const following = stale.nextElementSibling;
      if (!kept.has(stale.dataset.key)) stale.remove();
      stale = following;
    }
    return added;
  }
  const plain = (html) => html.replace(/\s+/g, " ");

  async function refresh() {
    const mine = ++round;
    try {
      const come = await ask({ since }, tag ? { "If-None-Match": tag } : {});
      if (mine !== round) return;
      if (come) {
        const [page, etag] = come;
        const atEnd = bottom();
        const added = merge(page.getElementById("history"));
        const standing = page.getElementById("standing");
        const shown = document.getElementById("standing");
        if (plain(shown.innerHTML) !== plain(standing.innerHTML)) shown.innerHTML = standing.innerHTML;
        if (added && tag) said.textContent = news.dataset.fresh;
        if (added && atEnd) list().lastElementChild.scrollIntoView({ block: "end" });
        tag = etag;
      }
      said.classList.remove("bad");
    } catch (error) {
      if (error instanceof Ended) {
        said.textContent = news.dataset.ended;
        return;
      }
    }
    if (mine !== round) return;
    timer = setTimeout(refresh, EVERY);
  }

  async function earlier(link) {
    ++round;
    clearTimeout(timer);
    try {
      const come = await ask({ before: link.dataset.earlier });
      const items = [...come[0].getElementById("history").children].filter((item) => item.dataset.key);
      const top = list().firstElementChild;
      const from = top.getBoundingClientRect().top;
      for (const item of items) list().insertBefore(document.importNode(item, true), top);
      since = come[0].getElementById("history").dataset.since;
      document.querySelector(".more").replaceChildren(...document.importNode(come[0].querySelector(".more"), true).childNodes);
      window.scrollBy(0, top.getBoundingClientRect().top - from);
      tag = null;
      timer = setTimeout(refresh, EVERY);
    } catch {
      window.location.assign(link.href);
    }
  }

  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element && event.target.closest("a[data-earlier]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || list().children.length >= 300) return;
    event.preventDefault();
    earlier(link);
  });
  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    ++round;
    if (!document.hidden) refresh();
  });

  if (list().lastElementChild?.dataset.key) list().lastElementChild.scrollIntoView({ block: "end" });
  timer = setTimeout(refresh, EVERY);
})();
