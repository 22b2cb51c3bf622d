import type { NewPasskey } from "../credential.ts";
import type { Dialect } from "../migrations/migration.ts";
import type { Query, QueryBuilder } from "../query.ts";
import { addCredential } from "./credentials.ts";
import { addToPerson, keyOf } from "./identities.ts";

/** A passkey and the identity that it proves. Each statement returns a row where it is new, and the person is there and not disabled. */
export function addNewPasskey(
  db: QueryBuilder,
  dialect: Dialect,
): (added: {
  readonly personId: string;
  readonly passkey: NewPasskey;
  readonly now: number;
}) => readonly Query<string>[] {
  const prove = addToPerson(db, dialect);
  const add = addCredential(db, dialect);
  return ({ personId, passkey: { identity, credential }, now }) => [
    prove({ ...keyOf(identity), person_id: personId, label: identity.label, created_at: now }),
    add({ ...credential, personId }),
  ];
}
