import { expect, test } from "vitest";
import { DISABLED, ENABLED } from "../../../test/support/store/samples.ts";
import { openTestStore } from "../../../test/support/store/test-store.ts";
import { openDisabledClients } from "./disabled-clients.ts";

/** A store that the test can hold up, or have fail, once it has read the ids. */
async function openRig() {
  const store = await openTestStore({ database: ":memory:" });
  let afterReading = async () => {};
  const disabled = await openDisabledClients(
    {
      async listDisabledClients() {
        const read = await store.listDisabledClients();
        await afterReading();
        return read;
      },
    },
    () => true,
  );
  return {
    store,
    disabled,
    /** The next reading goes on as this says. */
    afterReading(next: () => Promise<void>): void {
      afterReading = async () => {
        afterReading = async () => {};
        await next();
      };
    },
  };
}

test("what is told is known at once, and what was missed once it has been read again", async () => {
  const { store, disabled } = await openRig();
  disabled.changed("told", true);
  expect(await disabled.has("told")).toBe(true);
  disabled.changed("told", false);
  expect(await disabled.has("told")).toBe(false);
  await store.disableClient("missed", 1, DISABLED);
  expect(await disabled.has("missed")).toBe(false);
  expect(await disabled.reload()).toBe(true);
  expect(await disabled.has("missed")).toBe(true);
  expect(await disabled.reload()).toBe(false);
  await store.enableClient("missed", ENABLED);
  expect(await disabled.reload()).toBe(false);
  expect(await disabled.has("missed")).toBe(false);
});

test("what is told while they are read again is not lost by that", async () => {
  const { store, disabled, afterReading } = await openRig();
  afterReading(async () => {
    await store.disableClient("meanwhile", 1, DISABLED);
    disabled.changed("meanwhile", true);
  });
  await disabled.reload();
  expect(await disabled.has("meanwhile")).toBe(true);
});

test("until it could be read what was missed, the store is asked each time", async () => {
  const { store, disabled, afterReading } = await openRig();
  await store.disableClient("missed", 1, DISABLED);
  afterReading(() => Promise.reject(new Error("the database is away")));
  await expect(disabled.reload()).rejects.toThrow("away");
  expect(await disabled.has("missed")).toBe(true);
  afterReading(() => Promise.reject(new Error("the database is away")));
  await expect(disabled.has("anybody")).rejects.toThrow("away");
});
