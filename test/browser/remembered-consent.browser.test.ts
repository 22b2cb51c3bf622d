import { expect, it, onTestFinished } from "vitest";
import { password } from "../../src/authorization-server/sign-in/index.ts";
import { outside } from "../support/browser/in-page.js";
import { NETWORK_NAME } from "../support/browser/launch.ts";
import { placeOn, serveAt } from "../support/browser/serve.ts";
import { heading, looksRight, typePassword, windows } from "../support/browser/windows.ts";
import { authorizeUrl, newPkce, redeem } from "../support/client.ts";
import { startOrigin } from "../support/https-origin.ts";
import { reach } from "../support/network.ts";
import { REPORTS } from "../support/remembered.ts";

const newWindow = windows();

/**
 * A server on a network, and the client's own site on another port of its name: to the browser that is the same site, so the server
 * is sent its cookies with what the site embeds.
 */
async function start() {
  const place = await placeOn("network");
  const { publicUrl } = place;
  const site = await startOrigin();
  onTestFinished(() => site.close());
  const home = `https://${NETWORK_NAME}:${new URL(site.url).port}`;
  const codes: string[] = [];
  let embeds = "";
  site.answer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "", home);
    if (pathname === "/callback") codes.push(searchParams.get("code") ?? searchParams.get("error") ?? "");
    response.writeHead(200, { "content-type": "text/html" });
    response.end(pathname === "/callback" ? "<h1>Back at the app</h1>" : `<p>A page.</p>${embeds}`);
  });
  const redirectUri = `${home}/callback`;
  const people = password((name, typed) =>
    typed === "lovelace" ? { id: name, name: "Ada Lovelace" } : null,
  );
  await serveAt(
    place,
    { signIn: [people], admit: "anyone" },
    {
      clients: [{ ...REPORTS, redirectUris: [redirectUri] }],
      supportedScopes: { mcp: "Use the tools", "todo:write": "Change your list" },
    },
  );
  const { page, context } = await newWindow({ viewport: { width: 360, height: 720 } });
  const there = reach(publicUrl.replace(NETWORK_NAME, "localhost"));
  const resource = `${publicUrl}/mcp`;
  const newRequest = (params: Readonly<Record<string, string>> = {}) => {
    const { verifier, challenge } = newPkce();
    const asked = new URL(
      authorizeUrl("reports", challenge, { resource, redirect_uri: redirectUri, ...params }),
    );
    const url = new URL(`${asked.pathname}${asked.search}`, publicUrl).href;
    return {
      url,
      redeem: (code = "") =>
        redeem(there, "reports", { code, verifier }, { resource, redirect_uri: redirectUri }),
    };
  };
  const embed = (html: string) => {
    embeds = html;
  };
  return { context, page, home, embed, codes, newRequest };
}

it("a person approves once, and the next time the browser goes straight back to the app", async () => {
  const { page, codes, newRequest } = await start();
  const first = newRequest();
  await page.goto(first.url);
  expect(await page.getByRole("main").innerText()).toContain(
    "If you approved it before, you are not asked again.",
  );
  await page.getByLabel("Username").fill("ada");
  await page.getByLabel("Password").fill("lovelace");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Approve" }).waitFor();
  expect(await page.getByRole("main").innerText()).toContain("you won’t be asked again");
  expect(await page.evaluate(outside)).toEqual([]);
  await page.getByRole("button", { name: "Approve" }).press("Space");
  await heading(page, "Back at the app");
  expect((await first.redeem(codes[0])).status).toBe(200);

  const second = newRequest();
  await page.goto(second.url);
  await heading(page, "Back at the app");
  expect(codes).toHaveLength(2);
  expect((await second.redeem(codes[1])).status).toBe(200);

  await page.goto(newRequest({ scope: "mcp todo:write" }).url);
  const added = page.getByRole("group", { name: "New permissions" });
  await added.waitFor();
  expect(await added.getByRole("checkbox").count()).toBe(1);
  expect(await added.getByRole("checkbox", { name: "Change your list" }).isChecked()).toBe(true);
  await looksRight(page);
  expect(codes).toHaveLength(2);
});

it("a page of a sibling site connects nothing by an image or a frame", async () => {
  const { context, page, home, embed, codes, newRequest } = await start();
  const first = newRequest();
  await typePassword(page, first.url, "lovelace");
  await page.getByRole("button", { name: "Approve" }).press("Space");
  await heading(page, "Back at the app");
  expect((await first.redeem(codes[0])).status).toBe(200);

  const asked: string[] = [];
  context.on("request", (request) => asked.push(new URL(request.url()).pathname));
  const [image, frame] = [newRequest().url, newRequest({ prompt: "none" }).url];
  embed(`<img src="${image}"><iframe src="${frame}"></iframe>`);
  const evil = await context.newPage();
  await evil.goto(`${home}/`);
  // Both were sent the cookies: the way of who is signed in leads there.
  await expect.poll(() => asked.filter((path) => path === "/oauth/consent").length).toBe(2);
  await expect.poll(() => codes.slice(1)).toEqual(["consent_required"]);
  // The same address in a tab.
  await evil.goto(newRequest().url);
  await heading(evil, "Back at the app");
  expect(codes).toHaveLength(3);
});
