// Play a race again, or move through it by hand; and copy a program.
(() => {
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const LASTS_MS = 5000; // of a replay, whatever the race took

  for (const race of document.querySelectorAll(".race")) {
    const [bar, play, slide, shown] = ["div", "button", "input", "output"].map((name) => document.createElement(name));
    const end = Number(race.dataset.end);
    bar.className = "replay";
    play.type = "button";
    play.textContent = "Play it again";
    Object.assign(slide, { type: "range", min: 0, max: 1000, value: 1000 });
    slide.setAttribute("aria-label", "time in the race");
    const show = (part) => {
      race.style.setProperty("--until", `${(100 * part).toFixed(2)}%`);
      shown.textContent = `${(1000 * end * part).toFixed(0)} ms`;
    };
    let running = 0;
    slide.addEventListener("input", () => { cancelAnimationFrame(running); show(slide.value / 1000); });
    play.addEventListener("click", () => {
      cancelAnimationFrame(running);
      const from = performance.now();
      const step = (now) => {
        const part = Math.min(1, (now - from) / LASTS_MS);
        slide.value = 1000 * part;
        show(part);
        if (part < 1) running = requestAnimationFrame(step);
      };
      running = requestAnimationFrame(step);
    });
    const still = () => { play.hidden = calm.matches; };
    calm.addEventListener("change", still);
    still();
    show(1);
    bar.append(play, slide, shown);
    race.nextElementSibling.after(bar); // below the axis
  }

  for (const program of document.querySelectorAll(".program")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "copy";
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(program.textContent);
        button.textContent = "copied";
      } catch {
        getSelection().selectAllChildren(program); // where the browser does not allow it: ready to be copied by hand
        button.textContent = "selected";
      }
    });
    program.before(button);
  }
})();
