import { openSigningKeys } from "../../src/authorization-server/tokens/signing-keys.ts";
import { type SigningKey, signJws } from "../../src/platform/jws.ts";
import { createKeyring } from "../../src/platform/secrets/keyring.ts";
import type { TestServer } from "./server.ts";

/** The master secret of a server whose signing keys a test wants to use. */
export const SECRET = "a-secret-for-tests-with-32-characters";

/** The key that a server started with {@link SECRET} signs with. */
export async function signingKeyOf(server: Pick<TestServer, "store" | "now">): Promise<SigningKey> {
  const keys = await openSigningKeys({
    store: server.store,
    keyring: createKeyring([SECRET]),
    clock: server.now,
  });
  return keys.current();
}

export type Claims = Record<string, unknown> & { exp: number; iat: number };

export function claimsOf(token: string): Claims {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8")) as Claims;
}

/** The same token with other claims, signed by the server's own key: what is refused then is refused for the claims. */
export function resign(key: SigningKey, token: string, changes: Readonly<Record<string, unknown>>): string {
  return signJws("at+jwt", { ...claimsOf(token), ...changes }, key);
}

/** The same claims under another header, with whatever signs. */
export function withHeader(
  token: string,
  header: unknown,
  sign: (input: string) => Buffer | string = () => "",
): string {
  const [, payload] = token.split(".");
  const input = `${Buffer.from(JSON.stringify(header)).toString("base64url")}.${payload}`;
  return `${input}.${Buffer.from(sign(input)).toString("base64url")}`;
}
