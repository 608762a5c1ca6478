// Small helps for the admin's pages. Everything works without them, except live text.
(() => {
  "use strict";

  // What Unfold's frame asks Alpine for. Its own expressions would need eval (docs/decisions/0031).
  document.addEventListener("alpine:init", () => {
    window.Alpine.data("theme", window.theme);
    window.Alpine.data("shell", (tab = "") => ({
      activeTab: window.getCurrentTab() || tab,
      sidebarMobileOpen: false,
      sidebarDesktopOpen: localStorage.getItem("sidebarDesktopOpen") !== "0",
      toggleSidebar() {
        const which = window.innerWidth < 1280 ? "sidebarMobileOpen" : "sidebarDesktopOpen";
        this[which] = !this[which];
      },
      init() {
        this.$watch("sidebarDesktopOpen", (open) => localStorage.setItem("sidebarDesktopOpen", open ? "1" : "0"));
      },
    }));
  });

  const on = (type, selector, act) =>
    document.addEventListener(type, (event) => {
      const target = event.target instanceof Element ? event.target.closest(selector) : null;
      if (target) act(target, event);
    });

  // A link to a question opens it as a dialog; its form is sent like any other.
  on("click", "a[data-dialog]", async (link, event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const dialog = document.getElementById("gl-dialog");
    try {
      const answer = await fetch(link.href, { headers: { "X-Dialog": "1" }, credentials: "same-origin" });
      if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
      dialog.innerHTML = await answer.text();
    } catch {
      window.location.assign(link.href);
      return;
    }
    link.closest("details")?.removeAttribute("open");
    dialog.returnFocus = link.closest("details")?.querySelector("summary") ?? link;
    dialog.showModal();
    ready(dialog);
  });
  on("click", "#gl-dialog [data-close]", (_, event) => {
    event.preventDefault();
    document.getElementById("gl-dialog").close();
  });
  document.addEventListener("close", (event) => {
    if (event.target.id === "gl-dialog") event.target.returnFocus?.focus();
  }, true);

  // Menus: one open at a time, Escape closes, arrows move.
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.gl-menu[open]")) {
      if (!menu.contains(event.target)) menu.removeAttribute("open");
    }
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.target instanceof Element ? event.target.closest("details.gl-menu[open]") : null;
    if (!menu) return;
    if (event.key === "Escape") {
      menu.removeAttribute("open");
      menu.querySelector("summary").focus();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const items = [...menu.querySelectorAll(".gl-menu-list a, .gl-menu-list button")];
      const step = event.key === "ArrowDown" ? 1 : -1;
      items[(items.indexOf(document.activeElement) + step + items.length) % items.length]?.focus();
      event.preventDefault();
    }
  });

  // A part of a form that a tick box shows or hides.
  const follow = (box) => {
    const part = document.getElementById(box.dataset.shows);
    part.hidden = !box.checked;
  };
  on("change", "input[data-shows]", follow);

  // Rows of conditions.
  const rows = () => document.getElementById("conditions");
  const number = () => {
    [...rows().children].forEach((row, index) => {
      for (const field of row.querySelectorAll("[data-part]")) field.name = `conditions-${index}-${field.dataset.part}`;
    });
    const add = document.querySelector("[data-add-condition]");
    add.disabled = rows().children.length >= Number(add.dataset.most);
  };
  on("click", "[data-add-condition]", () => {
    const row = document.getElementById("condition-row").content.cloneNode(true);
    rows().append(row);
    number();
    rows().lastElementChild.querySelector("[data-part=value]").focus();
  });
  on("click", "[data-drop-condition]", (button) => {
    const row = button.closest(".gl-condition");
    const next = row.nextElementSibling ?? row.previousElementSibling;
    if (next) row.remove();
    else row.querySelector("[data-part=value]").value = "";
    number();
    (next ?? row).querySelector("[data-part=value]").focus();
  });

  // What will be tracked, in words.
  const tell = () => {
    const words = document.querySelector("[data-tracked]");
    if (!words) return;
    const form = words.closest("form");
    const { active, start_date: start, end_date: end } = form.elements;
    const kind = !active.checked ? "off" : !start.value ? "nostart" : end.value ? "between" : "open";
    words.textContent = words.dataset[kind].replace("{start}", start.value).replace("{end}", end.value);
  };
  on("input", "form:has([data-tracked]) input", tell);

  // Try a URL against the conditions as typed.
  on("click", "[data-try]", async (button) => {
    const form = button.closest("form");
    const answer = await fetch(button.dataset.try, { method: "POST", body: new FormData(form), credentials: "same-origin" });
    document.getElementById("try-answer").textContent = (await answer.json()).words;
  });
  on("keydown", "#id_try_url", (field, event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    document.querySelector("[data-try]").click();
  });

  on("click", "[data-copy]", async (button) => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = button.dataset.done;
  });

  // Progress of jobs, asked for every two seconds until it ends.
  const poll = async (cell) => {
    try {
      const answer = await fetch(cell.dataset.poll, { credentials: "same-origin" });
      if (!answer.ok) return;
      const { done, total, state, over } = await answer.json();
      cell.querySelector("progress").max = Math.max(total, 1);
      cell.querySelector("progress").value = done;
      cell.querySelector("[data-words]").textContent = state;
      if (over) window.location.reload();
      else setTimeout(poll, 2000, cell);
    } catch {
      setTimeout(poll, 8000, cell);
    }
  };

  // A stream of what happens, asked for again while somebody looks at it.
  const live = async (part) => {
    try {
      if (!document.hidden) {
        const answer = await fetch(part.dataset.live, { credentials: "same-origin" });
        if (!answer.ok || answer.redirected) return;
        part.innerHTML = await answer.text();
      }
      setTimeout(live, 3000, part);
    } catch {
      setTimeout(live, 9000, part);
    }
  };

  const ready = (root) => {
    root.querySelectorAll("[data-live]").forEach((part) => setTimeout(live, 3000, part));
    root.querySelectorAll("input[data-shows]").forEach(follow);
    root.querySelectorAll("[data-poll]").forEach((cell) => setTimeout(poll, 2000, cell));
    tell();
  };
  document.addEventListener("DOMContentLoaded", () => ready(document));
  // The frame is hidden until Alpine has begun, so the browser's own autofocus finds nothing to focus.
  document.addEventListener("alpine:initialized", () => {
    setTimeout(() => document.querySelector("#page [autofocus]")?.focus(), 20);
  });
})();
