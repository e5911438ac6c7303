// Warns before the session ends for lack of use, and lets the person stay. Pages in other tabs
// count: the moment until which one is signed in is shared by all of them.

const dialog = document.querySelector("[data-idle]");
const limit = Number(dialog.dataset.idle) * 1000;
const warning = Number(dialog.dataset.warning) * 1000;
const form = dialog.querySelector("form");
const here = location.pathname + location.search;
const left = dialog.querySelector("[data-left]");
const STORE = "signed-in-until";

function extend() {
  localStorage.setItem(STORE, String(Date.now() + limit));
}

function remaining() {
  return Number(localStorage.getItem(STORE)) - Date.now();
}

function minutes(milliseconds) {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

async function stay() {
  const answer = await fetch(dialog.dataset.stay, {
    method: "POST",
    headers: { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value },
    redirect: "manual",
  }).catch(() => null);
  if (answer?.status === 204) {
    extend();
    dialog.close();
  } else if (answer) {
    location.replace(here); // signed out already: sign in, and come back
  }
}

function signOut() {
  clearInterval(watch);
  form.elements.next.value = here;
  form.submit();
}

function look() {
  const time = remaining();
  if (time <= 0) {
    signOut();
  } else if (time <= warning) {
    left.textContent = minutes(time);
    if (!dialog.open) dialog.showModal();
  } else if (dialog.open) {
    dialog.close(); // somebody stayed in another tab
  }
}

extend();
dialog.addEventListener("cancel", stay); // Escape
dialog.querySelector("[data-stay-button]").addEventListener("click", stay);
const watch = setInterval(look, 1000);
