import { isPostgresUrl } from "../../core/database-url.ts";
import { type Clock, systemClock } from "../clock.ts";
import { keyFileOf, newSecret, readKeyFile, secretsAt } from "./key-file.ts";
import { createKeyring, type Keyring } from "./keyring.ts";
import { followKeyFile } from "./keyring-of-file.ts";

type SecretSettings = {
  /** A file, or ":memory:". */
  readonly database: string;
  /** What the operator gave, newest first; undefined means the key file beside the database. */
  readonly secrets: readonly string[] | undefined;
};

/**
 * The keyring of what the operator gave, else of the key file beside the database, which is made at the first start
 * with mode 0600. It follows the file: what `gatehouse secret rotate` puts there holds without a restart.
 * @throws ConfigurationError where the file cannot be made or read, or others can read it.
 */
export function openKeyring(settings: SecretSettings, clock: Clock = systemClock): Keyring {
  const { database, secrets } = settings;
  if (secrets) return createKeyring(secrets);
  if (database === ":memory:") return createKeyring([newSecret()]);
  return followKeyFile(keyFileOf(database), clock);
}

/** The master secrets that there are, newest first; undefined where there is none yet. */
export function existingSecrets(
  settings: SecretSettings,
  clock: Clock = systemClock,
): readonly string[] | undefined {
  if (settings.secrets || isPostgresUrl(settings.database)) return settings.secrets;
  const kept = readKeyFile(keyFileOf(settings.database));
  return kept && secretsAt(kept, clock());
}
