import { urlOf } from "../../../http/route.ts";
import type { Clock } from "../../../platform/clock.ts";
import type { Keyring } from "../../../platform/secrets/keyring.ts";
import { connectPathOf } from "../../sign-in/account-path.ts";
import type { ConnectUrl } from "../access.ts";

/**
 * The links that a tool answers with. Each has a sealed ticket: whose it is, for which upstream, and until when. It opens a page
 * for that person, once they have signed in, and does nothing by itself: a client, or anyone else who reads it, has nothing.
 */
export type ConnectLinks = {
  readonly urlFor: ConnectUrl;
  /** Whose the link is. Undefined where the text is no ticket for this upstream, or is over time. */
  personOf(ticket: string | undefined, upstream: string): Promise<string | undefined>;
};

export type ConnectLinksParts = {
  readonly keyring: Pick<Keyring, "seal" | "open">;
  readonly clock: Clock;
  readonly issuer: string;
};

type Ticket = {
  readonly iss: string;
  readonly personId: string;
  readonly upstream: string;
  /** Epoch milliseconds. */
  readonly endsAt: number;
};

const SECONDS = 10 * 60;
const LABEL = "connect-link";

/** The parameter of the link. */
export const TICKET = "ticket";

export function createConnectLinks({ keyring, clock, issuer }: ConnectLinksParts): ConnectLinks {
  return {
    async urlFor(personId, upstream) {
      const ticket: Ticket = { iss: issuer, personId, upstream, endsAt: clock() + SECONDS * 1000 };
      const sealed = await keyring.seal(LABEL, JSON.stringify(ticket));
      return `${urlOf(issuer, connectPathOf(upstream))}?${new URLSearchParams({ [TICKET]: sealed })}`;
    },
    async personOf(ticket = "", upstream) {
      const text = await keyring.open(LABEL, ticket);
      if (text === undefined) return undefined;
      const { iss, personId, upstream: forUpstream, endsAt } = JSON.parse(text) as Ticket;
      const isFor = iss === issuer && forUpstream === upstream && clock() < endsAt;
      return isFor ? personId : undefined;
    },
  };
}
