import { describe, expect, it } from "vitest";
import {
  authorize,
  authorizeUrl,
  newPkce,
  REDIRECT_URI,
  redeem,
  register,
  tokensOf,
} from "../support/client.ts";
import { openBrowser, signIn } from "../support/person.ts";
import { startServer } from "../support/server.ts";

const NARROW = { id: "narrow", redirectUris: [REDIRECT_URI], scopes: ["mcp"] };
const asksForMore = { scopes: ["mcp", "todo:write"] };

describe("the scopes that the operator gave a client", () => {
  it("are all that it is shown with and granted, whatever it asks for", async () => {
    const server = await startServer({ clients: [NARROW] });
    const browser = openBrowser(server);
    const url = authorizeUrl("narrow", newPkce().challenge, { scope: "mcp todo:write" });
    const page = await (await browser.request((await signIn(browser, url)).location)).text();
    expect(page).toContain("Use the tools");
    expect(page).not.toContain("Change your list");
    const tokens = await tokensOf(redeem(server, "narrow", await authorize(server, "narrow", asksForMore)));
    expect(tokens.scope).toBe("mcp");
  });

  it("limit nothing where there are none, and always leave the required ones", async () => {
    const clients = [
      { ...NARROW, id: "free", scopes: undefined },
      { ...NARROW, id: "writer", scopes: ["todo:write"] },
    ];
    const server = await startServer({ clients });
    for (const id of ["free", "writer"]) {
      const { scope } = await tokensOf(redeem(server, id, await authorize(server, id, asksForMore)));
      expect(scope).toBe("mcp todo:write");
    }
  });

  it("are the operator's word only: what a client registers about itself limits nothing", async () => {
    const server = await startServer();
    const { client_id } = await register(server, { scope: "mcp" });
    const tokens = await tokensOf(redeem(server, client_id, await authorize(server, client_id, asksForMore)));
    expect(tokens.scope).toBe("mcp todo:write");
  });
});

it("a client without the grant of codes is refused at /authorize, with a page", async () => {
  const program = {
    id: "program",
    secret: "a secret of the program, and long",
    grantTypes: ["client_credentials"],
  };
  const server = await startServer({ clients: [{ ...program, redirectUris: [REDIRECT_URI] }] });
  const response = await openBrowser(server).request(authorizeUrl("program", newPkce().challenge));
  expect(response.status).toBe(400);
  expect(response.headers.get("location")).toBeNull();
  expect(server.lines.at(-1)?.fields).toMatchObject({ error: "unauthorized_client" });
});
