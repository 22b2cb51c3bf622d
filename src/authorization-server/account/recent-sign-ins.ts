import type { AuditRecord } from "../../core/events.ts";
import type { AccountSignIn } from "../../pages/account/values.ts";
import type { Store } from "../../store/store.ts";

const OUTCOMES: ReadonlyMap<string, AccountSignIn["outcome"]> = new Map([
  ["sign_in.ok", "ok"],
  ["sign_in.refused", "refused"],
]);

const MOST = 5;
const PAGE = 100;
/** Among so many rows. The audit log also has what the person approved, and a page may not read it without an end. */
const PAGES = 5;

/** The last sign-ins of a person, newest first, by the audit log. Each has its method's name. */
export async function recentSignIns(
  personId: string,
  since: number | undefined,
  store: Pick<Store, "readAudit">,
): Promise<readonly AccountSignIn[]> {
  const found: AuditRecord[] = [];
  let from: AuditRecord | undefined;
  for (let page = 0; page < PAGES && found.length < MOST; page++) {
    const concerning = { kind: "person", id: personId } as const;
    const rows = await store.readAudit({ concerning, since, order: "newest_first", from, limit: PAGE });
    found.push(...rows.filter(({ event }) => OUTCOMES.has(event)));
    from = rows.at(-1);
    if (rows.length < PAGE) break;
  }
  return found.slice(0, MOST).map(({ event, at, fields: { method, address } }) => ({
    outcome: OUTCOMES.get(event) ?? "refused",
    at,
    method: typeof method === "string" ? method : undefined,
    address,
  }));
}
