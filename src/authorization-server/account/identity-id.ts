import { createHash } from "node:crypto";
import type { Identity } from "../../core/identity.ts";

/** How a form names an identity: its parts may be long, and hold any text. */
export function identityId({ method, issuer, subject }: Identity): string {
  return createHash("sha256")
    .update(JSON.stringify([method, issuer, subject]))
    .digest("base64url");
}
