import { type Html, verbatim } from "./html.ts";

/** Drawn in the page itself, in the colour of the text: `img-src` can stay closed. Decoration only, so hidden. */
function icon(paths: string): Html {
  return verbatim(`<svg viewBox="0 0 24 24" aria-hidden="true" focusable="false">${paths}</svg>`);
}

export const GATE_ICON = icon(
  '<path d="M4 21V10a8 8 0 0 1 16 0v11"/><path d="M9 21v-9.5a3 3 0 0 1 6 0V21"/><path d="M2.5 21h19"/>',
);
export const CAUTION_ICON = icon(
  '<path d="M12 3.5 2.5 20h19Z"/><path d="M12 10v4.5"/><path d="M12 17.2v.1"/>',
);
export const ALARM_ICON = icon(
  '<circle cx="12" cy="12" r="9"/><path d="M12 7.5v5.5"/><path d="M12 16.3v.1"/>',
);
export const CHECK_ICON = icon('<path d="m5 12.5 4.5 4.5L19 7.5"/>');
export const CROSS_ICON = icon('<path d="m6.5 6.5 11 11"/><path d="m17.5 6.5-11 11"/>');
export const BOTH_WAYS_ICON = icon(
  '<path d="M4 9h15"/><path d="m15.5 5.5 3.5 3.5"/><path d="M20 15H5"/><path d="m8.5 18.5-3.5-3.5"/>',
);
