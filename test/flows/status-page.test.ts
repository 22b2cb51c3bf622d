import { describe, expect, it } from "vitest";
import { press, signInToAccount, textOf } from "../support/account.ts";
import { openBrowser } from "../support/person.ts";
import { startServer } from "../support/server.ts";

const NAVIGATION = { "sec-fetch-dest": "document", "sec-fetch-mode": "navigate", accept: "text/html" };
const SIGNED_IN = "You are signed in as Ada Lovelace.";

/** The status page, as a browser opens it. */
async function statusOf(
  browser: Pick<ReturnType<typeof openBrowser>, "request">,
  headers: Readonly<Record<string, string>> = NAVIGATION,
  path = "/",
) {
  const response = await browser.request(path, { headers });
  return { response, text: textOf(await response.text()) };
}

describe("the status page", () => {
  it("says who is signed in in this browser, and in no other one", async () => {
    const server = await startServer();
    const browser = openBrowser(server);
    expect((await statusOf(browser)).text).not.toContain("signed in");
    const page = await signInToAccount(browser);
    const { response, text } = await statusOf(browser);
    expect(text).toContain(`${SIGNED_IN} Your account`);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect((await statusOf(openBrowser(server))).text).not.toContain("Ada");
    await press(browser, page, "sign_out");
    expect((await statusOf(browser)).text).not.toContain("Ada");
  });

  it("is the same at the MCP URL, where a browser gets it with the challenge", async () => {
    const server = await startServer();
    const browser = openBrowser(server);
    await signInToAccount(browser);
    const { response, text } = await statusOf(browser, NAVIGATION, "/mcp");
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toContain("resource_metadata=");
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(text).toContain(SIGNED_IN);
    const program = await statusOf(browser, { accept: "application/json" }, "/mcp");
    expect(program.text).not.toContain("Ada");
  });

  it("stops saying it once the person's sessions are ended elsewhere", async () => {
    const server = await startServer();
    const [browser, other] = [openBrowser(server), openBrowser(server)];
    await signInToAccount(browser);
    const page = await signInToAccount(other);
    await press(other, page, "sign_out_elsewhere");
    expect((await statusOf(browser)).text).not.toContain("Ada");
    expect((await statusOf(other)).text).toContain(SIGNED_IN);
  });

  it.each([
    ["a script", { "sec-fetch-dest": "empty", "sec-fetch-mode": "cors", accept: "text/html" }],
    ["a frame", { ...NAVIGATION, "sec-fetch-dest": "iframe" }],
    ["a stylesheet", { "sec-fetch-dest": "style", accept: "text/html" }],
    [
      "a page of another origin, in a browser that sends no Sec-Fetch-Dest",
      { origin: "https://evil.example" },
    ],
  ])("does not say it to %s", async (_, headers) => {
    const server = await startServer();
    const browser = openBrowser(server);
    await signInToAccount(browser);
    for (const path of ["/", "/mcp"]) {
      const { response, text } = await statusOf(browser, { accept: "text/html", ...headers }, path);
      expect(text).not.toContain("Ada");
      // A page of any origin may read what is at the MCP URL, but never with cookies.
      expect(response.headers.get("access-control-allow-credentials")).toBeNull();
    }
  });

  it("does not say it on a loopback issuer, whose cookies other programs of this computer have", async () => {
    const publicUrl = "http://localhost:4321";
    const server = await startServer({ publicUrl });
    const browser = openBrowser(server, publicUrl);
    await signInToAccount(browser);
    const { text } = await statusOf(browser);
    expect(text).not.toContain("Ada");
    expect(text).toContain("Your account");
  });

  it("shows a name as a name, whatever is in it", async () => {
    const name = '<img src=x onerror=alert(1)>\u202Egnp".exe';
    const server = await startServer({}, { checkUser: () => ({ id: "ada", name }) });
    const browser = openBrowser(server);
    await signInToAccount(browser);
    const html = await (await browser.request("/", { headers: NAVIGATION })).text();
    expect(html).not.toMatch(/<img|\u202E/);
    expect(html).toContain("&lt;img src=x");
  });
});
