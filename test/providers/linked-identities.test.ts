import { afterEach, describe, expect, it } from "vitest";
import { password } from "../../src/authorization-server/sign-in/index.ts";
import type { SignInMethod } from "../../src/authorization-server/sign-in/method.ts";
import {
  type AccountPage,
  beginLink,
  confirmLink,
  follow,
  press,
  signInToAccount,
  valuesOf,
} from "../support/account.ts";
import { callTool } from "../support/client.ts";
import { SECRET } from "../support/forge.ts";
import { AUDIENCE, type Issuer, startIssuer } from "../support/issuer.ts";
import { textOf } from "../support/mcp-endpoint.ts";
import { openBrowser } from "../support/person.ts";
import { comeBack, redirecting } from "../support/redirecting-method.ts";
import { startServer, type TestServer } from "../support/server.ts";

const open: Issuer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((issuer) => issuer.close()));
});

/** A method that proves what the tokens of an issuer are about. */
function methodOf(issuer: string): SignInMethod {
  const okta = redirecting("okta", "Okta", { identity: { method: "oidc", issuer, subject: "00u1" } });
  return {
    ...okta,
    open: async (parts) => ({
      ...(await okta.open(parts)),
      proves: (identity) => identity.issuer === issuer,
    }),
  };
}

describe("a provider's token that was verified is verified again", () => {
  const personOf = async (server: TestServer, token: string): Promise<string> => {
    const answer = await textOf(await callTool(server, token));
    return JSON.parse(answer ?? "{}").person.id;
  };
  const start = async () => {
    const issuer = await startIssuer(() => Date.UTC(2026, 10, 1));
    open.push(issuer);
    const check = (id: string, typed: string) => (typed === "x" ? { id } : null);
    const server = await startServer(
      { secret: SECRET },
      {
        signIn: [password(check), methodOf(issuer.url)],
        alsoAccept: { issuer: issuer.url, audience: AUDIENCE, personPrefix: "okta:" },
      },
    );
    return { server, token: await issuer.mint({ sub: "00u1", gid: undefined }) };
  };
  const unlinkOkta = async (browser: ReturnType<typeof openBrowser>, page: AccountPage) => {
    for (const identity of new Set(valuesOf(page, "identity"))) {
      const answer = await press(browser, page, "unlink", { identity });
      if (answer.status === 303) return follow(browser, answer);
    }
    throw new Error("nothing was unlinked");
  };

  it("once its identity is linked, and once it is unlinked: at once in this process", async () => {
    const { server, token } = await start();
    expect(await personOf(server, token)).toBe("okta:00u1");
    const browser = openBrowser(server);
    const page = await signInToAccount(browser, "ada", "x");
    const state = await beginLink(browser, page, "okta");
    const linked = await confirmLink(browser, await comeBack(browser, "okta", state, { subject: "00u1" }));
    expect(await personOf(server, token)).toBe("ada");
    await unlinkOkta(browser, linked);
    expect(await personOf(server, token)).toBe("okta:00u1");
  });
});
