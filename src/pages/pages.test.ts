import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ClientIdentity } from "../core/client.ts";
import { callbackToPastePage } from "./callback-to-paste.ts";
import { clientSettings } from "./client-settings.ts";
import { noOrganizationPage } from "./consent/no-organization.ts";
import type { OrganizationChoice } from "./consent/organization.ts";
import { consentPage } from "./consent/page.ts";
import { alreadyApprovedPage } from "./done.ts";
import { errorPage } from "./error.ts";
import { shownName } from "./html.ts";
import { loginPage } from "./login.ts";
import { createLook } from "./look.ts";
import { notAdmittedPage } from "./not-admitted.ts";
import { returnPage } from "./return.ts";
import { statusPage } from "./status.ts";

/** What core/redirect-uri.ts refuses in an address. A quote and an ampersand are among what it lets through. */
const NO_URI_CHARACTER = /[^\w!$&'()*+,;=:/?.~-]/g;

const clientCalled = (name: string | null, id = "dcr_1"): ClientIdentity => ({
  id,
  name,
  origin: "registered",
  holdsKey: false,
});

/** Every page from twelve texts that somebody else chose. */
const PAGES: Readonly<Record<string, (text: (index: number) => string) => string>> = {
  login: (text) =>
    loginPage({
      look: createLook({ name: text(0) }),
      action: text(1),
      state: text(2),
      username: text(3),
      errorMessage: text(4),
      client: clientCalled(text(5)),
    }),
  consent: (text) =>
    consentPage({
      look: createLook({ name: text(0) }),
      action: text(1),
      state: text(2),
      personName: text(3),
      switchAction: text(4),
      client: clientCalled(text(5), text(6)),
      destination: { kind: "https", shown: text(7), isForeign: false },
      scopes: [
        { scope: text(8), description: text(9), tools: [text(10), text(11)], locked: false, checked: true },
      ],
    }),
  "consent for one of several organizations": (text) =>
    consentPage({
      look: createLook({ name: text(0) }),
      action: text(1),
      state: text(2),
      personName: text(3),
      switchAction: text(4),
      client: clientCalled(text(5), text(6)),
      destination: { kind: "https", shown: text(7), isForeign: false },
      organization: {
        called: text(8),
        offered: [
          { id: text(9), name: text(10), description: text(11) },
          { id: "other", name: "Other" },
        ],
        suggested: "other",
      },
      scopes: [],
    }),
  "consent for the only organization": (text) =>
    consentPage({
      look: createLook({ name: text(0) }),
      action: text(1),
      state: text(2),
      personName: text(3),
      switchAction: text(4),
      client: clientCalled(text(5), text(6)),
      destination: { kind: "https", shown: text(7), isForeign: false },
      organization: {
        called: text(8),
        offered: [{ id: text(9), name: text(10), description: text(11) }],
        suggested: undefined,
      },
      scopes: [],
    }),
  "no organization": (text) =>
    noOrganizationPage({
      look: createLook({ name: text(0) }),
      called: text(1),
      personName: text(2),
      switchAction: text(3),
      client: clientCalled(text(4), text(5)),
      correlationId: text(6),
    }),
  "consent (for more than before, on this computer)": (text) =>
    consentPage({
      look: createLook({ name: text(0) }),
      action: text(1),
      state: text(2),
      personName: text(3),
      switchAction: text(4),
      client: clientCalled(text(5), text(6)),
      destination: { kind: "loopback", shown: text(7), isForeign: false },
      scopes: [
        { scope: text(8), description: text(9), tools: [text(10)], locked: true, checked: true, isNew: true },
        {
          scope: text(9),
          description: text(8),
          tools: Array(30).fill(text(11)),
          locked: false,
          checked: true,
        },
      ],
      canBePasted: true,
    }),
  "callback to paste": (text) =>
    callbackToPastePage({
      look: createLook({ name: text(0) }),
      client: clientCalled(text(1)),
      url: text(2),
      minutes: 5,
      accountUrl: text(3),
    }),
  error: (text) =>
    errorPage({
      look: createLook({ name: text(0) }),
      title: text(1),
      whatHappened: text(2),
      whatToDo: text(3),
      correlationId: text(4),
      status: 400,
    }),
  "not admitted": (text) =>
    notAdmittedPage({
      look: createLook({ name: text(0) }),
      personName: `Name ${text(1)}`,
      label: text(2),
      methodLabel: text(3),
      switchUrl: text(4),
      contact: `https://help.example/${text(5)}`,
      correlationId: text(6),
    }),
  "return (opens itself)": (text) =>
    returnPage({
      look: createLook({ name: text(0) }),
      client: clientCalled(text(1)),
      url: `app://host/${text(2).replace(NO_URI_CHARACTER, "")}`,
      outcome: "approved",
      opensItself: true,
    }),
  "return (waits)": (text) =>
    returnPage({
      look: createLook({ name: text(0) }),
      client: clientCalled(text(1)),
      url: `https://host.example/${text(2).replace(NO_URI_CHARACTER, "")}`,
      outcome: { error: text(3), correlationId: text(4) },
      opensItself: false,
    }),
  done: (text) => alreadyApprovedPage({ look: createLook({ name: text(0) }), client: clientCalled(text(1)) }),
  status: (text) =>
    statusPage({
      publicUrl: undefined,
      look: createLook({ name: text(0) }),
      mcpUrl: `https://host.example/${text(1)}`,
      account: { url: "/account", personName: text(2) },
    }),
};

const hostile = fc.oneof(
  fc.string({ minLength: 1, unit: "binary" }),
  fc.string({ minLength: 1 }),
  fc.constantFrom(
    "<script>alert(1)</script>",
    '" autofocus onfocus="alert(1)',
    "' onclick='alert(1)",
    "</style><img src=x onerror=alert(1)>",
    "</title><script src=//evil.example></script>",
    "--><svg onload=alert(1)>",
    "&quot;&#34;&lt;script&gt;",
    " ",
    "{state}",
    "$&$1$`",
    "\u202Egnp.exe\u0000\u001B[31m",
  ),
);

describe.each(Object.entries(PAGES))("the %s page", (_, page) => {
  const plain = page((index) => `text ${index}`);

  it("keeps its structure whatever the values are, so that none breaks out of its place", () => {
    const expected = skeleton(plain);
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 12, maxLength: 12 }), (texts) => {
        expect(skeleton(page((index) => texts[index]!))).toEqual(expected);
      }),
    );
  });

  it("names the app in its header and its title", () => {
    expect(plain).toMatch(/<header>.*text 0.*<\/header>/);
    expect(plain).toMatch(/<title>.*text 0<\/title>/);
  });

  it("holds no script, loads nothing and styles nothing but by the hashed sheet", () => {
    const elements = skeleton(plain);
    const tags = elements.map(({ tag }) => tag);
    for (const tag of ["script", "link", "img", "iframe", "object", "embed", "base", "audio", "video"]) {
      expect(tags).not.toContain(tag);
    }
    const attributes = elements.flatMap((element) => element.attributes);
    expect(attributes.filter((name) => /^(on|src|srcset|style$|background$|formaction$)/.test(name))).toEqual(
      [],
    );
    expect(plain).not.toMatch(/@import|url\((?!=)/);
    const sheets = [...plain.matchAll(/<style>([\s\S]*?)<\/style>/g)];
    expect(sheets).toHaveLength(1);
    const hash = createHash("sha256").update(sheets[0]![1]!).digest("base64");
    expect(createLook({ name: "text 0" }).styles).toBe(`style-src 'sha256-${hash}'`);
  });

  it("is a document with language, viewport, colour schemes, one main part and one heading", () => {
    expect(plain).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(plain).toContain('<meta name="viewport" content="width=device-width, initial-scale=1">');
    expect(plain).toContain('<meta name="color-scheme" content="light dark">');
    const tags = skeleton(plain).map(({ tag }) => tag);
    expect(tags.filter((tag) => tag === "main")).toHaveLength(1);
    expect(tags.filter((tag) => tag === "h1")).toHaveLength(1);
  });
});

