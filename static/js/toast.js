// A short notice at the foot of the window. It stays until it is closed: nobody reads against a clock.

const place = document.querySelector("[data-toasts]");

// Closing it gives the focus to `next`.
export function toast(text, next = document.getElementById("main")) {
  const notice = place.querySelector("template").content.firstElementChild.cloneNode(true);
  notice.querySelector("[data-text]").textContent = text;
  notice.querySelector("button").addEventListener("click", () => {
    notice.remove();
    next.focus();
  });
  place.querySelector("[data-toast]")?.remove();
  place.append(notice);
}
