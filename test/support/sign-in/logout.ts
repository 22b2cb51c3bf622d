import { randomUUID } from "node:crypto";
import { postForm } from "../client.ts";
import type { TestServer } from "../server.ts";
import { type Changes, CLIENT_ID, type IdentityDouble } from "./identity-double.ts";

export const LOGOUT_EVENTS = { "http://schemas.openid.net/event/backchannel-logout": {} };

/** The back-channel logout of a provider. */
export type Logout = {
  /** A sound logout token's claims, with these over them; one that is undefined is left out. */
  claimsOf(changes: Changes): Changes;
  /** Signs such a token, and posts it. */
  send(changes: Changes): Promise<Response>;
};

/** @param name of the method that the provider is */
export function logoutOf(
  provider: IdentityDouble,
  server: () => Pick<TestServer, "fetch" | "now">,
  name = "oidc",
): Logout {
  const claimsOf = (changes: Changes): Changes => {
    const seconds = Math.floor(server().now() / 1000);
    const times = { iat: seconds, exp: seconds + 120 };
    const { issuer: iss } = provider;
    return { iss, aud: CLIENT_ID, ...times, jti: randomUUID(), events: LOGOUT_EVENTS, ...changes };
  };
  return {
    claimsOf,
    async send(changes) {
      const logout_token = await provider.sign(claimsOf(changes), { typ: "logout+jwt" });
      return postForm(server(), `/oauth/logout/${name}`, { logout_token });
    },
  };
}