describe("the login page's form", () => {
  const client = clientCalled("Claude");
  const values = {
    look: createLook({ name: "my-app" }),
    action: "/oauth/login",
    state: "sealed.state",
    client,
  };

  it("posts state, username and password to the action", () => {
    const page = loginPage(values);
    expect(elements(page, "form")).toEqual([{ method: "post", action: "/oauth/login" }]);
    expect(inputs(page).map(({ name, type }) => `${name}:${type}`)).toEqual([
      "state:hidden",
      "username:text",
      "password:password",
    ]);
    expect(inputNamed(page, "state").value).toBe("sealed.state");
    expect(inputNamed(page, "username").autocomplete).toBe("username");
    expect(inputNamed(page, "password").autocomplete).toBe("current-password");
  });

  it("puts the cursor where typing goes on", () => {
    expect(inputNamed(loginPage(values), "username")).toHaveProperty("autofocus");
    expect(inputNamed(loginPage(values), "password")).not.toHaveProperty("autofocus");
    const known = loginPage({ ...values, username: "ada" });
    expect(inputNamed(known, "username")).toMatchObject({ value: "ada" });
    expect(inputNamed(known, "username")).not.toHaveProperty("autofocus");
    expect(inputNamed(known, "password")).toHaveProperty("autofocus");
  });

  it("announces an error and ties it to both fields, and never sends the password back", () => {
    const page = loginPage({ ...values, username: "ada", errorMessage: "That is not right." });
    expect(page).toMatch(/role="alert" id="problem"[\s\S]*That is not right\./);
    for (const name of ["username", "password"]) {
      expect(inputNamed(page, name)).toMatchObject({ "aria-describedby": "problem", "aria-invalid": "true" });
    }
    expect(inputNamed(page, "password")).not.toHaveProperty("value");
    expect(loginPage(values)).not.toContain('role="alert"');
  });

  it("gives back what was typed, byte for byte", () => {
    fc.assert(
      fc.property(hostile, (typed) => {
        expect(inputNamed(loginPage({ ...values, username: typed }), "username").value).toBe(typed);
      }),
    );
  });
});

