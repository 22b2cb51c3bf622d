import type { Organization } from "./organization.ts";
import type { Person } from "./person.ts";

/** What the guard verified about a request. Times are epoch seconds, as in the token. */
export type Auth = {
  readonly person: Person;
  /** What the person chose for this client, of the option `organizations`; null where they chose none, and for a provider's token. */
  readonly organization: Organization | null;
  readonly client: { readonly id: string; readonly name: string | null };
  readonly scopes: readonly string[];
  readonly issuer: string;
  /** The resource that the token is for. */
  readonly audience: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly tokenId: string;
  /** The grant behind the token; null where the issuer is not Gatehouse. */
  readonly grantId: string | null;
  /** The token's claims, as they were signed or told, without those that are null. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** The token as it came, for a handler that must pass it on. Never log it. */
  readonly token: string;
};
