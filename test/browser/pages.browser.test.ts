import type { AddressInfo } from "node:net";
import { type ServerType, serve } from "@hono/node-server";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withPictures } from "../../src/http/responses.ts";
import { createLook, type Look } from "../../src/pages/look.ts";
import {
  doubleTheText,
  everyValueOf,
  focused,
  lowContrast,
  outside,
  paneOver,
  styleOf,
  styleOfFocused,
  unlabelled,
} from "../support/browser/in-page.js";
import { launchBrowser } from "../support/browser/launch.ts";
import { markedTexts } from "../support/marked-texts.ts";
import { SAMPLES, samplesIn } from "./samples.ts";

const policyOf = (name: string, { styles }: Look) => {
  const loaded = /^consent-organization/.test(name) ? withPictures(styles, ["data:"]) : styles;
  return `default-src 'none'; ${loaded}; base-uri 'none'; frame-ancestors 'none'`;
};
const PLAIN = createLook({ name: "my-app" });

const SQUARE = (color: string) =>
  `data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 30"><rect width="90" height="30" fill="${color}"/></svg>`)}`;
/** All that an operator can choose, and longer words that run from right to left. */
const customLook = ({ name }: { readonly name: string }) =>
  createLook({
    name,
    texts: { ...markedTexts, tag: "he", isRightToLeft: true },
    logo: SQUARE("navy"),
    darkLogo: SQUARE("skyblue"),
    footer: [{ text: "© Example Ltd" }, { text: "Imprint", url: "https://example.com/imprint" }],
    colors: { accent: "#0b6b50", sheet: "#fffdf8", ground: "#f1ede2" },
    variables: { "--font": "Georgia, serif", "--sheet-radius": "0", "--width": "34rem" },
  });
const CUSTOM = samplesIn(customLook);
const CUSTOM_LOOK = customLook({ name: "my-app" });

let browser: Browser;
let server: ServerType;
let origin: string;
let posted: URLSearchParams[] = [];

beforeAll(async () => {
  browser = await launchBrowser();
  server = serve({ fetch: answer, hostname: "127.0.0.1", port: 0 });
  await new Promise((resolve) => server.once("listening", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  await browser?.close();
  server?.close();
});

/** Serves the samples under the policy that endpoints send, and keeps what is posted. */
async function answer(request: Request): Promise<Response> {
  if (request.method === "POST") {
    posted.push(new URLSearchParams(await request.text()));
    return new Response("posted", { headers: { "Content-Security-Policy": policyOf("", PLAIN) } });
  }
  const [, name = "", look] = new URL(request.url).pathname.split("/");
  const page = look === "custom" ? CUSTOM[name] : SAMPLES[name];
  return new Response(page ?? "none", {
    status: page === undefined ? 404 : 200,
    headers: {
      "Content-Type": "text/html; charset=utf-8",
      "Content-Security-Policy": policyOf(name, look === "custom" ? CUSTOM_LOOK : PLAIN),
    },
  });
}

/** Opens a sample, hands it over, and gives back what the browser complained of. */
async function withPage(
  name: string,
  options: BrowserContextOptions,
  use: (page: Page) => Promise<void>,
): Promise<readonly string[]> {
  const context = await browser.newContext(options);
  const complaints: string[] = [];
  try {
    const page = await context.newPage();
    page.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("requestfailed", (request) => complaints.push(`request failed: ${request.url()}`));
    posted = [];
    await page.goto(`${origin}/${name}`);
    await use(page);
  } finally {
    await context.close();
  }
  return complaints;
}

const VARIANTS = [320, 1280].flatMap((width) =>
  (["light", "dark"] as const).map((colorScheme) => ({ width, colorScheme })),
);

/** Narrow and wide, light and dark, one after the other: opening the page costs most. */
async function inEveryVariant(page: Page, check: (variant: string) => Promise<void>): Promise<void> {
  for (const { width, colorScheme } of VARIANTS) {
    await page.setViewportSize({ width, height: 720 });
    await page.emulateMedia({ colorScheme });
    await check(`at ${width} px, ${colorScheme}`);
  }
}

/** Colours that are on their way to those of another scheme are not measured. */
const STILL: BrowserContextOptions = { reducedMotion: "reduce" };

describe("narrow and wide, light and dark", () => {
  it.each(Object.keys(SAMPLES))("the page %s fits and is readable", async (name) => {
    const complaints = await withPage(name, STILL, async (page) => {
      await inEveryVariant(page, async (variant) => {
        expect(await page.evaluate(outside), variant).toEqual([]);
        expect(await page.evaluate(lowContrast), variant).toEqual([]);
      });
      expect(await page.evaluate(unlabelled)).toEqual([]);
      // The sheet was let in by its hash: unstyled pages have a serif face and a margin.
      expect(await page.locator("body").evaluate(styleOf, ["margin-top"])).toEqual(["0px"]);
    });
    // No browser here has the app that cursor:// belongs to; being asked for it is what the page is for.
    expect(complaints.filter((text) => !text.includes("cursor://"))).toEqual([]);
  });

  it.each([
    "login-password-and-methods",
    "consent-loopback",
    "account",
    "return-website",
    "mail-code",
    "error",
    "status",
  ])("so does the page %s in the look and the language of an operator", async (name) => {
    const complaints = await withPage(`${name}/custom`, STILL, async (page) => {
      await inEveryVariant(page, async (variant) => {
        expect(await page.evaluate(outside), variant).toEqual([]);
        expect(await page.evaluate(lowContrast), variant).toEqual([]);
        // The policy lets the logo of this scheme in.
        const logo = page.locator("header img");
        await expect
          .poll(() => logo.evaluate((image: { currentSrc: string }) => image.currentSrc), {
            message: variant,
          })
          .toContain(variant.includes("dark") ? "skyblue" : "navy");
        await expect
          .poll(() => logo.evaluate((image: { naturalWidth: number }) => image.naturalWidth))
          .toBeGreaterThan(0);
      });
      expect(await page.locator("body").evaluate(styleOf, ["margin-top", "direction"])).toEqual([
        "0px",
        "rtl",
      ]);
    });
    expect(complaints).toEqual([]);
  });
});

describe("by keyboard alone", () => {
  it("the login page begins in the field to fill and goes on in reading order", async () => {
    await withPage("login", {}, async (page) => {
      await page.locator("[autofocus]:focus").waitFor();
      await expect.poll(() => page.evaluate(focused)).toBe("input username");
      expect(await tabStops(page)).toEqual(["input password", "button Sign in"]);
    });
    await withPage("login-refused", {}, async (page) => {
      await page.locator("[autofocus]:focus").waitFor();
      await expect.poll(() => page.evaluate(focused)).toBe("input password");
    });
  });

  it("the page behind a link begins in the first field to fill and passes over none", async () => {
    await withPage("invitation", {}, async (page) => {
      await page.locator("[autofocus]:focus").waitFor();
      await expect.poll(() => page.evaluate(focused)).toBe("input username");
      expect(await tabStops(page)).toEqual(["input password", "input again", "button Save password"]);
    });
    await withPage("password-reset", {}, async (page) => {
      await page.locator("[autofocus]:focus").waitFor();
      await expect.poll(() => page.evaluate(focused)).toBe("input password");
      expect(await tabStops(page)).toEqual(["input again", "button Save password"]);
    });
  });

  it("the ways to sign in come in their order, and the account page in that of its sections", async () => {
    await withPage("login-password-and-methods", {}, async (page) => {
      await page.locator("[autofocus]:focus").waitFor();
      expect(await tabStops(page)).toEqual([
        "input password",
        "button Sign in",
        "a Continue with Google",
        "a Continue with GitHub",
        "a Continue with Microsoft",
      ]);
    });
    await withPage("account", {}, async (page) => {
      expect(await page.evaluate(focused)).toBe("body");
      expect(await tabStops(page)).toEqual([
        "button Disconnect",
        "button Disconnect",
        "button Disconnect",
        "a What happened with your apps",
        "button Disconnect all apps",
        "button Remove",
        "button Link GitHub",
        "button Link Okta",
        "input current_password",
        "input new_password",
        "input repeated_password",
        "button Change password",
        "button Sign out here",
        "button End",
        "button Sign out everywhere else",
        "button Sign out everywhere and disconnect all apps",
      ]);
    });
    await withPage("account-question", {}, async (page) => {
      expect(await page.evaluate(focused)).toBe("body");
      expect((await tabStops(page)).slice(0, 3)).toEqual([
        "a Don’t link",
        "button Link",
        "button Disconnect",
      ]);
    });
    await withPage("account-password-refused", {}, async (page) => {
      await page.locator("[autofocus]:focus").waitFor();
      await expect.poll(() => page.evaluate(focused)).toBe("input current_password");
    });
  });

  it("a sign-in that a provider ended does not mark the fields for a password", async () => {
    await withPage("login-cancelled", {}, async (page) => {
      expect(await page.locator("[aria-invalid]").count()).toBe(0);
      expect(await page.getByRole("alert").count()).toBe(1);
    });
  });

  it("buttons of the same name say what they are for", async () => {
    await withPage("account", {}, async (page) => {
      expect(await page.getByRole("button", { name: "End Safari on iPhone" }).count()).toBe(1);
      expect(await page.getByRole("button", { name: "Remove Google ada@example.com" }).count()).toBe(1);
    });
  });

  it("typing and Enter sign in", async () => {
    await withPage("login", {}, async (page) => {
      await page.locator("[autofocus]:focus").waitFor();
      await page.keyboard.type("ada");
      await page.keyboard.press("Tab");
      await page.keyboard.type("p&ss=ü");
      await page.keyboard.press("Enter");
      await page.getByText("posted").waitFor();
      expect([...posted[0]!]).toEqual([
        ["state", "sealed"],
        ["username", "ada"],
        ["password", "p&ss=ü"],
      ]);
    });
  });

  it("the consent page leads past account and scopes to the decision, and begins on none of them", async () => {
    await withPage("consent-https", {}, async (page) => {
      expect(await page.evaluate(focused)).toBe("body");
      expect(await tabStops(page)).toEqual([
        "a Use another account",
        "input scope",
        "input scope",
        "button Deny",
        "button Approve",
      ]);
    });
    await withPage("consent-step-up-loopback", {}, async (page) => {
      expect(await tabStops(page)).toEqual([
        "a Use another account",
        "input scope",
        "input scope",
        "input scope",
        "button Deny",
        "button Approve",
        "button My app is on another computer",
      ]);
    });
  });

  it("the page with a callback URL leads to it, and has all of it selected", async () => {
    await withPage("callback-to-paste", {}, async (page) => {
      expect(await page.evaluate(focused)).toBe("body");
      await page.keyboard.press("Tab");
      await expect.poll(() => page.evaluate(focused)).toBe("input callback");
      const url = await page.getByLabel("Callback URL").inputValue();
      expect(await page.evaluate("getSelection().toString()")).toBe(url);
      expect(await tabStops(page)).toEqual(["a your account page"]);
    });
  });

  it("the choice of an organization is one stop, and arrows choose", async () => {
    await withPage("consent-organizations", {}, async (page) => {
      expect((await tabStops(page)).filter((stop) => stop === "input organization")).toHaveLength(1);
      await page.getByLabel("Acme Rockets").focus();
      await page.keyboard.press("Space");
      await page.keyboard.press("ArrowDown");
      await page.getByRole("button", { name: "Approve" }).focus();
      await page.keyboard.press("Enter");
      await page.getByText("posted").waitFor();
      expect([...posted[0]!]).toEqual([
        ["state", "sealed"],
        ["organization", "globex"],
        ["scope", "todo:read"],
        ["decision", "approve"],
      ]);
    });
  });

  it("without a choice, Approve stays on the page and leads to it; Deny needs none", async () => {
    await withPage("consent-organizations", {}, async (page) => {
      await page.getByRole("button", { name: "Approve" }).press("Enter");
      await expect.poll(() => page.evaluate(focused)).toBe("input organization");
      expect(posted).toEqual([]);
      await page.getByRole("button", { name: "Deny" }).press("Enter");
      await page.getByText("posted").waitFor();
      expect([...posted[0]!.keys()]).toEqual(["state", "scope", "decision"]);
    });
  });

  it("every stop on every page shows where the focus is", async () => {
    for (const name of [
      "login",
      "login-password-and-methods",
      "login-link",
      "invitation",
      "account",
      "account-old-sign-in",
      "account-question",
      "account-refused",
      "account-signed-out",
      "not-admitted",
      "consent-loopback",
      "consent-organizations",
      "consent-step-up-absurd",
      "callback-to-paste",
      "return",
      "status",
    ]) {
      await withPage(name, {}, async (page) => {
        for (const _ of Array.from({ length: 12 })) {
          await page.keyboard.press("Tab");
          if ((await page.evaluate(focused)) === "body") break;
          const [style, width = "0"] = await page.evaluate(styleOfFocused, [
            "outline-style",
            "outline-width",
          ]);
          const stop = `${name}: ${await page.evaluate(focused)}`;
          expect(style, stop).toBe("solid");
          expect(Number.parseFloat(width), stop).toBeGreaterThanOrEqual(2);
        }
      });
    }
  });
});

const LOOKS = ["color", "background-color", "border", "font", "box-shadow", "opacity"];

describe("the decision", () => {
  it("posts what is ticked; the locked scope is not sent", async () => {
    await withPage("consent-https", {}, async (page) => {
      await page.getByLabel("Add items to your to-do list").uncheck();
      await expect(page.getByLabel("Connect to this server").uncheck({ timeout: 500 })).rejects.toThrow();
      await page.getByRole("button", { name: "Approve" }).click();
      await page.getByText("posted").waitFor();
      expect([...posted[0]!]).toEqual([
        ["state", "sealed"],
        ["scope", "todo:read"],
        ["decision", "approve"],
      ]);
    });
  });

  it.each(["consent-https", "consent-step-up-loopback"])(
    "by an accidental Enter is no, on the page %s",
    async (name) => {
      await withPage(name, {}, async (page) => {
        await page.getByLabel("See your to-do list").press("Enter");
        await page.getByText("posted").waitFor();
        expect(posted[0]!.get("decision")).toBe("deny");
      });
    },
  );

  it("for an app on another computer is a smaller button than Approve, which says that it approves", async () => {
    await withPage("consent-step-up-loopback", {}, async (page) => {
      const sizes = async (name: string) => {
        const style = page.getByRole("button", { name }).evaluate(styleOf, ["height", "font-size"]);
        return (await style).map((size) => Number.parseFloat(size));
      };
      const [[height = 0, font = 0], approve] = [
        await sizes("My app is on another computer"),
        await sizes("Approve"),
      ];
      expect(height).toBeLessThan(0.75 * (approve[0] ?? 0));
      expect(font).toBeLessThan(approve[1] ?? 0);
      await page.getByRole("button", { name: "My app is on another computer" }).press("Space");
      await page.getByText("posted").waitFor();
      expect([...posted[0]!]).toEqual([
        ["state", "sealed"],
        ["scope", "todo:write"],
        ["scope", "todo:delete"],
        ["scope", "todo:read"],
        ["decision", "approve_elsewhere"],
      ]);
    });
  });

  it.each(["consent-https", "consent-step-up", "consent-loopback", "consent-private-use"])(
    "is described to a screen reader by the caution, if there is one, on the page %s",
    async (name) => {
      await withPage(name, {}, async (page) => {
        const notices = await page.locator(".caution").allInnerTexts();
        const [id] = await page
          .getByRole("button", { name: "Approve" })
          .evaluateAll((buttons) => buttons.map((button) => button.getAttribute("aria-describedby")));
        const described = id ? [await page.locator(`#${id}`).innerText()] : [];
        expect(described).toEqual(notices);
      });
    },
  );

  it("weighs the same either way", async () => {
    await withPage("consent-https", STILL, async (page) => {
      await inEveryVariant(page, async (variant) => {
        const look = async (name: string) => {
          const button = page.getByRole("button", { name });
          const box = await button.boundingBox();
          return {
            width: box?.width,
            height: box?.height,
            style: await button.evaluate(styleOf, LOOKS),
          };
        };
        const approve = await look("Approve");
        expect(approve.height, variant).toBeGreaterThanOrEqual(44);
        expect(await look("Deny"), variant).toEqual(approve);
      });
    });
  });
});