describe("the consent page", () => {
  const values = {
    look: createLook({ name: "my-app" }),
    action: "/oauth/consent",
    state: "sealed.state",
    personName: "Ada",
    switchAction: "/oauth/login?switch",
    client: { name: "Claude", id: "client-1", origin: "preregistered", holdsKey: false },
    destination: { kind: "https", shown: "claude.ai", isForeign: false },
    scopes: [
      { scope: "mcp", description: "Use it", tools: ["echo", "get_time"], locked: true, checked: true },
      { scope: "todo:read", description: "See to-dos", tools: ["list_todos"], locked: false, checked: true },
      { scope: "todo:write", description: "Add to-dos", tools: [], locked: false, checked: false },
    ],
  } as const;

  it("posts state, the ticked scopes and a decision", () => {
    const page = consentPage(values);
    expect(elements(page, "form")).toEqual([{ method: "post", action: "/oauth/consent" }]);
    expect(inputNamed(page, "state")).toMatchObject({ type: "hidden", value: "sealed.state" });
    const boxes = inputs(page).filter(({ name }) => name === "scope");
    expect(boxes.map((box) => [box.value, "checked" in box, "disabled" in box])).toEqual([
      ["mcp", true, true],
      ["todo:read", true, false],
      ["todo:write", false, false],
    ]);
    expect(boxes.every(({ type }) => type === "checkbox")).toBe(true);
  });

  it("has two buttons that differ in nothing but their value, and the first one is harmless and needs no choice", () => {
    expect(elements(consentPage(values), "button")).toEqual([
      { type: "submit", name: "decision", value: "deny", formnovalidate: "" },
      { type: "submit", name: "decision", value: "approve" },
    ]);
  });

  const ACME = { id: "acme", name: "Acme", description: "Rockets and anvils" };
  const GLOBEX = { id: "globex", name: "Globex", picture: "https://img.example/globex.png" };
  const organizationPage = (offered: OrganizationChoice["offered"], suggested?: string) =>
    consentPage({ ...values, organization: { called: "Workspace", offered, suggested } });

  it("shows the only organization among the facts, and sends it without a choice", () => {
    const page = organizationPage([ACME]);
    expect(text(page)).toMatch(/Workspace\s*Acme\s*Rockets and anvils/);
    expect(inputs(page).filter(({ name }) => name === "organization")).toEqual([
      { type: "hidden", name: "organization", value: "acme" },
    ]);
    expect(inputs(consentPage(values)).map(({ name }) => name)).not.toContain("organization");
  });

  it("lets a person tick one of several organizations, and ticks the one of before, or none", () => {
    for (const [suggested, ticked] of [
      [undefined, []],
      ["globex", ["globex"]],
      ["initech", []],
    ] as const) {
      const page = organizationPage([ACME, GLOBEX], suggested);
      const choices = inputs(page).filter(({ name }) => name === "organization");
      expect(choices.map(({ type, value }) => [type, value]).sort()).toEqual([
        ["radio", "acme"],
        ["radio", "globex"],
      ]);
      expect(choices[0]?.value).toBe(suggested === "globex" ? "globex" : "acme");
      expect(choices.every((choice) => "required" in choice)).toBe(true);
      expect(choices.filter((choice) => "checked" in choice).map(({ value }) => value)).toEqual(ticked);
      expect(text(page)).toMatch(/Workspace\s*What you approve here applies only to the one you choose\./);
    }
  });

  it("shows pictures beside names, as decoration, and the initials of those without one where some have one", () => {
    const pictures = elements(organizationPage([ACME, GLOBEX]), "img");
    expect(pictures).toEqual([
      { class: "picture", src: "https://img.example/globex.png", alt: "", width: "24", height: "24" },
    ]);
    expect(elements(organizationPage([ACME, { id: "x", name: "X" }]), "span")).not.toContainEqual(
      expect.objectContaining({ class: "picture" }),
    );
    expect(elements(organizationPage([ACME, GLOBEX]), "span")).toContainEqual({
      class: "picture",
      "aria-hidden": "true",
    });
  });

  it("says who asks, where the answer goes, who is signed in and what each scope opens", () => {
    const page = text(consentPage(values));
    expect(page).toContain("Claude wants to connect to my-app");
    expect(page).toMatch(/Sends you back to\s*claude\.ai/);
    expect(page).toMatch(/Signed in as\s*Ada/);
    expect(page).toMatch(/Use it\s*Always included\. Tools: echo, get_time\. Scope: mcp/);
    expect(page).toMatch(/See to-dos\s*Tool: list_todos\. Scope: todo:read/);
    expect(elements(consentPage(values), "a")).toEqual([{ href: "/oauth/login?switch" }]);
  });

  /** The page of a client whose document claude.ai serves, of one that registered itself, and of the operator's. */
  const DOCUMENT = { id: "https://claude.ai/oauth/client", origin: "metadata_document" } as const;
  const SELF = { id: "dcr_1", origin: "registered" } as const;
  const OPERATOR = { id: "client-1", origin: "preregistered" } as const;
  type Going = { kind: "https" | "loopback" | "private-use"; shown: string; isForeign?: boolean };
  const markupOf = (who: Partial<ClientIdentity>, to: Going) =>
    consentPage({
      ...values,
      client: { ...values.client, ...who },
      destination: { isForeign: false, ...to },
    });
  const WEB: Going = { kind: "https", shown: "claude.ai" };
  const APP: Going = { kind: "private-use", shown: "myapp://x" };
  const LOCAL: Going = { kind: "loopback", shown: "localhost:8787" };

  it.each([
    ["the operator's, on the web", OPERATOR, WEB],
    ["the operator's, in an app", OPERATOR, APP],
    ["a document's, on its own host or a listed one", DOCUMENT, WEB],
    ["a document's, in a listed app", DOCUMENT, APP],
  ] as const)("is quiet about %s", (_, who, to) => {
    expect(markupOf(who, to)).not.toContain('class="notice caution"');
  });

  it.each([OPERATOR, DOCUMENT])(
    "warns of this computer, however well the client is known: $origin",
    (who) => {
      const page = text(markupOf(who, LOCAL));
      expect(page).toMatch(/Sends you back to\s*An app on this computer\s*localhost:8787/);
      expect(page).toContain("Only continue if you just started this from your app.");
      expect(page).not.toContain("Anyone can use");
    },
  );

  it.each([WEB, LOCAL, APP])("warns of a name that nothing stands behind: $kind", (to) => {
    for (const holdsKey of [false, true]) {
      const page = text(markupOf({ ...SELF, holdsKey }, to));
      expect(page).toContain("Anyone can use this name.");
      expect(page).toContain(to.shown);
    }
  });

  it("warns of a document's client that sends people to where its host does not vouch for", () => {
    const web = text(markupOf(DOCUMENT, { ...WEB, shown: "evil.example", isForeign: true }));
    expect(web).toContain("evil.example isn’t part of claude.ai, which publishes this app.");
    expect(web).toContain("Only continue if you just started this and know evil.example.");
    const app = text(markupOf(DOCUMENT, { ...APP, isForeign: true }));
    expect(app).toContain("myapp://x isn’t part of claude.ai, which publishes this app.");
  });

  it("names the host of a document beside the name, whole and set apart, and no other", () => {
    const id = `https://claude.ai.${"a".repeat(60)}.${"b".repeat(60)}.evil.example/client.json`;
    const { host } = new URL(id);
    const heading = (who: Partial<ClientIdentity>) =>
      /<h1>(.*)<\/h1>/s.exec(markupOf({ ...who, name: "Claude from claude.ai" }, WEB))?.[1] ?? "";
    expect(heading({ ...DOCUMENT, id })).toMatch(
      new RegExp(`<bdi>Claude from claude.ai</bdi> from <code class="host">${host}</code> wants to connect`),
    );
    for (const who of [SELF, OPERATOR, { ...SELF, id: "https://claude.ai/x" }]) {
      expect(heading(who)).not.toContain("<code>");
    }
  });

  it("shows an international host of a document in ASCII", () => {
    const id = "https://xn--80ak6aa92e.com/client.json";
    expect(text(markupOf({ ...DOCUMENT, id }, WEB))).toContain("from xn--80ak6aa92e.com wants to connect");
  });

  it.each([
    [OPERATOR, false, "Added by the operator of my-app."],
    [OPERATOR, true, "Added by the operator of my-app. It has a key or secret."],
    [DOCUMENT, false, "Published by claude.ai, which chose its name."],
    [
      DOCUMENT,
      true,
      "Published by claude.ai, which chose its name. It has a key or secret, which doesn’t prove its name.",
    ],
    [SELF, false, "Registered itself and chose its own name."],
    [
      SELF,
      true,
      "Registered itself and chose its own name. It has a key or secret, which doesn’t prove its name.",
    ],
  ] as const)("keeps three facts apart: %j, key %j", (who, holdsKey, words) => {
    const page = text(markupOf({ ...who, holdsKey }, WEB));
    expect(page).toContain(words);
    if (!holdsKey) expect(page).not.toContain("a key or secret");
    if (who !== OPERATOR) expect(page).not.toContain("Added by");
    if (who !== DOCUMENT) expect(page).not.toContain("Published by");
  });

  it("names a client that has no name", () => {
    for (const name of [null, "", " \u202E ", "\u3164\u2800"]) {
      const page = text(consentPage({ ...values, client: clientCalled(name) }));
      expect(page).toContain("An app without a name wants to connect");
      expect(page).toContain("Registered itself, without a name.");
      expect(page).toContain("This app isn’t verified.");
      expect(page).not.toContain("this name");
    }
  });
});

