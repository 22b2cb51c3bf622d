import { createHash } from "node:crypto";

/**
 * The one script of our pages: it asks the browser for a passkey and posts what that says with the form around it. Each place
 * is an element with `data-passkey` (`get` or `create`) and the options of the call in `data-options`
 * (WebAuthn Level 3 §5.1). Nothing is loaded or sent but the form. On browsers without passkeys, and without script,
 * the rest of the page works.
 */
export const PASSKEY_SCRIPT = `"use strict";
for (const place of document.querySelectorAll("[data-passkey]")) {
  const form = place.closest("form");
  const isNew = place.dataset.passkey === "create";
  const says = place.querySelector("[data-says]");
  const toBytes = (text) =>
    Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
  const toText = (bytes) =>
    btoa(String.fromCharCode(...new Uint8Array(bytes)))
      .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const say = (what) => {
    says.textContent = says.dataset[what] ?? says.dataset.failed;
    says.hidden = false;
  };
  const optionsNow = () => {
    const options = JSON.parse(place.dataset.options);
    options.challenge = toBytes(options.challenge);
    if (!isNew) return options;
    const name = form.elements.username?.value ?? options.user.name;
    options.user = { id: toBytes(options.user.id), name, displayName: name };
    for (const other of options.excludeCredentials) other.id = toBytes(other.id);
    return options;
  };
  const send = ({ id, rawId, type, response }) => {
    const { clientDataJSON } = response;
    const said = isNew
      ? { attestationObject: toText(response.attestationObject), transports: response.getTransports?.() ?? [] }
      : {
          authenticatorData: toText(response.authenticatorData),
          signature: toText(response.signature),
          ...(response.userHandle && { userHandle: toText(response.userHandle) }),
        };
    const answer = { id, rawId: toText(rawId), type, response: { clientDataJSON: toText(clientDataJSON), ...said } };
    place.querySelector("[data-answer]").value = JSON.stringify(answer);
    form.submit();
  };
  let autofill;
  const offerAutofill = async () => {
    if (isNew || !(await window.PublicKeyCredential.isConditionalMediationAvailable?.())) return;
    autofill = new AbortController();
    const { signal } = autofill;
    try {
      send(await navigator.credentials.get({ publicKey: optionsNow(), mediation: "conditional", signal }));
    } catch {
      // No passkey was chosen there: the button is still here.
    }
  };
  let isAsking = false;
  form.addEventListener("submit", async (event) => {
    if (!place.contains(event.submitter)) return;
    event.preventDefault();
    if (isAsking || form.elements.username?.reportValidity() === false) return;
    isAsking = true;
    says.hidden = true;
    autofill?.abort();
    try {
      const publicKey = optionsNow();
      send(await (isNew ? navigator.credentials.create({ publicKey }) : navigator.credentials.get({ publicKey })));
    } catch (error) {
      say(error.name.toLowerCase());
      offerAutofill();
    }
    isAsking = false;
  });
  if (window.PublicKeyCredential) {
    says.hidden = true;
    for (const hidden of place.querySelectorAll("[data-needs-script]")) hidden.hidden = false;
    offerAutofill();
  } else say("unsupported");
}
`;

/** The source expression for `script-src` that lets exactly this script in (CSP Level 3 §2.3.1). */
export const PASSKEY_SCRIPT_HASH = `'sha256-${createHash("sha256").update(PASSKEY_SCRIPT).digest("base64")}'`;
