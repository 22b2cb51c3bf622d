import { createHash } from "node:crypto";
import { urlOf } from "../../../http/route.ts";
import { randomSecret } from "../../../platform/random.ts";
import type { OneTimeLink } from "../../../store/people-records.ts";

/** The page behind a link. */
export const INVITATION_PATH = "/oauth/invitation";

/** How long a link lasts where nothing else is said. */
export const LINK_HOURS = { invitation: 72, password: 1 } as const satisfies Record<
  OneTimeLink["purpose"],
  number
>;

/** A link on its way to a person, and what is stored of it: the hash of its token. */
export type NewLink = { readonly url: string; readonly link: OneTimeLink };

/** Makes a link. Anyone who has its URL can use it, so it is shown once, to the operator. */
export function newLink(
  made: {
    readonly purpose: OneTimeLink["purpose"];
    readonly personId: string | null;
    readonly hours?: number | undefined;
  },
  issuer: string,
  now: number,
): NewLink {
  const { purpose, personId, hours = LINK_HOURS[purpose] } = made;
  const token = randomSecret();
  return {
    url: `${urlOf(issuer, INVITATION_PATH)}?token=${token}`,
    link: {
      hash: tokenHash(token),
      purpose,
      personId,
      createdAt: now,
      expiresAt: now + hours * 60 * 60 * 1000,
    },
  };
}

/** What the store knows a link by. The token is 256 random bits, so a plain hash cannot be turned back. */
export function tokenHash(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}
