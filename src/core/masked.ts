/** Shorter ones stand in a text by chance. */
const SHORTEST = 6;

/** A text without these secrets, for a log or a client: each one that stands in it, as it is or encoded in a URL, is replaced. */
export function masked(text: string, secrets: Iterable<string>): string {
  let shown = text;
  for (const secret of secrets) {
    if (secret.length < SHORTEST) continue;
    for (const form of new Set([secret, encodeURIComponent(secret.toWellFormed())])) {
      shown = shown.replaceAll(form, "[hidden]");
    }
  }
  return shown;
}
