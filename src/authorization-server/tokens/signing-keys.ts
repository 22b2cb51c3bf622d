import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { LONGEST_ACCESS_TOKEN_SECONDS } from "../../core/access-token.ts";
import { CLOCK_SKEW_SECONDS } from "../../core/clock-skew.ts";
import { shownDatabase } from "../../core/database-url.ts";
import { ConfigurationError, OAuthError } from "../../core/errors.ts";
import type { AuditEntry } from "../../core/events.ts";
import type { Clock } from "../../platform/clock.ts";
import { importPrivateJwk, importPublicJwk, type SigningKey } from "../../platform/jws.ts";
import { randomId } from "../../platform/random.ts";
import { keyFileOf } from "../../platform/secrets/key-file.ts";
import type { Keyring } from "../../platform/secrets/keyring.ts";
import type { Store, StoredSigningKey } from "../../store/store.ts";

/** Resource servers keep our key set this long, so a new key signs only after it (RFC 9111 `max-age`). */
export const JWKS_MAX_AGE_SECONDS = 300;
const PUBLISHED_BEFORE_USE_SECONDS = 2 * JWKS_MAX_AGE_SECONDS;

/** The signing keys of this server, in memory; the store has them encrypted. */
export type SigningKeys = {
  /**
   * The key that signs now.
   * @throws OAuthError `temporarily_unavailable` where the secret of this server opens none.
   */
  current(): SigningKey;
  /** The public key of a token's `kid`, as long as it is published. */
  verificationKey(kid: string): KeyObject | undefined;
  /** The JSON Web Key Set (RFC 7517 §5). */
  jwks(): { readonly keys: readonly Readonly<Record<string, unknown>>[] };
  /**
   * Reads the store and the key file again: another process rotated. A key that is no longer there opens nothing from
   * then on, whether or not the others can be opened.
   * @throws ConfigurationError where the secret opens a key neither now nor did before.
   */
  reload(): Promise<void>;
};

type KeyParts = { readonly store: Store; readonly keyring: Keyring; readonly clock: Clock };

/**
 * Opens the signing keys, making the first one where there is none.
 * @throws ConfigurationError where the master secret does not open them.
 */
export async function openSigningKeys(parts: KeyParts): Promise<SigningKeys> {
  const { store, clock } = parts;
  let keys: readonly PublishedKey[] = await openAll(await loadOrMakeFirst(parts), parts);
  const published = (key: PublishedKey) => key.publishedUntil === null || clock() < key.publishedUntil;
  return {
    current() {
      const now = clock();
      const open = keys.filter(isOpen).sort((left, right) => right.signsFrom - left.signsFrom);
      const signing = open.find(
        (key) => key.signsFrom <= now && (key.signsUntil === null || now < key.signsUntil),
      );
      const key = signing ?? open[0];
      if (!key) throw cannotSign();
      return key;
    },
    verificationKey: (kid) => keys.find((key) => key.kid === kid && published(key))?.publicKey,
    jwks: () => ({ keys: keys.filter(published).map((key) => key.publicJwk) }),
    async reload() {
      parts.keyring.lookAgain();
      const stored = await store.listSigningKeys();
      const openedBefore = new Map(keys.map((key) => [key.kid, key]));
      keys = await Promise.all(
        // Sealed anew with a secret that this server does not know yet, it is still the key that it was.
        stored.map(async (key) => ({
          ...publicPart(key),
          privateKey: (await openPrivate(key, parts)) ?? openedBefore.get(key.kid)?.privateKey,
        })),
      );
      if (!keys.every(isOpen)) throw doesNotOpen();
    },
  };
}

/**
 * Where there is no secret, one is made; but it would not open what another one sealed.
 * @param hasSecret looked at again: another process may be making its first secret, and with it the first key.
 * @throws ConfigurationError where signing keys are there already, and says what to do.
 */
export async function refuseNewSecret(
  { store }: Pick<KeyParts, "store">,
  database: string,
  hasSecret: () => boolean,
): Promise<void> {
  if (hasSecret() || (await store.listSigningKeys()).length === 0 || hasSecret()) return;
  throw new ConfigurationError(
    `The database ${shownDatabase(database)} has signing keys, and there is no secret that opens them. ` +
      `Set GATEHOUSE_SECRET, or put the key file at ${keyFileOf(database)}.`,
  );
}

