import { Counter, type Registry } from "prom-client";
import type { EventDeclaration, Fields, Label } from "../../core/event-declaration.ts";
import { declarationOf, type EventCounter, SECURITY_EVENTS } from "../../core/events.ts";
import type { Metrics } from "./metrics.ts";

type Declared = {
  readonly help: string;
  /** Few of its combinations ever come, so they do not stand there from the start. */
  readonly isSparse?: true;
};

/** What the security events count. Their labels, and the values of those, are declared with the events. */
const COUNTERS: Readonly<Record<EventCounter, Declared>> = {
  gatehouse_access_tokens_issued_total: { help: "Access tokens that were issued, by grant type." },
  gatehouse_refreshes_total: {
    help: "Refresh tokens that were taken: replaced, repeated because the answer may be lost, or healed after a lost write.",
  },
  gatehouse_reuses_total: {
    help: "Codes and refresh tokens that came again too late: theft, or a broken client. Their grant ends.",
  },
  gatehouse_registrations_total: {
    help: "Clients that registered themselves: new ones, and registrations that were known.",
  },
  gatehouse_sign_ins_total: {
    help: "Sign-ins: right passwords, wrong ones, those not checked after too many attempts, and those where checkUser gave no usable answer.",
  },
  gatehouse_mails_total: {
    help: "Mails for signing in, new passwords and changed addresses: sent, failed, and not sent or not checked after too many; and wrong codes and links opened elsewhere, as refused.",
  },
  gatehouse_upstream_refreshes_total: {
    help: "People's access tokens for other services that had to be replaced: new ones, those that failed and will be tried again, and those that ended, so that the person has to connect again.",
  },
  gatehouse_consents_total: { help: "What people decided on the consent page." },
  gatehouse_grants_revoked_total: { help: "Grants that this process ended, by reason." },
  gatehouse_refusals_total: {
    help: "Requests that the authorization server refused, by endpoint and OAuth error code.",
    isSparse: true,
  },
};

/**
 * What the security events come to in numbers. A value that is not declared is not counted: nobody makes a series by what
 * they send.
 */
export function countEvents(registry: Registry): Metrics["happened"] {
  const counts = new Map<string, Count[]>(SECURITY_EVENTS.map((name) => [name, []]));
  for (const [name, declared] of Object.entries(COUNTERS)) {
    const sources = SECURITY_EVENTS.flatMap((event) => sourceOf(event, name));
    const labelNames = sources.slice(0, 1).flatMap(({ labels }) => labels.map((label) => label.name));
    const counter = new Counter({ name, help: declared.help, labelNames, registers: [registry] });
    for (const source of sources) counts.get(source.event)?.push(countOf(source, counter, declared));
  }
  return (event, fields) => {
    for (const count of counts.get(event) ?? []) count(fields);
  };
}

type Carried = Readonly<Record<string, unknown>>;
type Count = (carried: Carried) => void;
type NamedLabel = { readonly name: string; readonly label: Label };
/** An event that a counter counts. */
type Source = { readonly event: string; readonly fields: Fields; readonly labels: readonly NamedLabel[] };

function sourceOf(event: (typeof SECURITY_EVENTS)[number], counter: string): readonly Source[] {
  const { counts, fields }: EventDeclaration = declarationOf(event);
  const labels = counts?.[counter];
  if (!labels) return [];
  return [{ event, fields, labels: Object.entries(labels).map(([name, label]) => ({ name, label })) }];
}

/** Finding a series by its labels costs many times what counting in it does, so each one is at hand. */
function countOf({ labels, fields }: Source, counter: Counter, { isSparse }: Declared): Count {
  const series = new Map<string, Counter.Internal>();
  for (const values of combinations(labels.map(({ label }) => possibleValues(label, fields)))) {
    const one = counter.labels(...values);
    if (!isSparse) one.inc(0);
    series.set(values.join(), one);
  }
  return (carried) => series.get(labels.map(({ label }) => labelValue(label, carried)).join())?.inc();
}

function possibleValues(label: Label, fields: Fields): readonly string[] {
  if (typeof label === "string") return [label];
  if ("yes" in label) return [label.yes, label.no];
  return fields[label.field]?.values ?? [];
}

function labelValue(label: Label, carried: Carried): unknown {
  if (typeof label === "string") return label;
  if ("yes" in label) return carried[label.field] === true ? label.yes : label.no;
  return carried[label.field];
}

function combinations(parts: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return parts.reduce<readonly (readonly string[])[]>(
    (before, values) => before.flatMap((one) => values.map((value) => [...one, value])),
    [[]],
  );
}
