import type { Selectable } from "kysely";
import type { UpstreamCredentialTable } from "./schema.ts";
import type { UpstreamCredential, UpstreamCredentialSummary } from "./upstream-store.ts";

type Row = Selectable<UpstreamCredentialTable>;

export function toUpstreamCredential(row: Row): UpstreamCredential {
  return {
    ...toUpstreamSummary(row),
    sealed: row.sealed,
    version: row.version,
    refreshingUntil: row.refreshing_until,
  };
}

export function toUpstreamSummary(
  row: Omit<Row, "sealed" | "version" | "refreshing_until">,
): UpstreamCredentialSummary {
  return {
    personId: row.person_id,
    upstream: row.upstream,
    kind: row.kind === "key" ? "key" : "token",
    scopes: row.scopes === "" ? [] : row.scopes.split(" "),
    account: row.account,
    createdAt: row.created_at,
    usedAt: row.used_at,
    expiresAt: row.expires_at,
    deadAt: row.dead_at,
  };
}