describe("names that others chose", () => {
  it("lose what deceives the eye and keep what a script needs", () => {
    expect(shownName("abc\u202Egnp.exe")).toBe("abc gnp.exe");
    expect(shownName("a\u0000\u001Bb\n\tc")).toBe("a b c");
    expect(shownName("my\u200Bapp")).toBe("my app");
    expect(shownName("مُحَمَّد")).toBe("مُحَمَّد");
    expect(shownName("👩‍💻 कार्यक्रम")).toBe("👩‍💻 कार्यक्रम");
    expect(shownName(`z${"\u0335".repeat(50)}`)).toBe(`z${"\u0335".repeat(4)}`);
  });

  it("are cut where they would push the page away, and say so", () => {
    expect(shownName("x".repeat(80))).toBe("x".repeat(80));
    expect(shownName("x".repeat(5000))).toBe(`${"x".repeat(80)}…`);
    expect(shownName("👍".repeat(5000))).toBe(`${"👍".repeat(80)}…`);
  });

  it("are set apart by <bdi>", () => {
    expect(
      alreadyApprovedPage({ look: createLook({ name: "my-app" }), client: clientCalled("עברית") }),
    ).toContain("<bdi>עברית</bdi>");
  });
});

describe("the error page", () => {
  const page = errorPage({
    look: createLook({ name: "my-app" }),
    title: "No",
    whatHappened: "It broke.",
    whatToDo: "Try https://evil.example again.",
    correlationId: "01ABC",
    status: 400,
  });

  it("says what happened, what to do and the correlation id", () => {
    expect(text(page)).toContain("It broke.");
    expect(text(page)).toMatch(/Error 400\. .*01ABC/);
  });

  it("links nowhere", () => {
    expect(skeleton(page).flatMap(({ attributes }) => attributes)).not.toContain("href");
    expect(page).not.toContain("http-equiv");
  });
});

