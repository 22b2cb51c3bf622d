import type { Proof, SignInMethod } from "../../src/authorization-server/sign-in/method.ts";
import { seeOther } from "../../src/http/responses.ts";
import { urlOf } from "../../src/http/route.ts";
import type { Browser } from "./person.ts";

/**
 * A sign-in method that redirects to a provider, of which there is nothing but the callback: what a test says there is
 * proved.
 */
export function redirecting(name: string, label: string, more: Partial<Proof> = {}): SignInMethod {
  const issuer = `https://${name}.example`;
  return {
    name,
    label,
    people: "members",
    open: ({ visits, signIns, signInPage, clock, issuer: own }) => ({
      panel: {
        kind: "button",
        url: ({ sealed }) => `${urlOf(own, `/oauth/${name}`)}?state=${encodeURIComponent(sealed)}`,
      },
      proves: (identity) => identity.method === "oidc" && identity.issuer === issuer,
      routes: [
        {
          name: "sign_in_start",
          paths: [`/oauth/${name}`],
          methods: {
            GET: async (request) => {
              const state = new URL(request.url).searchParams.get("state") ?? undefined;
              const { sealed, signInAfter } = await visits.open(request, state);
              const query = new URLSearchParams({ state: sealed, ...(signInAfter && { prompt: "login" }) });
              return seeOther(`${issuer}/authorize?${query}`);
            },
          },
          refusals: "page",
        },
        {
          name: "sign_in_callback",
          paths: [`/oauth/${name}/callback`],
          methods: {
            GET: async (request, peer) => {
              const askedAt = clock();
              const params = new URL(request.url).searchParams;
              const visit = await visits.open(request, params.get("state") ?? undefined);
              const method = { name, label, people: "members" } as const;
              const subject = params.get("subject");
              if (subject === null) return signInPage.again(method, visit, "cancelled");
              const proof: Proof = {
                identity: { method: "oidc", issuer, subject },
                label: `${subject}@${name}.example`,
                personId: undefined,
                profile: { name: subject },
                emails: [`${subject}@${name}.example`],
                groups: [],
                claims: { sub: subject },
                authenticatedAt: clock() - Number(params.get("seconds_ago") ?? 0) * 1000,
                upstream: { issuer, sessionId: undefined },
                ...more,
              };
              return signIns.complete({ method, visit, proof, askedAt }, request, peer);
            },
          },
          refusals: "page",
        },
      ],
    }),
  };
}

/** The person comes back from the provider, which says who they are; without a subject, they cancelled. */
export function comeBack(
  browser: Browser,
  name: string,
  state: string,
  params: Readonly<Record<string, string>>,
): Promise<Response> {
  return browser.request(`/oauth/${name}/callback?${new URLSearchParams({ state, ...params })}`);
}
