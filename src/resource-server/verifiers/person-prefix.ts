import type { Refusal, Verification } from "../guard.ts";

/**
 * Keeps an id from looking like one of another issuer's people: `okta:1` of our own sign-in would be the person `1` of
 * the provider whose prefix is `okta:`. Asked of whoever verifies, so that it holds for every way in.
 * @param own what stands before the ids of this issuer's people
 * @param all the prefixes of every issuer; none is the beginning of another, because each ends with its only colon
 * @param isTheirs whether this id, which begins with that prefix, is known to be of a person of that issuer
 */
export function keepPrefixes<Said extends Verification>(
  verify: (token: string) => Promise<Said>,
  own: string,
  all: readonly string[],
  isTheirs: (personId: string, prefix: string) => Promise<boolean> = never,
): (token: string) => Promise<Said | Refusal> {
  const others = all.filter((prefix) => prefix !== "" && prefix !== own);
  if (others.length === 0) return verify;
  return async (token) => {
    const verification = await verify(token);
    if (verification.kind !== "verified") return verification;
    const { person, issuer } = verification.auth;
    const taken = others.find((prefix) => person.id.startsWith(prefix));
    if (taken === undefined || (await isTheirs(person.id, taken))) return verification;
    return {
      kind: "refused",
      why: `the person's id begins with "${taken}", which is the personPrefix of another provider`,
      about: { issuer },
    };
  };
}

const never = async (): Promise<boolean> => false;
