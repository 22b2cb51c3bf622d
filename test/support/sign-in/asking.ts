import { authorizeUrl, newPkce, redeem, register, type Tokens, tokensOf } from "../client.ts";
import type { TestServer } from "../server.ts";
import { atOwnHost } from "./journey.ts";

/** An authorization request at a server of any address: where it begins, and what redeems its code. */
export type Asking = {
  readonly url: string;
  redeem(code: string): Promise<Tokens>;
};

export async function askFor(server: TestServer): Promise<Asking> {
  const own = atOwnHost(server);
  const { client_id: clientId } = await register(own);
  const { verifier, challenge } = newPkce();
  const { resource } = server.settings;
  const { pathname, search } = new URL(authorizeUrl(clientId, challenge, { resource }));
  return {
    url: `${pathname}${search}`,
    redeem: (code) => tokensOf(redeem(own, clientId, { code, verifier }, { resource })),
  };
}
