// Tick the workloads that are yours: the heat map is ordered by them alone, and the picks follow.
(() => {
  const table = document.getElementById("heat");
  if (!table) return;
  const together = document.getElementById("together");
  const rows = [...table.tBodies[0].rows];
  const heads = [...table.tHead.rows[0].cells].slice(1);
  const text = (value) => `${value.toPrecision(3)}×`;
  const code = (name) => { const made = document.createElement("code"); made.textContent = name; return made; };

  const boxes = heads.map((head) => {
    const [box, label] = [document.createElement("input"), document.createElement("label")];
    box.type = "checkbox";
    box.checked = true;
    label.append(box, " mine");
    box.setAttribute("aria-label", `${head.textContent} is mine`);
    head.append(label);
    return box;
  });

  const refresh = () => {
    const ticked = boxes.map((box) => box.checked);
    const known = rows.map((row) => {
      const values = [...row.cells].slice(1).filter((_, place) => ticked[place]).map((cell) => Number(cell.dataset.behind ?? NaN));
      const ranked = values.filter((value) => !Number.isNaN(value));
      return { row, missing: values.length - ranked.length, worst: Math.max(1, ...ranked) };
    });
    known.sort((a, b) => a.missing - b.missing || a.worst - b.worst);
    table.tBodies[0].append(...known.map(({ row }) => row));
    for (const row of [table.tHead.rows[0], ...rows]) [...row.cells].slice(1).forEach((cell, place) => cell.classList.toggle("off", !ticked[place]));
    tell(known.filter(({ missing }) => missing === 0), ticked.filter(Boolean).length);
  };

  const tell = (whole, count) => {
    const { of, best, good } = together.dataset;
    const start = count === boxes.length ? "In all of them: " : "In those that are ticked: ";
    if (!count || !whole.length) { together.textContent = count ? `${start}no variant was ranked in each.` : "Tick a workload."; return; }
    const [first] = whole;
    const enough = whole.filter(({ worst }) => worst <= Number(good));
    const size = ({ row }) => [Number(row.dataset.packages), Number(row.dataset.lines)];
    const [simplest] = [...enough].sort((a, b) => size(a)[0] - size(b)[0] || size(a)[1] - size(b)[1] || a.worst - b.worst);
    const parts = [start, code(first.row.dataset.name), first.worst === 1 ? ` is ${best} in every workload` : ` is the best all-rounder, at worst ${text(first.worst)} the ${of} of the best`];
    if (simplest) parts.push("; ", code(simplest.row.dataset.name), ` is the simplest that is good enough in each, at worst ${text(simplest.worst)} the ${of} of the best`);
    else parts.push(`; no variant is within ${good} times the best of each workload: choose by your workload`);
    together.replaceChildren(...parts, ".");
  };

  for (const box of boxes) box.addEventListener("change", refresh);
})();
