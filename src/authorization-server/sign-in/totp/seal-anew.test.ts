import { expect, it, onTestFinished } from "vitest";
import { signedIn } from "../../../../test/support/people.ts";
import { sampleEntry } from "../../../../test/support/store/samples.ts";
import { openTestStore } from "../../../../test/support/store/test-store.ts";
import { createKeyring } from "../../../platform/secrets/keyring.ts";
import { openSecret, sealSecret } from "./codes.ts";
import { sealAppsAnew } from "./seal-anew.ts";

const OLD = "the-old-secret-of-at-least-32-characters";
const NEW = "the-new-secret-of-at-least-32-characters";
const OTHER = "another-secret-of-at-least-32-characters";

it("seals with the first secret what another one sealed, page by page, and leaves what none opens", async () => {
  const store = await openTestStore({ database: ":memory:" });
  onTestFinished(() => store.close());
  const sealedWith = { ada: OLD, grace: NEW, linus: OTHER, mary: OLD, noether: OLD };
  const now = 1_000_000;
  for (const [id, secret] of Object.entries(sealedWith)) {
    const session = `session of ${id}`;
    await signedIn(store, {
      person: { id },
      identity: { method: "users", issuer: "", subject: id },
      session,
      now,
    });
    const sealed = await sealSecret(`SECRET OF ${id}`, createKeyring([secret]));
    const common = { personId: id, createdAt: now, usedAt: null };
    const credentials = [
      { ...common, kind: "totp", id: "", secret: sealed, counter: 1 },
      { ...common, kind: "recovery_code", id: "hash", secret: "hash", counter: null },
    ] as const;
    const entry = sampleEntry("credential.added", { fields: { person: id, kind: "totp" } });
    expect(await store.addCredentials({ personId: id, credentials, session, now }, entry)).toBe(true);
  }
  const secretOf = async (id: string) => (await store.findCredential(id, "totp"))?.secret ?? "";
  const lost = await secretOf("linus");
  expect(await sealAppsAnew(store, [NEW, OLD], 2)).toBe(3);
  expect(await sealAppsAnew(store, [NEW, OLD], 2)).toBe(0);
  expect(await secretOf("linus")).toBe(lost);
  for (const id of ["ada", "grace", "mary", "noether"]) {
    expect(await openSecret(await secretOf(id), createKeyring([NEW]))).toBe(`SECRET OF ${id}`);
  }
  expect((await store.findCredential("ada", "recovery_code", "hash"))?.secret).toBe("hash");
});