describe("the page for a person who may not come in", () => {
  const values = {
    look: createLook({ name: "my-app" }),
    personName: "Ada Lovelace",
    label: "ada@gmail.example",
    methodLabel: "Google",
    switchUrl: "/oauth/login?state=sealed&switch",
    contact: undefined,
    correlationId: "01ABC",
  } as const;
  const linksOf = (page: string) => elements(page, "a").map(({ href }) => href);

  it("says who they are signed in as and where, that this account is not allowed, and whom to ask", () => {
    const page = text(notAdmittedPage(values));
    expect(page).toContain("this account isn’t allowed to use my-app");
    expect(page).toMatch(/Signed in as\s*Ada Lovelace\s*ada@gmail\.example/);
    expect(page).toMatch(/With\s*Google/);
    expect(page).toContain("Contact the operator of this server with the reference ID below.");
    expect(page).toContain("Reference ID: 01ABC");
  });

  it("leads to another account, and nowhere else", () => {
    expect(linksOf(notAdmittedPage(values))).toEqual(["/oauth/login?state=sealed&switch"]);
    expect(notAdmittedPage(values)).not.toContain("http-equiv");
  });

  it.each([
    ["the help desk, room 5", []],
    ["ada@example.com", ["mailto:ada@example.com"]],
    ["help+mcp?x&y@example.com", ["mailto:help%2Bmcp%3Fx%26y@example.com"]],
    ["https://help.example/access?app=x&y", ["https://help.example/access?app=x&y"]],
    ["http://help.example", []],
    ["javascript:alert(1)", []],
  ])("names whom the operator says, with a link where there is one: %s", (contact, links) => {
    const page = notAdmittedPage({ ...values, contact });
    expect(text(page)).toMatch(/(Contact|Ask for access at) .* with the reference ID below\./);
    expect(text(page)).toContain(` ${contact} with the reference ID`);
    expect(linksOf(page)).toEqual([values.switchUrl, ...links]);
  });

  it.each([undefined, "ada@gmail.example"])(
    "names the account once where it has no other name: %j",
    (personName) => {
      const page = text(notAdmittedPage({ ...values, personName }));
      expect(page.split("ada@gmail.example")).toHaveLength(2);
    },
  );
});

