import { readFileSync } from "node:fs";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  allowInsecureSmtp,
  type MagicLinkOptions,
  magicLink,
} from "../../src/authorization-server/sign-in/index.ts";
import { testCertificate } from "../support/https-origin.ts";
import { beginMailSignIn, FROM, outcomeOf } from "../support/mail/journey.ts";
import { type Answers, type MailServer, startMailServer } from "../support/mail/mail-server.ts";
import { tapWire, type Wire } from "../support/mail/wire.ts";
import { startServer, type TestServer } from "../support/server.ts";

// A mail server that is not on this computer, as far as its name tells: this address of it reaches this computer nevertheless.
const HOST = "0.0.0.0";
const certificate = readFileSync(join(import.meta.dirname, "../support/tls/mail.cert.pem"), "utf8");
const trusted = { key: testCertificate.key, cert: certificate };
/** Also of a trusted authority, and for other names. */
const ofAnother = { key: testCertificate.key, cert: testCertificate.cert };

const authorities = getCACertificates("default");
const trust = [...authorities, certificate, testCertificate.cert];
beforeAll(() => setDefaultCACertificates(trust));
afterAll(() => setDefaultCACertificates(authorities));

/** The first byte of a connection by TLS (RFC 8446 §5.1). */
const HANDSHAKE = 22;

const login = { user: "mcp", password: "lovelace-1815" };

type Rig = {
  readonly mail: MailServer;
  readonly wire: Wire;
  start(options?: object, scheme?: string): Promise<TestServer>;
};

async function arrange(answers: Answers, hidesTls?: () => boolean): Promise<Rig> {
  const mail = await startMailServer({ login, ...answers });
  const wire = await tapWire(mail.port, hidesTls);
  return {
    mail,
    wire,
    start(options = {}, scheme = "smtp") {
      const smtp = `${scheme}://${login.user}:${login.password}@${HOST}:${wire.port}`;
      const given: MagicLinkOptions = { smtp, from: FROM, ...options };
      return startServer({}, { signIn: [magicLink(given)], admit: "anyone" });
    },
  };
}

/** What anyone on the way must not read: the login, and whom a mail is for. */
function nothingReadable({ sent }: Wire): void {
  const text = sent();
  expect(text).not.toMatch(/AUTH|MAIL FROM|RCPT|ada@example\.com|token=/i);
  const secrets = [login.password, `\0${login.user}\0${login.password}`];
  for (const secret of secrets) expect(text).not.toContain(Buffer.from(secret).toString("base64"));
  expect(text).not.toContain(login.password);
}

async function sendsOne(server: TestServer, { mails }: MailServer): Promise<void> {
  const at = await beginMailSignIn(server);
  expect(outcomeOf(await at.ask("ada@example.com"))).toBe("/oauth/sign-in/magic_link/code");
  expect(mails).toHaveLength(1);
  expect(mails[0]?.text).toContain("token=");
}

const sentence = (problem: string) =>
  new RegExp(`^The mail server ${HOST.replaceAll(".", "\\.")}:\\d+ ${problem}`);
const NO_TLS = sentence("does not offer TLS\\. Use smtps:// or a server with STARTTLS;");
const OTHER_NAME = sentence("has a certificate for another name\\. Check the host in smtp\\.");
const UNKNOWN = sentence("has a certificate that no authority signed that Node trusts\\.");
const NOT_AT_ONCE = sentence("does not begin with TLS\\. If it has STARTTLS, use smtp://\\.");

describe("a mail server on a network", () => {
  it("gets the login and the mail by TLS, which it is asked for first", async () => {
    const rig = await arrange({ tls: trusted });
    const server = await rig.start();
    await sendsOne(server, rig.mail);
    nothingReadable(rig.wire);
    const [hello, then, ...rest] = rig.wire.sent().split("\r\n");
    expect([hello?.slice(0, 5), then, rest.join().charCodeAt(0)]).toEqual(["EHLO ", "STARTTLS", HANDSHAKE]);
  });

  it("gets them by TLS from the first byte with smtps://", async () => {
    const rig = await arrange({ tls: { ...trusted, begins: true } });
    const server = await rig.start({}, "smtps");
    await sendsOne(server, rig.mail);
    expect(rig.wire.sent().charCodeAt(0)).toBe(HANDSHAKE);
    nothingReadable(rig.wire);
  });

  it.each<[string, Answers, string, RegExp]>([
    ["offers no STARTTLS, and asks for the login in plain text", {}, "smtp", NO_TLS],
    ["has a certificate for other names", { tls: ofAnother }, "smtp", OTHER_NAME],
    [
      "has a certificate for other names, from the first byte",
      { tls: { ...ofAnother, begins: true } },
      "smtps",
      OTHER_NAME,
    ],
    ["speaks plain text where TLS begins", {}, "smtps", NOT_AT_ONCE],
  ])("that %s gets neither, and stops the start with a sentence", async (_what, answers, scheme, problem) => {
    const rig = await arrange(answers);
    await expect(rig.start({}, scheme)).rejects.toThrow(problem);
    expect(rig.wire.sent()).not.toBe("");
    nothingReadable(rig.wire);
  });

  it("whose STARTTLS someone on the way takes out once the server runs, gets neither", async () => {
    let hidesTls = false;
    const rig = await arrange({ tls: trusted }, () => hidesTls);
    const server = await rig.start();
    hidesTls = true;
    const { ask } = await beginMailSignIn(server);
    expect((await ask("ada@example.com")).status).toBe(503);
    nothingReadable(rig.wire);
    hidesTls = false;
    expect((await ask("ada@example.com")).status).toBe(303);
    expect(rig.mail.mails).toHaveLength(1);
  });

  it("whose certificate no authority signed gets neither", async () => {
    const rig = await arrange({ tls: trusted });
    await distrusting(() => expect(rig.start()).rejects.toThrow(UNKNOWN));
    nothingReadable(rig.wire);
  });

  it("whose certificate is another one once the server runs gets no mail, and costs the person none of theirs", async () => {
    const rig = await arrange({ tls: trusted });
    const server = await rig.start();
    const { ask } = await beginMailSignIn(server, { address: "198.51.100.7" });
    await distrusting(async () => {
      for (let tries = 0; tries < 8; tries++) expect((await ask("ada@example.com")).status).toBe(503);
    });
    const [failed] = server.lines.filter(({ name }) => name === "mail.failed");
    expect(failed?.fields.reason).toBe("server_down: ESOCKET DEPTH_ZERO_SELF_SIGNED_CERT CONN");
    expect((await ask("ada@example.com")).status).toBe(303);
    nothingReadable(rig.wire);
  });
});

async function distrusting(use: () => Promise<unknown>): Promise<void> {
  setDefaultCACertificates(authorities);
  await use().finally(() => setDefaultCACertificates(trust));
}

describe("where the operator allows plain text", () => {
  const options = { [allowInsecureSmtp]: true };

  it("a mail server that offers TLS gets everything by TLS nevertheless", async () => {
    const rig = await arrange({ tls: trusted });
    await sendsOne(await rig.start(options), rig.mail);
    nothingReadable(rig.wire);
  });

  it("one that offers none gets it in plain text", async () => {
    const rig = await arrange({});
    await sendsOne(await rig.start(options), rig.mail);
    expect(rig.wire.sent()).toMatch(/\r\nAUTH /);
  });

  it("smtps:// stays TLS", async () => {
    const rig = await arrange({});
    await rig.start(options, "smtps").catch(() => undefined);
    nothingReadable(rig.wire);
  });
});
