"use strict";
// A convenience: without it the page is complete, its tables stand in a useful order, and sheets close by their link.
addEventListener("keydown", (event) => {
  const close = event.key === "Escape" && document.querySelector(".sheet:target .close");
  if (close) close.click();
});
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const worth = (row, column) => {
    const cell = row.cells[column];
    return "value" in cell.dataset ? Number(cell.dataset.value) : cell.textContent;
  };
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const rising = head.getAttribute("aria-sort") !== "ascending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", rising ? "ascending" : "descending");
      const order = (a, b) => (typeof a === "number" && typeof b === "number"
        ? a - b : String(a).localeCompare(String(b), undefined, { numeric: true }));
      const rows = [...body.rows].sort((a, b) => order(worth(a, column), worth(b, column)));
      body.append(...(rising ? rows : rows.reverse()));
    });
  });
}
