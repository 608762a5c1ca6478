// Small tools. Nothing here, nor anywhere in the tag, may throw into the page.

const w = window;
const d = document;
const here = location;
const YEAR = 31536000; // seconds
const counters = [];
const memory = {}; // stands in where the browser keeps nothing

const find = (number) => counters.find((counter) => counter.number == parseInt(number, 10));
const warn = (words) => console.warn("Goalline: " + words);
const safely = (work, otherwise) => {
  try {
    return work();
  } catch (error) {
    return otherwise;
  }
};
const listen = (target, names, work) =>
  names.split(" ").forEach((name) => target.addEventListener(name, (happened) => safely(() => work(happened)), true));
const later = (work, ms) => setTimeout(() => safely(work), ms);

// Text as the server takes it: so long, without NUL and halves of surrogate pairs.
const cut = (text, most) => String(text).slice(0, most).replace(/[\0\ud800-\udfff]/gu, "");
const decoded = (text) => safely(() => decodeURIComponent(text), text);
const match = (text, pattern, part) => (String(text).match(pattern) || [])[part || 0];
const instant = () => new Date().toISOString();
const parsed = (url) => safely(() => new URL(url, here.href), here);

const read = (key) => safely(() => localStorage.getItem(key), memory[key]) || "";
const write = (key, value) => {
  memory[key] = value;
  safely(() => (value ? localStorage.setItem(key, value) : localStorage.removeItem(key)));
};

const cookie = (name) => safely(() => match(d.cookie, "(?:^|; )" + name + "=([^;]*)", 1));
// For the widest domain that the browser takes; an address or a bare host name takes none.
const setCookie = (name, value, seconds) =>
  safely(() => {
    const labels = here.hostname.split(".");
    for (let n = 2; n < labels.length + 2; n++) {
      const domain = n > labels.length ? "" : ";domain=" + labels.slice(-n).join(".");
      d.cookie = name + "=" + value + domain + ";path=/;samesite=lax;max-age=" + seconds + (here.protocol == "https:" ? ";secure" : "");
      if (seconds && cookie(name) == value) return;
    }
  });
