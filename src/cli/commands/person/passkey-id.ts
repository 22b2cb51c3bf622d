import { PASSKEYS } from "../../../authorization-server/sign-in/passkeys/stored-passkey.ts";
import { ConfigurationError } from "../../../core/errors.ts";
import { visible } from "../../../platform/terminal.ts";
import type { Credential } from "../../../store/credential.ts";
import type { IdentityRecord } from "../../../store/people-records.ts";
import { toRun } from "../../same-database.ts";

/** A passkey as the commands show it. Times are epoch milliseconds. */
export type Passkey = {
  /** Of the credential. */
  readonly id: string;
  /** What its person calls it. */
  readonly name: string;
  /** The host at which it works. */
  readonly host: string;
  readonly createdAt: number;
  readonly usedAt: number | null;
};

/** A passkey is an identity and a credential. */
export function passkeysIn(
  identities: readonly IdentityRecord[],
  credentials: readonly Credential[],
): readonly Passkey[] {
  const used = new Map(
    credentials.filter(({ kind }) => kind === "passkey").map(({ id, usedAt }) => [id, usedAt]),
  );
  return identities
    .filter(({ method }) => method === PASSKEYS)
    .map(({ issuer: host, subject: id, label: name, createdAt, usedAt }) => ({
      id,
      name,
      host,
      createdAt,
      usedAt: used.get(id) ?? usedAt,
    }));
}

const LENGTH = 10;

/** What the commands call it: enough of its id to tell the passkeys of one person apart. */
export function shortPasskeyId({ id }: Pick<Passkey, "id">): string {
  return id.slice(0, LENGTH);
}

/** @throws ConfigurationError where the person has no such passkey, or it may be one of several */
export function passkeyNamed(text: string, passkeys: readonly Passkey[]): Passkey {
  const byId = passkeys.filter((passkey) => passkey.id === text || shortPasskeyId(passkey) === text);
  const [found, another] = byId.length > 0 ? byId : passkeys.filter(({ name }) => name === text);
  if (found && !another) return found;
  throw new ConfigurationError(
    found
      ? `The person has several passkeys ${visible(text)}. Give the whole id: ${toRun("person show <person> --json")}`
      : `The person has no passkey ${visible(text)}. See: ${toRun("person show <person>")}`,
  );
}
