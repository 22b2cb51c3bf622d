import { expect, it } from "vitest";
import { password, users } from "../../src/authorization-server/sign-in/index.ts";
import { type AdmitOption, parseAdmit } from "../../src/config/admit.ts";
import { atLogin } from "../support/login.ts";
import { startServer } from "../support/server.ts";

const checkUser = (username: string, typed: string) =>
  typed === "x" ? { id: username, name: username, groups: ["contractors"] } : null;

it.each<[string, AdmitOption]>([
  ["groups", { deny: { groups: ["contractors"] } }],
  ["claims", { deny: { claims: { groups: "contractors" } } }],
])("a list of %s is idle with the methods that have none, and holds otherwise", async (what, admit) => {
  const idle = what === "groups" ? password(checkUser) : users();
  expect(() => parseAdmit(admit, [idle])).toThrow(`admit.deny.${what} would do nothing`);
});

it("what checkUser returns are claims: a list of them keeps a person out", async () => {
  const server = await startServer(
    {},
    { signIn: [password(checkUser)], admit: { deny: { claims: { groups: "contractors" } } } },
  );
  const { browser, state } = await atLogin(server);
  const { status } = await browser.submit("/oauth/login", { state, username: "eve", password: "x" });
  expect(status).toBe(403);
});
