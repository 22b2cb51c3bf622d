import type { Settings } from "../config/settings.ts";
import { isPostgresUrl } from "../core/database-url.ts";
import { keyFileOf } from "../platform/secrets/key-file.ts";
import { createKeyring } from "../platform/secrets/keyring.ts";
import { existingSecrets } from "../platform/secrets/master-secret.ts";
import type { SealedKey } from "../store/maintenance/sealed-keys.ts";

/** The secrets of a database, as this process finds them. */
export type FoundSecret = {
  /** "GATEHOUSE_SECRET", or the name of the key file. */
  readonly from: string;
  /** Newest first. */
  readonly secrets: readonly string[];
};

/** Undefined where neither the environment nor a key file has one. */
export function findSecret(settings: Settings): FoundSecret | undefined {
  const secrets = existingSecrets(settings);
  if (!secrets) return undefined;
  return { from: settings.secrets ? "GATEHOUSE_SECRET" : keyFileOf(settings.database), secrets };
}

/** Where the secret of a database would be found, were there one. */
export function placesOfSecret({ database }: Pick<Settings, "database">): string {
  return isPostgresUrl(database)
    ? "GATEHOUSE_SECRET"
    : `GATEHOUSE_SECRET or the key file ${keyFileOf(database)}`;
}

export type Opened = {
  /** The kids of keys that no secret opens. */
  readonly closed: readonly string[];
  /** The kids of those that another secret than the first one opens. */
  readonly sealedWithOlder: readonly string[];
};

/** Which of the signing keys the secrets open. */
export async function tryKeys(
  keys: readonly SealedKey[],
  { secrets }: Pick<FoundSecret, "secrets">,
): Promise<Opened> {
  const [first, all] = [createKeyring(secrets.slice(0, 1)), createKeyring(secrets)];
  const closed: string[] = [];
  const sealedWithOlder: string[] = [];
  for (const { kid, sealedPrivateJwk } of keys) {
    if ((await first.open("signing-key", sealedPrivateJwk)) !== undefined) continue;
    const opens = (await all.open("signing-key", sealedPrivateJwk)) !== undefined;
    (opens ? sealedWithOlder : closed).push(kid);
  }
  return { closed, sealedWithOlder };
}
