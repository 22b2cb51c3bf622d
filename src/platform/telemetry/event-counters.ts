import { Counter, type Registry } from "prom-client";
import { ERROR_CODES, type ErrorCode } from "../../core/errors.ts";
import { REVOCATION_REASONS, type RevocationReason } from "../../core/grant.ts";
import type { SecurityEvent } from "../logging.ts";
import type { Metrics } from "./metrics.ts";
import { counterBy } from "./prometheus-counters.ts";

type Fields = Readonly<Record<string, unknown>>;

/** What the security events come to in numbers. Of their fields, only codes and reasons of ours become labels. */
export function countEvents(registry: Registry): Metrics["happened"] {
  const issued = counterBy(registry, {
    name: "gatehouse_access_tokens_issued_total",
    help: "Access tokens that were issued, by grant type.",
    label: "grant_type",
    values: ["authorization_code", "refresh_token", "client_credentials"],
  });
  const refreshed = counterBy(registry, {
    name: "gatehouse_refreshes_total",
    help: "Refresh tokens that were taken: replaced, repeated because the answer may be lost, or healed after a lost write.",
    label: "outcome",
    values: ["rotated", "repeated", "healed"],
  });
  const reused = counterBy(registry, {
    name: "gatehouse_reuses_total",
    help: "Codes and refresh tokens that came again too late: theft, or a broken client. Their grant ends.",
    label: "what",
    values: ["code", "refresh_token"],
  });
  const registered = counterBy(registry, {
    name: "gatehouse_registrations_total",
    help: "Clients that registered themselves: new ones, and registrations that were known.",
    label: "outcome",
    values: ["new", "known"],
  });
  const signedIn = counterBy(registry, {
    name: "gatehouse_sign_ins_total",
    help: "Sign-ins: right passwords, wrong ones, those not checked after too many attempts, and those where checkUser gave no usable answer.",
    label: "outcome",
    values: ["ok", "failed", "slowed", "unchecked"],
  });
  const decided = counterBy(registry, {
    name: "gatehouse_consents_total",
    help: "What people decided on the consent page.",
    label: "decision",
    values: ["approved", "denied"],
  });
  const revoked = counterBy(registry, {
    name: "gatehouse_grants_revoked_total",
    help: "Grants that this process ended, by reason.",
    label: "reason",
    values: REVOCATION_REASONS,
  });
  const refused = countRefusals(registry);

  const counts: Readonly<Record<SecurityEvent, (fields: Fields) => void>> = {
    "client.registered": (fields) => registered(fields.new === true ? "new" : "known"),
    "client.refused": (fields) => refused("register", fields.error),
    "client.token": () => issued("client_credentials"),
    "sign_in.ok": () => signedIn("ok"),
    "sign_in.failed": () => signedIn("failed"),
    "sign_in.slowed": () => signedIn("slowed"),
    "sign_in.unchecked": () => signedIn("unchecked"),
    "authorization.refused": (fields) => refused("authorize", fields.error),
    "consent.approved": () => decided("approved"),
    "consent.denied": () => decided("denied"),
    "code.redeemed": () => issued("authorization_code"),
    "code.reused": () => reused("code"),
    "refresh.rotated": () => {
      refreshed("rotated");
      issued("refresh_token");
    },
    "refresh.repeated": () => {
      refreshed("repeated");
      issued("refresh_token");
    },
    "refresh.healed": () => {
      refreshed("healed");
      issued("refresh_token");
    },
    "refresh.reused": () => reused("refresh_token"),
    "token.refused": (fields) => refused("token", fields.error),
    "request.refused": (fields) => refused("other", fields.error),
    "grant.revoked": (fields) => revoked(fields.reason as RevocationReason),
    // The log has each kind once a second at the most. The guard counts every one itself.
    "guard.refused": () => {},
  };
  return (event, fields) => counts[event](fields);
}

type Endpoint = "authorize" | "register" | "token" | "other";

/** Few of the combinations ever come, so they do not stand there from the start. */
function countRefusals(registry: Registry): (endpoint: Endpoint, error: unknown) => void {
  const counter = new Counter({
    name: "gatehouse_refusals_total",
    help: "Requests that the authorization server refused, by endpoint and OAuth error code.",
    labelNames: ["endpoint", "error"],
    registers: [registry],
  });
  return (endpoint, error) => counter.labels(endpoint, isErrorCode(error) ? error : "other").inc();
}

function isErrorCode(error: unknown): error is ErrorCode {
  return ERROR_CODES.some((code) => code === error);
}
