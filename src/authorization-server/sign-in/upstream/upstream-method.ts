import type { KeepTokens } from "../../../config/sign-in/settings.ts";
import { callbackPathOf, redirectUriOf } from "../../../core/upstream-urls.ts";
import { type Route, urlOf } from "../../../http/route.ts";
import { forAnotherAccount } from "../another-account.ts";
import type { MethodParts, SignInMethod, Visit } from "../method.ts";
import { beginRoute } from "./begin.ts";
import { callbackRoute } from "./callback.ts";
import type { UpstreamProvider } from "./provider.ts";
import { createSignInTransactions } from "./sign-in-transactions.ts";

type MethodOf = Pick<SignInMethod, "name" | "label" | "people"> & {
  /** What says the person's groups; undefined where nothing does. */
  readonly groups: string | undefined;
  readonly provider: NonNullable<SignInMethod["provider"]>;
  readonly clientId: string;
  readonly keepTokens: KeepTokens | undefined;
};

/** Signing in at a provider: a button that leads there, and the way back. */
export function upstreamMethod(
  { name, label, people, groups, provider: asked, clientId, keepTokens }: MethodOf,
  open: (parts: MethodParts) => UpstreamProvider,
): SignInMethod {
  return {
    name,
    label,
    people,
    saysGroups: groups !== undefined,
    provider: asked,
    keepsTokens: keepTokens && { as: keepTokens.as, clientId },
    open(parts) {
      const provider = open(parts);
      const transactions = createSignInTransactions(parts);
      const callbackPath = callbackPathOf(name);
      const redirectUri = redirectUriOf(parts.issuer, name);
      const common = { ...parts, method: { name, label, people }, provider, transactions, redirectUri };
      const beginPath = beginPathOf(name);
      const routes: readonly Route[] = [
        beginRoute(beginPath, common),
        callbackRoute(callbackPath, common),
        ...provider.routes,
      ];
      const begin = urlOf(parts.issuer, beginPath);
      return {
        panel: { kind: "button", url: (visit) => beginUrl(begin, visit) },
        routes,
        proves: provider.proves,
        async started() {
          parts.log.info(`The redirect URI to register at ${label} is ${redirectUri}`);
        },
      };
    },
  };
}

/** Where the way to a provider begins, below the issuer. */
export function beginPathOf(method: string): `/${string}` {
  return `/oauth/sign-in/${method}`;
}

/** The link that begins it, for a visit. */
export function beginUrl(begin: string, { sealed, wantsAnotherAccount }: Visit): string {
  const url = `${begin}?state=${encodeURIComponent(sealed)}`;
  return wantsAnotherAccount ? forAnotherAccount(url) : url;
}
