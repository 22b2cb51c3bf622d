import type { VerifyToken } from "../../config/provider-schema.ts";
import { OAuthError } from "../../core/errors.ts";
import { shown } from "../../core/shown.ts";
import { within } from "../../platform/within.ts";
import type { Ask } from "./opaque-tokens.ts";

const LONGEST_SECONDS = 5;

/** Asks the operator's own code. Whatever it cannot tell is an outage: only what it says is bad is bad. */
export function verifyOption(verify: VerifyToken): Ask {
  return async (token) => {
    const said = await within(LONGEST_SECONDS * 1000, call(verify, token), () => HANGS);
    if (said === HANGS) throw outage(`verify did not answer within ${LONGEST_SECONDS} seconds`);
    if (said === undefined || said === null || said === false) return undefined;
    if (typeof said !== "object" || Array.isArray(said)) {
      throw outage(`verify returned ${shown(said)}; it must return claims, or undefined`);
    }
    const claims: Readonly<Record<string, unknown>> = { ...said };
    // Whoever passes an introspection answer on returns this for a bad token (RFC 7662 §2.2).
    return (claims.active ?? true) === true ? claims : undefined;
  };
}

const HANGS = Symbol("no answer");

async function call(verify: VerifyToken, token: string): Promise<unknown> {
  try {
    return await verify(token);
  } catch (cause) {
    throw outage("verify threw", cause);
  }
}

function outage(detail: string, cause?: unknown): OAuthError {
  return new OAuthError("temporarily_unavailable", "The token cannot be checked.", { detail, cause });
}
