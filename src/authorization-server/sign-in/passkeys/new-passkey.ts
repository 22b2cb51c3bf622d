import { browserInWords } from "../../../pages/browser-in-words.ts";
import { shownName } from "../../../pages/html.ts";
import type { Look } from "../../../pages/look.ts";
import type { PasskeyCreation } from "../../../pages/passkeys.ts";
import { randomSecret } from "../../../platform/random.ts";
import type { NewPasskey } from "../../../store/credential.ts";
import { readAttestation } from "./browser-answer.ts";
import type { Challenges, ChallengeUse, OpenChallenge } from "./challenges.ts";
import type { RelyingParty } from "./relying-party.ts";
import { passkeyIdentity, writeStored } from "./stored-passkey.ts";
import { ALGORITHMS, verifyAttestation } from "./verify.ts";

export type NewPasskeyParts = {
  readonly relyingParty: RelyingParty;
  readonly challenges: Challenges;
  readonly clock: () => number;
  readonly look: Look;
};

/** What the browser is asked to make. */
export function creationOptions(
  made: {
    readonly use: Pick<ChallengeUse, "purpose" | "boundTo">;
    /** Of the person's other passkeys; undefined for the first one. */
    readonly userHandle: string | undefined;
    /** What the device shows of the person; "" where the form asks for it. */
    readonly name: string;
    /** The ids of the person's passkeys: a device makes no second one. */
    readonly others: readonly string[];
  },
  { relyingParty: { id, name }, challenges }: Pick<NewPasskeyParts, "relyingParty" | "challenges">,
): PasskeyCreation {
  const { use, userHandle = randomSecret(), others } = made;
  const shown = shownName(made.name);
  return {
    challenge: challenges.make({ ...use, userHandle }),
    rp: { id, name: shownName(name) },
    user: { id: userHandle, name: shown, displayName: shown },
    pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: "public-key", alg })),
    excludeCredentials: others.map((other) => ({ type: "public-key", id: other })),
    authenticatorSelection: { residentKey: "required", userVerification: "required" },
    attestation: "none",
  };
}

/** Why a passkey was not made: a sentence for the person, and what the log is told. */
export type NotMade = { readonly problem: string; readonly detail: string };

/**
 * Reads what the browser made.
 * @param use what its challenge was made for
 * @param label how the person calls it
 * @param isFirst whether the challenge is used for the first time, once the answer to it is verified
 */
export async function readNewPasskey(
  text: string | undefined,
  use: Pick<ChallengeUse, "purpose" | "boundTo">,
  label: string,
  { relyingParty, challenges, clock, look }: NewPasskeyParts,
  isFirst: (challenge: OpenChallenge) => Promise<boolean>,
): Promise<NewPasskey | NotMade> {
  if (!text) return { problem: look.texts.passkeys.nothingCame, detail: "nothing came" };
  const notMade = (detail: string): NotMade => ({ problem: look.texts.passkeys.notSaved, detail });
  const answer = readAttestation(text);
  if (!answer) return notMade("the browser sent no passkey");
  const challenge = challenges.open(answer.client.challenge, use);
  if (challenge?.userHandle === undefined)
    return notMade("the challenge is for something else, or over time");
  const made = await verifyAttestation(answer, relyingParty);
  if ("rejected" in made) return notMade(made.rejected);
  if (!(await isFirst(challenge))) return notMade("the challenge was used before");
  const secret = writeStored({ ...made.stored, userHandle: challenge.userHandle });
  const { id, counter } = made;
  return {
    identity: { ...passkeyIdentity(relyingParty.id, id), label },
    credential: { kind: "passkey", id, secret, counter, createdAt: clock(), usedAt: null },
  };
}

/** What the person typed as its name, or else the browser in which it was made. */
export function labelOf(typed: string | undefined, userAgent: string | null | undefined, look: Look): string {
  return shownName(typed ?? "") || browserInWords(userAgent ?? undefined, look);
}
