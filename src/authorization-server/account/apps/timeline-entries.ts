import type { AuditedEvent, AuditRecord, RecordedFields } from "../../../core/events.ts";
import { REVOCATION_REASONS } from "../../../core/grant.ts";
import type { ScopeCatalogue } from "../../../core/scopes.ts";
import type { AppLife, Happened, TimelineEntry } from "../../../pages/account/app-values.ts";
import { clientOf } from "./client-of.ts";

export type TellParts = {
  /** What became of the grants that the page is about, by their ids. */
  readonly lives: ReadonlyMap<string, AppLife>;
  readonly catalogue: Pick<ScopeCatalogue, "descriptions">;
  /** What people call another service, by its name in the options. */
  readonly serviceLabel: (name: string) => string;
};

type Tell = (fields: RecordedFields, parts: TellParts) => Happened;

/** What the timeline tells, and how. An event that needs no more than a sentence is a line here, and one in the texts. */
const TOLD: Readonly<Partial<Record<AuditedEvent, Tell>>> = {
  "consent.approved": (fields, parts) =>
    approved(fields.stepped_up_from === undefined ? "approved" : "stepped_up", fields, parts),
  "consent.remembered": (fields, parts) => approved("remembered", fields, parts),
  "consent.denied": (fields) => ({ kind: "denied", client: clientIn(fields) }),
  "grant.revoked": ended,
  "person.signed_out": ({ operator }) => ({
    kind: "other",
    said: operator === undefined ? "signed_out" : "signed_out_by_operator",
  }),
  "person.disabled": () => ({ kind: "other", said: "disabled" }),
  "person.enabled": () => ({ kind: "other", said: "enabled" }),
  "upstream.connected": (fields, parts) =>
    ofService(fields.kind === "key" ? "key_stored" : "service_connected", fields, parts),
  "upstream.disconnected": (fields, parts) =>
    ofService(
      fields.operator === undefined ? "service_disconnected" : "service_disconnected_by_operator",
      fields,
      parts,
    ),
};

export function isTold({ event }: AuditRecord): boolean {
  return Object.hasOwn(TOLD, event);
}

/** @param record one that {@link isTold} */
export function entryOf(record: AuditRecord, parts: TellParts): TimelineEntry {
  const { event, at, fields } = record;
  const happened = TOLD[event as AuditedEvent]?.(fields, parts);
  if (!happened) throw new Error(`the timeline does not tell of ${event}`);
  return { at, address: wasPerson(happened, fields) ? fields.address : undefined, happened };
}

/** Whether the address is the person's own. */
function wasPerson(happened: Happened, { operator }: RecordedFields): boolean {
  return happened.kind === "ended" ? happened.reason === "person" : operator === undefined;
}

function ofService(
  said: Extract<Happened, { readonly kind: "other" }>["said"],
  { upstream }: RecordedFields,
  { serviceLabel }: TellParts,
): Happened {
  return { kind: "other", said, about: serviceLabel(textIn(upstream) ?? "") };
}

function approved(
  kind: "approved" | "stepped_up" | "remembered",
  fields: RecordedFields,
  { lives, catalogue }: TellParts,
): Happened {
  const { end, refused } = lives.get(fields.grant ?? "") ?? { end: "unknown", refused: undefined };
  return {
    kind,
    client: clientIn(fields),
    place: textIn(fields.redirect_host),
    organization: textIn(fields.organization_name),
    scopes: textsIn(fields.scopes).map((scope) => catalogue.descriptions.get(scope) ?? scope),
    wasPasted: fields.callback_shown === true,
    end,
    refused,
  };
}

function ended(fields: RecordedFields): Happened {
  return {
    kind: "ended",
    client: fields.grant === undefined ? undefined : clientIn(fields),
    reason: REVOCATION_REASONS.find((reason) => reason === fields.reason),
  };
}

function clientIn(fields: RecordedFields) {
  return clientOf(fields.client ?? "", textIn(fields.client_name) ?? null);
}

// A row may be of another version: nothing of it is taken for granted.

function textIn(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function textsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}