/** @throws ConfigurationError where the store has no signing key, or one that the master secret does not open. */
export async function checkSigningKeys(parts: KeyParts): Promise<void> {
  const stored = await parts.store.listSigningKeys();
  if (stored.length === 0)
    throw new ConfigurationError("The database has no signing key. Start the server again.");
  await openAll(stored, parts);
}

/**
 * Adds a key that is published at once and signs once everybody can have it; the ones before it stop signing then
 * and stay published until their last token has expired.
 * @param entryFor what the audit log has about it.
 * @returns the new key.
 */
export async function rotateSigningKey(
  parts: KeyParts,
  entryFor: (key: StoredSigningKey) => AuditEntry<"key.rotated">,
): Promise<StoredSigningKey> {
  const now = parts.clock();
  const existing = await parts.store.listSigningKeys();
  const signsFrom = existing.length === 0 ? now : now + PUBLISHED_BEFORE_USE_SECONDS * 1000;
  // A wrong secret must not add a key that the running server cannot open.
  await openAll(existing, parts);
  const key = await makeSigningKey(parts, signsFrom);
  // An instance whose clock is behind ours signs with the old ones for so much longer.
  const lastTokenEnds = signsFrom + (LONGEST_ACCESS_TOKEN_SECONDS + CLOCK_SKEW_SECONDS) * 1000;
  await parts.store.addSigningKey(key, lastTokenEnds, entryFor(key));
  return key;
}

/** A key that verifies; and signs, where the secret opens it. */
type PublishedKey = StoredSigningKey & {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject | undefined;
};
type OpenSigningKey = PublishedKey & SigningKey;

function isOpen(key: PublishedKey): key is OpenSigningKey {
  return key.privateKey !== undefined;
}

async function loadOrMakeFirst(parts: KeyParts): Promise<readonly StoredSigningKey[]> {
  const stored = await parts.store.listSigningKeys();
  if (stored.length > 0) return stored;
  return parts.store.addFirstSigningKey(await makeSigningKey(parts, parts.clock()));
}

/** A new key, which is not in the store yet. */
export async function makeSigningKey(
  parts: Pick<KeyParts, "keyring" | "clock">,
  signsFrom: number,
): Promise<StoredSigningKey> {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const kid = randomId();
  return {
    kid,
    algorithm: "ES256",
    publicJwk: { ...publicKey.export({ format: "jwk" }), kid, use: "sig", alg: "ES256" },
    sealedPrivateJwk: await parts.keyring.seal(
      "signing-key",
      JSON.stringify(privateKey.export({ format: "jwk" })),
    ),
    createdAt: parts.clock(),
    signsFrom,
    signsUntil: null,
    publishedUntil: null,
  };
}

async function openAll(
  stored: readonly StoredSigningKey[],
  parts: KeyParts,
): Promise<readonly OpenSigningKey[]> {
  return Promise.all(
    stored.map(async (key) => {
      const privateKey = await openPrivate(key, parts);
      if (!privateKey) throw doesNotOpen();
      return { ...publicPart(key), privateKey };
    }),
  );
}

function publicPart(key: StoredSigningKey): StoredSigningKey & { readonly publicKey: KeyObject } {
  return { ...key, publicKey: importPublicJwk(key.publicJwk) };
}

async function openPrivate(key: StoredSigningKey, { keyring }: KeyParts): Promise<KeyObject | undefined> {
  const privateJwk = await keyring.open("signing-key", key.sealedPrivateJwk);
  return privateJwk === undefined ? undefined : importPrivateJwk(JSON.parse(privateJwk));
}

export function doesNotOpen(): ConfigurationError {
  return new ConfigurationError(
    "The secret does not open the signing keys in this database, which was made with another one. " +
      "Restore GATEHOUSE_SECRET, or the key file beside the database.",
  );
}

function cannotSign(): OAuthError {
  return new OAuthError("temporarily_unavailable", "The server cannot issue tokens right now. Try again.", {
    detail: "the secret of this server opens none of the signing keys in the database",
    retryAfterSeconds: 5,
  });
}