describe("the return page", () => {
  const url = "cursor://anysphere.cursor-mcp/oauth/callback?code=a&state=%22x%22";
  const values = {
    look: createLook({ name: "my-app" }),
    client: clientCalled("Cursor"),
    url,
    outcome: "approved",
  } as const;
  const refreshOf = (page: string) =>
    elements(page, "meta").find((meta) => meta["http-equiv"] === "refresh")?.content;
  const linksOf = (page: string) => elements(page, "a").map(({ href }) => href);

  it("that opens itself leads on by itself and by a link, to the same address", () => {
    const page = returnPage({ ...values, opensItself: true });
    expect(linksOf(page)).toEqual([url]);
    expect(refreshOf(page)).toBe(`0;url=${url}`);
    expect(text(page)).toContain("you can close this window");
    expect(page).not.toContain("notice caution");
  });

  it.each([
    ["cursor://x?error=access_denied", "cursor:"],
    ["steam://run/440?code=a", "steam:"],
    ["com.example.app:/cb?code=a", "com.example.app:"],
  ])("that waits opens nothing without a click, and says what the click opens: %s", (to, scheme) => {
    for (const outcome of ["approved", "denied", { error: "No.", correlationId: "id-1" }] as const) {
      const page = returnPage({ ...values, url: to, outcome, opensItself: false });
      expect(refreshOf(page)).toBeUndefined();
      expect(linksOf(page)).toEqual([to]);
      expect(text(page)).toContain(
        `This opens the app for ${scheme} links on your computer. Only open it if`,
      );
    }
  });

  it("names the host of a website, and says that it is not known here", () => {
    const to = "https://claude.ai.evil.example/cb?error=access_denied&state=x&iss=y";
    const page = returnPage({ ...values, url: to, outcome: "denied", opensItself: false });
    expect(refreshOf(page)).toBeUndefined();
    expect(linksOf(page)).toEqual([to]);
    expect(text(page)).toContain(
      "opens another website:\nclaude.ai.evil.example\nmy-app doesn’t know who runs it.",
    );
    expect(text(page)).toContain("Continue to this website");
  });

  it("shows an international host in ASCII", () => {
    const to = "https://xn--80ak6aa92e.com/cb?error=x";
    expect(text(returnPage({ ...values, url: to, outcome: "denied", opensItself: false }))).toContain(
      "another website:\nxn--80ak6aa92e.com\n",
    );
  });

  it("says which way it was decided, or what is wrong", () => {
    const said = (outcome: Parameters<typeof returnPage>[0]["outcome"]) =>
      text(returnPage({ ...values, outcome, opensItself: false }));
    expect(said("approved")).toContain("You approved Cursor.");
    expect(said("denied")).toContain("You denied Cursor. It got no access.");
    const wrong = said({ error: "The parameter state is repeated.", correlationId: "id-1" });
    expect(wrong).toContain("The parameter state is repeated.");
    expect(wrong).toContain("Reference ID: id-1");
    expect(wrong).toContain("This request can’t continue");
  });

  it.each(["javascript:alert(1)//cursor://x", "data:text/html,x", "java\tscript:alert(1)", "https.://x"])(
    "is never made for %j",
    (bad) => {
      expect(() => returnPage({ ...values, url: bad, opensItself: true })).toThrow("cannot be used");
    },
  );
});

