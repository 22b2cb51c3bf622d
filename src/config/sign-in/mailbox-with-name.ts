import { z } from "zod";
import { readMailbox } from "../../core/email-address.ts";

const FROM = 'an address, such as no-reply@example.com, or "My app <no-reply@example.com>"';
const LONGEST_NAME = 100;

/** The sender of a mail: one address, with a name or without. A line break in it would be another header. */
export const mailboxWithName = z.string(FROM).refine((text) => splitMailbox(text) !== undefined, FROM);

/** The two parts of it, "" for no name. Undefined for anything else. */
export function splitMailbox(text: string): { readonly name: string; readonly address: string } | undefined {
  if (/\p{C}/u.test(text)) return undefined;
  const [, name = "", bracketed] = /^([^<>]*)<([^<>]+)>$/.exec(text.trim()) ?? [];
  const address = readMailbox(bracketed ?? text);
  const shown = name.trim().replace(/^"(.*)"$/, "$1");
  return address === undefined || shown.length > LONGEST_NAME ? undefined : { name: shown, address };
}
