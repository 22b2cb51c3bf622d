// Names, reasons and tokens come from strangers. A terminal obeys the control characters in them (C0, DEL, C1), and
// format characters such as bidirectional overrides reorder or hide what stands around them.

/** The text with each of these characters, line breaks too, shown as one that nothing obeys. */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, REPLACEMENT);
}

/** The same for text of several lines. @param own sequences that stay, because they are ours. */
export function visibleLines(text: string, own: ReadonlySet<string> = new Set()): string {
  return text.replace(SEQUENCE_OR_CHARACTER, (found) => {
    if (found === "\n" || own.has(found)) return found;
    return found.length > 1 ? visible(found) : REPLACEMENT;
  });
}

/** JSON that means the same, with these characters escaped. Those of C0 are escaped in all JSON (RFC 8259 §7). */
export function visibleJson(json: string): string {
  return json.replace(/[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    character
      .split("")
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
      .join(""),
  );
}

const REPLACEMENT = "�";
/** A colour (ECMA-48 SGR) counts as one, so that ours can be told apart. */
const SEQUENCE_OR_CHARACTER = /\p{Cc}\[\d{1,3}m|[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
