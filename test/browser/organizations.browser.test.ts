import { expect, it, onTestFinished } from "vitest";
import { password } from "../../src/authorization-server/sign-in/index.ts";
import type { OrganizationAnswer } from "../../src/config/organization-options.ts";
import { startCallback } from "../support/browser/callback.ts";
import { focused } from "../support/browser/in-page.js";
import { NETWORK_NAME } from "../support/browser/launch.ts";
import { type Kind, placeOn, serveAt } from "../support/browser/serve.ts";
import {
  enterAt,
  heading,
  looksRight,
  PLACES_AND_SCREENS,
  picture,
  typePassword,
  windows,
} from "../support/browser/windows.ts";
import { authorizeUrl, newPkce, redeem, register, tokensOf } from "../support/client.ts";
import { claimsOf } from "../support/forge.ts";
import { reach } from "../support/network.ts";
import { ORGANIZATIONS } from "./samples.ts";

const newWindow = windows();

/** A server whose people belong to what the test says, and a client on this computer. */
async function start(kind: Kind) {
  const place = await placeOn(kind);
  const callback = await startCallback();
  onTestFinished(() => callback.close());
  let answer: readonly OrganizationAnswer[] = ORGANIZATIONS;
  const people = password((name, typed) =>
    typed === "lovelace" ? { id: name, name: "Ada Lovelace" } : null,
  );
  await serveAt(
    place,
    { signIn: [people], admit: "anyone" },
    { organizations: { of: () => answer, called: "Workspace", required: true } },
  );
  const there = reach(place.publicUrl.replace(NETWORK_NAME, "localhost"));
  const { client_id: clientId } = await register(there, { redirect_uris: [callback.url] });
  const changes = { redirect_uri: callback.url, resource: `${place.publicUrl}/mcp` };
  return {
    callback,
    belongsTo(next: readonly OrganizationAnswer[]) {
      answer = next;
    },
    newRequest() {
      const { verifier, challenge } = newPkce();
      const { pathname, search } = new URL(authorizeUrl(clientId, challenge, changes));
      const claims = async () => {
        const code = callback.answers.at(-1)?.get("code") ?? "";
        const { access_token } = await tokensOf(redeem(there, clientId, { code, verifier }, changes));
        return claimsOf(access_token);
      };
      return { url: new URL(`${pathname}${search}`, place.publicUrl).href, claims };
    },
  };
}

it.each(PLACES_AND_SCREENS)(
  "a person chooses with the keyboard alone, and finds it ticked the next time, on a $kind, at $width px, $colorScheme",
  async ({ kind, width, colorScheme }) => {
    const { callback, newRequest } = await start(kind);
    const { page, context, complaints } = await newWindow({ viewport: { width, height: 720 }, colorScheme });
    const first = newRequest();
    await typePassword(page, first.url, "lovelace");
    await page.getByRole("group", { name: "Workspace" }).waitFor();
    await looksRight(page, `organizations-${colorScheme}`);
    expect(await page.getByRole("radio", { checked: true }).count()).toBe(0);
    const loaded = "document.querySelector('img.picture').naturalWidth > 0";
    await expect.poll(() => page.evaluate(loaded)).toBe(true);

    // Approve without a choice leads to the choice.
    await enterAt(page, "button Approve");
    await expect.poll(() => page.evaluate(focused)).toBe("input organization");
    expect(callback.answers).toHaveLength(0);
    await page.keyboard.press("ArrowDown");
    expect(await page.getByRole("radio", { checked: true }).getAttribute("value")).toBe("globex");
    await enterAt(page, "button Approve");
    await page.getByText("Back in the app.").waitFor();
    expect(await first.claims()).toMatchObject({ sub: "ada", org_id: "globex" });

    // The next request: in a session that lasts, or with a sign-in of its own.
    const second = newRequest();
    if (kind === "network") await page.goto(second.url);
    else await typePassword(page, second.url, "lovelace");
    await page.getByRole("group", { name: "Workspace" }).waitFor();
    expect(await page.getByRole("radio", { checked: true }).getAttribute("value")).toBe("globex");
    await picture(page, `organizations-again-${colorScheme}`);
    await enterAt(page, "button Approve");
    await page.getByText("Back in the app.").waitFor();
    expect(await second.claims()).toMatchObject({ org_id: "globex" });
    expect(context.pages()).toHaveLength(1);
    expect(complaints).toEqual([]);
  },
);

it("a person who belongs to none is told so, and goes on with the same request once they belong to one", async () => {
  const { belongsTo, newRequest } = await start("network");
  belongsTo([]);
  const { page } = await newWindow({ viewport: { width: 360, height: 720 } });
  const request = newRequest();
  await typePassword(page, request.url, "lovelace");
  await heading(page, /can’t be connected with this account/);
  await looksRight(page, "no-organization");
  expect(await page.getByRole("button").count()).toBe(0);

  belongsTo([ORGANIZATIONS[0]]);
  await page.reload();
  await page.getByText("Acme Rockets").waitFor();
  await looksRight(page, "only-organization");
  await enterAt(page, "button Approve");
  await page.getByText("Back in the app.").waitFor();
  expect(await request.claims()).toMatchObject({ org_id: "acme" });
});
