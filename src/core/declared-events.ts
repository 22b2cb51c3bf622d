import { ERROR_CODES } from "./errors.ts";
import {
  address,
  event,
  number,
  oneOf,
  optional,
  text,
  textOrNull,
  texts,
  yesOrNo,
} from "./event-declaration.ts";
import { REVOCATION_REASONS } from "./grant.ts";
import { PEOPLE_EVENTS } from "./people-events.ts";
import { UPSTREAM_EVENTS } from "./upstream-events.ts";

/** Whose it is: the ids of a grant, its client and its person. */
const GRANT = { grant: text, client: text, person: text };
/** What the person chose for it: missing where there was nothing to choose. */
const ORGANIZATION = { organization: optional(text), organization_name: optional(text) };
const REFUSAL = { error: oneOf(ERROR_CODES), reason: text, path: text };

/**
 * Everything that happens to an authorization. The types of the log, the audit log and the metrics come from here, and
 * docs/events.md is checked against it.
 *
 * `keptIn`: an event that changes who may do what, or that a person decided, is a row of the audit log. What programs do
 * many times a day, and what anybody can cause without a password, is a line of the log alone.
 */
export const EVENTS = {
  "client.registered": event({
    outcome: "ok",
    keptIn: "log",
    byStrangers: true,
    when: "A client registered itself. `new` is false if the same registration was already known.",
    fields: {
      client: text,
      client_name: textOrNull,
      method: text,
      redirect_hosts: texts,
      new: yesOrNo,
      address,
    },
    counts: { gatehouse_registrations_total: { outcome: { field: "new", yes: "new", no: "known" } } },
  }),
  "client.refused": event({
    outcome: "refused",
    keptIn: "log",
    from: "request",
    byStrangers: true,
    when: "A registration was refused.",
    fields: REFUSAL,
    counts: { gatehouse_refusals_total: { endpoint: "register", error: { field: "error" } } },
  }),
  "client.added": event({
    outcome: "ok",
    keptIn: "audit",
    from: "command",
    when: "The operator added a client.",
    fields: {
      client: text,
      client_name: textOrNull,
      grant_types: texts,
      scopes: texts,
      remembers_consent: yesOrNo,
    },
  }),
  "client.removed": event({
    outcome: "ok",
    keptIn: "audit",
    from: "command",
    when: "The operator removed a client. Its grants ended with it.",
    fields: { client: text },
  }),
  "client.disabled": event({
    outcome: "ok",
    keptIn: "audit",
    from: "command",
    when: "The operator disabled a client. Its grants ended with it.",
    fields: { client: text },
  }),
  "client.enabled": event({
    outcome: "ok",
    keptIn: "audit",
    from: "command",
    when: "The operator enabled a client again.",
    fields: { client: text },
  }),
  "client.granted": event({
    outcome: "ok",
    keptIn: "audit",
    from: "request",
    when: "A program got the grant that all its tokens belong to.",
    fields: { grant: text, client: text, scopes: texts },
  }),
  ...PEOPLE_EVENTS,
  ...UPSTREAM_EVENTS,
  "authorization.refused": event({
    outcome: "refused",
    keptIn: "log",
    from: "request",
    byStrangers: true,
    when: "An authorization request was refused, by a redirect or by a page that links to the client.",
    fields: { client: text, error: oneOf(ERROR_CODES), reason: text },
    counts: { gatehouse_refusals_total: { endpoint: "authorize", error: { field: "error" } } },
  }),
  "consent.approved": event({
    outcome: "ok",
    keptIn: "both",
    from: "request",
    when: "A person approved a client. A double click logs two lines and keeps one row. `callback_shown`: the person's app is on another computer, and they were shown the callback URL to copy. `stepped_up_from`: the live grant of the same client and address that had less.",
    fields: {
      ...GRANT,
      ...ORGANIZATION,
      scopes: texts,
      client_name: textOrNull,
      redirect_host: text,
      callback_shown: optional(yesOrNo),
      stepped_up_from: optional(text),
    },
    counts: { gatehouse_consents_total: { decision: "approved" } },
  }),
  "consent.remembered": event({
    outcome: "ok",
    keptIn: "both",
    from: "request",
    when: "A client was approved without a page, because the person approved it for the same before (`approved_grant`).",
    fields: {
      ...GRANT,
      ...ORGANIZATION,
      approved_grant: text,
      scopes: texts,
      client_name: textOrNull,
      redirect_host: text,
    },
    counts: { gatehouse_consents_total: { decision: "remembered" } },
  }),
  "consent.denied": event({
    outcome: "denied",
    keptIn: "both",
    from: "request",
    when: "A person denied a client.",
    fields: { client: text, person: text, client_name: textOrNull },
    counts: { gatehouse_consents_total: { decision: "denied" } },
  }),
  "code.redeemed": event({
    outcome: "ok",
    keptIn: "both",
    from: "request",
    when: "A code was exchanged for tokens.",
    fields: GRANT,
    counts: { gatehouse_access_tokens_issued_total: { grant_type: "authorization_code" } },
  }),
  "code.reused": event({
    outcome: "refused",
    keptIn: "log",
    when: "A code was used a second time. Its grant ends.",
    fields: { grant: text, client: text, address },
    counts: { gatehouse_reuses_total: { what: "code" } },
  }),
  "refresh.rotated": event({
    outcome: "ok",
    keptIn: "log",
    when: "A refresh token was replaced by its successor.",
    fields: { ...GRANT, generation: number },
    counts: {
      gatehouse_refreshes_total: { outcome: "rotated" },
      gatehouse_access_tokens_issued_total: { grant_type: "refresh_token" },
    },
  }),
  "refresh.repeated": event({
    outcome: "ok",
    keptIn: "log",
    when: "The previous refresh token was used again, within the grace window or before its successor was used, and got the same successor.",
    fields: { ...GRANT, generation: number, address },
    counts: {
      gatehouse_refreshes_total: { outcome: "repeated" },
      gatehouse_access_tokens_issued_total: { grant_type: "refresh_token" },
    },
  }),
  "refresh.healed": event({
    outcome: "ok",
    keptIn: "log",
    when: "A refresh token was ahead of the database: a crash or a restored backup had lost a write.",
    fields: { ...GRANT, generation: number },
    counts: {
      gatehouse_refreshes_total: { outcome: "healed" },
      gatehouse_access_tokens_issued_total: { grant_type: "refresh_token" },
    },
  }),
  "refresh.reused": event({
    outcome: "refused",
    keptIn: "log",
    when: "An old refresh token, of the generation `presented`, was used by a thief or a broken client. Its grant ends.",
    fields: { ...GRANT, presented: number, address },
    counts: { gatehouse_reuses_total: { what: "refresh_token" } },
  }),
  "client.token": event({
    outcome: "ok",
    keptIn: "log",
    when: "A client got a token for itself (`client_credentials`).",
    fields: { grant: text, client: text, scopes: texts, address },
    counts: { gatehouse_access_tokens_issued_total: { grant_type: "client_credentials" } },
  }),
  "token.refused": event({
    outcome: "refused",
    keptIn: "log",
    from: "request",
    byStrangers: true,
    when: "A token request was refused.",
    fields: REFUSAL,
    counts: { gatehouse_refusals_total: { endpoint: "token", error: { field: "error" } } },
  }),
  "request.refused": event({
    outcome: "refused",
    keptIn: "log",
    from: "request",
    byStrangers: true,
    when: "Any other request was refused: a page, a revocation or an introspection.",
    fields: REFUSAL,
    counts: { gatehouse_refusals_total: { endpoint: "other", error: { field: "error" } } },
  }),
  "grant.revoked": event({
    outcome: "ok",
    keptIn: "both",
    from: "either",
    when: "A grant was revoked, for this reason. Without `grant`, all those of the client or the person; without any, all.",
    fields: {
      grant: optional(text),
      client: optional(text),
      person: optional(text),
      client_name: optional(textOrNull),
      reason: oneOf(REVOCATION_REASONS),
    },
    counts: { gatehouse_grants_revoked_total: { reason: { field: "reason" } } },
  }),
  // No count: identical lines come once a second at the most, and the guard itself counts every refusal.
  "guard.refused": event({
    outcome: "refused",
    keptIn: "log",
    byStrangers: true,
    when: "A request to the MCP endpoint or a guarded route was refused. Identical lines are logged once a second.",
    fields: {
      reason: text,
      issuer: optional(text),
      kid: optional(text),
      grant: optional(text),
      client: optional(text),
      person: optional(text),
    },
  }),
  "key.rotated": event({
    outcome: "ok",
    keptIn: "audit",
    from: "command",
    when: "The operator added a signing key.",
    fields: { kid: text },
  }),
  "secret.rotated": event({
    outcome: "ok",
    keptIn: "audit",
    from: "command",
    when: "The operator replaced the master secret, and the signing key `kid` is sealed with the new one.",
    fields: { kid: text, reason: optional(oneOf(["compromised"])) },
  }),
};
