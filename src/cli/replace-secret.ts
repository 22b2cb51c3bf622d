import { sealAppsAnew } from "../authorization-server/sign-in/totp/seal-anew.ts";
import {
  discardSigningKeys,
  revokeAllGrants,
  sealAnew,
  tokensOfOlderSecrets,
} from "../authorization-server/tokens/replace-secret.ts";
import { endUnopenable, sealUpstreamsAnew } from "../authorization-server/upstreams/seal-anew.ts";
import type { Settings } from "../config/settings.ts";
import { ConfigurationError } from "../core/errors.ts";
import type { AuditEntry } from "../core/events.ts";
import type { Clock } from "../platform/clock.ts";
import {
  changeKeyFile,
  type KeptSecret,
  keyFileOf,
  newSecret,
  secretsAt,
} from "../platform/secrets/key-file.ts";
import { createKeyring } from "../platform/secrets/keyring.ts";
import { existingSecrets } from "../platform/secrets/master-secret.ts";
import type { Store } from "../store/store.ts";
import { confirm } from "./confirm.ts";
import { type DatabaseFlags, withStore } from "./database.ts";
import { operatorEntry } from "./operator.ts";
import { print, time } from "./output.ts";

/** Beyond the end of the last token, for a server that hears late of the new secret, and for sign-in sessions. */
const MARGIN_MS = 24 * 60 * 60 * 1000;

/** Replaces the secret while everybody stays signed in. Interrupted, it goes on where it stopped when it runs again. */
export function rotateSecret(flags: DatabaseFlags): Promise<void> {
  return withStore(flags, (store, settings, clock) =>
    settings.secrets ? rotateGiven(store, settings.secrets, clock) : rotateKeyFile(store, settings, clock),
  );
}

async function rotateKeyFile(store: Store, settings: Settings, clock: Clock): Promise<void> {
  const file = keyFileOf(settings.database);
  // Before anything is changed: a secret that is not the one of this database must not get a successor.
  await sealAnew(store, { secrets: secretsOf(settings, clock), clock }, rotatedEntry);
  // The file before the database: a server that meets what the new secret sealed finds the secret there.
  const kept = changeKeyFile(file, (secrets) =>
    isUnfinished(secrets) ? secrets : [{ secret: newSecret(), until: null }, ...secrets],
  );
  const secrets = secretsAt(kept, clock());
  const { keys, inUseSince } = await sealAnew(store, { secrets, clock }, rotatedEntry);
  const apps = await sealAppsAnew(store, secrets);
  const { lastEndsAt } = await tokensOfOlderSecrets(store, { inUseSince, now: clock() });
  // Last: servers, which refresh tokens meanwhile, seal with the new one by now.
  const upstreams = await sealUpstreamsAnew(store, secrets);
  const until = Math.max(lastEndsAt ?? 0, clock()) + MARGIN_MS;
  changeKeyFile(file, (secrets) => finished(secrets, until, clock()));
  print(`The new secret is the first line of ${file}, and running servers use it. No one is signed out.`);
  print(
    `Signing keys sealed with it: ${keys}${andMore({ apps, upstreams })}. The old secret opens what it made until ${time(until)}.`,
  );
  print(`Update the copy of ${file} that you keep.`);
}

function andMore({ apps, upstreams }: { readonly apps: number; readonly upstreams: number }): string {
  return [
    apps === 0 ? "" : `, authenticator apps: ${apps}`,
    upstreams === 0 ? "" : `, tokens and keys for other services: ${upstreams}`,
  ].join("");
}

function rotatedEntry(kid: string): AuditEntry<"secret.rotated"> {
  return operatorEntry("secret.rotated", { kid });
}

/** An older secret that has no end yet: everything that it sealed may still be sealed with it. */
function isUnfinished(secrets: readonly KeptSecret[]): boolean {
  return secrets.slice(1).some(({ until }) => until === null);
}

/** With an end for each older secret, and without those whose end has come. */
function finished(secrets: readonly KeptSecret[], until: number, now: number): readonly KeptSecret[] {
  const [first, ...older] = secrets;
  const ending = older.map((kept) => ({ ...kept, until: kept.until ?? until }));
  return first ? [first, ...ending.filter((kept) => kept.until > now)] : [];
}

