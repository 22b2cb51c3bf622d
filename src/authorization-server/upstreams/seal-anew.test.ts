import { afterEach, beforeEach, expect, test } from "vitest";
import { addSamplePerson, START, UPSTREAM_CONNECTED } from "../../../test/support/store/samples.ts";
import { openTestStore, type TestStore } from "../../../test/support/store/test-store.ts";
import { sampleUpstream } from "../../../test/support/store/upstream-contract.ts";
import { createKeyring } from "../../platform/secrets/keyring.ts";
import { keyUpstream } from "./functions.ts";
import { endUnopenable, sealUpstreamsAnew } from "./seal-anew.ts";
import { openCredential, sealCredential } from "./sealed-credential.ts";

const [OLD, NEW, FOREIGN] = ["old", "new", "foreign"].map(
  (name) => `${name} secret for tests, 32 characters`,
) as [string, string, string];
const JIRA = { name: "jira", upstream: keyUpstream({ label: "Jira" }) };

let store: TestStore;
beforeEach(async () => {
  store = await openTestStore({ database: ":memory:" });
  for (const [person, secret] of [
    ["ada", OLD],
    ["grace", NEW],
    ["linus", FOREIGN],
  ] as const) {
    await addSamplePerson(store, person);
    for (const upstream of ["jira", "other"]) {
      const sealed = await sealCredential(JIRA, { key: `of ${person}` }, createKeyring([secret]));
      await store.saveUpstreamCredential(
        sampleUpstream({ personId: person, upstream, sealed }),
        UPSTREAM_CONNECTED,
      );
    }
  }
});
afterEach(() => store.close());

const opened = async (person: string, secret: string) => {
  const { sealed = "" } = (await store.findUpstreamCredential(person, "jira")) ?? {};
  return openCredential(JIRA, sealed, createKeyring([secret]));
};

test("what an older secret sealed is sealed with the first one, of every service, whatever the options say", async () => {
  expect(await sealUpstreamsAnew(store, [NEW, OLD], 1)).toBe(2);
  expect(await opened("ada", NEW)).toEqual({ key: "of ada" });
  expect(await opened("ada", OLD)).toBeUndefined();
  expect(await opened("grace", NEW)).toEqual({ key: "of grace" });
  // None of ours opens it: it is left as it is.
  expect(await opened("linus", FOREIGN)).toEqual({ key: "of linus" });
  expect(await sealUpstreamsAnew(store, [NEW, OLD], 1)).toBe(0);
});

test("what the secret that took the place of a leaked one does not open has ended", async () => {
  expect(await endUnopenable(store, NEW, START)).toBe(4);
  expect(await store.findUpstreamCredential("ada", "jira")).toMatchObject({ deadAt: START, sealed: "" });
  expect(await opened("grace", NEW)).toEqual({ key: "of grace" });
  expect(await endUnopenable(store, NEW, START)).toBe(0);
});
