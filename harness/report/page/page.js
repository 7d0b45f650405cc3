// Sorting, filtering, and both kept in the address. The page is complete without it: controls exist only if it runs.
(() => {
  const form = document.getElementById("filter");
  const rows = [...document.querySelectorAll("tr[data-variant]")];
  const tables = [...document.querySelectorAll("table.ranking")];
  const compare = comparer(tables);
  const axes = ["concurrency", "client", "loop"];
  const fields = ["q", ...axes, "against"].filter((name) => form.elements[name]); // a long page compares with the baseline alone
  const asked = new URLSearchParams(location.search);

  // "aio uvloop" wants both words; a word with * or ? is a glob on the whole id.
  const matcher = (text) => {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean).map((word) => {
      if (!/[*?]/.test(word)) return (id) => id.includes(word);
      const escaped = word.replace(/[.+^${}()|[\]\\]/g, "\\$&").replace(/\*/g, ".*").replace(/\?/g, ".");
      const glob = new RegExp(`^${escaped}$`);
      return (id) => glob.test(id);
    });
    return (id) => words.every((fits) => fits(id.toLowerCase()));
  };

  const filter = () => {
    const fits = matcher(form.elements.q.value);
    const isWanted = (row) => {
      const parts = row.dataset.variant.split("/"); // concurrency/client/loop, without a loop if it needs none
      return fits(row.dataset.variant) && axes.every((axis, place) => [ "", parts[place] ?? "none" ].includes(form.elements[axis].value));
    };
    const wanted = new Map(rows.map((row) => [row, isWanted(row)]));
    for (const [row, is] of wanted) row.hidden = !is && !("baseline" in row.dataset);
    const ids = (some) => new Set(some.map((row) => row.dataset.variant)).size;
    form.querySelector("output").textContent = `${ids(rows.filter((row) => wanted.get(row)))} of ${ids(rows)} variants fit`;
  };

  const sort = (table, key, direction) => {
    const heads = [...table.tHead.rows[0].cells];
    const column = heads.findIndex((head) => head.dataset.key === key);
    if (column < 0) return;
    const isNumber = heads[column].classList.contains("number");
    const sign = direction === "descending" ? -1 : 1;
    const value = (row) => isNumber
      ? row.cells[column].querySelector("data")?.value ?? ""
      : row.cells[column].querySelector(".name")?.textContent ?? row.cells[column].textContent;
    const compare = (a, b) => (isNumber ? a - b : a < b ? -1 : a > b ? 1 : 0);
    // Missing values stay at the end in both directions; equal ones keep the order of the ranking.
    const ordered = [...table.tBodies[0].rows].sort((a, b) =>
      (value(a) === "") - (value(b) === "") || sign * compare(value(a), value(b)) || a.dataset.place - b.dataset.place);
    table.tBodies[0].append(...ordered);
    for (const head of heads) head.removeAttribute("aria-sort");
    heads[column].setAttribute("aria-sort", direction);
  };

  const remember = () => {
    const state = new URLSearchParams();
    for (const name of fields) if (form.elements[name].value) state.set(name, form.elements[name].value);
    for (const table of tables) {
      const head = table.querySelector("th[aria-sort]");
      if (head) state.set(table.id, `${head.dataset.key}.${head.getAttribute("aria-sort")}`);
    }
    const query = state.toString();
    try {
      history.replaceState(null, "", location.pathname + (query ? `?${query}` : "") + location.hash);
    } catch {
      // Some browsers refuse a new address for a page from a file: the page works on, only the address stays.
    }
  };

  for (const table of tables) {
    [...table.tBodies[0].rows].forEach((row, place) => { row.dataset.place = place; });
    for (const head of table.tHead.rows[0].cells) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      button.addEventListener("click", () => {
        sort(table, head.dataset.key, head.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending");
        remember();
      });
      head.replaceChildren(button);
    }
    const [key, direction] = (asked.get(table.id) ?? "").split(".");
    if (["ascending", "descending"].includes(direction)) sort(table, key, direction);
  }

  for (const name of fields) if (asked.has(name)) form.elements[name].value = asked.get(name);
  const refresh = () => { filter(); compare(form.elements.against?.value ?? ""); remember(); };
  form.addEventListener("input", refresh);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(refresh));
  form.hidden = false;
  filter();
  compare(form.elements.against?.value ?? "");

  const unfold = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target instanceof HTMLDetailsElement) target.open = true;
  };
  addEventListener("hashchange", unfold);
  unfold();
})();
