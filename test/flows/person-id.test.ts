import { expect, it } from "vitest";
import { authorizeUrl, newPkce, register } from "../support/client.ts";
import { openBrowser } from "../support/person.ts";
import { startServer } from "../support/server.ts";

// Beyond 2^53 two people are one number: what no longer tells them apart is no id.

async function signIn(answer: unknown) {
  const server = await startServer({}, { checkUser: () => answer as never });
  const { client_id } = await register(server);
  const browser = openBrowser(server);
  const login = await browser.request(authorizeUrl(client_id, newPkce().challenge));
  const state = new URL(login.headers.get("location") ?? "", "https://mcp.example").searchParams.get("state");
  const response = await browser.submit("/oauth/login", { state: state ?? "", username: "a", password: "b" });
  return { server, response };
}

it.each([2 ** 53, 9007199254740994, -(2 ** 53), 1.5, Number.NaN, Number.POSITIVE_INFINITY, 7n])(
  "nobody is signed in as %s, and the log says what an id is",
  async (id) => {
    for (const answer of [id, { id, name: "Ada" }]) {
      const { server, response } = await signIn(answer);
      expect(response.status).toBe(503);
      expect(server.lines.some(({ name }) => name === "sign_in.ok")).toBe(false);
      expect(JSON.stringify(server.lines)).toContain("an id (text or a safe integer)");
    }
  },
);

it.each([Number.MAX_SAFE_INTEGER, 0, "9007199254740993"])("but as %s", async (id) => {
  const { server, response } = await signIn(id);
  expect(response.status).toBe(303);
  expect(server.lines.find(({ name }) => name === "sign_in.ok")?.fields.person).toBe(String(id));
});
