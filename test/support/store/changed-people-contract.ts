import { describe, expect, test } from "vitest";
import type { PersonRecord } from "../../../src/store/people-records.ts";
import type { Store } from "../../../src/store/store.ts";
import {
  INVITED,
  PERSON_ADDED,
  PERSON_CHANGED,
  PERSON_REMOVED,
  SECOND,
  SIGNED_IN,
  START,
  sampleEntry,
  sampleLink,
  samplePerson,
  sampleSignIn,
} from "./samples.ts";

const NOW = START + SECOND;

/** What the operator says of a person who is there. */
export function changedPeopleContract(store: () => Store): void {
  describe("setPerson", () => {
    const read = async (id = "ada"): Promise<PersonRecord> => {
      const record = await store().findPerson(id);
      if (!record) throw new Error(`${id} is missing`);
      return record;
    };
    const other: Parameters<Store["setPerson"]>[0]["after"] = {
      person: { id: "ada", name: "Ada King", email: "king@example.com" },
      emails: ["king@example.com"],
      groups: ["countesses"],
    };
    const entries = async () =>
      (await store().auditAfter(0, 100)).filter(({ event }) => event === "person.changed").length;
    const set = (before: PersonRecord, after = other) => store().setPerson({ before, after }, PERSON_CHANGED);

    test("says who they are, and leaves the rest", async () => {
      const before = await read();
      expect(await set(before)).toBe(true);
      expect(await read()).toEqual({ ...before, ...other, isSaidByOperator: true });
      expect((await store().listPeople({ matching: "king@", now: NOW, limit: 5 })).length).toBe(1);
      expect(await store().listPeople({ matching: "lovelace@", now: NOW, limit: 5 })).toEqual([]);
      expect(await entries()).toBe(1);
    });

    test("holds against what the next sign-in says", async () => {
      const identity = { method: "oidc", issuer: "https://okta.example", subject: "00U1" };
      const said = { identity, personId: "okta", person: { id: "okta" }, session: undefined } as const;
      const first = sampleSignIn({ ...said, isNew: true, groups: ["staff"] });
      await store().signIn(first, SIGNED_IN);
      const before = await read("okta");
      expect(before.isSaidByOperator).toBe(false);
      const after = { person: { id: "okta", name: "Grace" }, emails: [], groups: ["admins"] };
      expect(await set(before, after)).toBe(true);
      await store().signIn(sampleSignIn({ ...said, isNew: false, groups: ["interns"] }), SIGNED_IN);
      expect(await read("okta")).toMatchObject(after);
    });

    test("ends links for a new password where an address goes, and not where one comes", async () => {
      const before = await read();
      await store().addLink(sampleLink(), INVITED);
      await store().addLink(sampleLink({ hash: "invitation", purpose: "invitation" }), INVITED);
      const more = { ...before, emails: [...before.emails, "more@example.com"] };
      expect(await set(before, more)).toBe(true);
      expect(await store().findLink("link-1", NOW)).toBeDefined();
      expect(await set(await read(), before)).toBe(true);
      expect(await store().findLink("link-1", NOW)).toBeUndefined();
      expect(await store().findLink("invitation", NOW)).toBeDefined();
    });

    test("happens once, of four at once", async () => {
      const before = await read();
      const done = await Promise.all([1, 2, 3, 4].map(() => set(before)));
      expect(done.filter(Boolean)).toHaveLength(1);
      expect(await entries()).toBe(1);
    });

    test.each<[string, (before: PersonRecord) => Promise<PersonRecord> | PersonRecord]>([
      ["their name is another one by now", (before) => ({ ...before, person: { id: "ada", name: "Eve" } })],
      ["their addresses are others by now", (before) => ({ ...before, emails: ["eve@example.com"] })],
      ["their groups are others by now", (before) => ({ ...before, groups: ["eves"] })],
      [
        "they are gone",
        async (before) => {
          await store().removePerson("ada", NOW, PERSON_REMOVED);
          return before;
        },
      ],
    ])("writes nothing where %s", async (_why, change) => {
      await store().addPerson(samplePerson("grace"), PERSON_ADDED);
      await store().addLink(sampleLink(), sampleEntry("person.invited"));
      const before = await change(await read());
      const [person, link] = [await store().findPerson("ada"), await store().findLink("link-1", NOW)];
      expect(await set(before)).toBe(false);
      expect([await store().findPerson("ada"), await store().findLink("link-1", NOW)]).toEqual([
        person,
        link,
      ]);
      expect(await entries()).toBe(0);
    });
  });
}
