// Passkeys: asks the browser to make one or to show one, and sends its answer with the form.
// Where no scripts run the style sheet hides these forms; in a browser without passkeys, this does.

const forms = document.querySelectorAll("form[data-passkey]");

// The server writes bytes as base64url. Browsers since 2024 convert it; for the others we do.

const bytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const base64url = (buffer) =>
  btoa(Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join(""))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const listed = (keys = []) => keys.map((key) => ({ ...key, id: bytes(key.id) }));

function creationOptions(given) {
  if (PublicKeyCredential.parseCreationOptionsFromJSON) {
    return PublicKeyCredential.parseCreationOptionsFromJSON(given);
  }
  return {
    ...given,
    challenge: bytes(given.challenge),
    user: { ...given.user, id: bytes(given.user.id) },
    excludeCredentials: listed(given.excludeCredentials),
  };
}

function requestOptions(given) {
  if (PublicKeyCredential.parseRequestOptionsFromJSON) {
    return PublicKeyCredential.parseRequestOptionsFromJSON(given);
  }
  return { ...given, challenge: bytes(given.challenge), allowCredentials: listed(given.allowCredentials) };
}

const ANSWERS = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];

function asJSON(credential) {
  if (credential.toJSON) return credential.toJSON();
  const { id, type, rawId, response } = credential;
  const given = ANSWERS.filter((name) => response[name]).map((name) => [name, base64url(response[name])]);
  return {
    id,
    type,
    rawId: base64url(rawId),
    response: Object.fromEntries(given),
    clientExtensionResults: credential.getClientExtensionResults(),
  };
}

// The three things a form may ask for.

const written = (form) => JSON.parse(document.getElementById(form.dataset.passkeyOptions).textContent);

// A key that is kept with the account it is for, and asks who is there: it can stand alone.
const asPasskey = (given) => ({
  ...given,
  authenticatorSelection: {
    ...given.authenticatorSelection,
    residentKey: "required",
    requireResidentKey: true,
    userVerification: "required",
  },
});

async function fetched(form) {
  const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(answer.status);
  return answer.json();
}

const show = ({ request_options: { publicKey } }) =>
  navigator.credentials.get({ publicKey: requestOptions(publicKey) });

const ceremonies = {
  create: (form) =>
    navigator.credentials.create({
      publicKey: creationOptions(asPasskey(written(form).creation_options.publicKey)),
    }),
  get: (form) => show(written(form)),
  login: async (form) => show(await fetched(form)),
};

const say = (form, name) => {
  const message = form.querySelector(`template[data-passkey-message="${name}"]`);
  form.querySelector("[data-passkey-alert]").replaceChildren(...(message ? [message.content.cloneNode(true)] : []));
};

async function run(event) {
  if (event.defaultPrevented) return; // one is under way: see forms.js
  event.preventDefault();
  const form = event.target;
  say(form, null);
  try {
    const credential = await ceremonies[form.dataset.passkey](form);
    form.elements.credential.value = JSON.stringify(asJSON(credential));
    form.submit();
  } catch (error) {
    say(form, error.name === "InvalidStateError" && form.dataset.passkey === "create" ? "known" : "failed");
    delete form.dataset.sent;
    form.querySelector("button[type=submit]").removeAttribute("aria-disabled");
  }
}

for (const form of forms) {
  form.addEventListener("submit", run);
  form.hidden = !window.PublicKeyCredential;
}
for (const note of document.querySelectorAll("[data-passkey-unknown]")) {
  note.hidden = Boolean(window.PublicKeyCredential);
}
