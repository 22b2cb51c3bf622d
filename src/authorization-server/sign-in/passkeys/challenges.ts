import { z } from "zod";
import type { Clock } from "../../../platform/clock.ts";
import { randomId } from "../../../platform/random.ts";
import type { Keyring } from "../../../platform/secrets/keyring.ts";
import type { Store } from "../../../store/store.ts";

/**
 * What an authenticator signs, so that its answer counts here and now (WebAuthn §13.4.3). Nothing is stored when one is made: it carries
 * its own end, and a MAC over that and over what it is for.
 */
export type Challenges = {
  /** @returns base64url */
  make(use: ChallengeUse): string;
  /** What it was made with. Undefined where it is none of ours, was made for something else, or is over time. */
  open(challenge: string, use: Pick<ChallengeUse, "purpose" | "boundTo">): OpenChallenge | undefined;
};

export type ChallengeUse = {
  readonly purpose: "sign_in" | "account" | "invitation";
  /** The one thing that it counts for: a visit in one browser, a session, a link. */
  readonly boundTo: string;
  /** The user handle of the passkey that is made with it. */
  readonly userHandle?: string | undefined;
};

export type OpenChallenge = {
  /** Unique: what counts once, counts by this. */
  readonly id: string;
  /** Epoch milliseconds. */
  readonly endsAt: number;
  readonly userHandle: string | undefined;
};

export type ChallengesParts = {
  readonly keyring: Pick<Keyring, "mac" | "verifyMac">;
  readonly clock: Clock;
  readonly issuer: string;
};

const LABEL = "passkey-challenge";
/** A sign-in page may wait for a while. The others are for a form that is in front of someone. */
const SECONDS = { sign_in: 30 * 60, account: 10 * 60, invitation: 30 * 60 } as const;

export function createChallenges({ keyring, clock, issuer }: ChallengesParts): Challenges {
  const coveredBy = ({ purpose, boundTo }: Pick<ChallengeUse, "purpose" | "boundTo">, payload: string) =>
    JSON.stringify([issuer, purpose, boundTo, payload]);
  return {
    make({ userHandle, ...use }) {
      const endsAt = clock() + SECONDS[use.purpose] * 1000;
      const payload = JSON.stringify({ id: randomId(), endsAt, userHandle });
      return encoded([payload, keyring.mac(LABEL, coveredBy(use, payload))]);
    },
    open(challenge, use) {
      const [payload = "", mac = ""] = decoded(challenge);
      if (!keyring.verifyMac(LABEL, coveredBy(use, payload), mac)) return undefined;
      const opened = PAYLOAD.parse(JSON.parse(payload));
      return clock() < opened.endsAt ? { userHandle: undefined, ...opened } : undefined;
    },
  };
}

/**
 * Whether a challenge counts for the first time. Asked only once its answer is verified, so strangers write nothing.
 */
export function useChallenge(
  { id, endsAt }: Pick<OpenChallenge, "id" | "endsAt">,
  store: Pick<Store, "useAssertion">,
): Promise<boolean> {
  return store.useAssertion(CHALLENGE_OF, id, endsAt);
}

/** In the place of a client's id, none of which has a space. */
const CHALLENGE_OF = "passkey challenge";

const PAYLOAD = z.object({ id: z.string(), endsAt: z.number(), userHandle: z.string().optional() });

function encoded(parts: readonly string[]): string {
  const each = parts.map((part) => Buffer.from(part).toString("base64url"));
  return Buffer.from(each.join(".")).toString("base64url");
}

function decoded(challenge: string): readonly string[] {
  const text = Buffer.from(challenge, "base64url").toString();
  return text.split(".", 2).map((part) => Buffer.from(part, "base64url").toString());
}
