// Clicks on links that lead out: messengers, phone, mail, files, other sites.

const FILE = /\.(7z|apk|avi|csv|dmg|docx?|exe|gz|mov|mp[34]|odt|pdf|pptx?|rar|rtf|txt|xlsx?|zip)$/i;
const messenger = (url) =>
  /^(tg:|https?:..(t|telegram)\.(me|dog)\/)/.test(url) ? "telegram"
  : /^(whatsapp:|https?:..(wa\.me|(api|web)\.whatsapp\.com)\/)/.test(url) ? "whatsapp"
  : /^viber:/.test(url) && "viber";

// Put `change(what it was)` into one parameter and leave the rest of the address as it is written.
const put = (url, name, change) => {
  const given = RegExp("([?&]" + name + "=)([^&#]*)");
  const next = (key, value) => key + encodeURIComponent(change(decodeURIComponent(value.replace(/\+/g, " "))));
  return given.test(url) ? url.replace(given, (all, key, value) => next(key, value)) : url + next((url.includes("?") ? "&" : "?") + name + "=", "");
};
// Hidden in what a bot is told (Telegram takes 64 characters), else at the end of the text that the visitor will send.
const coded = (url, platform, code) => {
  const hidden = (was) => (was ? was + "-" : "") + code;
  const shown = (was) => (was ? was + " #" : "#") + code;
  const bot = /(\/|domain=)\w+bot\/?($|[?&#])/i.test(url);
  if (bot) return /[?&]start(app|group|channel|=.{55})/.test(url) ? url : put(url, "start", hidden);
  return put(platform == "viber" ? put(url, "context", hidden) : url, "text", shown);
};

// The link under an event, with a chat code in it if it leads to a messenger.
const followed = (click) => {
  const anchor = click.composedPath()[0].closest("a[href]");
  const platform = messenger(anchor.href);
  let code;
  if (platform && counters.some((counter) => allowed(counter, "functionality"))) {
    code = chatCode();
    if (!anchor.href.includes(code)) anchor.href = coded(anchor.href, platform, code);
    if (!anchor.href.includes(code)) code = undefined;
  }
  return { anchor: anchor, platform: platform, code: code };
};

const clicked = (click) => {
  if (click.button > 1) return;
  const found = followed(click);
  const target = parsed(found.anchor.href);
  const words = decoded(target.pathname);
  const url = target.href;
  counters.forEach((counter) => {
    if (found.platform) event(counter, "messenger", { platform: found.platform, code: found.code, url: url });
    else if (target.protocol == "tel:") event(counter, "phone", { phone: words });
    else if (target.protocol == "mailto:") event(counter, "email", { email: words });
    else if (!/^http/.test(url) || counter.options.trackLinks === false) return;
    else if (found.anchor.hasAttribute("download") || FILE.test(words)) event(counter, "file", { url: url });
    else if (!counter.origins.concat(here.href).some((origin) => parsed(origin).hostname == target.hostname)) event(counter, "outbound", { url: url });
  });
};

const followClicks = () => {
  listen(d, "click auxclick", clicked);
  listen(d, "mousedown", followed); // so that "open in a new tab" has the code too
};
