"use strict";
// Compare all rows with any other: the ratios and what is told apart were computed with the report, and are looked up here.
function comparer(tables) {
  const all = JSON.parse(document.getElementById("pairs").textContent);
  const short = (value) => `${Number(value.toPrecision(3)).toLocaleString("en", { minimumFractionDigits: Math.max(0, 2 - Math.floor(Math.log10(value))) })}`;
  const words = (table) => (table.dataset.quantity === "time" ? ["faster", "slower"] : ["better", "worse"]);
  const column = (table, key) => [...table.tHead.rows[0].cells].findIndex((head) => head.dataset.key === key);
  const before = new Map(); // what the page said of the baseline

  const found = (of, name, reference) => {
    const [own, other] = [of.names.indexOf(name), of.names.indexOf(reference)];
    const pair = own < 0 || other < 0 ? undefined : of.pairs.find(([first, second]) =>
      (first === own && second === other) || (first === other && second === own));
    if (!pair) return undefined;
    const [first, , ratio, low, high, apart] = pair;
    const turned = first === own; // a pair tells the second over the first
    const bounds = low === null ? [] : turned ? [1 / high, 1 / low] : [low, high];
    return { ratio: turned ? 1 / ratio : ratio, bounds, apart };
  };

  const fill = (table, row, at, verdictAt, told) => {
    const [cell, verdict] = [row.cells[at], row.cells[verdictAt]];
    cell.classList.toggle("apart", Boolean(told?.apart));
    if (!told) { cell.textContent = "–"; verdict.textContent = ""; return; }
    const data = document.createElement("data");
    data.value = told.ratio;
    data.textContent = `${short(told.ratio)}×`;
    const interval = document.createElement("span");
    interval.className = "interval";
    interval.textContent = told.bounds.length ? `[${told.bounds.map(short).join("–")}]` : "";
    cell.replaceChildren(data, " ", interval);
    const isWorse = (table.dataset.better === "lower") === told.ratio > 1;
    verdict.textContent = told.apart ? words(table)[isWorse ? 1 : 0] : "not told apart";
  };

  return (reference) => {
    for (const table of tables) {
      const [at, verdictAt] = [column(table, "ratio"), column(table, "verdict")];
      const head = table.tHead.rows[0].cells[at];
      if (at < 0) continue;
      const name = head.querySelector("button") ?? head;
      if (!before.has(head)) before.set(head, name.textContent);
      name.textContent = reference ? `${table.dataset.short} vs the chosen` : before.get(head);
      for (const row of table.tBodies[0].rows) {
        const cells = [row.cells[at], row.cells[verdictAt]];
        if (!before.has(row)) before.set(row, cells.map((cell) => cell.innerHTML));
        row.classList.toggle("chosen", reference !== "" && row.dataset.name === reference);
        if (!reference) { cells.forEach((cell, place) => { cell.innerHTML = before.get(row)[place]; cell.classList.remove("apart"); }); continue; }
        if (row.dataset.name === reference) { cells[0].textContent = "–"; cells[0].classList.remove("apart"); cells[1].textContent = "chosen"; continue; }
        fill(table, row, at, verdictAt, found(all[table.id.slice(2)], row.dataset.name, reference));
      }
    }
  };
}
