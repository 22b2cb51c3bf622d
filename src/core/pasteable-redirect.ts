import { redirectKind } from "./redirect-uri.ts";
import type { TrustedRedirect } from "./trusted-redirect.ts";

declare const pasteable: unique symbol;

/**
 * A redirect URI whose answer a person may take to the client by hand, because the client is on another computer. Only
 * {@link pasteableRedirect} makes one.
 */
export type PasteableRedirect = TrustedRedirect & { readonly [pasteable]: true };

/** The address as one whose answer may be pasted; undefined where it may not. */
export function pasteableRedirect(to: TrustedRedirect): PasteableRedirect | undefined {
  return canBePasted(to.uri) ? (to as PasteableRedirect) : undefined;
}

/**
 * Whether the answer for this address may be shown, so that a person takes it to the client. Only a loopback address can be that of a
 * program elsewhere. And since the client chose the text, and people paste it near a command line, no shell may read a command in it.
 */
export function canBePasted(uri: string): boolean {
  return HARMLESS.test(uri) && redirectKind(uri) === "loopback";
}

/** Not `&`, `;`, `$`, `(`, `)`, `'` or `!`, though a redirect URI may have them: they end a command, or begin one. */
const HARMLESS = /^[A-Za-z0-9\-._~:/?=%+[\]]+$/;
