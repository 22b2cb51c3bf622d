import { callbackPathOf, redirectUriOf } from "../../../core/upstream-urls.ts";
import { type Route, urlOf } from "../../../http/route.ts";
import type { MethodParts, SignInMethod } from "../method.ts";
import { beginRoute } from "./begin.ts";
import { callbackRoute } from "./callback.ts";
import type { UpstreamProvider } from "./provider.ts";
import { createTransactions } from "./transactions.ts";

/** Signing in at a provider: a button that leads there, and the way back. */
export function upstreamMethod(
  method: Pick<SignInMethod, "name" | "label" | "people">,
  open: (parts: MethodParts) => UpstreamProvider,
): SignInMethod {
  const { name, label, people } = method;
  return {
    name,
    label,
    people,
    open(parts) {
      const provider = open(parts);
      const transactions = createTransactions(parts);
      const callbackPath = callbackPathOf(name);
      const redirectUri = redirectUriOf(parts.issuer, name);
      const common = { ...parts, method: { name, label, people }, provider, transactions, redirectUri };
      const beginPath = `/oauth/sign-in/${name}` as const;
      const routes: readonly Route[] = [
        beginRoute(beginPath, common),
        callbackRoute(callbackPath, common),
        ...provider.routes,
      ];
      const begin = urlOf(parts.issuer, beginPath);
      return {
        panel: { kind: "button", url: ({ sealed }) => `${begin}?state=${encodeURIComponent(sealed)}` },
        routes,
        proves: provider.proves,
      };
    },
  };
}
