/** Shorter ones stand in a text by chance. */
const SHORTEST = 6;
const HIDDEN = "[hidden]";

/**
 * A text without these secrets, for a log or a client. Each one is replaced as it is, and as JSON, addresses, forms, base64 (Basic credentials)
 * and hexadecimal write it. Whoever encodes it in a way of their own, or cuts it in pieces, is not found out.
 */
export function masked(text: string, secrets: Iterable<string>): string {
  const forms = [...secrets]
    .filter(({ length }) => length >= SHORTEST)
    .flatMap(formsOf)
    // The longest first, since one may hold another.
    .sort((a, b) => b.length - a.length);
  return forms.reduce((shown, form) => shown.replaceAll(form, HIDDEN), text);
}

/** How a secret may be written. */
function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const inJson = JSON.stringify(secret).slice(1, -1);
  const inUrl = encodeURIComponent(secret.toWellFormed());
  const inForm = new URLSearchParams([["", secret]]).toString().slice(1);
  const hex = bytes.toString("hex");
  const inBase64 = [0, 1, 2].map((before) => base64Within(bytes, before));
  return [
    ...new Set([
      secret,
      inJson,
      JSON.stringify(inJson).slice(1, -1),
      inUrl,
      inUrl.replaceAll(/%../g, (byte) => byte.toLowerCase()),
      inForm,
      hex,
      hex.toUpperCase(),
      ...inBase64,
      ...inBase64.map(encodeURIComponent),
      ...inBase64.map((form) => form.replaceAll("+", "-").replaceAll("/", "_")),
    ]),
  ];
}

/** The characters that depend on it alone, where so many bytes stand before it (modulo 3). */
function base64Within(bytes: Buffer, before: number): string {
  const text = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
  return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
}

/** What JSON can hold, without these secrets: a number may be one, and so may a name. Undefined for what JSON can't hold. */
export function maskedJson(value: unknown, secrets: ReadonlySet<string>): unknown {
  const clean = (part: unknown): unknown => {
    if (typeof part === "string") return masked(part, secrets);
    if (typeof part === "number") return masked(`${part}`, secrets) === `${part}` ? part : HIDDEN;
    if (Array.isArray(part)) return part.map(clean);
    if (typeof part !== "object" || part === null) return part;
    return Object.fromEntries(
      Object.entries(part).map(([name, member]) => [masked(name, secrets), clean(member)]),
    );
  };
  try {
    return clean(JSON.parse(JSON.stringify(value)));
  } catch {
    return undefined;
  }
}
