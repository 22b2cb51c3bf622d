import { z } from "zod";
import type { OidcSettings } from "../../../../config/sign-in/settings.ts";
import { shown } from "../../../../core/shown.ts";
import type { KeySet } from "../../../../platform/provider/key-set.ts";
import { readSignedHeader } from "../../../../platform/provider/signed-token.ts";
import type { Visit } from "../../method.ts";
import { BrokenOff } from "../provider.ts";
import { openProviderToken } from "./provider-token.ts";

const idToken = z.looseObject({
  iss: z.string(),
  sub: z.string().min(1),
  azp: z.string().nullish(),
  auth_time: z.number().nullish(),
});
export type IdTokenClaims = z.infer<typeof idToken>;

/** The checks that openid-client leaves to us. */
export type CheckIdToken = (token: string, visit: Pick<Visit, "signInAfter">) => Promise<IdTokenClaims>;

/** @returns a function that throws BrokenOff where the token proves no one */
export function createIdTokenCheck(settings: OidcSettings, keys: KeySet): CheckIdToken {
  const { clientId, newSignIn, leewaySeconds, refuse } = settings;
  return async (token, { signInAfter }) => {
    const { typ } = readSignedHeader(token) ?? {};
    if (typ !== undefined && !TYPE.test(String(typ))) {
      throw new BrokenOff("wrong_answer", `the ID token's typ ${shown(String(typ))} is that of another kind`);
    }
    const parsed = idToken.safeParse(await openProviderToken(token, keys, "ID token"));
    if (!parsed.success) {
      throw new BrokenOff("wrong_answer", `a claim of the ID token can't be used: ${pathOf(parsed.error)}`);
    }
    const claims = parsed.data;
    if (claims.azp != null && claims.azp !== clientId) {
      throw new BrokenOff("wrong_answer", "the ID token's azp is another client");
    }
    if (signInAfter !== undefined && newSignIn === "auth_time") {
      if (claims.auth_time == null) {
        throw new BrokenOff(
          "sign_in_is_old",
          "a new sign-in was asked for, and the ID token has no auth_time",
        );
      }
      if ((claims.auth_time + leewaySeconds) * 1000 < signInAfter) {
        throw new BrokenOff("sign_in_is_old", "a new sign-in was asked for, and auth_time is from before");
      }
    }
    const refused = refuse(claims);
    if (refused !== undefined) throw new BrokenOff("other_organization", refused);
    return claims;
  };
}

/** An access token or a logout token of the same provider proves no sign-in (RFC 8725 §3.11). */
const TYPE = /^(application\/)?jwt$/i;

function pathOf({ issues }: z.ZodError): string {
  return String(issues[0]?.path[0]);
}
