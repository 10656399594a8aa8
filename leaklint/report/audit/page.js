"use strict";
(() => {
  const form = document.getElementById("filters");
  if (!form) return;
  const findings = [...document.querySelectorAll(".finding")];
  const rows = [...document.querySelectorAll(".chart .row")];
  const sections = [...document.querySelectorAll("main section")].filter((s) => s.querySelector(".finding"));
  const output = form.querySelector("output");

  const apply = () => {
    const levels = [...form.elements.severity].filter((box) => box.checked).map((box) => box.value);
    const rule = form.elements.rule.value;
    const path = form.elements.path.value.trim().toLowerCase();
    let shown = 0;
    for (const one of findings) {
      const { severity, rules: codes, path: file } = one.dataset;
      one.hidden = !(levels.includes(severity) && (!rule || codes.split(" ").includes(rule)) && file.toLowerCase().includes(path));
      shown += one.hidden ? 0 : 1;
    }
    for (const section of sections) section.hidden = !section.querySelector(".finding:not([hidden])");
    for (const row of rows) row.setAttribute("aria-pressed", String(row.dataset.path.toLowerCase() === path));
    output.textContent = output.dataset.text.replace("%1", shown).replace("%2", findings.length);
  };

  // a link to a finding shows it, whatever the filters say
  const follow = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target.hidden || target.closest("section[hidden]")) {
      form.reset();
      apply();
    }
    for (const fold of target.querySelectorAll("details")) fold.open = true;
    target.scrollIntoView();
  };

  form.addEventListener("input", apply);
  form.addEventListener("reset", () => setTimeout(apply));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.elements.fold.addEventListener("click", () => {
    const folds = [...document.querySelectorAll(".finding details")];
    const open = !folds.some((fold) => fold.open);
    for (const fold of folds) fold.open = open;
  });
  for (const row of rows) {
    row.addEventListener("click", () => {
      const same = form.elements.path.value === row.dataset.path;
      form.elements.path.value = same ? "" : row.dataset.path;
      apply();
    });
  }
  addEventListener("hashchange", follow);
  apply();
  follow();
})();
