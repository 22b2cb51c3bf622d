import { query } from "../query.ts";
import type { StoredSigningKey } from "../store.ts";
import type { Database } from "./database.ts";

export type SealedKey = Pick<StoredSigningKey, "kid" | "sealedPrivateJwk">;

/** The signing keys as they lie in a database, for finding out whether a secret opens them. */
export function sealedKeysOf({ db, run }: Database): Promise<readonly SealedKey[]> {
  const rows = db.selectFrom("signing_keys").select(["kid", "sealed_private_jwk"]).orderBy("ordinal");
  return run(query(rows, (row) => ({ kid: row.kid, sealedPrivateJwk: row.sealed_private_jwk })));
}
