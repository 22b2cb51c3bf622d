import { secretTokens } from "../../src/authorization-server/upstreams/find-token.ts";
import { oauthUpstream } from "../../src/authorization-server/upstreams/index.ts";
import { sealCredential } from "../../src/authorization-server/upstreams/sealed-credential.ts";
import type { Keyring } from "../../src/platform/secrets/keyring.ts";
import type { UpstreamStore } from "../../src/store/upstream-store.ts";
import { type GivenTokens, SERVICE_CLIENT, type ServiceDouble } from "./service-double.ts";
import { sampleEntry } from "./store/samples.ts";

/** The service double, as a server's options have it. */
export function acmeAt({ url }: Pick<ServiceDouble, "url">) {
  return oauthUpstream({ label: "Acme", issuer: url, scopes: ["read"], ...SERVICE_CLIENT });
}

type Keeping = {
  readonly store: UpstreamStore;
  readonly keyring: Pick<Keyring, "seal">;
  readonly now: number;
};

/** Keeps tokens of Acme for a person, past the browser in which they would connect it. */
export async function keepTokens(
  { store, keyring, now }: Keeping,
  service: Pick<ServiceDouble, "url">,
  personId: string,
  given: GivenTokens & { readonly expiresInSeconds: number | undefined },
): Promise<boolean> {
  const tokens = secretTokens(given, now);
  const named = { name: "acme", upstream: acmeAt(service) };
  return store.saveUpstreamCredential(
    {
      personId,
      upstream: "acme",
      kind: "token",
      sealed: await sealCredential(named, tokens, keyring),
      scopes: ["read"],
      account: "",
      version: given.accessToken,
      expiresAt: tokens.expiresAt ?? null,
      now,
    },
    sampleEntry("upstream.connected", { fields: { person: personId, upstream: "acme" } }),
  );
}
