// What must not compile: `npm run check` fails where a line below `@ts-expect-error` does. Nothing here runs.

import type { Recorder } from "../src/authorization-server/recorder.ts";
import { operatorEntry } from "../src/cli/operator.ts";
import { event, oneOf, optional, text, yesOrNo } from "../src/core/event-declaration.ts";
import type { Log } from "../src/platform/logging.ts";
import type { Metrics } from "../src/platform/telemetry/metrics.ts";
import type { Approval } from "../src/store/grant-records.ts";
import type { Store } from "../src/store/store.ts";

declare const log: Log;
declare const metrics: Metrics;
declare const recorder: Recorder;
declare const store: Store;
declare const approval: Approval;
declare const client: Parameters<Store["addClient"]>[0];
declare const key: Parameters<Store["addSigningKey"]>[0];
declare const resealing: Parameters<Store["resealSigningKey"]>[0];

const PEER = { address: "203.0.113.7", correlationId: "abcdefghijkl" };
const GRANT = { grant: "g", client: "c", person: "ada" };
const denied = recorder.prepare(
  "consent.denied",
  { client: "c", person: "ada", client_name: null },
  PEER,
).entry;

export function events(): void {
  log.event("refresh.rotated", { ...GRANT, generation: 2 });
  // @ts-expect-error an event that is not declared
  log.event("refresh.misspelt", { ...GRANT, generation: 2 });
  // @ts-expect-error an event that only the audit log has
  log.event("key.rotated", { kid: "k", operator: "root", address: "command line" });
}

export function fields(): void {
  // @ts-expect-error a missing field
  log.event("refresh.rotated", GRANT);
  // @ts-expect-error a field of another type
  log.event("refresh.rotated", { ...GRANT, generation: "2" });
  // @ts-expect-error a misspelt field
  log.event("code.reused", { grant: "g", client: "c", adress: "203.0.113.7" });
  // @ts-expect-error a field that this event does not have
  log.event("refresh.rotated", { ...GRANT, generation: 2, scopes: ["mcp"] });
  // @ts-expect-error a missing field
  metrics.happened("refresh.rotated", GRANT);

  recorder.prepare("grant.revoked", { ...GRANT, reason: "code_reuse" }, PEER);
  // @ts-expect-error a reason that is not in the list
  recorder.prepare("grant.revoked", { ...GRANT, reason: "because" }, PEER);
  // @ts-expect-error a missing field
  recorder.record("consent.denied", { client: "c" }, PEER);
  // @ts-expect-error an event of the operator's command
  recorder.prepare("key.rotated", { kid: "k" }, PEER);

  operatorEntry("client.enabled", { client: "c" });
  // @ts-expect-error a missing field
  operatorEntry("client.enabled", {});
  // @ts-expect-error an event of a request
  operatorEntry("consent.denied", { client: "c", person: "ada", client_name: null });
}

/** No change that the audit log promises without its entry, and none with the entry of something else. */
export function entries(): void {
  // @ts-expect-error no entry
  store.approve(approval);
  // @ts-expect-error the entry of another event
  store.approve(approval, denied);
  // @ts-expect-error no entry
  store.redeemCode("g", 1, 0);
  // @ts-expect-error the entry of another event
  store.redeemCode("g", 1, 0, denied);
  // @ts-expect-error no entry
  store.revokeGrant("g", "operator", 0);
  // @ts-expect-error the entry of another event
  store.revokeGrant("g", "operator", 0, denied);
  store.addClient(client, "unaudited");
  // @ts-expect-error neither an entry, nor a word that there is none
  store.addClient(client);
  // @ts-expect-error no entry
  store.removeClient("c", 0);
  // @ts-expect-error no entry
  store.disableClient("c", 0);
  // @ts-expect-error no entry
  store.enableClient("c");
  // @ts-expect-error no entry
  store.addSigningKey(key, 0);
  // @ts-expect-error no entry
  store.resealSigningKey(resealing);
  // @ts-expect-error no entry
  store.replaceSigningKeys(key);
  // @ts-expect-error no entry
  store.revokeNextGrants("", 10, 0);
  // @ts-expect-error fields of another event
  store.recordAudit({ event: "sign_in.ok", at: 0, fields: { kid: "k", ...PEER } });
}

const DECLARED = { outcome: "ok", keptIn: "log", when: "Always." } as const;
const FIELDS = { what: oneOf(["one", "other"]), maybe: optional(oneOf(["one"])), who: text, isNew: yesOrNo };

/** A label has one of a few values: nobody makes a series by what they send. */
export function labels(): void {
  event({ ...DECLARED, fields: FIELDS, counts: { things_total: { what: { field: "what" } } } });
  event({
    ...DECLARED,
    fields: FIELDS,
    counts: { things_total: { age: { field: "isNew", yes: "new", no: "known" } } },
  });
  // @ts-expect-error a text can be anything
  event({ ...DECLARED, fields: FIELDS, counts: { things_total: { who: { field: "who" } } } });
  // @ts-expect-error a field that may be missing
  event({ ...DECLARED, fields: FIELDS, counts: { things_total: { what: { field: "maybe" } } } });
  // @ts-expect-error a field that is not there
  event({ ...DECLARED, fields: FIELDS, counts: { things_total: { what: { field: "waht" } } } });
}
