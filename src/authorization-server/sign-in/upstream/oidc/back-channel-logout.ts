import { z } from "zod";
import type { OidcSettings } from "../../../../config/sign-in/settings.ts";
import { CLOCK_SKEW_SECONDS } from "../../../../core/clock-skew.ts";
import { OAuthError } from "../../../../core/errors.ts";
import { isKeepable } from "../../../../core/person-id.ts";
import { logoutPathOf } from "../../../../core/upstream-urls.ts";
import { readForm } from "../../../../http/form.ts";
import type { Peer } from "../../../../http/peer.ts";
import type { Route } from "../../../../http/route.ts";
import type { Clock } from "../../../../platform/clock.ts";
import type { KeySet } from "../../../../platform/provider/key-set.ts";
import { readSignedHeader } from "../../../../platform/provider/signed-token.ts";
import type { Store } from "../../../../store/store.ts";
import type { Recorder } from "../../../recorder.ts";
import { BrokenOff } from "../provider.ts";
import { openProviderToken } from "./provider-token.ts";
import { subjectIn } from "./subject.ts";

export type LogoutParts = {
  readonly settings: OidcSettings;
  readonly keys: KeySet;
  readonly store: Pick<
    Store,
    | "isAssertionUsed"
    | "useAssertion"
    | "endUpstreamSessions"
    | "findByIdentity"
    | "listGrants"
    | "revokePersonsGrants"
  >;
  readonly recorder: Recorder;
  readonly clock: Clock;
  /** Tells the guard of this process. Other processes learn it from the store. */
  readonly onGrantRevoked: (grantId: string) => void;
  /** The same of whose grants they were. */
  readonly onPersonChanged: (personId: string) => void;
};

/** POST /oauth/logout/<name>: the provider says that a person signed out there (OpenID Connect Back-Channel Logout 1.0). */
export function logoutRoute(parts: LogoutParts): Route {
  return {
    name: "upstream_logout",
    paths: [logoutPathOf(parts.settings.name)],
    methods: { POST: (request, peer) => logout(request, peer, parts) },
    refusals: "json",
  };
}

async function logout(request: Request, peer: Peer, parts: LogoutParts): Promise<Response> {
  const token = (await readForm(request)).get("logout_token");
  if (token === undefined) throw new OAuthError("invalid_request", "The parameter logout_token is missing.");
  const claims = await readLogoutToken(token, parts);
  const { settings, store, recorder } = parts;
  const { issuer } = settings;
  // Another claim than `sub` may be missing: then `sid` says whom it is about.
  const subject = subjectIn(claims, settings.subject);
  if (subject === undefined && claims.sid == null) {
    throw refuse(`it has neither sid nor ${settings.subject}, which tells people apart`);
  }
  // Each is good once: one that was overheard must not end the sessions of later.
  if (await store.isAssertionUsed(issuer, claims.jti)) throw refuse("it was used before");
  const known =
    subject === undefined ? undefined : await store.findByIdentity({ method: "oidc", issuer, subject });
  const fields = { person: known?.person.id, method: settings.name };
  const { entry, log } = recorder.prepare("session.ended_upstream", fields, peer);
  const ended = await store.endUpstreamSessions(
    { issuer, subject, sessionId: claims.sid ?? undefined },
    entry,
  );
  if (ended.length > 0) log();
  // A session may be over while the grants of the person live on.
  const people = new Set([...ended, ...(known ? [known.person.id] : [])]);
  if (settings.endGrants) for (const person of people) await endGrants(person, peer, parts);
  // Last: where the database failed in between, the provider sends the same token again. Two at once end the same sessions.
  const keptUntil = (claims.exp + settings.leewaySeconds + CLOCK_SKEW_SECONDS) * 1000;
  await store.useAssertion(issuer, claims.jti, keptUntil);
  return new Response(null, { status: 200, headers: { "Cache-Control": "no-store" } });
}

const EVENT = "http://schemas.openid.net/event/backchannel-logout";
const LONGEST_JTI = 255;
/** What is kept of each must not be for years. */
const LONGEST_LIFE_SECONDS = 24 * 60 * 60;
const TYPES: ReadonlySet<unknown> = new Set([undefined, "JWT", "logout+jwt", "application/logout+jwt"]);

/** §2.4. */
const logoutToken = z.looseObject({
  iss: z.string(),
  aud: z.union([z.string().transform((one) => [one]), z.array(z.string())]),
  iat: z.number(),
  exp: z.number(),
  jti: z.string().min(1).max(LONGEST_JTI),
  events: z.looseObject({ [EVENT]: z.looseObject({}) }),
  sub: z.string().min(1).refine(isKeepable).nullish(),
  sid: z.string().min(1).refine(isKeepable).nullish(),
});
type LogoutToken = z.infer<typeof logoutToken>;

/** §2.6. */
async function readLogoutToken(token: string, { settings, keys, clock }: LogoutParts): Promise<LogoutToken> {
  const type = readSignedHeader(token)?.typ;
  if (!TYPES.has(type)) throw refuse("its typ is that of another kind");
  const parsed = logoutToken.safeParse(await open(token, keys));
  if (!parsed.success) {
    throw refuse(`a claim can't be used: ${parsed.error.issues[0]?.path.join(".")}`);
  }
  const claims = parsed.data;
  const { issuer, clientId, leewaySeconds } = settings;
  const now = clock() / 1000;
  if (claims.iss !== issuer) throw refuse("wrong issuer");
  if (!claims.aud.includes(clientId)) throw refuse("wrong audience");
  if (claims.exp <= now - leewaySeconds) throw refuse("expired");
  if (claims.iat > now + leewaySeconds) throw refuse("it is from the future");
  if (claims.exp > now + LONGEST_LIFE_SECONDS)
    throw refuse(`it lives longer than ${LONGEST_LIFE_SECONDS} seconds`);
  // An ID token has one, and must not do as a logout token.
  if ("nonce" in claims) throw refuse("it has a nonce");
  if (claims.sub == null && claims.sid == null) throw refuse("it has neither sub nor sid");
  return claims;
}

async function open(token: string, keys: KeySet): Promise<unknown> {
  try {
    return await openProviderToken(token, keys, "logout token");
  } catch (error) {
    if (!(error instanceof BrokenOff)) throw error;
    if (error.problem === "no_answer") {
      throw new OAuthError("temporarily_unavailable", "The provider's keys can't be fetched now.", {
        detail: error.message,
        retryAfterSeconds: 60,
      });
    }
    throw refuse(error.message);
  }
}

async function endGrants(
  person: string,
  peer: Peer,
  { store, recorder, clock, onGrantRevoked, onPersonChanged }: LogoutParts,
): Promise<void> {
  const now = clock();
  const live = await store.listGrants({ personId: person, liveAt: now });
  const { entry, log } = recorder.prepare("grant.revoked", { person, reason: "upstream_logout" }, peer);
  await store.revokePersonsGrants(person, "upstream_logout", now, entry);
  for (const { id } of live) onGrantRevoked(id);
  // One may have been approved in between.
  onPersonChanged(person);
  if (live.length > 0) log();
}

function refuse(why: string): OAuthError {
  return new OAuthError("invalid_request", "The logout token is not valid.", {
    detail: `logout token: ${why}`,
  });
}
