import type { Upstream } from "../../config/upstreams/settings.ts";
import { ConfigurationError } from "../../core/errors.ts";
import type { SignInMethod } from "./method.ts";

/**
 * Looks whether each sign-in that keeps tokens names an upstream of the same client at the same provider: a refresh token is good for
 * no other one.
 * @throws ConfigurationError
 */
export function requireKeptUpstreams(
  methods: readonly Pick<SignInMethod, "name" | "provider" | "keepsTokens">[],
  upstreams: Readonly<Record<string, Upstream>>,
): void {
  for (const { name, provider, keepsTokens } of methods) {
    if (!keepsTokens) continue;
    const { as, clientId } = keepsTokens;
    const upstream = Object.hasOwn(upstreams, as) ? upstreams[as] : undefined;
    const problem = upstream
      ? whyNot(upstream, clientId, provider?.issuer)
      : `which is not one of upstreams${listed(Object.keys(upstreams))}`;
    if (problem === undefined) continue;
    throw new ConfigurationError(`${name}: keepTokens.as is ${JSON.stringify(as)}, ${problem}.`);
  }
}

function whyNot(upstream: Upstream, clientId: string, issuer: string | undefined): string | undefined {
  if (upstream.kind === "key") return "a service with keys. Name one with OAuth";
  if (upstream.clientId !== clientId)
    return "whose clientId is another one. Use the same client in both places";
  const places = [upstream.issuer ?? upstream.tokenUrl, issuer].map(
    (url) => new URL(url ?? "about:blank").origin,
  );
  return places[0] === places[1]
    ? undefined
    : "which is of another provider. Use the same one in both places";
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? ". Add it there" : ` (${names.join(", ")})`;
}
