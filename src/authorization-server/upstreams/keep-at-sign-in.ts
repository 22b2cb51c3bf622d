import { OAuthError } from "../../core/errors.ts";
import type { UnauditedEvent } from "../../core/events.ts";
import type { Peer } from "../../http/peer.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/logging.ts";
import { randomId } from "../../platform/random.ts";
import type { Keyring } from "../../platform/secrets/keyring.ts";
import type { Store } from "../../store/store.ts";
import type { UpstreamCredential } from "../../store/upstream-store.ts";
import type { KeepTokensOf } from "../sign-in/sign-ins.ts";
import { secretTokens } from "./find-token.ts";
import { openCredential, type SecretTokens, sealCredential } from "./sealed-credential.ts";
import type { NewTokens } from "./service.ts";
import type { OpenUpstream, UpstreamVault } from "./vault.ts";

export type KeepAtSignInParts = {
  readonly vault: Pick<UpstreamVault, "find" | "keepTokens">;
  readonly store: Pick<Store, "findUpstreamCredential" | "replaceUpstreamTokens">;
  readonly keyring: Pick<Keyring, "seal" | "open">;
  readonly clock: Clock;
  readonly log: Pick<Log<UnauditedEvent>, "error">;
};

/**
 * Keeps the tokens that a sign-in at a provider brought. It connects what is not connected, and renews what is the same account: a
 * person who signs in with another account of theirs goes on as before with the one that they connected.
 */
export function createKeepAtSignIn(parts: KeepAtSignInParts): KeepTokensOf {
  return async (personId, { as: name, tokens }, account, peer) => {
    const upstream = parts.vault.find(name);
    if (!upstream?.service) return;
    try {
      await keep({ personId, upstream, tokens: { ...tokens, account } }, peer, parts);
    } catch (error) {
      // The sign-in is done, and stays. Without tokens, a tool answers with a link.
      if (!(error instanceof OAuthError)) throw error;
      parts.log.error("the tokens of a sign-in could not be kept", { upstream: name, cause: error });
    }
  };
}

type ToKeep = {
  readonly personId: string;
  readonly upstream: OpenUpstream;
  readonly tokens: NewTokens;
};

async function keep(given: ToKeep, peer: Peer, parts: KeepAtSignInParts): Promise<void> {
  const { personId, upstream, tokens } = given;
  const before = await parts.store.findUpstreamCredential(personId, upstream.name);
  const held = before && (await open(before, upstream, parts));
  if (!before || !held) {
    // Not in the place of what the person connects at this moment.
    const connection = { personId, name: upstream.name, before: before?.version ?? null };
    await parts.vault.keepTokens(connection, tokens, peer);
  } else if (before.account === tokens.account) {
    await renew(given, before, held, parts);
  }
}

/** Undefined where it is worth nothing any more. */
async function open(
  credential: UpstreamCredential,
  upstream: OpenUpstream,
  { keyring, clock }: KeepAtSignInParts,
): Promise<SecretTokens | undefined> {
  if (credential.deadAt !== null || credential.kind !== "token") return undefined;
  const secret = await openCredential(upstream, credential.sealed, keyring);
  if (!secret || !("accessToken" in secret)) return undefined;
  const { refreshToken, expiresAt = Number.POSITIVE_INFINITY } = secret;
  return refreshToken === undefined && clock() >= expiresAt ? undefined : secret;
}

/** Like a refresh: it is the connection that the person made, so nothing says that they connected anything now. */
async function renew(
  { personId, upstream: { name, upstream }, tokens }: ToKeep,
  before: UpstreamCredential,
  held: SecretTokens,
  { store, keyring, clock }: KeepAtSignInParts,
): Promise<void> {
  const now = clock();
  const { refreshToken = held.refreshToken } = tokens;
  // Someone spends the one that is there.
  if (tokens.refreshToken === undefined && (before.refreshingUntil ?? 0) > now) return;
  const secret = secretTokens({ ...tokens, refreshToken }, now);
  await store.replaceUpstreamTokens({
    personId,
    upstream: name,
    before: before.version,
    version: randomId(),
    sealed: await sealCredential({ name, upstream }, secret, keyring),
    scopes: tokens.scopes ?? before.scopes,
    expiresAt: secret.expiresAt ?? null,
  });
}
