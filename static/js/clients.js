// Finds clients while one types. Without this script the form does the same, at a press of "Find".

const root = document.querySelector("[data-clients]");
const text = root.dataset;
const field = root.querySelector("#q");
const list = root.querySelector("[data-found]");
const said = root.querySelector("[data-said]");
const one = root.querySelector("template[data-one]");
const first = [list.innerHTML, said.textContent, field.value.trim()]; // as the server has listed them

const PAUSE = 250; // milliseconds without a key
const MOST = 10; // that are listed at once
let pause;
let asked; // the question under way

function show(clients) {
  list.replaceChildren(...clients.map(link));
  said.textContent = sentence(clients.length);
}

function link({ id, name, detail }) {
  const item = one.content.firstElementChild.cloneNode(true);
  item.querySelector("a").href = `?client=${encodeURIComponent(id)}${text.kept}`;
  item.querySelector("bdi").textContent = name;
  item.querySelector("span").textContent = detail;
  return item;
}

function sentence(count) {
  if (count === 0) return text.textNone;
  if (count === 1) return text.textOne;
  return (count < MOST ? text.textSome : text.textMost).replace("{count}", count);
}

async function find() {
  asked?.abort();
  const words = field.value.trim();
  if (words === first[2]) {
    [list.innerHTML, said.textContent] = first;
    return;
  }
  asked = new AbortController();
  const { signal } = asked;
  try {
    const answer = await fetch(`${text.url}?q=${encodeURIComponent(words)}`, {
      headers: { Accept: "application/json" },
      signal,
    });
    if (!answer.ok) throw new Error(answer.status);
    show((await answer.json()).clients);
  } catch {
    if (!signal.aborted) said.textContent = text.textFailed;
  }
}

field.addEventListener("input", () => {
  clearTimeout(pause);
  pause = setTimeout(find, PAUSE);
});