describe("the status page", () => {
  const status = (name: string, mcpUrl: string) =>
    statusPage({ look: createLook({ name }), mcpUrl, publicUrl: undefined, account: undefined });
  const page = status("To-do List", "https://todo.example/mcp");

  it("has the MCP URL in a field to copy from", () => {
    const [label] = elements(page, "label");
    expect(inputs(page)).toEqual([
      { type: "url", id: label?.for, value: "https://todo.example/mcp", readonly: "" },
    ]);
  });

  it.each([
    ["Claude Code", "claude mcp add --transport http to-do-list https://todo.example/mcp"],
    [
      "VS Code",
      '"servers": {\n    "to-do-list": {\n      "type": "http",\n      "url": "https://todo.example/mcp"',
    ],
    ["VS Code", `code --add-mcp '{"name":"to-do-list","type":"http","url":"https://todo.example/mcp"}'`],
    ["Cursor", '"mcpServers": {\n    "to-do-list": {\n      "url": "https://todo.example/mcp"'],
    ["Codex", "codex mcp add to-do-list --url https://todo.example/mcp"],
    ["Gemini CLI", "gemini mcp add --transport http to-do-list https://todo.example/mcp"],
    ["MCP Inspector", "npx @modelcontextprotocol/inspector"],
  ])("has settings to paste for %s", (client, setting) => {
    expect(page).toContain(`<summary>${client}</summary>`);
    expect(text(page)).toContain(setting);
  });

  it.each([
    ["To-do List", "to-do-list", "https://todo.example/mcp"],
    ['"><script>&', "script", "https://h.example/mcp?a=1&b='2'#\"><b>"],
    ["ü", "u", "http://localhost:3000/mcp"],
  ])("installs in Cursor and VS Code with one click: %j", (name, slug, mcpUrl) => {
    const links = elements(status(name, mcpUrl), "a").map(({ href = "" }) => new URL(href));
    const [cursor, code] = links;
    expect(links.map(({ protocol }) => protocol)).toEqual(["cursor:", "vscode:"]);
    expect(`${cursor?.host}${cursor?.pathname}`).toBe("anysphere.cursor-deeplink/mcp/install");
    expect(cursor?.searchParams.get("name")).toBe(slug);
    const config = Buffer.from(cursor?.searchParams.get("config") ?? "", "base64").toString();
    expect(JSON.parse(config)).toEqual({ url: mcpUrl });
    expect(code?.pathname).toBe("mcp/install");
    const given = decodeURIComponent(code?.search.slice(1) ?? "");
    expect(JSON.parse(given)).toEqual({ name: slug, type: "http", url: mcpUrl });
  });

  it("quotes for the shell what the shell would take apart", () => {
    const [, claudeCode] = clientSettings("https://h.example/mcp?a=1&b='2';rm", createLook({ name: "x" }));
    expect(text(`${claudeCode?.content}`)).toContain(`x 'https://h.example/mcp?a=1&b='\\''2'\\'';rm'`);
  });

  it("finds a name for a server whose own name has no letters that clients accept", () => {
    expect(text(status("עברית", "https://h.example/mcp"))).toContain("http mcp https");
  });

  it("says where only this computer can connect", () => {
    const local = "This URL works on this computer only.";
    expect(text(status("x", "http://localhost:3000/mcp"))).toContain(local);
    expect(text(page)).not.toContain(local);
  });
});

