import { expect, it, onTestFinished } from "vitest";
import { saml, users } from "../../src/authorization-server/sign-in/index.ts";
import { startCallback } from "../support/browser/callback.ts";
import { NETWORK_NAME } from "../support/browser/launch.ts";
import { type Kind, placeOn, serveAt } from "../support/browser/serve.ts";
import { heading, looksRight, PLACES_AND_SCREENS, windows } from "../support/browser/windows.ts";
import { authorizeUrl, newPkce, redeem, register } from "../support/client.ts";
import { reach } from "../support/network.ts";
import { startSamlIdp } from "../support/sign-in/saml-idp.ts";

const newWindow = windows();

/** A server for two companies; to a browser, their identity providers are other sites. */
async function start(kind: Kind) {
  const place = await placeOn(kind);
  const [acme, other] = await Promise.all([startSamlIdp("acme"), startSamlIdp("other")]);
  const companies = [
    {
      name: "acme",
      label: "Acme",
      domains: ["acme.com"],
      metadata: acme.metadataUrl,
      entityId: acme.entityId,
    },
    {
      name: "other",
      label: "Other",
      domains: ["other.com"],
      metadata: other.metadataUrl,
      entityId: other.entityId,
    },
  ];
  const signIn = [users(), ...companies.map(saml)];
  const { account } = await serveAt(place, { signIn }, { supportedScopes: { mcp: "Use the tools" } });
  return { publicUrl: place.publicUrl, account, acme, other };
}

/** A client on this computer, as it begins. */
async function newRequest(publicUrl: string) {
  const callback = await startCallback();
  onTestFinished(() => callback.close());
  const there = reach(publicUrl.replace(NETWORK_NAME, "localhost"));
  const { client_id: clientId } = await register(there, {
    client_name: "Browser test",
    redirect_uris: [callback.url],
  });
  const { verifier, challenge } = newPkce();
  const resource = `${publicUrl}/mcp`;
  const asked = new URL(
    authorizeUrl(clientId, challenge, { redirect_uri: callback.url, scope: "mcp", resource }),
  );
  return {
    url: `${publicUrl}${asked.pathname}${asked.search}`,
    redeem: () =>
      redeem(
        there,
        clientId,
        { code: callback.answers[0]?.get("code") ?? "", verifier },
        {
          redirect_uri: callback.url,
          resource,
        },
      ),
  };
}

it.each(PLACES_AND_SCREENS)(
  "a person types an address, signs in at their company and approves, on a $kind, at $width px, $colorScheme",
  async ({ kind, width, colorScheme }) => {
    const { publicUrl, acme, other } = await start(kind);
    const request = await newRequest(publicUrl);
    const { page } = await newWindow({ viewport: { width, height: 800 }, colorScheme });
    await page.goto(request.url);
    await looksRight(page, `saml-${kind}-${colorScheme}`);
    await page.getByLabel("Work email address").fill("ada@nowhere.example");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").waitFor();
    expect(await page.getByLabel("Work email address").inputValue()).toBe("ada@nowhere.example");
    await looksRight(page, `saml-unknown-${kind}-${colorScheme}`);
    await page.getByLabel("Work email address").fill("ada@acme.com");
    await page.keyboard.press("Enter");
    // The identity provider's form posts to another site, without the cookies of that site.
    await page.getByRole("button", { name: "Continue as Ada" }).click();
    await heading(page, /connect/i);
    expect(await page.locator("body").innerText()).toContain("Ada Lovelace");
    expect([acme.asked.length, other.asked.length]).toEqual([1, 0]);
    // What a person who reads the page does: it takes no click before the mouse has moved over it.
    await page.mouse.move(1, 1);
    await page.getByRole("button", { name: "Approve" }).click({ timeout: 20_000 });
    await page.getByText("Back in the app.").waitFor();
    expect((await request.redeem()).status).toBe(200);
  },
);

it("an answer that is sent again, by going back and by loading again, signs no one in", async () => {
  const { account } = await start("network");
  const { page } = await newWindow();
  await page.goto(account);
  await page.getByLabel("Work email address").fill("ada@acme.com");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Continue as Ada" }).waitFor();
  const atIdp = await page.content();
  await page.getByRole("button", { name: "Continue as Ada" }).click();
  await heading(page, "Your account");
  await page.context().clearCookies();
  await page.goto("about:blank");
  await page.setContent(atIdp);
  await page.getByRole("button", { name: "Continue as Ada" }).click();
  await heading(page, "This sign-in can’t continue");
  await looksRight(page, "saml-again");
});
