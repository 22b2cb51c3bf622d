import { REVOCATION_REASONS, type RevocationReason } from "../../core/grant.ts";
import type { EndedGrant, GrantEnd } from "../grant-records.ts";
import { type Connection, type Query, type QueryBuilder, query } from "../query.ts";
import type { Store } from "../store.ts";

/** How grants ended whose rows are gone, by the audit log: by an entry of their own, or by one of the operator for many grants. */
export function grantEndQueries(db: QueryBuilder, connection: Connection): Pick<Store, "findGrantEnds"> {
  return {
    async findGrantEnds(grants) {
      if (grants.length === 0) return new Map();
      const [own, ofClients, ofAll] = await Promise.all([
        connection.read(ownEnds(db, grants)),
        connection.read(clientEnds(db, grants)),
        connection.read(allEnds(db, grants)),
      ]);
      const found = grants.flatMap(({ id, clientId, approvedAt }) => {
        const end =
          own.find(({ grantId }) => grantId === id) ??
          [...ofClients, ...ofAll]
            .filter((end) => end.at >= approvedAt && (end.clientId ?? clientId) === clientId)
            .sort((one, other) => one.at - other.at)
            .at(0);
        return end?.reason ? [[id, { at: end.at, reason: end.reason }] as const] : [];
      });
      return new Map<string, GrantEnd>(found);
    },
  };
}

/** The operator writes few: beyond these, an end is dated some minutes late. */
const MOST = 500;

type End = {
  readonly grantId: string | null;
  readonly clientId: string | null;
  readonly at: number;
  readonly reason: RevocationReason | undefined;
};

function ownEnds(db: QueryBuilder, grants: readonly EndedGrant[]): Query<End> {
  const ids = grants.map(({ id }) => id);
  return query(
    db
      .selectFrom("audit")
      .select(["grant_id", "client_id", "at", "event", "reason"])
      .where("grant_id", "in", ids)
      .where("event", "=", "grant.revoked"),
    toEnd,
  );
}

function clientEnds(db: QueryBuilder, grants: readonly EndedGrant[]): Query<End> {
  const clients = [...new Set(grants.map(({ clientId }) => clientId))];
  return query(
    operatorsRows(db, grants)
      .where("client_id", "in", clients)
      .where("event", "in", ["client.removed", "client.disabled"]),
    toEnd,
  );
}

/** Every grant there was: the operator put the secret out of use. */
function allEnds(db: QueryBuilder, grants: readonly EndedGrant[]): Query<End> {
  return query(
    operatorsRows(db, grants)
      .where("client_id", "is", null)
      .where("grant_id", "is", null)
      .where("event", "=", "grant.revoked"),
    toEnd,
  );
}

/** The entries of the operator that are of no one person: few. */
function operatorsRows(db: QueryBuilder, grants: readonly EndedGrant[]) {
  return db
    .selectFrom("audit")
    .select(["grant_id", "client_id", "at", "event", "reason"])
    .where("operator", "is not", null)
    .where("person_id", "is", null)
    .where("at", ">=", Math.min(...grants.map(({ approvedAt }) => approvedAt)))
    .orderBy("at", "desc")
    .limit(MOST);
}

const REASONS: Readonly<Record<string, RevocationReason>> = {
  "client.removed": "client_removed",
  "client.disabled": "client_disabled",
};

function toEnd(row: {
  readonly grant_id: string | null;
  readonly client_id: string | null;
  readonly at: number;
  readonly event: string;
  readonly reason: string | null;
}): End {
  const reason = REASONS[row.event] ?? REVOCATION_REASONS.find((known) => known === row.reason);
  return { grantId: row.grant_id, clientId: row.client_id, at: row.at, reason };
}
