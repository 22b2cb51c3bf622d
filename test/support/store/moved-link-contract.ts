import { describe, expect, test } from "vitest";
import type { Store } from "../../../src/store/store.ts";
import { sampleMailedLink } from "./mail-contract.ts";
import { CREDENTIAL_CHANGED, DAY, INVITED, SECOND, SIGNED_OUT, START, sampleLink } from "./samples.ts";

const NOW = START + SECOND;

/** Links for a new password that are kept under another hash. */
export function movedLinkContract(store: () => Store): void {
  const move = (hash = "link-1", to = "link-2", now = NOW) =>
    store().moveLink({ hash, to, expiresAt: NOW + 1000, now });
  const credential = {
    personId: "ada",
    kind: "password",
    id: "",
    counter: null,
    secret: "$2b$12$chosen",
    createdAt: START,
    usedAt: null,
  } as const;
  const use = (hash = "link-1", now = NOW) =>
    store().usePasswordLink({ hash, credential, now }, CREDENTIAL_CHANGED);

  describe("moveLink", () => {
    test("keeps a link by the other hash alone, until it ends; that sets the password", async () => {
      await store().addLink(sampleLink(), INVITED);
      expect(await move()).toBe(true);
      expect(await store().findLink("link-1", NOW)).toBeUndefined();
      const moved = sampleLink({ hash: "link-2", expiresAt: NOW + 1000 });
      expect(await store().findLink("link-2", NOW + 999)).toEqual(moved);
      expect(await store().findLink("link-2", NOW + 1000)).toBeUndefined();
      expect(await use()).toBe(false);
      expect(await use("link-2", NOW + 1000)).toBe(false);
      expect(await use("link-2")).toBe(true);
    });

    test("moves it once, of many at once", async () => {
      await store().addLink(sampleLink(), INVITED);
      const moved = await Promise.all([2, 3, 4, 5].map((index) => move("link-1", `link-${index}`)));
      expect(moved.filter(Boolean)).toHaveLength(1);
    });

    test("moves it, or another one sets the password, and not both", async () => {
      await store().addLink(sampleLink(), INVITED);
      const [used, moved] = await Promise.all([use(), move()]);
      expect(used).toBe(!moved);
      expect(await store().findLink("link-2", NOW)).toEqual(moved ? expect.anything() : undefined);
    });

    test("leaves it one of its person's, which a sign-out ends", async () => {
      await store().addLink(sampleLink(), INVITED);
      await move();
      await store().signOutPerson("ada", NOW, SIGNED_OUT);
      expect(await store().findLink("link-2", NOW)).toBeUndefined();
    });

    test.each([
      ["it has ended", "link-1", START + DAY],
      ["there is none", "nothing", NOW],
      ["it is an invitation", "invitation", NOW],
      ["it is a mail with a code", "mail-1", NOW],
    ])("writes nothing where %s", async (_why, hash, now) => {
      const invitation = sampleLink({ hash: "invitation", purpose: "invitation" });
      await store().addLink(sampleLink(), INVITED);
      await store().addLink(invitation, INVITED);
      await store().addMailedLink(sampleMailedLink());
      expect(await move(hash, "link-2", now)).toBe(false);
      expect(await store().findLink("link-1", NOW)).toEqual(sampleLink());
      expect(await store().findLink("invitation", NOW)).toEqual(invitation);
      expect(await store().findMailedLink("mail-1", NOW)).toEqual(sampleMailedLink());
    });
  });
}
