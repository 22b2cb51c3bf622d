import type { Clock } from "../../../platform/clock.ts";
import type { OneTimeLink } from "../../../store/people-records.ts";
import type { Store } from "../../../store/store.ts";
import { boundHash, type LinkBrowser, linkBrowserOf } from "./link-browser.ts";
import { tokenHash } from "./one-time-links.ts";
import { USERS } from "./usernames.ts";

/** A link that can be used, and whose it is; undefined username where the person chooses one. */
export type OpenLink = {
  readonly token: string;
  readonly browser: LinkBrowser;
  readonly link: OneTimeLink;
  readonly username: string | undefined;
  readonly userAgent: string | undefined;
};

type FindParts = { readonly store: Pick<Store, "findLink">; readonly clock: Clock };

/** Undefined where the link was used, has ended, works in another browser alone, or never was. */
export async function openLink(
  token: string,
  request: Request,
  parts: FindParts & { readonly store: Pick<Store, "listIdentities">; readonly issuer: string },
): Promise<OpenLink | undefined> {
  const userAgent = request.headers.get("user-agent") ?? undefined;
  const browser = linkBrowserOf(request, parts.issuer);
  const link = await findLink({ token, browser }, parts);
  if (!link) return undefined;
  const open = { token, browser, link, userAgent };
  if (link.personId === null) return { ...open, username: undefined };
  const identities = await parts.store.listIdentities(link.personId);
  const username = identities.find(({ method }) => method === USERS)?.subject;
  return username === undefined ? undefined : { ...open, username };
}

/** The person had a password before, and may be signed in where others are. */
export function isReset({ link }: Pick<OpenLink, "link">): boolean {
  return link.purpose === "password";
}

/** Whether it works in this browser alone. */
export function isBound({ token, browser, link }: OpenLink): boolean {
  return link.hash === boundHash(token, browser);
}

const RETRY_SECONDS = 10 * 60;

/**
 * A link for a new password whose first post set none: it keeps working in this browser, for a short time. Elsewhere, anyone who has it
 * from a mail, a log or a history opens nothing with it any more.
 * @returns undefined where another post has used it up
 */
export async function keepForBrowser(
  open: OpenLink,
  { store, clock }: FindParts & { readonly store: Pick<Store, "moveLink"> },
): Promise<OpenLink | undefined> {
  if (isBound(open)) return open;
  const { token, browser, link } = open;
  const now = clock();
  const expiresAt = Math.min(link.expiresAt, now + RETRY_SECONDS * 1000);
  await store.moveLink({ hash: link.hash, to: boundHash(token, browser), expiresAt, now });
  // As it is now: another post may have been first, of this browser or of another one.
  const found = await findLink(open, { store, clock });
  return found && { ...open, link: found };
}

/** One that was not posted yet, or by this browser. */
async function findLink(
  { token, browser }: Pick<OpenLink, "token" | "browser">,
  { store, clock }: FindParts,
): Promise<OneTimeLink | undefined> {
  const now = clock();
  return (
    (await store.findLink(tokenHash(token), now)) ?? (await store.findLink(boundHash(token, browser), now))
  );
}
