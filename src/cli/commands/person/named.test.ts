import { expect, it, onTestFinished } from "vitest";
import { PERSON_ADDED, SIGNED_IN, START, sampleSignIn } from "../../../../test/support/store/samples.ts";
import { openTestStore } from "../../../../test/support/store/test-store.ts";
import { usersIdentity } from "../../../authorization-server/sign-in/users/usernames.ts";
import { personNamed } from "./named.ts";

it("a person is found by id, verified address or username, and never by what a provider calls them", async () => {
  const store = await openTestStore({ database: ":memory:" });
  onTestFinished(() => store.close());
  const signIn = (id: string, label: string, emails: readonly string[]) =>
    store.signIn(
      sampleSignIn({
        identity: { method: "oidc", issuer: "https://idp.example", subject: id },
        label,
        personId: id,
        isNew: true,
        person: { id, name: label },
        emails,
        session: undefined,
      }),
      SIGNED_IN,
    );
  const grace = { person: { id: "g" }, emails: [], groups: [], label: "Grace", passwordHash: undefined };
  await store.addPerson({ ...grace, identity: usersIdentity("grace"), now: START }, PERSON_ADDED);
  await signIn("bob", "bob@example.com", ["bob@example.com"]);
  // A preferred username, which Mallory has chosen.
  for (const [index, label] of ["bob@example.com", "ada@example.com", "grace", "g"].entries()) {
    await signIn(`mallory-${index}`, label, []);
  }
  const idOf = async (name: string) => (await personNamed(name, store, START)).person.id;
  expect(await idOf("bob@example.com")).toBe("bob");
  expect(await idOf("BOB@example.com")).toBe("bob");
  expect(await idOf("Grace")).toBe("g");
  expect(await idOf("g")).toBe("g");
  expect(await idOf("mallory-1")).toBe("mallory-1");
  await expect(idOf("ada@example.com")).rejects.toThrow("The database has no person ada@example.com");
});
