import { event, oneOf, optional, text, yesOrNo } from "./event-declaration.ts";

/** What people have at other services: a token or a key. */
export const UPSTREAM_CREDENTIAL_KINDS = ["token", "key"] as const;

const CONNECTION = { person: text, upstream: text };

/** What happens to what people have at other services. */
export const UPSTREAM_EVENTS = {
  "upstream.connected": event({
    outcome: "ok",
    keptIn: "both",
    from: "request",
    when: "A person connected another service (`upstream`), or stored a key for it.",
    fields: { ...CONNECTION, kind: oneOf(UPSTREAM_CREDENTIAL_KINDS) },
  }),
  "upstream.not_connected": event({
    outcome: "refused",
    keptIn: "log",
    from: "request",
    byStrangers: true,
    when: "A person wanted to connect another service, and it did not end well: it was not approved there, the service answered wrongly or not at all, or the answer was not for this browser. `person` is missing where that is not known.",
    fields: { person: optional(text), upstream: text, reason: text },
  }),
  "upstream.disconnected": event({
    outcome: "ok",
    keptIn: "both",
    from: "either",
    when: "A person, or the operator, ended what the person had at another service.",
    fields: CONNECTION,
  }),
  "upstream.refreshed": event({
    outcome: "ok",
    keptIn: "log",
    when: "A person's access token for another service was replaced by a new one.",
    fields: CONNECTION,
    counts: { gatehouse_upstream_refreshes_total: { outcome: "ok" } },
  }),
  "upstream.failed": event({
    outcome: "refused",
    keptIn: "log",
    when: "A person's access token for another service could not be replaced, or the service refused it. `ended` is true if the person has to connect again; else nothing changed.",
    fields: { ...CONNECTION, reason: text, ended: yesOrNo },
    counts: {
      gatehouse_upstream_refreshes_total: { outcome: { field: "ended", yes: "ended", no: "failed" } },
    },
  }),
};
