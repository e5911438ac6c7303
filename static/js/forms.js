// A form marked data-once is sent once: a second click while it is under way does nothing.
// Focus goes to what the page has to say first: what is wrong, or what was done.

const PATIENCE = 10_000; // milliseconds

for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    event.submitter?.setAttribute("aria-disabled", "true");
    setTimeout(makeReady, PATIENCE, form); // no answer: the person may try again
  });
}

function makeReady(form) {
  delete form.dataset.sent;
  for (const field of form.elements) if (field.type === "submit") field.removeAttribute("aria-disabled");
}

// The back button may bring the page back as it was left.
addEventListener("pageshow", () => document.querySelectorAll("form[data-once]").forEach(makeReady));

document.querySelector("[data-focus]")?.focus();