describe("a click on what decides", () => {
  it.each(["consent-https", "consent-step-up-loopback", "return-waits", "account", "account-question"])(
    "counts once the pointer has settled on the page %s",
    async (name) => {
      await withPage(name, {}, async (page) => {
        const pane = () => page.locator(".settled").evaluate(paneOver);
        expect(await pane()).toBe("visible");
        await page.locator(".settled").scrollIntoViewIfNeeded();
        const { x = 0, y = 0 } = (await page.locator(".settled").boundingBox()) ?? {};
        // The pointer has come, and no time passes.
        const clock = await page.context().newCDPSession(page);
        await clock.send("Animation.enable");
        await clock.send("Animation.setPlaybackRate", { playbackRate: 0 });
        await page.mouse.move(x + 5, y + 5);
        expect(await page.evaluate("document.documentElement.matches(':hover')")).toBe(true);
        expect(await pane()).toBe("visible");
        for (const button of await page.locator(".settled button, [name=decision]").all()) {
          const box = await button.boundingBox();
          if (box) await page.mouse.click(box.x + 5, box.y + 5);
        }
        await page.mouse.click(x + 5, y + 5);
        await clock.send("Animation.setPlaybackRate", { playbackRate: 1 });
        await expect.poll(pane, { timeout: 20_000 }).toBe("hidden");
        expect(posted).toEqual([]);
        expect(page.url()).toBe(`${origin}/${name}`);
        // Gone to another window, it has to settle again.
        await page.mouse.move(-10, -10);
        expect(await pane()).toBe("visible");
      });
    },
  );

  it("counts for the keyboard at once", async () => {
    await withPage("consent-https", {}, async (page) => {
      expect(await page.locator(".settled").evaluate(paneOver)).toBe("visible");
      await page.getByRole("button", { name: "Approve" }).press("Space");
      await page.getByText("posted").waitFor();
      expect(posted[0]!.get("decision")).toBe("approve");
    });
  });

  it("counts for a finger, which never rests on the page", async () => {
    const phone = { hasTouch: true, isMobile: true, viewport: { width: 360, height: 720 } };
    await withPage("consent-https", phone, async (page) => {
      await page.getByRole("button", { name: "Approve" }).tap();
      await page.getByText("posted").waitFor();
      expect(posted[0]!.get("decision")).toBe("approve");
    });
  });
});

