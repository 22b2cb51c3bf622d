import { authorizeUrl, newPkce } from "./client.ts";
import type { TestServer } from "./server.ts";

type Fetches = Pick<TestServer, "fetch">;

/** What a program got hold of: cookies as they were at some moment, and sealed requests. */
export type Loot = {
  readonly cookies: readonly string[];
  readonly states: readonly string[];
  /** A client of its own, for requests that it begins itself. */
  readonly clientId: string;
  readonly redirectUri: string;
};

/**
 * A program that is no browser: it has cookies, sends no `Sec-Fetch-Site`, and tries to approve. It opens every page with
 * every sealed request that it has or that an answer gives it, and posts each of them to every form. Returns the codes that
 * it got.
 */
export async function steal(
  server: Fetches,
  { cookies, states, clientId, redirectUri }: Loot,
): Promise<readonly string[]> {
  const codes: string[] = [];
  for (const cookie of cookies) {
    const known = new Set<string>();
    const send = async (path: string, form?: Readonly<Record<string, string>>): Promise<void> => {
      const answer = await server.fetch(
        new Request(new URL(path, "https://mcp.example"), {
          headers: { cookie, ...(form && { "content-type": "application/x-www-form-urlencoded" }) },
          ...(form && { method: "POST", body: new URLSearchParams(form).toString() }),
          redirect: "manual",
        }),
      );
      const text = `${answer.headers.get("location") ?? ""} ${await answer.text()}`;
      for (const [, code] of text.matchAll(/[?&;]code=([^&"\s]+)/g)) if (code) codes.push(code);
      for (const [, state] of text.matchAll(/(?:[?;]state=|name="state" value=")([^&"\s]+)/g)) {
        if (state) known.add(decodeURIComponent(state));
      }
    };
    for (const state of states) known.add(state);
    for (const prompt of [undefined, "consent", "none", "login"]) {
      const url = new URL(
        authorizeUrl(clientId, newPkce().challenge, {
          redirect_uri: redirectUri,
          resource: undefined,
          state: undefined,
          prompt,
        }),
      );
      await send(`${url.pathname}${url.search}`);
      await send(`/authorize${url.search}`);
    }
    // The set grows while it is walked: what an answer gave is tried as well, within reason.
    for (const state of known) {
      if (known.size > 60) break;
      const query = `state=${encodeURIComponent(state)}`;
      for (const page of ["/oauth/login", "/oauth/consent"]) {
        await send(`${page}?${query}`);
        for (const decision of ["approve", "approve_elsewhere"]) {
          await send(page, { state, decision, scope: "mcp", username: "ada", password: "" });
        }
      }
    }
  }
  return codes;
}
