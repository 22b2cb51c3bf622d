import type { AuditEntry } from "../../core/events.ts";
import type { Clock } from "../../platform/clock.ts";
import { createKeyring, type Keyring } from "../../platform/secrets/keyring.ts";
import type { Store, StoredSigningKey } from "../../store/store.ts";
import { doesNotOpen, makeSigningKey } from "./signing-keys.ts";

type Secrets = {
  /** Newest first. */
  readonly secrets: readonly string[];
  readonly clock: Clock;
};

export type SealedAnew = {
  /** How many signing keys were sealed with an older secret, and are with the first one now. */
  readonly keys: number;
  /** Epoch milliseconds: since then at the latest, the first secret is the one that makes refresh tokens. */
  readonly inUseSince: number;
};

/**
 * Seals with the first secret what an older one sealed, while servers run. Every server must know the first one by
 * then. Whoever is connected stays so: the older secrets go on opening what they made for as long as they are kept.
 * @param entryFor what the audit log has about a key that was sealed anew.
 * @throws ConfigurationError where a key is sealed with none of the secrets, and then nothing has changed.
 */
export async function sealAnew(
  store: Pick<Store, "listSigningKeys" | "resealSigningKey">,
  { secrets, clock }: Secrets,
  entryFor: (kid: string) => AuditEntry<"secret.rotated">,
): Promise<SealedAnew> {
  const first = createKeyring(secrets.slice(0, 1));
  const all = createKeyring(secrets);
  let keys = 0;
  // Again where another process put a key in meanwhile, sealed with what it knew.
  for (;;) {
    const stored = await store.listSigningKeys();
    const opened = await Promise.all(stored.map((key) => openedWith(key, first, all)));
    const outdated = opened.filter(({ isOpenedByFirst }) => !isOpenedByFirst);
    if (outdated.length === 0) {
      return { keys, inUseSince: Math.min(clock(), ...opened.map(({ sealedAt }) => sealedAt)) };
    }
    for (const { key, privateJwk } of outdated) {
      // RFC 7517 §4: what it does not know, whoever reads the key ignores.
      const text = JSON.stringify({ ...privateJwk, iat: Math.ceil(clock() / 1000) });
      const sealed = await first.seal("signing-key", text);
      const change = { kid: key.kid, before: key.sealedPrivateJwk, sealed };
      if (await store.resealSigningKey(change, entryFor(key.kid))) keys += 1;
    }
  }
}

type OpenedKey = {
  readonly key: StoredSigningKey;
  readonly privateJwk: { readonly iat?: number };
  readonly isOpenedByFirst: boolean;
  /** Epoch milliseconds. */
  readonly sealedAt: number;
};

async function openedWith(key: StoredSigningKey, first: Keyring, all: Keyring): Promise<OpenedKey> {
  const byFirst = await first.open("signing-key", key.sealedPrivateJwk);
  const text = byFirst ?? (await all.open("signing-key", key.sealedPrivateJwk));
  if (text === undefined) throw doesNotOpen();
  const privateJwk: OpenedKey["privateJwk"] = JSON.parse(text);
  const { iat } = privateJwk;
  return {
    key,
    privateJwk,
    isOpenedByFirst: byFirst !== undefined,
    // One that was never sealed anew has been under this secret since it was made.
    sealedAt: iat === undefined ? key.createdAt : iat * 1000,
  };
}

export type OldTokens = {
  /** Refresh tokens that an older secret made, and that are good now. */
  readonly count: number;
  /** Epoch milliseconds: when the last of them ends; null where there are none. */
  readonly lastEndsAt: number | null;
};

const PAGE_ROWS = 2000;

/** The refresh tokens that whoever does without the older secrets would sign people out with. */
export async function tokensOfOlderSecrets(
  store: Pick<Store, "countRefreshTokens">,
  { inUseSince, now }: { readonly inUseSince: number; readonly now: number },
): Promise<OldTokens> {
  let tokens: OldTokens = { count: 0, lastEndsAt: null };
  for (let after = ""; ; ) {
    const page = await store.countRefreshTokens({ after, limit: PAGE_ROWS, madeUntil: inUseSince, now });
    if (!page) return tokens;
    tokens = {
      count: tokens.count + page.count,
      lastEndsAt: Math.max(tokens.lastEndsAt ?? 0, page.lastEndsAt ?? 0) || null,
    };
    after = page.last;
  }
}

/**
 * For a secret that has leaked: whatever it and the signing keys that it opens could vouch for is void at once. Servers
 * that do not have the new secret yet can neither sign nor verify from here on.
 * @param secret the new one, and no other.
 * @param entryFor what the audit log has about it.
 * @returns the kid of the key that signs now.
 */
export async function discardSigningKeys(
  store: Pick<Store, "replaceSigningKeys">,
  { secret, clock }: { readonly secret: string; readonly clock: Clock },
  entryFor: (key: StoredSigningKey) => AuditEntry<"secret.rotated">,
): Promise<string> {
  const key = await makeSigningKey({ keyring: createKeyring([secret]), clock }, clock());
  await store.replaceSigningKeys(key, entryFor(key));
  return key.kid;
}

/**
 * Revokes every grant: their tokens are void already, and this is what servers and lists of grants hear of it.
 * @param entry what the audit log has about each commit of it.
 */
export async function revokeAllGrants(
  store: Pick<Store, "revokeNextGrants">,
  clock: Clock,
  entry: AuditEntry<"grant.revoked">,
): Promise<void> {
  let last: string | undefined = "";
  while (last !== undefined) last = await store.revokeNextGrants(last, PAGE_ROWS, clock(), entry);
}
