import { type Html, html, verbatim } from "./html.ts";

/** The dark squares of a QR code, as a path in a square of this many units. */
export type QrCode = { readonly size: number; readonly path: string };

/** Drawn in the page itself, so that nothing is loaded. Always dark on white: scanners read nothing else. */
export function qrCode({ size, path }: QrCode, label: string): Html {
  if (!/^[Mhvz0-9 -]*$/.test(path))
    throw new RangeError("The path of the QR code has other marks than ours.");
  return html`<div class="qr"><svg role="img" aria-label="${label}" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges"><rect width="${size}" height="${size}" fill="#fff" stroke="none"/><path fill="#000" stroke="none" d="${verbatim(path)}"/></svg></div>`;
}
