import type { OidcSettings } from "../../../../config/sign-in/settings.ts";
import { claimAt, isClaimElsewhere } from "../../../../core/claim-path.ts";
import { isKeepable } from "../../../../core/person-id.ts";
import type { Proof } from "../../method.ts";
import { BrokenOff } from "../provider.ts";
import { boundedProfile, emailsOf, groupsOf, idOfPerson, labelOf, textOf } from "../said.ts";
import type { IdTokenClaims } from "./id-token.ts";
import { subjectIn } from "./subject.ts";

/** The kind of method that all these providers are. */
export const OIDC = "oidc";

type Said = Readonly<Record<string, unknown>>;

/**
 * What an ID token, with what userinfo adds to it, proves.
 * @throws BrokenOff where it names no one, or more than can be kept
 */
export function proofOf(
  { claims, told }: { readonly claims: IdTokenClaims; readonly told: Said },
  settings: OidcSettings,
  now: number,
): Proof {
  const { email: address, ...others } = told;
  const emails = isVerified(told, settings) ? emailsOf([address]) : [];
  const [email] = emails;
  // An address that is not verified is no one's, also for the operator's own functions and lists.
  const said: Said = email === undefined ? others : told;
  const subject = subjectOf(said, settings);
  const sessionId = textOf(claims.sid);
  return {
    identity: { method: OIDC, issuer: claims.iss, subject },
    label: labelOf([email, said.preferred_username, said.name, subject]),
    personId: idOfPerson(said, settings),
    profile: profileOf(said, email, settings),
    emails,
    groups: settings.groups === undefined ? [] : listedGroups(said, settings.groups),
    claims: said,
    authenticatedAt: authenticatedAt(claims, settings, now),
    upstream: {
      issuer: claims.iss,
      sessionId: sessionId !== undefined && isKeepable(sessionId) ? sessionId : undefined,
    },
  };
}

function isVerified({ email_verified: verified }: Said, { emailVerified }: OidcSettings): boolean {
  switch (emailVerified) {
    case "always":
      return true;
    case "never":
      return false;
    case "true":
      return verified === true;
    case "claim":
      // Some providers write it as text.
      return verified === true || verified === "true";
  }
}

function subjectOf(said: Said, { subject: name }: OidcSettings): string {
  const subject = subjectIn(said, name);
  if (subject !== undefined) return subject;
  throw new BrokenOff(
    "unusable_account",
    `the claim ${name}, which tells people apart, is missing or can't be used`,
  );
}

function profileOf(said: Said, email: string | undefined, { profile }: OidcSettings): Proof["profile"] {
  const { name, preferred_username: username, acr, amr } = said;
  const shownName = textOf(name) ?? textOf(username);
  const asked = profile
    .filter((claim) => claim !== "id")
    .map((claim) => [claim, claimAt(said, claim)] as const)
    .filter(([, value]) => value !== undefined);
  return boundedProfile({
    ...Object.fromEntries(asked),
    ...(shownName !== undefined && { name: shownName }),
    ...(email !== undefined && { email }),
    ...(typeof acr === "string" && { acr }),
    ...(Array.isArray(amr) && { amr: amr.filter((one) => typeof one === "string") }),
  });
}

/** @throws BrokenOff where the groups are elsewhere: without them, a list of groups to refuse would let this person in */
function listedGroups(said: Said, claim: string): readonly string[] {
  if (isClaimElsewhere(said, claim)) {
    throw new BrokenOff(
      "unusable_account",
      `the person has more groups than the provider puts into a token (groups overage): let it send only those that are assigned to the application, or app roles`,
    );
  }
  return groupsOf(claimAt(said, claim));
}

function authenticatedAt(
  { auth_time: seconds }: IdTokenClaims,
  { newSignIn }: OidcSettings,
  now: number,
): number {
  if (newSignIn === "round_trip") return now;
  return seconds == null ? 0 : Math.min(seconds * 1000, now);
}
