// Who this browser is: Metrica's own cookie, made as Metrica makes it, taken as it is where there is one.

const digits = (text) => match(text, /^"?(\d{10,20})"?$/, 1);
const clientId = () => {
  const seconds = Math.floor(Date.now() / 1e3);
  const found = cookie("_ym_uid");
  let id = digits(found);
  if (!id) {
    id = digits(read("_ym_uid")); // restores a lost cookie, but not beyond its year
    if (!id || seconds - id.slice(0, 10) > YEAR) id = seconds + "" + Math.floor(1e6 + Math.random() * 999e6);
    if (!found) setCookie("_ym_uid", id, YEAR);
  }
  write("_ym_uid", '"' + id + '"'); // in quotes, as Metrica keeps it
  return id;
};

// The code that a messenger link carries, for 90 days: no letter that looks like another one or a digit.
const chatCode = () => {
  const kept = read("_gl_code").split(":");
  if (kept[1] > Date.now()) return kept[0];
  const code = "12345678".replace(/./g, () => "2346789ACDEFGHJKMNPQRTVWXY"[Math.floor(Math.random() * 26)]);
  write("_gl_code", code + ":" + (Date.now() + 90 * 864e5));
  return code;
};