type Element = { readonly tag: string; readonly attributes: readonly string[] };

const TAG = /<(\/?[a-z][a-z0-9]*)((?:\s+[a-zA-Z-]+(?:="[^"]*")?)*)\s*\/?>/g;

/** The tags and their attributes' names. Anything that looks like markup and is not well-formed throws. */
function skeleton(page: string): readonly Element[] {
  const markup = page.replace(/^<!doctype html>/, "").replace(/<style>[\s\S]*?<\/style>/, "<style></style>");
  expect(markup.replace(TAG, "")).not.toMatch(/[<>]/);
  return [...markup.matchAll(TAG)].map(([, tag = "", rest = ""]) => ({
    tag,
    attributes: [...rest.matchAll(/([a-zA-Z-]+)(?:="[^"]*")?/g)].map(([, name = ""]) => name),
  }));
}

/** Every element of this name, as its attributes with their values decoded. */
function elements(page: string, wanted: string): Record<string, string>[] {
  return [...page.matchAll(TAG)]
    .filter(([, tag]) => tag === wanted)
    .map(([, , rest = ""]) =>
      Object.fromEntries(
        [...rest.matchAll(/([a-zA-Z-]+)(?:="([^"]*)")?/g)].map(([, name, value]) => [
          name,
          decode(value ?? ""),
        ]),
      ),
    );
}

function inputs(page: string): Record<string, string>[] {
  return elements(page, "input");
}

function inputNamed(page: string, name: string): Record<string, string> {
  const found = inputs(page).filter((input) => input.name === name);
  expect(found).toHaveLength(1);
  return found[0]!;
}

/** What a person reads. */
function text(page: string): string {
  return decode(page.replace(/<style>[\s\S]*?<\/style>/, "").replace(TAG, ""));
}

function decode(markup: string): string {
  const characters: Record<string, string> = { quot: '"', "#39": "'", lt: "<", gt: ">", amp: "&" };
  return markup.replace(/&(quot|#39|lt|gt|amp);/g, (_, name: string) => characters[name]!);
}
