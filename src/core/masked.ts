import { encodingsOf, type View, viewsOf } from "./text-views.ts";

/** Shorter ones stand in a text by chance. */
const SHORTEST = 6;
/** Each is read in many ways, and a service may have written it: a longer one would hold up the process. */
const LONGEST_TEXT = 20_000;
const HIDDEN = "[hidden]";

/**
 * A text without these secrets, for a log or a client. Each one is replaced, however it is written there: as it is, escaped (JSON, URL, HTML,
 * and one in the other), or within what is base64 or hexadecimal. Nothing is shown of a text that is too long to look for all of that.
 */
export function masked(text: string, secrets: Iterable<string>): string {
  const forms = [...secrets].filter(({ length }) => length >= SHORTEST).flatMap(encodingsOf);
  if (forms.length === 0) return text;
  if (text.length > LONGEST_TEXT) return `[a text of ${text.length} characters is hidden]`;
  const found = viewsOf(text).flatMap((view) => forms.flatMap((form) => placesOf(form, view)));
  return without(text, found);
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

/** From, and up to, in the text. */
type Place = readonly [number, number];

function placesOf(form: string, { text, starts }: View): readonly Place[] {
  const places: Place[] = [];
  for (let at = text.indexOf(form); at !== -1; at = text.indexOf(form, at + 1)) {
    places.push([starts?.[at] ?? at, starts?.[at + form.length] ?? at + form.length]);
  }
  return places;
}

function without(text: string, places: readonly Place[]): string {
  let shown = "";
  let end = 0;
  for (const [from, to] of places.toSorted(([a], [b]) => a - b)) {
    if (from >= end) shown += text.slice(end, from) + HIDDEN;
    end = Math.max(end, to);
  }
  return shown + text.slice(end);
}