async function rotateGiven(store: Store, secrets: readonly string[], clock: Clock): Promise<void> {
  if (secrets.length === 1) {
    print(STEPS);
    throw new ConfigurationError("GATEHOUSE_SECRET holds one secret: nothing was changed.");
  }
  const { keys, inUseSince } = await sealAnew(store, { secrets, clock }, rotatedEntry);
  const apps = await sealAppsAnew(store, secrets);
  const { count, lastEndsAt } = await tokensOfOlderSecrets(store, { inUseSince, now: clock() });
  const upstreams = await sealUpstreamsAnew(store, secrets);
  print(
    keys + apps + upstreams === 0
      ? "Every signing key is sealed with the first secret of GATEHOUSE_SECRET already."
      : `Signing keys sealed with the first secret of GATEHOUSE_SECRET: ${keys}${andMore({ apps, upstreams })}. No one is signed out.`,
  );
  print(
    lastEndsAt === null
      ? "No refresh token of another secret is valid any more: set GATEHOUSE_SECRET to only the first one, and restart. " +
          "If the first one is the one that you want to replace, put the new one before it, restart, and run this again."
      : `Keep the older one until ${time(lastEndsAt + MARGIN_MS)}: it made ${count} ${count === 1 ? "refresh token" : "refresh tokens"} ` +
          "not used since. Then set GATEHOUSE_SECRET to only the first one, and restart.",
  );
}

const STEPS = `To replace the secret while everyone stays signed in:

  1. Make one:                  openssl rand -base64 32
  2. On every instance:         GATEHOUSE_SECRET=<old>,<new>   and restart them, one after the other.
                                From here on each of them knows the new one; none uses it yet.
                                (A single instance can leave this step out.)
  3. On every instance:         GATEHOUSE_SECRET=<new>,<old>   and restart them, one after the other.
  4. With the same setting:     gatehouse secret rotate
                                It seals the signing keys with the new one, and says how long the old one is needed.
  5. Then on every instance:    GATEHOUSE_SECRET=<new>         and restart them.
`;

/** For a secret that has leaked: drops it and all that it could vouch for. */
export function replaceLeakedSecret(flags: DatabaseFlags & { readonly yes?: true }): Promise<void> {
  return withStore(flags, async (store, settings, clock) => {
    if (settings.secrets) await refuseLeaked(store, settings.secrets);
    else secretsOf(settings, clock);
    if (!flags.yes) await confirm("This signs everyone out, in every client.");
    const secret = settings.secrets?.[0] ?? newSecret();
    if (!settings.secrets) changeKeyFile(keyFileOf(settings.database), () => [{ secret, until: null }]);
    const kid = await discardSigningKeys(store, { secret, clock }, (key) =>
      operatorEntry("secret.rotated", { reason: "compromised", kid: key.kid }),
    );
    await revokeAllGrants(store, clock, operatorEntry("grant.revoked", { reason: "operator" }));
    const ended = await endUnopenable(store, secret, clock());
    print("The old secret and the old signing keys open nothing any more. Everyone must sign in again.");
    print(`Tokens are signed with ${kid} from now on.`);
    if (ended > 0) {
      print(
        `What people had at other services has ended here (${ended}): they connect again. Who has the old secret and a copy of the database can still read it: revoke it at those services.`,
      );
    }
    print(
      settings.secrets
        ? "A server that still has the old secret can neither sign nor verify: start each one with the new GATEHOUSE_SECRET."
        : `The new secret is in ${keyFileOf(settings.database)}. Delete the copies of the old one.`,
    );
  });
}

async function refuseLeaked(store: Store, secrets: readonly string[]): Promise<void> {
  if (secrets.length > 1) {
    throw new ConfigurationError(
      `GATEHOUSE_SECRET holds ${secrets.length} secrets. Stop the servers, set it to a new one only ` +
        "(make one with: openssl rand -base64 32), and run this again.",
    );
  }
  const keyring = createKeyring(secrets);
  for (const { sealedPrivateJwk } of await store.listSigningKeys()) {
    if ((await keyring.open("signing-key", sealedPrivateJwk)) === undefined) continue;
    throw new ConfigurationError(
      "GATEHOUSE_SECRET is the secret that this database is sealed with. Stop the servers, set it to a new one " +
        "(make one with: openssl rand -base64 32), and run this again.",
    );
  }
}

function secretsOf(settings: Settings, clock: Clock): readonly string[] {
  const secrets = existingSecrets(settings, clock);
  if (secrets) return secrets;
  throw new ConfigurationError(
    `There is no secret to replace: neither GATEHOUSE_SECRET nor a key file ${settings.database}.key.`,
  );
}