describe("what people set in their system", () => {
  it("reduced motion stops every transition", async () => {
    const durations = async (reducedMotion: "reduce" | "no-preference") => {
      let found: readonly string[] = [];
      await withPage("login", { reducedMotion }, async (page) => {
        found = await page.evaluate(everyValueOf, "transition-duration");
      });
      return found;
    };
    expect(await durations("reduce")).toEqual(["0s"]);
    expect(await durations("no-preference")).not.toEqual(["0s"]);
  });

  it("forced colours keep the edges of what can be pressed or filled in", async () => {
    for (const [name, selector] of [
      ["login", "button, input:not([type=hidden])"],
      ["consent-loopback", "button, .notice"],
      ["return", ".button"],
      ["login-password-and-methods", "button, .button"],
      ["account", "button, input:not([type=hidden]):not([hidden])"],
    ] as const) {
      await withPage(name, { forcedColors: "active" }, async (page) => {
        const controls = await page.locator(selector).all();
        expect(controls.length).toBeGreaterThan(0);
        for (const control of controls) {
          const [style, edge, ground] = await control.evaluate(styleOf, [
            "border-top-style",
            "border-top-color",
            "background-color",
          ]);
          expect(style).toBe("solid");
          expect(edge, name).not.toBe(ground);
        }
      });
    }
  });

  it("text at twice its size still fits a narrow screen", async () => {
    // 640 px at 200 % lay out like 320 px; larger base text is the harder case.
    for (const name of [
      "consent-loopback",
      "consent-organizations",
      "account",
      "login-password-and-methods",
    ]) {
      await withPage(name, { viewport: { width: 360, height: 720 } }, async (page) => {
        await page.evaluate(doubleTheText);
        expect(await page.evaluate(outside), name).toEqual([]);
      });
    }
  });
});

describe("a name from right to left", () => {
  it("leaves the sentence around it alone", async () => {
    await withPage("consent-right-to-left", { viewport: { width: 1280, height: 720 } }, async (page) => {
      const [theirs, ours] = await page
        .locator("h1 bdi")
        .evaluateAll((names) => names.map((name) => name.getClientRects()[0]?.top ?? 0));
      expect(theirs).toBeLessThan(ours!);
      expect(await page.locator("h1").evaluate(styleOf, ["direction"])).toEqual(["ltr"]);
      expect(await page.locator("h1").textContent()).not.toContain("\u202E");
    });
  });
});

/** What Tab stops at, from where the focus is to the end of the page. */
async function tabStops(page: Page): Promise<readonly string[]> {
  const stops: string[] = [];
  for (;;) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(focused);
    if (stop === "body" || stops.length > 50) return stops;
    stops.push(stop);
  }
}
