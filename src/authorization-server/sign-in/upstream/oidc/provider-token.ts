import { OAuthError } from "../../../../core/errors.ts";
import { shown } from "../../../../core/shown.ts";
import type { KeySet } from "../../../../platform/provider/key-set.ts";
import {
  openSigned,
  readSignedHeader,
  SIGNING_ALGORITHMS,
} from "../../../../platform/provider/signed-token.ts";
import { BrokenOff } from "../provider.ts";
import { reasonOf } from "./failures.ts";
import { fitsIssuer } from "./issuer-pattern.ts";

/**
 * The payload of a token that the provider signed. Algorithms come from our list, so that `none` and those with a shared
 * secret are not among them (RFC 8725 §3.1).
 * @param what the token's name, for the log
 * @throws BrokenOff where it is not the provider's, or where that can't be told now
 */
export async function openProviderToken(token: string, keys: KeySet, what: string): Promise<unknown> {
  const header = readSignedHeader(token);
  if (!header) throw new BrokenOff("wrong_answer", `the ${what} is not a JWT`);
  const { alg = "", kid } = header;
  if (!SIGNING_ALGORITHMS.includes(alg)) {
    throw new BrokenOff("wrong_answer", `the ${what}'s alg ${shown(alg)} is not accepted`);
  }
  const fitting = await find(keys, kid, alg, issuerIn(token));
  if (fitting.length === 0) throw new BrokenOff("wrong_answer", `the ${what}'s kid ${shown(kid)} is unknown`);
  const payload = await openSigned(token, fitting, alg);
  if (payload === undefined) throw new BrokenOff("wrong_answer", `the ${what}'s signature is wrong`);
  return payload;
}

async function find(keys: KeySet, kid: string | undefined, alg: string, issuer: string) {
  try {
    return await keys.find(kid, alg, (key) => signsFor(key, issuer));
  } catch (error) {
    if (error instanceof OAuthError) throw new BrokenOff("no_answer", reasonOf(error), { cause: error });
    throw error;
  }
}

/**
 * Entra publishes the keys of all tenants together, and says of each which issuer it is for, with `{tenantid}` for any. A
 * key of one tenant must not sign for another.
 */
function signsFor({ issuer: named }: Readonly<Record<string, unknown>>, issuer: string): boolean {
  return typeof named !== "string" || fitsIssuer(issuer, named);
}

/** Not proven yet: what it says only narrows the keys. */
function issuerIn(token: string): string {
  try {
    const payload: unknown = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
    const iss: unknown = typeof payload === "object" && payload !== null ? Reflect.get(payload, "iss") : "";
    return typeof iss === "string" ? iss : "";
  } catch {
    return "";
  }
}
