"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const rows = [...document.querySelectorAll("main .finding")];
  const groups = [...document.querySelectorAll("main .package")];
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const controls = ["q", "severity", "ecosystem", "fixable", "exploited"].map(byId);
  const show = () => {
    const words = byId("q").value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    rows.forEach((row, place) => {
      const data = row.dataset;
      const kept = words.every((word) => texts[place].includes(word) || data.package.includes(word)) &&
        (!byId("severity").value || data.level === byId("severity").value) &&
        (!byId("ecosystem").value || data.ecosystem === byId("ecosystem").value) &&
        (!byId("fixable").checked || data.fixed === "yes") &&
        (!byId("exploited").checked || data.exploited === "yes");
      row.hidden = !kept;
      count += kept;
    });
    for (const group of groups) group.hidden = !group.querySelector(".finding:not([hidden])");
    byId("count").value = `${count} of ${rows.length}`;
  };
  for (const control of controls) control.addEventListener("input", show);
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement.tagName !== "INPUT") {
      event.preventDefault();
      byId("q").focus();
    }
  });
  byId("bar").hidden = rows.length === 0;
  show();
})();
