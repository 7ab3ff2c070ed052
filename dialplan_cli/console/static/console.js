// The pages work without this script; it adds convenience.
"use strict";

// Load the page again every few seconds, and replace the part with the attribute data-refresh.
// The part stays as it is while somebody uses it.
function keepUpToDate(part) {
  setTimeout(async () => {
    const inUse = part.contains(document.activeElement) || part.querySelector("details[open]");
    if (inUse || document.hidden) {
      keepUpToDate(part);
      return;
    }
    let next = null;
    try {
      const response = await fetch(location.href, {redirect: "manual"});
      if (response.type === "opaqueredirect") {
        location.reload();
        return;
      }
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      next = page.getElementById(part.id);
      if (!next) {
        location.reload();
        return;
      }
      part.replaceWith(next);
    } catch {
      next = part; // the console does not answer at the moment
    }
    if (next.dataset.refresh) {
      keepUpToDate(next);
    }
  }, 1000 * part.dataset.refresh);
}

document.querySelectorAll("[data-refresh]").forEach(keepUpToDate);

// A file that is dropped on the page goes to the field for its kind, or to the first one.
const fields = [...document.querySelectorAll("input[data-drop]")];
if (fields.length > 0) {
  const body = document.body;
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    body.classList.add("dropping");
  });
  document.addEventListener("dragleave", () => body.classList.remove("dropping"));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    body.classList.remove("dropping");
    for (const file of event.dataTransfer.files) {
      const extension = file.name.split(".").pop().toLowerCase();
      const field = fields.find((each) => each.dataset.drop.split(" ").includes(extension));
      const one = new DataTransfer();
      one.items.add(file);
      (field || fields[0]).files = one.files;
    }
  });
}
